import { expect, test } from 'bun:test';
import { Falha } from '../lib/falhas.ts';
import { bancoDe, type Estado } from '../vigia/estado.ts';
import type { Programas } from '../vigia/programas.ts';
import { fazerRonda } from '../vigia/ronda.ts';

const recibo = (numero: number, letra = 'a') => `${numero}:${letra.repeat(64)}`;
const DA_PRIMEIRA: Estado = {
  ...{ vigia: 1, volume: 'meu', id: '0123abcd', cadeia: 1 },
  ...{ recibo: recibo(1), aprovada_em: '2026-01-01T00:00:00.000Z' },
};

/** Uns programas que dão o recibo que se disser, e o que foi exigido deles; `motivo` é o de um leitor que falha. */
function fingir(dado: string, motivo?: Falha['motivo']) {
  const exigidos: [banco: string, recibos: string[]][] = [];
  const programas = {
    exigirVolume: async () => {},
    gravar: async () => dado,
    ler: async (banco: string, recibos: string[]) => {
      exigidos.push([banco, recibos]);
      if (motivo) throw new Falha(motivo, 'não se leu', 'Tente de novo.');
    },
  } as unknown as Programas;
  return { programas, exigidos };
}

const opcoes = (maximo = 100) => ({ numero: 1, maximo });

test('o recibo que uma ronda sem resposta deu é exigido até que uma seja aprovada', async () => {
  const muda = fingir(recibo(2), 'tenteDeNovo');
  const { estado, vista } = await fazerRonda(muda.programas, DA_PRIMEIRA, opcoes());
  expect([vista.codigo, estado.recibo]).toEqual([75, recibo(1)]);
  const depois = fingir(recibo(2, 'b'));
  const feita = await fazerRonda(depois.programas, JSON.parse(JSON.stringify(estado)), opcoes());
  expect(depois.exigidos).toEqual([[bancoDe(DA_PRIMEIRA), [recibo(2), recibo(1), recibo(2, 'b')]]]);
  const seguinte = fingir(recibo(3));
  await fazerRonda(seguinte.programas, feita.estado, opcoes());
  expect(seguinte.exigidos).toEqual([[bancoDe(DA_PRIMEIRA), [recibo(2, 'b'), recibo(3)]]]);
});

test('o da primeira de outra cadeia é exigido nela, e não na que se fecha', async () => {
  const { estado } = await fazerRonda(
    fingir(recibo(1, 'c'), 'tenteDeNovo').programas,
    DA_PRIMEIRA,
    opcoes(1),
  );
  const depois = fingir(recibo(2));
  await fazerRonda(depois.programas, estado, opcoes(1));
  expect(depois.exigidos).toEqual([
    [bancoDe({ ...DA_PRIMEIRA, cadeia: 2 }), [recibo(1, 'c'), recibo(2)]],
    [bancoDe(DA_PRIMEIRA), [recibo(1)]],
  ]);
});

test('o de uma ronda reprovada não é exigido: é o do volume errado', async () => {
  const { estado } = await fazerRonda(fingir(recibo(2), 'reprovado').programas, DA_PRIMEIRA, opcoes());
  expect(estado).toEqual(DA_PRIMEIRA);
});
