import { Diario, ehRecibo } from '../diario.ts';
import { interpretarEscrita } from '../escrita.ts';
import { lerTodos } from '../leitores.ts';
import { resultadoDe } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import type { Apoio, Cena } from './cena.ts';

/** Os usuários de um banco do exercício original: os dele, e outros que a semente faz. */
function inventar(palco: Palco): { nome: string; email: string }[] {
  const sorte = palco.sorte('original');
  return Array.from({ length: sorte.inteiro(4, 12) }, (_, indice) => ({
    nome: `${sorte.um(['Ana', 'Zoë', "D'Ávila", 'Ção "Zé"'])} ${sorte.inteiro(1, 999)}`,
    email: `pessoa${indice}@example.com`,
  }));
}

/** Os ids que alguém apagou antes de haver selos: um no começo e um no meio. */
const APAGADOS = [1, 3];

/** Um banco do programa original: o escritor sela o que encontra, e dali em diante ninguém o muda sem se ver. */
export const ADOCAO: Cena = {
  numero: 16,
  titulo: 'Um banco do exercício original',
  async encenar(palco, apoio) {
    const { conferir, conferirCodigo, conferirAprovado, conferirRecusa } = apoio;
    const volume = palco.nome('adotado');
    const inventadas = inventar(palco);
    const pessoas = inventadas.filter((_, indice) => !APAGADOS.includes(indice + 1));
    const criacao = await palco.bun(
      [`${volume}:/data`],
      `const { Database } = require('bun:sqlite');
       const banco = new Database('/data/desafio2.db', { create: true, readwrite: true });
       banco.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY AUTOINCREMENT, nome TEXT NOT NULL, ' +
         'email TEXT NOT NULL, criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP)');
       for (const { nome, email } of ${JSON.stringify(inventadas)}) {
         banco.run('INSERT INTO usuarios (nome, email) VALUES (?, ?)', [nome, email]);
       }
       banco.run('DELETE FROM usuarios WHERE id IN (${APAGADOS})');`,
    );
    await conferirCodigo('o programa original gravou os seus usuários', 0, criacao);
    const semSelo = await palco.leitor(volume, { semDiario: true });
    const recusa = { codigo: 65, verificacao: 'arquivo' } as const;
    await conferirRecusa('sem selo, o leitor não os aprova: 65', recusa, semSelo);
    const havia = { execucoes: 1, registros: pessoas.length, ultimoId: inventadas.length };
    palco.trocarDiario(volume, new Diario(havia));
    const recibos = await adotar(palco, apoio, volume);
    const leitura = await palco.leitor(volume, { recibos, forma: 'json', semDiario: true });
    await conferirAprovado('o leitor aprova, com os dois recibos', leitura);
    await conferir(
      'e a origem conta só o que se sabe',
      ['aprovada', resultadoDe(leitura, 'origem')],
      leitura,
    );
    const vistos = leitura.mostrado?.usuarios.slice(0, pessoas.length);
    const semHora = vistos?.map(({ nome, email }) => ({ nome, email }));
    await conferir('e mostra os usuários que estavam lá', [pessoas, semHora], leitura);
    await mudarUm(palco, apoio, volume);
  },
};

/** O escritor sela o que encontra como execução 1 e grava a sua como 2; devolve os dois recibos. */
async function adotar(palco: Palco, { conferir }: Apoio, volume: string): Promise<string[]> {
  const diario = palco.diario(volume);
  const de = palco.agora();
  const resposta = await palco.compose(volume, 'run', '-T', '--rm', 'escritor');
  const escrita = interpretarEscrita(resposta, 'texto');
  const recibos = [...resposta.saida.matchAll(/^recibo: (\S+)$/gm)].map(([, um = '']) => um).filter(ehRecibo);
  const [relato] = escrita.relatos;
  const dito = `código ${resposta.codigo}, execução ${relato?.execucao}, no total ${relato?.total}`;
  const esperado = `código 0, execução 2, no total ${diario.registros + 3}`;
  await conferir('o escritor os sela e grava os seus', [esperado, dito], resposta);
  await conferir(
    'e dá um recibo de cada execução',
    [['1', '2'], recibos.map((um) => um.slice(0, 1))],
    resposta,
  );
  const [adotada = '', nova = ''] = recibos;
  diario.antes.recibo = adotada;
  const relatos = relato ? [{ ...relato, recibo: nova }] : [];
  palco.anotar(volume, { ...escrita, relatos }, { registros: 3, de });
  await palco.olharEConferir(volume, conferir);
  palco.porOlhar.delete(volume);
  return recibos;
}

/** Mudanças de um usuário adotado: a segunda dá a mesma linha do selo, com outro valor. */
const MUDANCAS = [
  ['um nome mudado: selos, 65', "UPDATE usuarios SET nome = nome || '.' WHERE id = "],
  ['um nome que vira JSONB: selos, 65', 'UPDATE usuarios SET nome = jsonb(json_quote(nome)) WHERE id = '],
] as const;

/** Um usuário adotado que muda, com todos os recibos: o leitor reprova. */
async function mudarUm(
  palco: Palco,
  { conferirCodigo, conferirRecusa }: Apoio,
  volume: string,
): Promise<void> {
  const { recibos } = palco.diario(volume);
  const id = palco.sorte('adotado').um([2, 4]);
  const comandos = MUDANCAS.map(([, sql]) => `${sql}${id}`);
  const mudanca = await palco.bun(
    [`${volume}:/data`],
    `const fs = require('node:fs');
     const { Database } = require('bun:sqlite');
     for (const [indice, sql] of ${JSON.stringify(comandos)}.entries()) {
       fs.mkdirSync('/data/' + indice);
       fs.copyFileSync('/data/desafio2.db', '/data/' + indice + '/desafio2.db');
       new Database('/data/' + indice + '/desafio2.db', { readwrite: true }).run(sql);
     }`,
  );
  if (mudanca.codigo !== 0) await conferirCodigo('um nome adotado foi mudado', 0, mudanca);
  const pastas = MUDANCAS.map((_, indice) => ({ banco: `/data/${indice}/desafio2.db`, recibos }));
  const leituras = await lerTodos(palco, volume, pastas);
  for (const [indice, leitura] of leituras.entries()) {
    await conferirRecusa(MUDANCAS[indice]?.[0] ?? '', { codigo: 65, verificacao: 'selos' }, leitura);
  }
}
