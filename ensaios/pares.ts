import { join } from 'node:path';
import { responde } from '../apoio/processo.ts';

/** A máquina não tem com que comparar: a figura é pulada, com esta razão. */
export class SemPar extends Error {}

/** O comando de um par sobre um banco, que ele cria ou lê. Lança `SemPar` se a máquina não o tem. */
export type Par = (banco: string) => string[];

/** A pasta do que os pares rodam. */
export const PARES = join(import.meta.dir, 'pares');

/** O da distribuição: outro, compilado à parte ou achado por um script, começa muito mais devagar. */
const PYTHONS = ['/usr/bin/python3', 'python3'];
const SOBRE_SI = 'import sys, sqlite3; print(sys.executable, sys.version.split()[0], sqlite3.sqlite_version)';

/** O primeiro interpretador que tem sqlite3, e as versões dele e do SQLite. Lança `SemPar` se não há nenhum. */
export function acharPython(candidatos = PYTHONS): { comando: string; versao: string; sqlite: string } {
  for (const nome of candidatos.filter((candidato) => Bun.which(candidato))) {
    const { success, stdout } = Bun.spawnSync([nome, '-c', SOBRE_SI]);
    const [comando = '', versao = '', sqlite = ''] = stdout.toString().trim().split(' ');
    if (success) return { comando, versao, sqlite };
  }
  throw new SemPar('não há python3 com sqlite3');
}

/** Um programa em Python, com quantos usuários deve escrever se escreve. */
export function python(programa: string, usuarios = 0): Par {
  return (banco) => [acharPython().comando, join(PARES, programa), banco, `${usuarios}`];
}

export function node(programa: string, usuarios: number): Par {
  return (banco) => {
    if (!Bun.which('node')) throw new SemPar('não há node');
    if (!responde('node', '-e', 'require("node:sqlite")')) throw new SemPar('este Node não tem node:sqlite');
    return ['node', join(PARES, programa), banco, `${usuarios}`];
  };
}

/** Comandos do shell, com o banco em `$1`. */
function shell(comandos: string): Par {
  return (banco) => {
    if (!Bun.which('sqlite3') || !Bun.which('sha256sum')) throw new SemPar('não há sqlite3 e sha256sum');
    return ['sh', '-c', comandos, 'sh', banco];
  };
}

/** O shell sqlite3 a fazer o que está num arquivo. */
export const emSql = (arquivo: string) => shell(`sqlite3 "$1" <${arquivo} >/dev/null`);

export const LER_EM_SQL = shell(`
  sqlite3 "$1" 'SELECT json_array(id, nome, email, criado_em) FROM usuarios' | sha256sum &&
  sqlite3 "$1" 'PRAGMA integrity_check'`);

const TABELAS = `PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA;
CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT;
CREATE TABLE execucoes (id INTEGER PRIMARY KEY, container TEXT NOT NULL, iniciada_em TEXT NOT NULL, versao TEXT NOT NULL,
  primeiro_id INTEGER NOT NULL, ultimo_id INTEGER NOT NULL, registros INTEGER NOT NULL, selo TEXT NOT NULL) STRICT;
`;

/** As mesmas linhas, feitas em SQL numa transação: o chão de quem escreve com o SQLite. */
export function escreverEmSql(usuarios: number): string {
  return `${TABELAS}BEGIN;
WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n WHERE id < ${usuarios})
  INSERT INTO usuarios SELECT id, 'Usuário ' || id, 'usuario' || id || '@example.com', '2026-01-01T00:00:00.000Z' FROM n;
COMMIT;
`;
}

/** Tantas transações de um usuário e de uma execução, com textos do tamanho dos nossos. */
export function confirmarEmSql(execucoes: number): string {
  const transacoes = Array.from({ length: execucoes }, (_, i) => {
    const [id, agora] = [i + 1, "'2026-01-01T00:00:00.000Z'"];
    return `BEGIN IMMEDIATE;
INSERT INTO usuarios VALUES (${id}, 'Usuário ${id}', 'usuario${id}@example.com', ${agora});
INSERT INTO execucoes VALUES (${id}, '0123456789ab', ${agora}, '1.0.0', ${id}, ${id}, 1, '${'0'.repeat(64)}');
COMMIT;
`;
  });
  return TABELAS + transacoes.join('');
}
