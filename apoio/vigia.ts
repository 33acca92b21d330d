import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ronda } from '../vigia/ronda.ts';
import { ate } from './processo.ts';
import { RAIZ } from './projeto.ts';

/** Como se começa um vigia, além do volume. */
export interface Modo {
  /** O arquivo do estado. */
  estado: string;
  /** Em segundos. */
  aCada?: number;
  opcoes?: string[];
  ambiente?: Record<string, string>;
  /** O projeto de que é o vigia. */
  raiz?: string;
}

/** Um vigia em curso. Se o bloco acaba antes dele, um SIGTERM fá-lo limpar. */
export function vigiar(volume: string, { estado, aCada = 5, opcoes = [], ambiente, raiz = RAIZ }: Modo) {
  const argumentos = ['--volume', volume, '--estado', estado, '--a-cada', `${aCada}s`, ...opcoes];
  const processo = Bun.spawn([process.execPath, join(raiz, 'vigia/vigia.ts'), ...argumentos], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...ambiente },
  });
  const linhas = lerLinhas(processo.stdout);
  /** A ronda seguinte. Lança `Error` se o vigia acaba sem a fazer. */
  const ronda = async (): Promise<Ronda> => {
    const { value } = await linhas.next();
    if (value === undefined) throw new Error(`o vigia acabou: ${await processo.stderr.text()}`);
    return JSON.parse(value);
  };
  const estaParado = () => /^.*\) T /.test(readFileSync(`/proc/${processo.pid}/stat`, 'utf8'));
  return {
    processo,
    ronda,
    /** Faz `acao` depois de uma ronda aprovada, com o vigia parado (SIGSTOP) antes de começar a seguinte. */
    async entreRondas(acao: (feita: Ronda) => Promise<void>): Promise<void> {
      for (;;) {
        const feita = await ronda();
        if (feita.codigo !== 0) throw new Error(`uma ronda que não foi aprovada: ${feita.mensagem}`);
        processo.kill('SIGSTOP');
        await ate(estaParado, 'o vigia pare');
        const aTempo = Date.now() < Date.parse(feita.iniciada_em) + 1000 * aCada - 100;
        if (aTempo) await acao(feita);
        processo.kill('SIGCONT');
        if (aTempo) return;
      }
    },
    /** O código com que acaba, e o que disse em stderr. */
    async fim(): Promise<{ codigo: number; erros: string }> {
      return { codigo: await processo.exited, erros: await processo.stderr.text() };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      processo.kill('SIGCONT');
      processo.kill('SIGTERM');
      await processo.exited;
    },
  };
}

async function* lerLinhas(saida: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let resto = '';
  for await (const parte of saida) {
    resto += Buffer.from(parte).toString();
    const inteiras = resto.split('\n');
    resto = inteiras.pop() ?? '';
    yield* inteiras;
  }
}
