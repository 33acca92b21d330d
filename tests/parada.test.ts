import { describe, expect, test } from 'bun:test';
import { Falha } from '../lib/falhas.ts';
import { respirar } from '../lib/parada.ts';

describe('respirar()', () => {
  test('devolve 0', async () => {
    expect(await respirar(new AbortController().signal)).toBe(0);
  });

  test('dá a vez ao que espera por ela', async () => {
    let vez = false;
    setImmediate(() => {
      vez = true;
    });
    await respirar(new AbortController().signal);
    expect(vez).toBe(true);
  });

  test('lança a Falha da parada, também se ela vem enquanto espera', async () => {
    const falha = new Falha('SIGTERM', 'interrompido por SIGTERM', 'remédio');
    await expect(respirar(AbortSignal.abort(falha))).rejects.toBe(falha);
    const parada = new AbortController();
    setImmediate(() => parada.abort(falha));
    await expect(respirar(parada.signal)).rejects.toBe(falha);
  });
});
