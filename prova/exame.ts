import { Falha } from '../lib/falhas.ts';
import { Diario } from './diario.ts';
import { ouvir } from './docker.ts';
import type { Palco } from './palco.ts';

/** Um volume do usuário tem de existir e estar vazio, ou guardar só o nosso arquivo, aprovado pelo leitor. */
export async function examinarVolume(palco: Palco): Promise<void> {
  const { volume } = palco;
  if ((await palco.docker.inspecionar('volume', volume)) === undefined) {
    throw new Falha(
      'nadaParaLer',
      `o volume ${volume} não existe`,
      `Crie-o (docker volume create ${volume}), ou veja os que há com "docker volume ls".`,
    );
  }
  // access() pergunta se se pode gravar, e não grava.
  const listar = `const fs = require('node:fs');
    const tentar = (acao) => { try { return acao(); } catch (erro) { return erro.code; } };
    console.log(JSON.stringify([tentar(() => fs.readdirSync('/exame')),
      tentar(() => fs.accessSync('/exame', fs.constants.W_OK | fs.constants.X_OK)) ?? '']));`;
  const lista = await ouvir(() => palco.bun([`${volume}:/exame:nocopy`], listar));
  if (lista.codigo !== 0) {
    throw new Falha('indisponivel', `o volume ${volume} não se monta: ${lista.erros.trim()}`, lista.comando);
  }
  const [nomes, recusa]: [string[] | string, string] = JSON.parse(lista.saida);
  const nossos = ['desafio2.db', 'desafio2.db-journal', 'lost+found'];
  const alheios = Array.isArray(nomes) ? nomes.filter((nome) => !nossos.includes(nome)) : [];
  if (alheios.length > 0) {
    throw new Falha(
      'reprovado',
      `o volume ${volume} guarda outra coisa (${alheios.slice(0, 3).join(', ')})`,
      'Indique um volume vazio, ou um que o escritor deste projeto escreveu; este fica como está.',
    );
  }
  if (!Array.isArray(nomes) || recusa !== '') {
    throw new Falha(
      'semPermissao',
      `o usuário 65532, que os containers usam, não pode ler e gravar no volume ${volume} (${recusa || nomes})`,
      'O comando que lho dá está em docs/volumes.md, "Um volume de outro dono".',
    );
  }
  if (!nomes.includes('desafio2.db')) return;
  const { codigo, mostrado, erros } = await palco.leitor(volume, { forma: 'json', semDiario: true });
  if (mostrado?.recibo && [0, 69].includes(codigo)) {
    const { visao } = await palco.ver(volume, new Diario());
    const antes = { execucoes: visao.execucoes, registros: visao.registros, ultimoId: visao.ultimo_id ?? 0 };
    palco.trocarDiario(volume, new Diario({ ...antes, recibo: mostrado.recibo }));
    return;
  }
  const dito = erros.split('\n').find((linha) => linha.startsWith('leitor: ')) ?? `código ${codigo}`;
  const motivo = codigo === 75 ? 'tenteDeNovo' : 'reprovado';
  const remedio =
    codigo === 75 ? 'Rode o escritor uma vez nesse volume.' : 'Indique outro volume; este fica como está.';
  throw new Falha(motivo, `o leitor não aprova o que o volume ${volume} já guarda: ${dito}`, remedio);
}
