import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { estaNoVolume } from '../lib/armazem/volume.ts';
import { guardar, lembrar } from '../lib/cadeia/memoria.ts';
import type { Lugar } from '../lib/lugar.ts';
import { interpretarMontagens } from '../lib/montagens.ts';
import { selarTudo } from '../prova/dentro/receita.ts';
import { fazerChaves } from './apoio/chaves.ts';
import {
  bancoTemporario,
  escritor,
  leitor,
  PRAZO_MS,
  pastaTemporaria,
  pedirLaudo,
  recibosDe,
  rodar,
  verificacao,
} from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const PARADA = new AbortController().signal;
const selo = (letra: string) => letra.repeat(64);

/** Um banco com uma execução, e ao lado uma pasta com uma memória que ainda não existe. */
async function bancoComMemoria() {
  const banco = bancoTemporario();
  const pasta = pastaTemporaria();
  const memoria = pasta.em('memoria.json');
  const escrever = async () => recibosDe((await escritor('-b', banco.caminho)).saida)[0] ?? '';
  const primeiro = await escrever();
  return {
    ...banco,
    primeiro,
    escrever,
    memoria,
    pasta,
    ler: (...opcoes: string[]) => pedirLaudo(banco.caminho, '--memoria', memoria, ...opcoes),
    lembrado: () => JSON.parse(readFileSync(memoria, 'utf8')).recibo,
    [Symbol.dispose]: () => {
      pasta[Symbol.dispose]();
      banco[Symbol.dispose]();
    },
  };
}

describe('leitor --memoria', () => {
  test('da primeira vez diz que nada exige; da segunda exige o que aprovou, e avança', async () => {
    using banco = await bancoComMemoria();
    const primeira = await banco.ler();
    expect(verificacao(primeira, 'recibos')).toMatchObject({
      resultado: 'pulada',
      detalhe: `nenhum recibo foi exigido; a memória ${banco.memoria} começa agora e nada exige`,
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
    await guardar(memoria, recibo, PARADA);
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

describe('guardar()', () => {
  test('nunca volta atrás, ainda que dois leitores acabem fora da ordem', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'x.db' };
    const letras = [...'0123456789abcdef'];
    const numeros = [9, 2, 15, 3, 14, 1, 15, 7];
    await Promise.all(numeros.map((n) => guardar(memoria, `${n}:${selo(letras[n] ?? '')}`, PARADA)));
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 15, selo: selo('f') });
    await guardar(memoria, `14:${selo('e')}`, PARADA);
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 15 });
  });

  test('recusa o mesmo número com outro selo: dois leitores aprovaram duas cadeias', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'x.db' };
    await guardar(memoria, `3:${selo('a')}`, PARADA);
    await expect(guardar(memoria, `3:${selo('b')}`, PARADA)).rejects.toMatchObject({ motivo: 'reprovado' });
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 3, selo: selo('a') });
  });

  test('espera por quem a tem trancada, e não se prende ao que um morto deixou', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'x.db' };
    writeFileSync(pasta.em('memoria.json.novo'), 'o que um leitor morto deixou');
    const outro = new Database(pasta.em('memoria.json.trava'), { create: true, readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    let acabou = false;
    const guardando = guardar(memoria, `1:${selo('a')}`, PARADA).then(() => {
      acabou = true;
    });
    await Bun.sleep(50);
    expect([acabou, existsSync(memoria.caminho)]).toEqual([false, false]);
    outro.close();
    await guardando;
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 1 });
    expect(existsSync(pasta.em('memoria.json.novo'))).toBe(false);
  });

  test('atrás de um link, muda o arquivo a que ele leva', async () => {
    using pasta = pastaTemporaria();
    mkdirSync(pasta.em('longe'));
    const memoria = { caminho: pasta.em('atalho.json'), banco: 'x.db' };
    await guardar({ ...memoria, caminho: pasta.em('longe/m.json') }, `1:${selo('a')}`, PARADA);
    symlinkSync('longe/m.json', memoria.caminho);
    await guardar(memoria, `2:${selo('b')}`, PARADA);
    expect(readFileSync(pasta.em('longe/m.json'), 'utf8')).toContain('"2:');
    rmSync(pasta.em('longe/m.json'));
    await expect(lembrar(memoria, PARADA)).rejects.toMatchObject({ motivo: 'uso' });
  });
});

describe('estaNoVolume()', () => {
  const lugar = (container: Lugar['container'], ...linhas: string[]): Lugar => ({
    container,
    nome: 'x',
    montagens: interpretarMontagens(['1 0 0:1 / / rw - overlay overlay rw', ...linhas].join('\n')),
  });
  const VOLUME = '2 1 8:1 /volumes/dados/_data /data ro - ext4 /dev/sda1 rw';
  const OUTRO = '3 1 8:1 /volumes/memoria/_data /memoria rw - ext4 /dev/sda1 rw';
  const REPETIDO = '3 1 8:1 /volumes/dados/_data /memoria rw - ext4 /dev/sda1 rw';
  const casos: [oQue: string, caminho: string, lugar: Lugar, esta: boolean][] = [
    ['na pasta do banco', '/data/m.json', lugar('não'), true],
    ['abaixo dela', '/data/a/b/m.json', lugar('não'), true],
    ['numa pasta que só começa como ela', '/data2/m.json', lugar('não'), false],
    ['noutro volume do mesmo disco', '/memoria/m.json', lugar('sim', VOLUME, OUTRO), false],
    ['no mesmo volume, montado outra vez', '/memoria/m.json', lugar('sim', VOLUME, REPETIDO), true],
    ['na raiz do container', '/m.json', lugar('sim', VOLUME), false],
    ['com o banco na raiz do container', '/memoria/m.json', lugar('sim', OUTRO), false],
  ];
  for (const [oQue, caminho, onde, esta] of casos) {
    test(`${oQue}: ${esta}`, () => {
      expect(estaNoVolume(caminho, '/data/desafio2.db', onde)).toBe(esta);
    });
  }
});
