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
  tabelas: string[];
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
  const dosUsuarios = banco.query<{ quantos: number; de: string; ate: string }, [number, number]>(
    `SELECT count(*) AS quantos, min(criado_em) AS de, max(criado_em) AS ate
     FROM usuarios WHERE id BETWEEN ? AND ?`,
  );
  const divergentes: number[] = [];
  const linhas: Visao['linhas'] = [];
  let anterior = ZEROS;
  let cobertos = 0;
  for (const execucao of execucoes) {
    if (recalcular(banco, anterior, execucao) !== execucao.selo && divergentes.length < 5) {
      divergentes.push(execucao.id);
    }
    anterior = execucao.selo;
    const {
      quantos = 0,
      de = '',
      ate = '',
    } = dosUsuarios.get(execucao.primeiro_id, execucao.ultimo_id) ?? {};
    cobertos += quantos;
    if (execucao.id < desdeExecucao) continue;
    linhas.push({ ...execucao, usuarios: quantos, primeira_data: de, ultima_data: ate });
  }
  const registros = um<number>('SELECT count(*) FROM usuarios');
  return {
    arquivos: readdirSync(dirname(arquivo)).sort(),
    bytes: statSync(arquivo).size,
    application_id: cabecalho.toString('latin1', 68, 72),
    user_version: cabecalho.readUInt32BE(60),
    modo: [...cabecalho.subarray(18, 20)],
    permissoes: (statSync(arquivo).mode & 0o777).toString(8),
    tabelas: banco
      .query<{ name: string }, []>('SELECT name FROM sqlite_schema ORDER BY name')
      .all()
      .map(({ name }) => name),
    registros,
    execucoes: execucoes.length,
    primeiro_id: um<number | null>('SELECT min(id) FROM usuarios'),
    ultimo_id: um<number | null>('SELECT max(id) FROM usuarios'),
    avulsos: registros - cobertos,
    de_outro_tipo: um<number>(
      `SELECT (SELECT count(*) FROM usuarios
               WHERE typeof(nome) <> 'text' OR typeof(email) <> 'text' OR typeof(criado_em) <> 'text')
            + (SELECT count(*) FROM execucoes
               WHERE typeof(container) <> 'text' OR typeof(iniciada_em) <> 'text' OR typeof(versao) <> 'text'
                  OR typeof(primeiro_id) <> 'integer' OR typeof(ultimo_id) <> 'integer'
                  OR typeof(registros) <> 'integer' OR typeof(selo) <> 'text')`,
    ),
    divergentes,
    estranhos: acharEstranhos(banco, desdeUsuario),
    linhas,
  };
}

function acharEstranhos(banco: ReturnType<typeof abrir>, desde: number): string[] {
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
