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
function fingir(dado: string, motivo?: Falha['motivo'], depois: { falha?: Falha } = {}) {
  const exigidos: [banco: string, recibos: string[]][] = [];
  const programas = {
    exigirVolume: async () => {},
    gravar: async () => ({ recibo: dado, ...depois }),
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

test('o que se ouviu de um escritor cujo container depois falha também é exigido', async () => {
  const falha = new Falha('tenteDeNovo', 'passou de 60 s', 'Veja.');
  const presa = fingir(recibo(2), undefined, { falha });
  const { estado, vista } = await fazerRonda(presa.programas, DA_PRIMEIRA, opcoes());
  expect([vista.codigo, vista.recibo, presa.exigidos]).toEqual([75, recibo(2), []]);
  const depois = fingir(recibo(2, 'b'));
  await fazerRonda(depois.programas, estado, opcoes());
  expect(depois.exigidos).toEqual([[bancoDe(DA_PRIMEIRA), [recibo(2), recibo(1), recibo(2, 'b')]]]);
});

test('com outro --cadeia, o que ficou por conferir é exigido da cadeia dele', async () => {
  const [uma, outra] = [bancoDe(DA_PRIMEIRA), bancoDe({ ...DA_PRIMEIRA, cadeia: 2 })];
  const por_conferir = [uma, outra].map((banco) => ({ banco, recibo: recibo(2) }));
  const fechada = fingir(recibo(1, 'c'));
  await fazerRonda(fechada.programas, { ...DA_PRIMEIRA, por_conferir }, opcoes(1));
  expect(fechada.exigidos).toEqual([
    [outra, [recibo(2), recibo(1, 'c')]],
    [uma, [recibo(2), recibo(1)]],
  ]);
  const aberta = fingir(recibo(3));
  const { estado } = await fazerRonda(aberta.programas, { ...DA_PRIMEIRA, por_conferir }, opcoes());
  expect(aberta.exigidos).toEqual([[uma, [recibo(2), recibo(1), recibo(3)]]]);
  expect(estado.por_conferir).toEqual([{ banco: outra, recibo: recibo(2) }]);
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
