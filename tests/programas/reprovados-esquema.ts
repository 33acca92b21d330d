import { describe, setDefaultTimeout } from 'bun:test';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { PRAZO_MS } from '../apoio/processos.ts';
import { sql, testarReprovados } from '../apoio/reprovados.ts';

setDefaultTimeout(PRAZO_MS);

describe('o leitor diz não ao esquema e ao arquivo', () => {
  testarReprovados([
    [
      'as duas tabelas que faltam',
      'esquema',
      'falta a tabela usuarios; falta a tabela execucoes',
      sql('DROP TABLE usuarios; DROP TABLE execucoes'),
    ],
    ['uma tabela que falta', 'esquema', 'falta a tabela execucoes', sql('DROP TABLE execucoes')],
    [
      'uma coluna que falta',
      'esquema',
      'usuarios tem as colunas ("id", "nome", "criado_em"), e não ("id", "nome", "email", "criado_em")',
      sql('ALTER TABLE usuarios DROP COLUMN email'),
    ],
    [
      'uma coluna a mais',
      'esquema',
      'usuarios tem as colunas',
      sql('ALTER TABLE usuarios ADD COLUMN x TEXT'),
    ],
    [
      'um nome de coluna que finge ser dois',
      'esquema',
      'usuarios tem as colunas ("id", "nome, email", "criado_em")',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY, "nome, email" TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT',
        "INSERT INTO n SELECT id, nome || ', ' || email, criado_em FROM usuarios",
        'DROP TABLE usuarios',
        'ALTER TABLE n RENAME TO usuarios',
      ),
    ],
    [
      'uma vista no lugar da tabela',
      'esquema',
      'usuarios não é uma tabela comum',
      sql('ALTER TABLE usuarios RENAME TO u', 'CREATE VIEW usuarios AS SELECT * FROM u'),
    ],
    [
      'um id que não é a chave',
      'esquema',
      'usuarios não tem id INTEGER PRIMARY KEY',
      sql('DROP TABLE usuarios', 'CREATE TABLE usuarios (id INTEGER, nome TEXT, email TEXT, criado_em TEXT)'),
    ],
    [
      'um id que aceita texto e nulo, por um índice de chave primária',
      'esquema',
      'usuarios não tem id INTEGER PRIMARY KEY',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY DESC, nome TEXT, email TEXT, criado_em TEXT)',
        'INSERT INTO n SELECT * FROM usuarios',
        'DROP TABLE usuarios',
        'ALTER TABLE n RENAME TO usuarios',
        "INSERT INTO usuarios VALUES (3.5, 'intruso', 'i', 'z'), (NULL, 'x', 'i', 'z'), ('abc', 'x', 'i', 'z')",
      ),
    ],
    [
      'execucoes sem tipos, em que um JSONB passaria por texto',
      'esquema',
      'execucoes não é uma tabela STRICT',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY, container, iniciada_em, versao, primeiro_id, ultimo_id, registros, selo)',
        'INSERT INTO n SELECT * FROM execucoes',
        'DROP TABLE execucoes',
        'ALTER TABLE n RENAME TO execucoes',
        'UPDATE execucoes SET container = jsonb(json_quote(container))',
      ),
    ],
    [
      'uma tabela com o nome da função que descreve o esquema',
      'selos',
      'o usuário 2 tem um BLOB ou REAL',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT)',
        'INSERT INTO n SELECT * FROM usuarios',
        'DROP TABLE usuarios',
        'ALTER TABLE n RENAME TO usuarios',
        'UPDATE usuarios SET nome = jsonb(json_quote(nome)) WHERE id = 2',
        'CREATE TABLE pragma_table_list (schema, name, type, strict)',
        "INSERT INTO pragma_table_list VALUES ('main', 'usuarios', 'table', 1), ('main', 'execucoes', 'table', 1)",
      ),
    ],
    [
      'o application_id de outro',
      'arquivo',
      'é um banco SQLite de outra aplicação',
      sql('PRAGMA application_id = 7'),
    ],
    [
      'um -wal alheio ao lado',
      'arquivo',
      'há um -wal ao lado',
      ({ caminho }) => writeFileSync(`${caminho}-wal`, ''),
    ],
    [
      'um -shm alheio ao lado',
      'arquivo',
      'há um -shm ao lado',
      ({ caminho }) => writeFileSync(`${caminho}-shm`, 'x'),
    ],
    [
      'o arquivo um byte mais curto',
      'arquivo',
      'bytes, e o seu cabeçalho diz',
      ({ caminho }) => truncateSync(caminho, 12287),
    ],
    [
      'o arquivo mais longo',
      'arquivo',
      'bytes, e o seu cabeçalho diz',
      ({ caminho }) => appendFileSync(caminho, 'x'),
    ],
    [
      'o arquivo uma página mais curto',
      'arquivo',
      'está corrompido',
      ({ caminho }) => truncateSync(caminho, 8192),
    ],
    [
      'uma página zerada',
      'estrutura',
      'integrity_check do SQLite',
      ({ estragar }) => estragar((bytes) => bytes.fill(0, 4096, 8192)),
    ],
  ]);
});
