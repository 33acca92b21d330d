import { Database } from 'bun:sqlite';
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { abrir } from './receita.ts';
import type { Sabotagem } from './sabotagens.ts';

/** Troca o arquivo por um banco novo, feito por estes comandos. */
function refazer(arquivo: string, ...comandos: string[]): void {
  rmSync(arquivo);
  using banco = new Database(arquivo, { create: true, readwrite: true });
  for (const comando of comandos) banco.run(comando);
}

/** A mesma tabela, com os mesmos dados, declarada de outro modo. */
function redeclarar(arquivo: string, tabela: string, mudar: (declaracao: string) => string): Database {
  const banco = abrir(arquivo, 'readwrite');
  const { sql } = banco
    .query<{ sql: string }, [string]>('SELECT sql FROM sqlite_schema WHERE name = ?')
    .get(tabela) ?? { sql: '' };
  const outra = mudar(sql);
  if (outra === sql) throw new Error(`nada mudou em ${sql}`);
  banco.run(outra.replace(tabela, 'refeita'));
  banco.run(`INSERT INTO refeita SELECT * FROM ${tabela}`);
  banco.run(`DROP TABLE ${tabela}`);
  banco.run(`ALTER TABLE refeita RENAME TO ${tabela}`);
  return banco;
}

function passarAUtf16(arquivo: string): void {
  using banco = new Database(`${arquivo}.16`, { create: true, readwrite: true });
  banco.run("PRAGMA encoding = 'UTF-16le'");
  banco.run('PRAGMA application_id = 0x64326462');
  banco.run('PRAGMA user_version = 1');
  using de = abrir(arquivo, 'readonly');
  banco.run('BEGIN');
  for (const tabela of ['usuarios', 'execucoes']) {
    const [[sql] = []] = de.query('SELECT sql FROM sqlite_schema WHERE name = ?').values(tabela);
    banco.run(`${sql}`);
    for (const linha of de.query(`SELECT * FROM ${tabela}`).values()) {
      banco.query(`INSERT INTO ${tabela} VALUES (${linha.map(() => '?')})`).run(...(linha as string[]));
    }
  }
  banco.run('COMMIT');
}

/** O que o programa original deixa, com um usuário. */
const LEGADO = [
  'CREATE TABLE usuarios (id INTEGER PRIMARY KEY AUTOINCREMENT, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em)',
  "INSERT INTO usuarios VALUES (1, 'Ana', 'ana@example.com', '2024-01-02 03:04:05')",
];

/** A declaração sem a chave dela, com outra no fim, que pode ser também da última coluna. */
function comChave(sql: string, chave: (ultima: string) => string): string {
  const colunas = sql.replace(' PRIMARY KEY', '');
  return colunas.replace(
    /(\w+)( +TEXT NOT NULL)\s*\) STRICT$/,
    (_, ultima, tipo) => `${ultima}${tipo}, ${chave(ultima)}) STRICT`,
  );
}

/** As chaves que o SQLite aceita e não são o rowid: cada uma deixa entrar um id nulo, repetido, ou de outro tipo. */
const CHAVES: [qual: string, mudar: (sql: string) => string][] = [
  ['DESC', (sql) => sql.replace('PRIMARY KEY', 'PRIMARY KEY DESC')],
  ['INT', (sql) => sql.replace('INTEGER PRIMARY KEY', 'INT PRIMARY KEY')],
  ['composta', (sql) => comChave(sql, (ultima) => `PRIMARY KEY (id, ${ultima})`)],
  ['só UNIQUE', (sql) => sql.replace('PRIMARY KEY', 'UNIQUE')],
  ['WITHOUT ROWID', (sql) => `${sql}, WITHOUT ROWID`],
];

/** Bancos que não são os do escritor, ou que mudariam o que se grava: nem se leem, nem se lhes toca. */
export const ALHEIOS: Sabotagem[] = [
  {
    oQue: 'um gatilho que apagaria usuários',
    verificacao: 'esquema',
    escritor: 65,
    estragar(arquivo) {
      using banco = abrir(arquivo, 'readwrite');
      banco.run('CREATE TRIGGER g AFTER INSERT ON usuarios BEGIN DELETE FROM usuarios WHERE id = 1; END');
    },
  },
  {
    oQue: 'uma coluna a mais em usuarios',
    verificacao: 'esquema',
    escritor: 65,
    estragar: (arquivo) => {
      using banco = abrir(arquivo, 'readwrite');
      banco.run("ALTER TABLE usuarios ADD COLUMN apelido TEXT NOT NULL DEFAULT ''");
    },
  },
  {
    oQue: 'um gatilho na tabela execucoes',
    verificacao: 'esquema',
    escritor: 65,
    estragar(arquivo) {
      using banco = abrir(arquivo, 'readwrite');
      banco.run('CREATE TRIGGER g AFTER INSERT ON execucoes BEGIN DELETE FROM usuarios WHERE id = 1; END');
    },
  },
  {
    oQue: 'execucoes sem STRICT, e um container que vira JSONB',
    verificacao: 'esquema',
    escritor: 65,
    estragar(arquivo) {
      using banco = redeclarar(arquivo, 'execucoes', (sql) => sql.replace(/ STRICT$/, ''));
      banco.run('UPDATE execucoes SET container = jsonb(json_quote(container)) WHERE id = 2');
    },
  },
  ...(['usuarios', 'execucoes'] as const).flatMap((tabela) =>
    CHAVES.map(
      ([qual, mudar]): Sabotagem => ({
        oQue: `${tabela} com outra chave, ${qual}`,
        verificacao: 'esquema',
        escritor: 65,
        estragar: (arquivo) => redeclarar(arquivo, tabela, mudar).close(),
      }),
    ),
  ),
  {
    oQue: 'o banco passado a UTF-16',
    verificacao: 'arquivo',
    escritor: 65,
    estragar(arquivo) {
      passarAUtf16(arquivo);
      renameSync(`${arquivo}.16`, arquivo);
    },
  },
  {
    oQue: 'a tabela de outro programa',
    verificacao: 'arquivo',
    escritor: 65,
    estragar: (arquivo) => refazer(arquivo, 'CREATE TABLE clientes (id INTEGER PRIMARY KEY, nome TEXT)'),
  },
  {
    oQue: 'um texto no lugar do banco',
    verificacao: 'arquivo',
    escritor: 65,
    estragar: (arquivo) => writeFileSync(arquivo, 'Isto não é um banco SQLite.\n'.repeat(100)),
  },
  {
    oQue: 'um -journal alheio ao lado',
    verificacao: 'arquivo',
    escritor: 65,
    estragar: (arquivo) => writeFileSync(`${arquivo}-journal`, 'x'.repeat(600)),
  },
];

/** O que o leitor lê, ou nem abre, e em que o escritor não pode gravar. */
export const SO_PARA_O_ESCRITOR: Pick<Sabotagem, 'oQue' | 'escritor' | 'estragar'>[] = [
  {
    oQue: 'um arquivo com dois nomes',
    escritor: 65,
    estragar: (arquivo) => linkSync(arquivo, `${arquivo}.outro`),
  },
  {
    oQue: 'um BLOB num banco por adotar',
    escritor: 65,
    estragar: (arquivo) =>
      refazer(arquivo, ...LEGADO, 'UPDATE usuarios SET nome = jsonb(json_quote(nome)) WHERE id = 1'),
  },
  {
    oQue: 'um id que não se conta, num banco por adotar',
    escritor: 65,
    estragar: (arquivo) => refazer(arquivo, ...LEGADO, 'UPDATE usuarios SET id = 9007199254740000'),
  },
  {
    oQue: 'um gatilho num banco por adotar',
    escritor: 65,
    estragar: (arquivo) =>
      refazer(
        arquivo,
        ...LEGADO,
        'CREATE TRIGGER g AFTER INSERT ON usuarios BEGIN DELETE FROM usuarios WHERE id = 1; END',
      ),
  },
  { oQue: 'um arquivo de um byte', escritor: 65, estragar: (arquivo) => writeFileSync(arquivo, 'x') },
];
