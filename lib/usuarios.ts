import type { Banco } from './banco.ts';
import { respirar } from './parada.ts';
import { emTabela } from './saida.ts';
import type { Usuario } from './selo.ts';

/** Os do exercício original; daí em diante cada usuário é gerado do seu id. */
const PRIMEIROS = [
  { nome: 'João Silva', email: 'joao@example.com' },
  { nome: 'Maria Santos', email: 'maria@example.com' },
  { nome: 'Pedro Oliveira', email: 'pedro@example.com' },
];

/** O usuário que deve ter este id: o que o escritor sela. */
export function gerarUsuario(id: number, criadoEm: string): Usuario {
  const { nome, email } = PRIMEIROS[id - 1] ?? { nome: `Usuário ${id}`, email: `usuario${id}@example.com` };
  return { id, nome, email, criado_em: criadoEm };
}

/**
 * Prepara a inserção dos mesmos usuários, que o SQLite gera: a função que devolve insere os de `primeiro` a `ultimo`,
 * no máximo `quantos`, e diz quantos entraram. Levar cada texto ao SQLite custaria mais do que gravá-lo; e se o que
 * ele gera não fosse o que se sela, o leitor reprovaria.
 */
export function prepararInsercao(
  banco: Banco,
  quantos: number,
): (primeiro: number, ultimo: number, criadoEm: string) => number {
  const escolher = (coluna: 'nome' | 'email') =>
    `CASE id ${PRIMEIROS.map((um, i) => `WHEN ${i + 1} THEN '${um[coluna]}'`).join(' ')}`;
  const numeros = Array.from({ length: quantos }, (_, i) => `(${i})`).join(', ');
  const inserir = banco.query<void, [number, number, string]>(
    `INSERT INTO usuarios
     SELECT id, ${escolher('nome')} ELSE 'Usuário ' || id END,
            ${escolher('email')} ELSE 'usuario' || id || '@example.com' END, ?3
     FROM (SELECT CAST(?1 AS INTEGER) + column1 AS id FROM (VALUES ${numeros})) WHERE id <= ?2`,
  );
  return (primeiro, ultimo, criadoEm) => inserir.run(primeiro, ultimo, criadoEm).changes;
}

/** No máximo `limite` usuários com `id >= primeiro`, em ordem de id; sem `primeiro`, desde o menor id. */
export function lerDados(banco: Banco, limite: number, primeiro?: number): Usuario[] {
  const onde = primeiro === undefined ? '' : `WHERE id >= ${primeiro}`;
  return banco
    .query<Usuario, [number]>(`SELECT id, nome, email, criado_em FROM usuarios ${onde} ORDER BY id LIMIT ?`)
    .all(limite);
}

/** Os usuários numa tabela de até 80 colunas. */
export function listarDados(usuarios: Usuario[]): string {
  const larguraDoId = `${usuarios.at(-1)?.id}`.length; // estão em ordem de id
  return emTabela(usuarios, 'id', { nome: 16, email: Math.max(27 - larguraDoId, 8), criado_em: 24 });
}

const CONTADOS_POR_VEZ = 500_000;

/** Quantos usuários o arquivo tem. Conta aos poucos: um só `count(*)` prenderia os sinais num arquivo grande. */
export async function contarUsuarios(banco: Banco, parada: AbortSignal): Promise<number> {
  const consulta = banco.query<{ quantos: number; ultimo: string }, [number | bigint]>(
    `SELECT count(*) AS quantos, CAST(max(id) AS TEXT) AS ultimo
     FROM (SELECT id FROM usuarios WHERE id > ? ORDER BY id LIMIT ${CONTADOS_POR_VEZ})`,
  );
  let total = 0;
  let depoisDe: number | bigint = Number.NEGATIVE_INFINITY;
  for (let parte = consulta.get(depoisDe); parte?.quantos; parte = consulta.get(depoisDe)) {
    total += parte.quantos;
    if (parte.quantos < CONTADOS_POR_VEZ) break;
    depoisDe = BigInt(parte.ultimo);
    await respirar(parada);
  }
  return total;
}
