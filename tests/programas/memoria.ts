import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { guardar, lembrar } from '../../lib/cadeia/memoria.ts';
import { selarTudo } from '../../prova/dentro/receita.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { fazerChaves } from '../apoio/chaves.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { bancoComMemoria } from '../apoio/memoria.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor, pedirLaudo, rodar, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const PARADA = new AbortController().signal;
const selo = (letra: string) => letra.repeat(64);

grupoQuePrecisa('longos', 'leitor --memoria', () => {
  test('da primeira vez diz que nada exige; da segunda exige o que aprovou, e avança', async () => {
    using banco = await bancoComMemoria();
    const primeira = await banco.ler();
    expect(verificacao(primeira, 'recibos')).toMatchObject({
      resultado: 'pulada',
      detalhe: `nenhum recibo foi exigido; a memória ${banco.memoria} começa agora e não exige nada`,
    });
    expect(primeira.codigo).toBe(0);
    expect(JSON.parse(readFileSync(banco.memoria, 'utf8'))).toEqual({
      memoria: 1,
      banco: banco.caminho,
      recibo: banco.primeiro,
    });
    const segundo = await banco.escrever();
    const segunda = await banco.ler();
    expect(verificacao(segunda, 'recibos')).toMatchObject({
      resultado: 'aprovada',
      detalhe: `1 exigido, e está na cadeia; 1 vem da memória ${banco.memoria}`,
    });
    expect(banco.lembrado()).toBe(segundo);
    const { saida, codigo } = await rodar('leitor', ['-b', banco.caminho], {
      ambiente: { MEMORIA: banco.memoria },
    });
    expect(saida).not.toContain('Sem um recibo exigido');
    expect(codigo).toBe(0);
  });

  test('reprova a cópia antiga, o volume trocado, o fim cortado e a cadeia refeita, e não os lembra', async () => {
    using banco = await bancoComMemoria();
    using outro = bancoTemporario();
    const antiga = readFileSync(banco.caminho);
    const segundo = await banco.escrever();
    expect((await banco.ler()).codigo).toBe(0);
    const nova = readFileSync(banco.caminho);
    await escritor('-b', outro.caminho, '-e', '3');
    const estragos: Record<string, () => void> = {
      'a cópia antiga': () => writeFileSync(banco.caminho, antiga),
      'o volume trocado': () => copyFileSync(outro.caminho, banco.caminho),
      'o fim cortado': () =>
        banco.sabotar('DELETE FROM execucoes WHERE id = 2', 'DELETE FROM usuarios WHERE id > 3'),
      'a cadeia refeita': () => {
        using aberto = new Database(banco.caminho, { readwrite: true });
        aberto.run("UPDATE usuarios SET nome = 'Outra Pessoa' WHERE id = 1");
        selarTudo(aberto);
      },
    };
    for (const [oQue, estragar] of Object.entries(estragos)) {
      estragar();
      expect([oQue, (await pedirLaudo(banco.caminho)).codigo]).toEqual([oQue, 0]);
      const laudo = await banco.ler();
      expect([oQue, verificacao(laudo, 'recibos').resultado, laudo.codigo]).toEqual([oQue, 'reprovada', 65]);
      expect(banco.lembrado()).toBe(segundo);
      writeFileSync(banco.caminho, nova);
    }
    expect((await banco.ler()).codigo).toBe(0);
  });

  test('não avança, nem começa, se qualquer verificação reprova', async () => {
    using banco = await bancoComMemoria();
    const { publica } = await fazerChaves(banco.pasta.em);
    expect((await banco.ler('--chave-publica', publica)).codigo).toBe(65);
    expect(existsSync(banco.memoria)).toBe(false);
    expect((await banco.ler()).codigo).toBe(0);
    await banco.escrever();
    expect((await banco.ler('--chave-publica', publica)).codigo).toBe(65);
    expect(banco.lembrado()).toBe(banco.primeiro);
  });

  test('a de outro banco, ou uma que não é uma memória: 65, e fica como está', async () => {
    using banco = await bancoComMemoria();
    const laudo = await pedirLaudo(banco.caminho);
    const recibo = banco.primeiro;
    const alheias = {
      vazia: '',
      'um laudo': JSON.stringify(laudo),
      'de outro': JSON.stringify({ memoria: 1, banco: `./${banco.caminho}`, recibo }),
      'sem recibo': JSON.stringify({ memoria: 1, banco: banco.caminho }),
      'de um recibo assinado pela metade': JSON.stringify({
        memoria: 1,
        banco: banco.caminho,
        recibo: `${recibo}:A`,
      }),
      nula: 'null',
    };
    for (const [oQue, texto] of Object.entries(alheias)) {
      writeFileSync(banco.memoria, texto);
      const { saida, erros, codigo } = await leitor('-b', banco.caminho, '--memoria', banco.memoria);
      expect([oQue, saida, codigo]).toEqual([oQue, '', 65]);
      expect(erros).toContain(oQue === 'de outro' ? 'é a memória de' : 'não é uma memória do leitor');
      expect(readFileSync(banco.memoria, 'utf8')).toBe(texto);
    }
  });

  test('estragada num bit ou cortada em qualquer byte, nunca é uma nova, nem exige o mesmo', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'dados/x.db' };
    const recibo = `12:${selo('a')}`;
    await guardar(memoria, { recibo, tem: async () => true }, PARADA);
    const inteira = readFileSync(memoria.caminho);
    const variantes = Array.from({ length: inteira.length * 8 }, (_, bit) => {
      const bytes = Buffer.from(inteira);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return bytes;
    });
    // Sem a quebra de linha do fim, nada lhe falta.
    for (let tamanho = 0; tamanho < inteira.length - 1; tamanho++)
      variantes.push(inteira.subarray(0, tamanho));
    for (const variante of variantes) {
      writeFileSync(memoria.caminho, variante);
      const visto = await lembrar(memoria, PARADA).catch(({ motivo }) => motivo);
      if (visto === 'reprovado') continue;
      expect([variante.toString(), visto]).toEqual([variante.toString(), expect.any(Object)]);
      expect(`${visto.execucao}:${visto.selo}`).not.toBe(recibo);
    }
  });

  test('junto do banco é recusada: 64', async () => {
    using banco = await bancoComMemoria();
    symlinkSync(join(banco.caminho, '..'), banco.pasta.em('atalho'));
    for (const memoria of [`${banco.caminho}.memoria`, banco.caminho, banco.pasta.em('atalho/m.json')]) {
      const antes = readFileSync(banco.caminho);
      const { erros, codigo } = await leitor('-b', banco.caminho, '--memoria', memoria);
      expect(erros).toContain('voltaria atrás com ele');
      expect(codigo).toBe(64);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    }
  });

  test('numa pasta que não há é 73, e numa em que não se pode escrever, 77, antes de ler o banco', async () => {
    using pasta = pastaTemporaria();
    const semBanco = ['-b', pasta.em('banco/x.db'), '--memoria'];
    const semPasta = await leitor(...semBanco, pasta.em('nada/memoria.json'));
    expect(semPasta.erros).toContain('--memoria');
    expect(semPasta.codigo).toBe(73);
    mkdirSync(pasta.em('fechada'));
    chmodSync(pasta.em('fechada'), 0o555);
    const antes = process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];
    const fechada = await rodar('leitor', [...semBanco, pasta.em('fechada/memoria.json')], { antes });
    expect(fechada.codigo).toBe(77);
    mkdirSync(pasta.em('uma-pasta'));
    expect((await leitor(...semBanco, pasta.em('uma-pasta'))).codigo).toBe(64);
    expect((await rodar('leitor', semBanco.slice(0, 2), { ambiente: { MEMORIA: '' } })).codigo).toBe(64);
  });

  test('que não se consegue gravar: 74, sem laudo, e a de antes fica', async () => {
    using banco = await bancoComMemoria();
    expect((await banco.ler()).codigo).toBe(0);
    const antiga = readFileSync(banco.memoria);
    await banco.escrever();
    const { saida, erros, codigo } = await rodar(
      'leitor',
      ['-b', banco.caminho, '--memoria', banco.memoria],
      {
        antes: ['prlimit', '--fsize=10'],
      },
    );
    expect(saida).toBe('');
    expect(erros).toContain('aprovado, mas a memória não o guardou: ');
    expect(codigo).toBe(74);
    expect(readFileSync(banco.memoria).equals(antiga)).toBe(true);
    expect((await banco.ler()).codigo).toBe(0);
    expect(readFileSync(banco.memoria).equals(antiga)).toBe(false);
  });
});
