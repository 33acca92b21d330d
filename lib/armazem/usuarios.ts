import type { Database } from 'bun:sqlite';
import type { Contexto } from '../contexto.ts';
import { SELADAS_DO_USUARIO, type Usuario } from '../selo.ts';
import { PRIMEIROS } from '../usuarios.ts';
import { consultarUm, mostrarColuna } from './consulta.ts';
import { leFaixas } from './linhas.ts';

/** Insere os usuários de `primeiro` a `ultimo`; devolve quantos entraram. */
export type Insercao = (primeiro: number, ultimo: number, criadoEm: string) => number;

/**
 * Prepara a inserção, de até `quantos` por vez, dos mesmos usuários de `gerarUsuario`, que aqui o SQLite gera: levar
 * cada texto até ele custaria tanto como gravá-lo. Se o que ele gera não fosse o que se sela, o leitor reprovaria.
 * `OR ABORT` vale mais do que um `ON CONFLICT` da tabela, que apagaria quem já estava nela, ou calaria a recusa.
 */
export function prepararInsercao(banco: Database, quantos: number): Insercao {
  const numeros = Array.from({ length: quantos }, (_, i) => `(${i})`).join(', ');
  const preparar = (nome: string, email: string) =>
    banco.query<void, [number, number, string]>(
      `INSERT OR ABORT INTO usuarios SELECT id, ${nome}, ${email}, ?3
       FROM (SELECT CAST(?1 AS INTEGER) + column1 AS id FROM (VALUES ${numeros})) WHERE id <= ?2`,
    );
  const [nome, email] = ["'Usuário ' || id", "'usuario' || id || '@example.com'"];
  const umDosPrimeiros = (coluna: 'nome' | 'email', senao: string) =>
    `CASE id ${PRIMEIROS.map((um, i) => `WHEN ${i + 1} THEN '${um[coluna]}'`).join(' ')} ELSE ${senao} END`;
  const outros = preparar(nome, email);
  const primeiros = preparar(umDosPrimeiros('nome', nome), umDosPrimeiros('email', email));
  return (primeiro, ultimo, criadoEm) =>
    (primeiro > PRIMEIROS.length ? outros : primeiros).run(primeiro, ultimo, criadoEm).changes;
}

const COLUNAS = SELADAS_DO_USUARIO.map(mostrarColuna);

/** Os primeiros usuários, no máximo `limite`, em ordem de id. */
export function lerDados(banco: Database, limite: number): Usuario[] {
  return banco
    .query<Usuario, [number]>(`SELECT ${COLUNAS} FROM usuarios NOT INDEXED ORDER BY usuarios.id LIMIT ?`)
    .all(limite);
}

/** Os usuários que há de `primeiro` a `ultimo`, um a um: ver `leFaixas`. */
export function lerFaixa(banco: Database, primeiro: number, ultimo: number): Usuario[] {
  const consulta = banco.query<Usuario, [number]>(`SELECT ${COLUNAS} FROM usuarios WHERE usuarios.id = ?`);
  const ids = Array.from({ length: ultimo - primeiro + 1 }, (_, indice) => primeiro + indice);
  return ids.flatMap((id) => consulta.get(id) ?? []);
}

const CONTADOS_POR_VEZ = 500_000;

/** Quantos usuários o arquivo tem. Conta aos poucos, se pode: um só `count(*)` prenderia os sinais num arquivo grande. */
export async function contarUsuarios(banco: Database, contexto: Pick<Contexto, 'respirar'>): Promise<number> {
  if (!leFaixas(banco)) return Number(consultarUm(banco, 'SELECT count(*) FROM usuarios NOT INDEXED'));
  const consulta = banco.query<{ quantos: number; ultimo: string }, [number | bigint]>(
    `SELECT count(*) AS quantos, CAST(max(id) AS TEXT) AS ultimo
     FROM (SELECT id FROM usuarios NOT INDEXED WHERE id > ? ORDER BY id LIMIT ${CONTADOS_POR_VEZ})`,
  );
  let total = 0;
  let depoisDe: number | bigint = Number.NEGATIVE_INFINITY;
  for (let parte = consulta.get(depoisDe); parte?.quantos; parte = consulta.get(depoisDe)) {
    total += parte.quantos;
    if (parte.quantos < CONTADOS_POR_VEZ) break;
    depoisDe = BigInt(parte.ultimo);
    await contexto.respirar();
  }
  return total;
}
