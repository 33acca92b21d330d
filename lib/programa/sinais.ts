import { constants } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Falha } from '../falhas.ts';
import { lerTexto } from '../texto.ts';

/**
 * Um `AbortSignal` que dispara, com uma `Falha`, ao primeiro SIGINT, SIGTERM ou SIGHUP. Sem um ouvinte, o
 * Bun como PID 1 de um container ignoraria os três. Um SIGHUP que `nohup` manda ignorar continua ignorado.
 */
export function ouvirSinais(): AbortSignal {
  const parada = new AbortController();
  for (const sinal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    if (sinal === 'SIGHUP' && ignorado(constants.signals[sinal])) continue;
    process.on(sinal, () =>
      parada.abort(
        new Falha(sinal, `interrompido por ${sinal}`, 'Nada ficou pela metade: rode de novo quando quiser.'),
      ),
    );
  }
  return parada.signal;
}

/** Se quem nos começou mandou ignorar o sinal (o bit dele em `SigIgn`, proc_pid_status(5)). */
function ignorado(sinal: number): boolean {
  const [, mascara = '0'] = lerTexto('/proc/self/status')?.match(/^SigIgn:\s*([0-9a-f]+)$/m) ?? [];
  return ((BigInt(`0x${mascara}`) >> BigInt(sinal - 1)) & 1n) === 1n;
}

/** De quantos em quantos `respirar` se recolhe o lixo: por si, o Bun o deixa crescer de 70 a 100 MB. */
const RESPIROS_POR_COLHEITA = 500;
let respiros = 0;

/**
 * Num laço longo, entre um bloco e o seguinte: dá a vez aos ouvintes de sinais, que um laço síncrono prende, e de vez
 * em quando recolhe o lixo. Lança a `Falha` do sinal que chegou.
 */
export async function respirar(parada: AbortSignal): Promise<void> {
  if (++respiros % RESPIROS_POR_COLHEITA === 0) Bun.gc(true);
  await setImmediate();
  parada.throwIfAborted();
}
