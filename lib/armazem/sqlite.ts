import type { Database } from 'bun:sqlite';
import { ESPERA_MS, estaOcupado } from './erros.ts';

export type Banco = Database;

/** O primeiro valor da primeira linha de `sql`. */
export function valor(banco: Banco, sql: string): unknown {
  return banco.query<Record<string, unknown>, []>(sql).values()[0]?.[0];
}

/** SQL que mostra uma coluna: um inteiro que não cabe num número vai em texto, sem se arredondar; um BLOB, em hexadecimal. */
export function mostrarColuna(coluna: string): string {
  const cabe = `${coluna} BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`;
  return `CASE typeof(${coluna}) WHEN 'integer' THEN iif(${cabe}, ${coluna}, CAST(${coluna} AS TEXT))
    WHEN 'blob' THEN quote(${coluna}) ELSE ${coluna} END AS ${coluna}`;
}

/**
 * Tenta `acao` até que o SQLite não a recuse por estar ocupado, por `ESPERA_MS`. A espera é nossa, e não do
 * SQLite (`busy_timeout`), porque a dele prende o processo e com ele a resposta a um sinal.
 */
export async function esperarVez<T>(acao: () => T, parada: AbortSignal): Promise<T> {
  const limite = performance.now() + ESPERA_MS;
  for (let pausaMs = 1; ; pausaMs = Math.min(pausaMs * 2, 50)) {
    parada.throwIfAborted();
    try {
      return acao();
    } catch (erro) {
      if (!estaOcupado(erro) || performance.now() > limite) throw erro;
    }
    await Bun.sleep(pausaMs * (0.5 + Math.random()));
  }
}
