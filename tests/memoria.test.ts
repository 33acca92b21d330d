import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { estaNoVolume } from '../lib/armazem/volume.ts';
import { guardar, lembrar } from '../lib/cadeia/memoria.ts';
import type { Lugar } from '../lib/container.ts';
import { interpretarMontagens } from '../lib/montagens.ts';
import { pastaTemporaria } from './apoio/bancos.ts';
import { PRAZO_MS } from './apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

const PARADA = new AbortController().signal;
const selo = (letra: string) => letra.repeat(64);

/** O recibo de uma execução, e se a cadeia aprovada tem o que outro leitor guardou. */
const aprovado = (numero: number, letra: string, tem = true) => ({
  recibo: `${numero}:${selo(letra)}`,
  tem: async () => tem,
});

describe('guardar()', () => {
  test('nunca volta atrás, ainda que dois leitores acabem fora da ordem', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'x.db' };
    const letras = [...'0123456789abcdef'];
    const numeros = [9, 2, 15, 3, 14, 1, 15, 7];
    const fins = await Promise.allSettled(
      numeros.map((n) => guardar(memoria, aprovado(n, letras[n] ?? ''), PARADA)),
    );
    const recusados = fins.flatMap((fim) => (fim.status === 'rejected' ? [fim.reason.motivo] : []));
    expect(new Set([...recusados, 'tenteDeNovo'])).toEqual(new Set(['tenteDeNovo']));
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 15, selo: selo('f') });
    await expect(guardar(memoria, aprovado(14, 'e'), PARADA)).rejects.toMatchObject({
      motivo: 'tenteDeNovo',
    });
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 15 });
  });

  test('recusa a cadeia que não tem o que outro leitor guardou: aprovaram duas', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'x.db' };
    await guardar(memoria, aprovado(3, 'a'), PARADA);
    for (const numero of [3, 4]) {
      await expect(guardar(memoria, aprovado(numero, 'b', false), PARADA)).rejects.toMatchObject({
        motivo: 'reprovado',
      });
    }
    expect(await lembrar(memoria, PARADA)).toMatchObject({ execucao: 3, selo: selo('a') });
  });

  test('espera por quem a tem trancada, e não se prende ao que um morto deixou', async () => {
    using pasta = pastaTemporaria();
    const memoria = { caminho: pasta.em('memoria.json'), banco: 'x.db' };
    writeFileSync(pasta.em('memoria.json.novo'), 'o que um leitor morto deixou');
    const outro = new Database(pasta.em('memoria.json.trava'), { create: true, readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    let acabou = false;
    const guardando = guardar(memoria, aprovado(1, 'a'), PARADA).then(() => {
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
    await guardar({ ...memoria, caminho: pasta.em('longe/m.json') }, aprovado(1, 'a'), PARADA);
    symlinkSync('longe/m.json', memoria.caminho);
    await guardar(memoria, aprovado(2, 'b'), PARADA);
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
