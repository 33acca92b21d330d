import type { Database } from 'bun:sqlite';
import { Falha, opcao } from '../falhas.ts';
import type { Tabela } from './armazem.ts';

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

/** `application_id` dos nossos arquivos: `d2db` em ASCII. */
const APLICACAO = 0x64326462;
/** `user_version`: a versão do formato que este programa escreve e lê. */
export const FORMATO = 1;

/** A de usuários que guarda cada valor com o tipo que tem: o programa original deixava pôr nulos e números. */
const TABELA_LIVRE = 'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)';

const TABELA_USUARIOS = `CREATE TABLE usuarios (
  id        INTEGER PRIMARY KEY,
  nome      TEXT NOT NULL,
  email     TEXT NOT NULL,
  criado_em TEXT NOT NULL
) STRICT`;

const TABELA_EXECUCOES = `CREATE TABLE execucoes (
  id          INTEGER PRIMARY KEY,
  container   TEXT NOT NULL,
  iniciada_em TEXT NOT NULL,
  versao      TEXT NOT NULL,
  primeiro_id INTEGER NOT NULL,
  ultimo_id   INTEGER NOT NULL,
  registros   INTEGER NOT NULL,
  selo        TEXT NOT NULL
) STRICT`;

/** Cria a tabela das assinaturas, se nada há com esse nome. O `id` é o da execução. */
export const TABELA_ASSINATURAS = `CREATE TABLE IF NOT EXISTS assinaturas (
  id         INTEGER PRIMARY KEY,
  assinatura TEXT NOT NULL
) STRICT`;

/** Cria as nossas tabelas; `usuarios`, se ainda não existe. Só dentro de uma transação. */
export function criarTabelas(banco: Database, usuarios: 'existe' | 'nossa' | 'livre'): void {
  if (usuarios !== 'existe') banco.run(usuarios === 'livre' ? TABELA_LIVRE : TABELA_USUARIOS);
  banco.run(TABELA_EXECUCOES);
  banco.run(`PRAGMA application_id = ${APLICACAO}`);
  banco.run(`PRAGMA user_version = ${FORMATO}`);
}

/** As colunas de uma tabela nossa, com o tipo que declaram: `id INTEGER`, `nome TEXT`… */
function colunasDe(tabela: string): string[] {
  return Array.from(tabela.matchAll(/^ {2}(\w+) +(\w+)/gm), ([, nome, tipo]) => `${nome} ${tipo}`);
}

const COLUNAS = {
  usuarios: colunasDe(TABELA_USUARIOS),
  execucoes: colunasDe(TABELA_EXECUCOES),
  assinaturas: colunasDe(TABELA_ASSINATURAS),
};

/**
 * O que há de errado com o esquema, ou `undefined`: as duas tabelas como devem ser, e nada no banco que mude ou
 * esconda uma linha delas.
 */
export function defeitoDoEsquema(banco: Database): string | undefined {
  const tabelas = ['usuarios', 'execucoes'] as const;
  const defeitos = [...tabelas.map((tabela) => defeitoDaTabela(banco, tabela)), regraAlheia(banco)];
  return defeitos.filter((texto) => texto !== undefined).join('; ') || undefined;
}

/**
 * Um gatilho mudaria ou engoliria o que se grava, sem que o SQLite o dissesse a quem grava. Escrito à mão, o seu tipo
 * pode ser "TRIGGER", um BLOB ou ter um NUL no fim, e o SQLite ainda o toma por um: só o que não o é passa.
 */
function regraAlheia(banco: Database): string | undefined {
  const gatilho = banco
    .query<{ name: string }, []>(
      "SELECT name FROM main.sqlite_schema WHERE coalesce(type, '') NOT IN ('table', 'index', 'view')",
    )
    .get();
  return gatilho ? `o gatilho ${gatilho.name} mudaria o que se grava` : undefined;
}

/**
 * O que há de errado com uma das nossas tabelas, ou `undefined`: ela deve ser uma tabela de verdade, ter as
 * colunas esperadas, nessa ordem, e `id INTEGER PRIMARY KEY`. Uma STRICT declara os nossos tipos, e então o
 * `integrity_check` confere o de cada valor; as que só o escritor cria são sempre STRICT. Já os tipos e as restrições
 * de `usuarios` ficam livres: o programa original pode tê-la feito.
 * Pergunta com PRAGMA porque uma tabela chamada `pragma_table_list` responderia no lugar da função.
 */
export function defeitoDaTabela(banco: Database, tabela: Tabela): string | undefined {
  const perguntar = <Linha>(pragma: string) =>
    banco.query<Linha, []>(`PRAGMA main.${pragma}(${tabela})`).all();
  const [tipo] = perguntar<{ type: string; wr: number; strict: number }>('table_list');
  if (!tipo) return `falta a tabela ${tabela}`;
  if (tipo.type !== 'table') return `${tabela} não é uma tabela comum`;
  const colunas = perguntar<{ name: string; type: string; pk: number; hidden: number }>('table_xinfo');
  const esperadas = COLUNAS[tabela].map((coluna) => coluna.split(' ')[0]);
  const nomes = colunas.map(({ name }) => name);
  if (!Bun.deepEquals(nomes, esperadas)) {
    const listar = (quais: unknown[]) => `(${quais.map((nome) => JSON.stringify(nome)).join(', ')})`;
    return `${tabela} tem as colunas ${listar(nomes)}, e não ${listar(esperadas)}`;
  }
  // Com um índice de chave primária, ou WITHOUT ROWID, `id` não é o rowid e aceita texto, REAL e até nulo.
  const temRowid =
    tipo.wr === 0 && perguntar<{ origin: string }>('index_list').every(({ origin }) => origin !== 'pk');
  const comuns = colunas.every(
    (coluna) => coluna.hidden === 0 && (coluna.name === 'id') === (coluna.pk === 1),
  );
  if (!temRowid || !comuns || colunas[0]?.type.toUpperCase() !== 'INTEGER') {
    return `${tabela} não tem id INTEGER PRIMARY KEY`;
  }
  if (!tipo.strict) return tabela === 'usuarios' ? undefined : `${tabela} não é uma tabela STRICT`;
  const declaradas = colunas.map(({ name, type }) => `${name} ${type.toUpperCase()}`);
  const outra = declaradas.find((coluna, indice) => coluna !== COLUNAS[tabela][indice]);
  if (outra) return `${tabela} declara ${outra}, e não ${COLUNAS[tabela][declaradas.indexOf(outra)]}`;
}

/** Se a tabela `usuarios` é a nossa; a do programa original não é STRICT, e guarda valores de qualquer tipo. */
export function usuariosEstrita(banco: Database): boolean {
  return banco.query<{ strict: number }, []>('PRAGMA main.table_list(usuarios)').get()?.strict === 1;
}

/**
 * De quem é o arquivo: `vazio` (sem tabelas), uma `cadeia` nossa, ou `legado` (do programa original do exercício:
 * só `usuarios`). Lança `Falha`: `versaoNova`, ou `reprovado` se é de outra aplicação.
 */
export function identificarBanco(banco: Database, caminho: string): 'vazio' | 'cadeia' | 'legado' {
  // Em UTF-16, os bytes que se gravam não são os que se selam.
  if (consultarUm(banco, 'PRAGMA encoding') !== 'UTF-8') throw deOutraAplicacao(caminho);
  const aplicacao = Number(consultarUm(banco, 'PRAGMA application_id'));
  const formato = Number(consultarUm(banco, 'PRAGMA user_version'));
  recusarMarcas(caminho, { aplicacao, formato });
  if (aplicacao === APLICACAO) return 'cadeia';
  const objetos = banco
    .query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .values();
  if (objetos.length === 0) return 'vazio';
  if (objetos.length === 1 && !defeitoDaTabela(banco, 'usuarios')) return 'legado';
  throw deOutraAplicacao(caminho);
}

/** Recusa o que se sabe, só pelas marcas, que não é nosso nem um arquivo sem dono. */
export function recusarMarcas(
  caminho: string,
  { aplicacao, formato }: { aplicacao: number; formato: number },
): void {
  if (aplicacao === APLICACAO ? formato === FORMATO : aplicacao === 0 && formato === 0) return;
  if (aplicacao !== APLICACAO || formato < FORMATO) throw deOutraAplicacao(caminho);
  throw deVersaoNova(caminho, formato);
}

/** A `Falha` de um formato que ainda não se conhece. */
export function deVersaoNova(lugar: string, formato: number): Falha {
  return new Falha(
    'versaoNova',
    `${lugar} tem o formato ${formato}, e este programa conhece até o ${FORMATO}`,
    'Use uma versão mais nova do programa.',
  );
}

function deOutraAplicacao(caminho: string): Falha {
  return new Falha(
    'reprovado',
    `${caminho} é um banco SQLite de outra aplicação`,
    `Indique outro caminho com ${opcao('banco')}; este fica como está.`,
  );
}
