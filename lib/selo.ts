import type { Usuario } from './usuario.ts';

/** Um lote de usuários: o que uma rodada do escritor gravou numa transação. Espelha a tabela `execucoes`. */
export interface Execucao {
  id: number;
  container: string;
  iniciada_em: string;
  versao: string;
  primeiro_id: number;
  ultimo_id: number;
  registros: number;
  selo: string;
  /** A do recibo, se foi assinado; tem uma tabela só sua, e o selo não a cobre. */
  assinatura?: string;
}

/** O que prende uma execução à cadeia; de uma vazia, a de número 0 e `SELO_ZERO`. */
export type Elo = Pick<Execucao, 'id' | 'selo'>;

/** As colunas de uma execução que o selo dela cobre, na ordem em que estão na tabela; depois delas vem `selo`. */
export const SELADAS_DA_EXECUCAO = [
  'id',
  'container',
  'iniciada_em',
  'versao',
  'primeiro_id',
  'ultimo_id',
  'registros',
] as const;

/** O container da execução 1 de um banco que o programa original do exercício começou. */
export const DESCONHECIDO = 'desconhecido';

/** O selo que vem antes do da primeira execução. */
export const SELO_ZERO = '0'.repeat(64);

/**
 * O selo de uma execução: SHA-256, em hexadecimal, do selo anterior, da execução e de cada usuário seu em
 * ordem de id, uma linha cada, como em `json_array` do SQLite. O escritor entrega linhas feitas em
 * JavaScript do que quis gravar; o leitor, linhas feitas em SQL do que está gravado.
 */
export function iniciarSelo(anterior: string, linhaDaExecucao: string | Uint8Array): Bun.CryptoHasher {
  return new Bun.CryptoHasher('sha256').update(`${anterior}\n`).update(linhaDaExecucao).update('\n');
}

/** A linha da execução no selo, do lado de quem escreve. */
export function linhaDaExecucao(execucao: Omit<Execucao, 'selo'>): string {
  return linhaJson(SELADAS_DA_EXECUCAO.map((coluna) => execucao[coluna]));
}

/** A linha do usuário no selo, do lado de quem escreve. */
export function linhaDoUsuario({ id, nome, email, criado_em }: Usuario): string {
  return linhaJson([id, nome, email, criado_em]);
}

/** Lança `TypeError` se um texto tem metade de um par substituto: o SQLite gravaria outro no seu lugar. */
function linhaJson(valores: (string | number)[]): string {
  for (const valor of valores) {
    if (typeof valor === 'string' && !valor.isWellFormed())
      throw new TypeError('texto que não é Unicode bem formado');
  }
  return JSON.stringify(valores);
}
