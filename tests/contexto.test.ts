import { afterEach, describe, expect, jest, test } from 'bun:test';
import { criarBanco } from '../lib/armazem/escrita.ts';
import { inserirDados } from '../lib/cadeia/execucoes.ts';
import { verificarBanco } from '../lib/cadeia/verificar.ts';
import type { Contexto } from '../lib/contexto.ts';
import { Falha } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/andamento.ts';
import { bancoTemporario } from './apoio/bancos.ts';
import { terminal } from './apoio/terminal.ts';

afterEach(() => jest.restoreAllMocks());

describe('passo()', () => {
  test('só se espera de mil em mil usuários, e um passo sem nenhum conta como um', async () => {
    const contexto = criarContexto(new AbortController().signal);
    const passo = (usuarios: number) => contexto.passo(usuarios);
    expect([passo(999), passo(0) instanceof Promise]).toEqual([undefined, true]);
    expect([passo(500), passo(500) instanceof Promise]).toEqual([undefined, true]);
    const vazios = Array.from({ length: 1000 }, () => passo(0));
    expect(vazios.filter((vez) => vez !== undefined)).toHaveLength(1);
    await Promise.all(vazios);
  });

  test('dá a vez ao que espera por ela', async () => {
    let vez = false;
    setImmediate(() => {
      vez = true;
    });
    await criarContexto(new AbortController().signal).passo(1000);
    expect(vez).toBe(true);
  });

  test('rejeita com a Falha da parada', async () => {
    const falha = new Falha('SIGTERM', 'interrompido por SIGTERM', 'remédio');
    const contexto = criarContexto(AbortSignal.abort(falha));
    await expect(contexto.passo(1000)).rejects.toBe(falha);
    await expect(contexto.respirar()).rejects.toBe(falha);
  });
});

describe('comecar()', () => {
  test('um trabalho dentro de outro toma o lugar dele, e devolve-o quando acaba', () => {
    using tela = terminal();
    const contexto = criarContexto(new AbortController().signal);
    {
      using _deFora = contexto.comecar('gravando', 100);
      tela.passar(1000);
      contexto.passo(10);
      {
        using _deDentro = contexto.comecar('selando', 4);
        tela.passar(1000);
        contexto.passo(1);
      }
      tela.passar(1000);
      contexto.passo(10);
    }
    tela.passar(1000);
    contexto.passo(10);
    expect(tela.escrito.map((texto) => texto.replace('\r\u001b[K', '').split(' ·')[0])).toEqual([
      'gravando 10 %',
      'selando 25 %',
      '',
      'gravando 20 %',
      '',
    ]);
  });
});

test('gravar e conferir dizem o que fazem, e sobre quantos usuários', async () => {
  using banco = bancoTemporario();
  const ditos: [string, number][] = [];
  const contexto: Contexto = {
    ...{ parada: new AbortController().signal, respirar: async () => {}, passo: () => undefined },
    comecar: (verbo, usuarios) => {
      ditos.push([verbo, usuarios]);
      return { [Symbol.dispose]() {} };
    },
  };
  await using armazem = await criarBanco(banco.caminho, contexto);
  for await (const _ of inserirDados(armazem, { registros: 4, execucoes: 2, amostra: 0 }));
  await verificarBanco({ banco: banco.caminho, recibos: [], limite: 0 }, contexto);
  expect(ditos).toEqual([
    ['gravando', 8],
    ['conferindo', 8],
  ]);
});
