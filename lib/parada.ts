import { setImmediate } from 'node:timers/promises';
import { Falha } from './falhas.ts';

/**
 * Um `AbortSignal` que dispara, com uma `Falha`, ao primeiro SIGINT, SIGTERM ou SIGHUP. Sem um ouvinte, o
 * Bun como PID 1 de um container ignoraria os três.
 */
export function ouvirSinais(): AbortSignal {
  const parada = new AbortController();
  for (const sinal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(sinal, () =>
      parada.abort(
        new Falha(sinal, `interrompido por ${sinal}`, 'Nada ficou pela metade: rode de novo quando quiser.'),
      ),
    );
  }
  return parada.signal;
}

/** Deixa correr os ouvintes de sinais, que um laço síncrono prende; lança a `Falha` do sinal que chegou. */
export async function respirar(parada: AbortSignal): Promise<void> {
  await setImmediate();
  parada.throwIfAborted();
}
