import { join } from 'node:path';
import { RAIZ } from '../apoio/projeto.ts';

/** O que um comando gastou. */
export interface Gasto {
  ms: number;
  /** O pico de memória residente do processo, em bytes. */
  memoria: number;
}

/** Roda um comando até o fim, com a saída descartada. Lança `Error` se ele não sai com 0. */
export async function medir(comando: string[], parada: AbortSignal): Promise<Gasto> {
  parada.throwIfAborted();
  const inicio = performance.now();
  const processo = Bun.spawn(comando, {
    ...{ stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' },
    cwd: RAIZ,
    signal: parada,
  });
  const erros = await processo.stderr.text();
  const codigo = await processo.exited;
  const ms = performance.now() - inicio;
  parada.throwIfAborted();
  if (codigo !== 0) throw new Error(`"${comando.join(' ')}" sai com ${codigo}: ${erros}`);
  return { ms, memoria: processo.resourceUsage()?.maxRSS ?? 0 };
}

/** Faz um trabalho uma vez e devolve quanto levou, em milissegundos. */
export type Vez = () => Promise<number>;

/** O tempo de dois trabalhos, feitos alternados. */
export interface Alternadas {
  nossas: number[];
  doPar: number[];
}

/** Mede dois trabalhos alternados, `rodadas` vezes; se mais de uma, depois de uma que não conta. */
export async function alternar(nossa: Vez, doPar: Vez, rodadas: number): Promise<Alternadas> {
  const medidas: Alternadas = { nossas: [], doPar: [] };
  for (let rodada = rodadas > 1 ? -1 : 0; rodada < rodadas; rodada++) {
    // Quem começa também alterna: o que um deixa ao outro (disco, cache) cabe aos dois.
    const ordem = rodada % 2 === 0 ? (['nossas', 'doPar'] as const) : (['doPar', 'nossas'] as const);
    for (const quem of ordem) {
      const ms = await (quem === 'nossas' ? nossa() : doPar());
      if (rodada >= 0) medidas[quem].push(ms);
    }
  }
  return medidas;
}

export function mediana(valores: number[]): number {
  const ordenados = valores.toSorted((um, outro) => um - outro);
  const meio = (ordenados.length - 1) / 2;
  return ((ordenados[Math.floor(meio)] ?? Number.NaN) + (ordenados[Math.ceil(meio)] ?? Number.NaN)) / 2;
}

/** O comando que roda um dos nossos programas sobre um banco. */
export function nosso(programa: 'escritor' | 'leitor', banco: string, ...opcoes: string[]): string[] {
  return [process.execPath, join(RAIZ, `${programa}.ts`), '-b', banco, ...opcoes];
}
