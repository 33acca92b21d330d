import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { abrir, type LinhaDeExecucao, lerExecucoes, recalcular, ZEROS } from './receita.ts';

/** O que a prova vê, com código só seu, num arquivo como ele está no volume. */
export interface Visao {
  /** O que há na pasta do arquivo. */
  arquivos: string[];
  bytes: number;
  application_id: string;
  user_version: number;
  /** 1 é o journal comum; 2, o WAL (bytes 18 e 19 do cabeçalho). */
  modo: number[];
  /** As permissões do arquivo, como em `chmod`. */
  permissoes: string;
  /** As tabelas, com as suas colunas, e o mais que o banco tenha. */
  esquema: string[];
  registros: number;
  execucoes: number;
  primeiro_id: number | null;
  ultimo_id: number | null;
  /** Usuários que nenhuma execução cobre. */
  avulsos: number;
  /** Valores que não são do tipo que a tabela promete. */
  de_outro_tipo: number;
  /** Execuções cujo selo não é o que se recalcula, as cinco primeiras. */
  divergentes: number[];
  /** Usuários, desde o id pedido, que não são os que o escritor gera, os cinco primeiros. */
  estranhos: string[];
  /** As execuções desde o número pedido. */
  linhas: (LinhaDeExecucao & { usuarios: number; primeira_data: string; ultima_data: string })[];
}

type Banco = ReturnType<typeof abrir>;

const PRIMEIROS = [
  ['João Silva', 'joao@example.com'],
  ['Maria Santos', 'maria@example.com'],
  ['Pedro Oliveira', 'pedro@example.com'],
];

function observar(arquivo: string, desdeExecucao: number, desdeUsuario: number): Visao {
  const cabecalho = readFileSync(arquivo).subarray(0, 100);
  using banco = abrir(arquivo, 'readonly');
  const um = <T>(sql: string) => Object.values(banco.query<Record<string, T>, []>(sql).get() ?? {})[0] as T;
  const execucoes = lerExecucoes(banco);
  const linhas = execucoes.map((execucao) => ({ ...execucao, ...medirUsuarios(banco, execucao) }));
  const registros = um<number>('SELECT count(*) FROM usuarios');
  return {
    arquivos: readdirSync(dirname(arquivo)).sort(),
    bytes: statSync(arquivo).size,
    application_id: cabecalho.toString('latin1', 68, 72),
    user_version: cabecalho.readUInt32BE(60),
    modo: [...cabecalho.subarray(18, 20)],
    permissoes: (statSync(arquivo).mode & 0o777).toString(8),
    esquema: descreverEsquema(banco),
    registros,
    execucoes: execucoes.length,
    primeiro_id: um<number | null>('SELECT min(id) FROM usuarios'),
    ultimo_id: um<number | null>('SELECT max(id) FROM usuarios'),
    avulsos: linhas.reduce((restam, { usuarios }) => restam - usuarios, registros),
    de_outro_tipo: um<number>(
      `SELECT (SELECT count(*) FROM usuarios
               WHERE typeof(nome) <> 'text' OR typeof(email) <> 'text' OR typeof(criado_em) <> 'text')
            + (SELECT count(*) FROM execucoes
               WHERE typeof(container) <> 'text' OR typeof(iniciada_em) <> 'text' OR typeof(versao) <> 'text'
                  OR typeof(primeiro_id) <> 'integer' OR typeof(ultimo_id) <> 'integer'
                  OR typeof(registros) <> 'integer' OR typeof(selo) <> 'text')`,
    ),
    divergentes: acharDivergentes(banco, execucoes).slice(0, 5),
    estranhos: acharEstranhos(banco, desdeUsuario),
    linhas: linhas.filter(({ id }) => id >= desdeExecucao),
  };
}

/** Cada tabela com as suas colunas, e o que mais houver no banco pelo nome. */
function descreverEsquema(banco: Banco): string[] {
  const objetos = banco
    .query<{ type: string; name: string }, []>('SELECT type, name FROM sqlite_schema ORDER BY name')
    .all();
  return objetos.map(({ type, name }) => {
    if (type !== 'table') return `${type} ${name}`;
    const [[, , , , semRowid, estrita] = []] = banco.query(`PRAGMA table_list("${name}")`).values();
    const colunas = banco.query(`PRAGMA table_xinfo("${name}")`).values();
    const cada = colunas.map(([, coluna, tipo, naoNula, padrao, chave, oculta]) =>
      [
        ...[coluna, tipo],
        ...(naoNula ? ['NOT NULL'] : []),
        ...(padrao === null ? [] : [`DEFAULT ${padrao}`]),
        ...(chave ? ['PRIMARY KEY'] : []),
        ...(oculta ? ['gerada'] : []),
      ].join(' '),
    );
    return `${name}(${cada.join(', ')})${estrita ? ' STRICT' : ''}${semRowid ? ' WITHOUT ROWID' : ''}`;
  });
}

/** Quantos usuários há na faixa de uma execução, e entre que horas. */
function medirUsuarios(banco: Banco, { primeiro_id, ultimo_id }: LinhaDeExecucao) {
  type Medida = { usuarios: number; primeira_data: string; ultima_data: string };
  const medida = banco
    .query<Medida, [number, number]>(
      `SELECT count(*) AS usuarios, coalesce(min(criado_em), '') AS primeira_data,
              coalesce(max(criado_em), '') AS ultima_data
       FROM usuarios WHERE id BETWEEN ? AND ?`,
    )
    .get(primeiro_id, ultimo_id);
  return medida ?? { usuarios: 0, primeira_data: '', ultima_data: '' };
}

/** As execuções cujo selo não é o que se recalcula. */
function acharDivergentes(banco: Banco, execucoes: LinhaDeExecucao[]): number[] {
  return execucoes.flatMap((execucao, indice) => {
    const anterior = execucoes[indice - 1]?.selo ?? ZEROS;
    return recalcular(banco, anterior, execucao) === execucao.selo ? [] : [execucao.id];
  });
}

function acharEstranhos(banco: Banco, desde: number): string[] {
  const estranhos: string[] = [];
  const usuarios = banco.query<{ id: number; nome: string; email: string; criado_em: string }, [number]>(
    'SELECT id, nome, email, criado_em FROM usuarios WHERE id >= ? ORDER BY id',
  );
  for (const { id, nome, email, criado_em } of usuarios.iterate(desde)) {
    const [oNome, oEmail] = PRIMEIROS[id - 1] ?? [`Usuário ${id}`, `usuario${id}@example.com`];
    const data = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(criado_em);
    if (nome === oNome && email === oEmail && data) continue;
    estranhos.push(JSON.stringify([id, nome, email, criado_em]).slice(0, 120));
    if (estranhos.length === 5) break;
  }
  return estranhos;
}

const [arquivo = '', desdeExecucao = '1', desdeUsuario = '1'] = process.argv.slice(2);
const existe = statSync(arquivo, { throwIfNoEntry: false }) !== undefined;
// Um banco em WAL não se abre numa montagem só de leitura, e já nisso não é o que o escritor promete.
const modo = existe ? [...readFileSync(arquivo).subarray(18, 20)] : [];
const visao =
  `${modo}` === '1,1'
    ? observar(arquivo, Number(desdeExecucao), Number(desdeUsuario))
    : { arquivos: readdirSync(dirname(arquivo)).sort(), modo };
await Bun.write(Bun.stdout, `${JSON.stringify(visao)}\n`);
