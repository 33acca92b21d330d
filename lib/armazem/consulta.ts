import type { Database } from 'bun:sqlite';

/** O primeiro valor da primeira linha de `sql`. */
export function consultarUm(banco: Database, sql: string): unknown {
  return banco.query<Record<string, unknown>, []>(sql).values()[0]?.[0];
}

/** SQL que mostra uma coluna: um inteiro que não cabe num número vai em texto, sem se arredondar; um BLOB, em hexadecimal. */
export function mostrarColuna(coluna: string): string {
  const cabe = `${coluna} BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`;
  return `CASE typeof(${coluna}) WHEN 'integer' THEN iif(${cabe}, ${coluna}, CAST(${coluna} AS TEXT))
    WHEN 'blob' THEN quote(${coluna}) ELSE ${coluna} END AS ${coluna}`;
}
