import { constants, Database, SQLiteError } from 'bun:sqlite';
import {
  aceitaEscrita,
  criarArquivo,
  examinarArquivo,
  type Identidade,
  identificarArquivo,
  lerMudanca,
  recusarOutrosNomes,
  recusarSaida,
} from './arquivo.ts';
import { Falha, type Motivo } from './falhas.ts';

export type Banco = Database;

/** Um banco, e que arquivo ele é. */
export type BancoAberto = Banco & { readonly arquivo: Identidade };

/** Um banco aberto só para leitura, e quando o seu conteúdo tinha mudado. */
export type BancoLido = BancoAberto & { readonly mudadoNs: bigint | undefined };

/** `application_id` dos nossos arquivos: `d2db` em ASCII. */
const APLICACAO = 0x64326462;
/** `user_version`: a versão do formato que este programa escreve e lê. */
export const FORMATO = 1;
/** Quanto se espera por um arquivo que outro processo trancou. */
const ESPERA_MS = 10_000;

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

/**
 * Abre o banco para escrita, criando o que faltar (pasta, arquivo); as tabelas nascem com a primeira
 * execução. Lança `Falha`: tudo o que `recusarSaida`, `examinarArquivo`, `recusarOutrosNomes` e `criarArquivo` lançam.
 */
export async function criarBanco(caminho: string, parada: AbortSignal): Promise<BancoAberto> {
  recusarSaida(caminho);
  const arquivo = examinarArquivo(caminho, 'naoCriado');
  recusarOutrosNomes(caminho);
  // O SQLite toma um arquivo de um byte por um vazio, e gravaria por cima dele.
  if (arquivo?.tamanhoBytes === 1) throw new Falha(...explicar(SQLITE.notadb, caminho));
  // Abrir um banco que tem um -journal já o desfaz: antes disso, ele não pode ser de outra aplicação.
  if (arquivo?.temJournal && arquivo.marcas) recusarMarcas(caminho, arquivo.marcas);
  return await traduzindo(caminho, async () => {
    const banco = new Database(arquivo?.real ?? criarArquivo(caminho), { readwrite: true, strict: true });
    try {
      banco.run('PRAGMA temp_store = MEMORY'); // a raiz do container é somente leitura
      // DELETE deixa um arquivo só no volume; EXTRA sincroniza a pasta depois de apagar o journal:
      // sem isso, uma queda de energia traz o journal de volta e desfaz o último COMMIT confirmado.
      const journal = await esperarVez(() => valor(banco, 'PRAGMA journal_mode = DELETE'), parada);
      banco.run('PRAGMA synchronous = EXTRA');
      if (journal !== 'delete' || valor(banco, 'PRAGMA synchronous') !== 3) {
        throw new Error(`o SQLite não aceitou journal DELETE e synchronous EXTRA (journal: ${journal})`);
      }
      return Object.assign(banco, { arquivo: fixarArquivo(banco, caminho) });
    } catch (erro) {
      banco.close();
      throw erro;
    }
  });
}

/** A identidade do arquivo que o SQLite abriu. Lança `Falha` (`tenteDeNovo`) se o caminho já leva a outro. */
function fixarArquivo(banco: Banco, caminho: string): Identidade {
  const arquivo = identificarArquivo(caminho);
  const movido = new Int32Array(2); // o SQLite escreve um inteiro; o Bun quer ao menos 8 bytes
  banco.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, movido);
  if (arquivo && movido[0] === 0) return arquivo;
  throw new Falha('tenteDeNovo', `${caminho} foi trocado, movido ou apagado ao ser aberto`, 'Tente de novo.');
}

/**
 * Se o caminho ainda leva ao arquivo que foi aberto. Fora de uma transação, o que ele diz está no disco: com
 * `synchronous = EXTRA`, o SQLite sincroniza a pasta depois de apagar o journal.
 */
export function estaNoLugar(banco: BancoAberto, caminho: string): boolean {
  return Bun.deepEquals(identificarArquivo(caminho), banco.arquivo);
}

/**
 * Se o que se lê é o que está no arquivo desde que foi aberto: enquanto há um leitor, nenhum escritor o muda, mas um `cp`
 * por cima, que não pergunta ao SQLite, muda.
 */
export function estaIntocado(banco: BancoLido, caminho: string): boolean {
  return lerMudanca(caminho) === banco.mudadoNs;
}

/**
 * Abre o banco só para leitura e fixa um instantâneo: até `close()`, tudo o que se lê é de um mesmo
 * momento, e os escritores esperam para confirmar. Não cria nem muda nada. Lança `Falha`.
 */
export async function abrirParaLeitura(
  caminho: string,
  real: string,
  parada: AbortSignal,
): Promise<BancoLido> {
  return await traduzindo(caminho, async () => {
    const banco = new Database(real, { readonly: true, strict: true });
    try {
      banco.run('PRAGMA temp_store = MEMORY');
      banco.run('BEGIN');
      await esperarVez(() => valor(banco, 'SELECT count(*) FROM sqlite_schema'), parada);
      const arquivo = fixarArquivo(banco, caminho);
      return Object.assign(banco, { arquivo, mudadoNs: lerMudanca(caminho) });
    } catch (erro) {
      banco.close();
      throw erro;
    }
  });
}

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

/** Cria as nossas tabelas; `usuarios` fica como está se já existe. Só dentro de uma transação. */
export function criarTabelas(banco: Banco, temUsuarios: boolean): void {
  if (!temUsuarios) banco.run(TABELA_USUARIOS);
  banco.run(TABELA_EXECUCOES);
  banco.run(`PRAGMA application_id = ${APLICACAO}`);
  banco.run(`PRAGMA user_version = ${FORMATO}`);
}

/** As colunas das nossas tabelas, com o tipo que declaram. */
const COLUNAS = {
  usuarios: ['id INTEGER', 'nome TEXT', 'email TEXT', 'criado_em TEXT'],
  execucoes: [
    'id INTEGER',
    'container TEXT',
    'iniciada_em TEXT',
    'versao TEXT',
    'primeiro_id INTEGER',
    'ultimo_id INTEGER',
    'registros INTEGER',
    'selo TEXT',
  ],
} as const;

/**
 * O que há de errado com o esquema, ou `undefined`: as duas tabelas como devem ser, e nada no banco que mude ou
 * esconda uma linha delas.
 */
export function defeitoDoEsquema(banco: Banco): string | undefined {
  const tabelas = ['usuarios', 'execucoes'] as const;
  const defeitos = [...tabelas.map((tabela) => defeitoDaTabela(banco, tabela)), regraAlheia(banco)];
  return defeitos.filter((texto) => texto !== undefined).join('; ') || undefined;
}

/**
 * Um gatilho mudaria ou engoliria o que se grava, sem que o SQLite o dissesse a quem grava. Escrito à mão, o seu tipo
 * pode ser "TRIGGER", um BLOB ou ter um NUL no fim, e o SQLite ainda o toma por um: só o que não o é passa.
 */
function regraAlheia(banco: Banco): string | undefined {
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
 * `integrity_check` confere o de cada valor; `execucoes`, que só o escritor cria, é sempre STRICT. Fora disso os tipos
 * e as restrições de `usuarios` ficam livres: o programa original pode tê-la feito.
 * Pergunta com PRAGMA porque uma tabela chamada `pragma_table_list` responderia no lugar da função.
 */
export function defeitoDaTabela(banco: Banco, tabela: keyof typeof COLUNAS): string | undefined {
  const perguntar = <Linha>(pragma: string) =>
    banco.query<Linha, []>(`PRAGMA main.${pragma}(${tabela})`).all();
  const [tipo] = perguntar<{ type: string; wr: number; strict: number }>('table_list');
  if (!tipo) return `falta a tabela ${tabela}`;
  if (tipo.type !== 'table') return `${tabela} não é uma tabela comum`;
  const colunas = perguntar<{ name: string; type: string; pk: number; hidden: number }>('table_xinfo');
  const esperadas = COLUNAS[tabela].map((coluna) => coluna.split(' ')[0]);
  if (
    !Bun.deepEquals(
      colunas.map(({ name }) => name),
      esperadas,
    )
  ) {
    const listar = (nomes: unknown[]) => `(${nomes.map((nome) => JSON.stringify(nome)).join(', ')})`;
    return `${tabela} tem as colunas ${listar(colunas.map(({ name }) => name))}, e não ${listar(esperadas)}`;
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
  if (!tipo.strict) return tabela === 'execucoes' ? 'execucoes não é uma tabela STRICT' : undefined;
  const declaradas = colunas.map(({ name, type }) => `${name} ${type.toUpperCase()}`);
  const outra = declaradas.find((coluna, indice) => coluna !== COLUNAS[tabela][indice]);
  if (outra) return `${tabela} declara ${outra}, e não ${COLUNAS[tabela][declaradas.indexOf(outra)]}`;
}

/** Se a tabela `usuarios` é a nossa; a do programa original não é STRICT, e guarda valores de qualquer tipo. */
export function usuariosEstrita(banco: Banco): boolean {
  return banco.query<{ strict: number }, []>('PRAGMA main.table_list(usuarios)').get()?.strict === 1;
}

/**
 * De quem é o arquivo: `novo` (sem tabelas), `nosso`, ou `legado` (do programa original do exercício:
 * só `usuarios`). Lança `Falha`: `versaoNova`, ou `reprovado` se é de outra aplicação.
 */
export function identificarBanco(banco: Banco, caminho: string): 'novo' | 'nosso' | 'legado' {
  // Em UTF-16, os bytes que se gravam não são os que se selam.
  if (valor(banco, 'PRAGMA encoding') !== 'UTF-8') throw deOutraAplicacao(caminho);
  const aplicacao = Number(valor(banco, 'PRAGMA application_id'));
  const formato = Number(valor(banco, 'PRAGMA user_version'));
  recusarMarcas(caminho, { aplicacao, formato });
  if (aplicacao === APLICACAO) return 'nosso';
  const objetos = banco
    .query("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .values();
  if (objetos.length === 0) return 'novo';
  if (objetos.length === 1 && !defeitoDaTabela(banco, 'usuarios')) return 'legado';
  throw deOutraAplicacao(caminho);
}

/** Recusa o que se sabe, só pelas marcas, que não é nosso nem um arquivo sem dono. */
function recusarMarcas(
  caminho: string,
  { aplicacao, formato }: { aplicacao: number; formato: number },
): void {
  if (aplicacao === APLICACAO ? formato === FORMATO : aplicacao === 0 && formato === 0) return;
  if (aplicacao !== APLICACAO || formato < FORMATO) throw deOutraAplicacao(caminho);
  throw new Falha(
    'versaoNova',
    `${caminho} tem o formato ${formato}, e este programa conhece até o ${FORMATO}`,
    'Use uma versão mais nova do programa.',
  );
}

function deOutraAplicacao(caminho: string): Falha {
  return new Falha(
    'reprovado',
    `${caminho} é um banco SQLite de outra aplicação`,
    'Indique outro caminho com --banco; este fica como está.',
  );
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

const SQLITE = {
  busy: 5,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  constraint: 19,
  notadb: 26,
};
const READONLY_ROLLBACK = 776;

function estaOcupado(erro: unknown): boolean {
  return erro instanceof SQLiteError && (erro.errno & 255) === SQLITE.busy;
}

/** Espera `acao` e traduz o que ela lançar com `traduzirErro`. */
async function traduzindo<T>(caminho: string, acao: () => Promise<T>): Promise<T> {
  try {
    return await acao();
  } catch (erro) {
    throw traduzirErro(erro, caminho);
  }
}

/** A `Falha` que corresponde a um erro do SQLite; qualquer outro erro volta como veio. */
export function traduzirErro(erro: unknown, caminho: string): unknown {
  if (!(erro instanceof SQLiteError)) return erro;
  const [motivo, oQue, remedio] = explicar(erro.errno, caminho);
  return new Falha(motivo, `${oQue} (SQLite: ${erro.message})`, remedio, { cause: erro });
}

function explicar(errno: number, caminho: string): [motivo: Motivo, oQue: string, remedio: string] {
  if (errno === READONLY_ROLLBACK) {
    return [
      'tenteDeNovo',
      `${caminho} tem ao lado um -journal de uma gravação interrompida no meio`,
      'Rode o escritor uma vez: ele desfaz a gravação interrompida.',
    ];
  }
  switch (errno & 255) {
    case SQLITE.busy:
      return [
        'tenteDeNovo',
        `${caminho} ficou ocupado por outro processo por mais de ${ESPERA_MS / 1000} s`,
        'Tente de novo quando o outro processo terminar.',
      ];
    case SQLITE.full:
      return ['entradaSaida', `o disco de ${caminho} está cheio`, 'Libere espaço e tente de novo.'];
    case SQLITE.ioerr:
      return ['entradaSaida', `erro de entrada e saída em ${caminho}`, 'Veja o espaço e o estado do disco.'];
    case SQLITE.readonly:
    case SQLITE.cantopen:
      // O SQLite dá o mesmo código a uma permissão que falta e a um disco que falha.
      if (aceitaEscrita(caminho)) {
        return [
          'entradaSaida',
          `não foi possível abrir ${caminho} ou o seu -journal`,
          'Veja o estado do disco.',
        ];
      }
      return [
        'semPermissao',
        `sem permissão para escrever em ${caminho} ou na sua pasta`,
        'Dê acesso ao arquivo e à pasta a quem roda o programa, num volume montado com escrita.',
      ];
    case SQLITE.constraint:
      return [
        'reprovado',
        `${caminho} não aceita os usuários novos: uma restrição do banco os recusa`,
        'Tire essa restrição, ou indique outro caminho com --banco.',
      ];
    case SQLITE.notadb:
      return ['reprovado', `${caminho} não é um banco SQLite`, 'Indique outro caminho com --banco.'];
    case SQLITE.corrupt:
      return [
        'reprovado',
        `${caminho} está corrompido`,
        'Restaure uma cópia e exija o último recibo que você guardou.',
      ];
    default:
      return [
        'reprovado',
        `o SQLite recusou ${caminho}`,
        'Restaure uma cópia e exija o último recibo que você guardou.',
      ];
  }
}
