import { type Banco, valor } from './banco.ts';
import { Falha } from './falhas.ts';

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
}

/** Um usuário. Espelha a tabela `usuarios`. */
export interface Usuario {
  id: number;
  nome: string;
  email: string;
  criado_em: string;
}

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
  const { id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros } = execucao;
  return linhaJson([id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros]);
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

/** A linha da execução no selo, em SQL sobre a tabela `execucoes`. */
export const SQL_LINHA_DA_EXECUCAO =
  'json_array(id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros)';

/** Blocos maiores não são mais rápidos, e a memória cresce com eles. */
const USUARIOS_POR_BLOCO = 1000;

/** As linhas dos usuários de uma execução que estão num bloco. */
export interface Bloco {
  usuarios: number;
  /** Bytes, e não texto: um byte inválido em UTF-8 trocado por outro também deve mudar o selo. */
  linhas: Uint8Array;
}

/**
 * As linhas gravadas dos usuários com `primeiro <= id <= ultimo`, em ordem de id, em blocos. Os ids andam em
 * texto e `bigint` porque um inteiro de 64 bits não cabe num número de JavaScript.
 */
export function* linhasGravadas(banco: Banco, primeiro: string, ultimo: string): Generator<Bloco> {
  const consulta = banco.query<Bloco & { maior: string }, [bigint, bigint]>(
    `SELECT count(*) AS usuarios, CAST(max(id) AS TEXT) AS maior,
            CAST(group_concat(json_array(id, nome, email, criado_em) || char(10), '') AS BLOB) AS linhas
     FROM (SELECT * FROM usuarios WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ${USUARIOS_POR_BLOCO})`,
  );
  const ate = BigInt(ultimo);
  let bloco: ReturnType<typeof consulta.get>;
  for (let de = BigInt(primeiro); de <= ate; de = BigInt(bloco.maior) + 1n) {
    bloco = consulta.get(de, ate);
    if (!bloco?.usuarios) return;
    yield bloco;
  }
}

/**
 * O id de um usuário com um valor que `json_array` confunde com outro (um BLOB que é JSONB, um REAL cortado nos
 * últimos algarismos), ou `undefined`. Só numa tabela do programa original: as nossas são STRICT.
 */
export function usuarioAmbiguo(banco: Banco): unknown {
  const estrita = valor(
    banco,
    "SELECT strict FROM pragma_table_list WHERE schema = 'main' AND name = 'usuarios'",
  );
  if (estrita === 1) return;
  const ambiguo = (coluna: string) => `typeof(${coluna}) IN ('blob', 'real')`;
  const onde = ['nome', 'email', 'criado_em'].map(ambiguo).join(' OR ');
  return valor(banco, `SELECT CAST(id AS TEXT) FROM usuarios WHERE ${onde} LIMIT 1`);
}

/** Prova, guardada fora do volume, de que a cadeia chegou à execução `execucao` com este selo. */
export interface Recibo {
  execucao: number;
  selo: string;
}

/** `N:selo`, como o escritor o imprime. */
export function formatarRecibo({ id, selo }: Pick<Execucao, 'id' | 'selo'>): string {
  return `${id}:${selo}`;
}

/** Lê um recibo `N:selo`; `origem` é a opção ou variável de onde veio. Lança `Falha` (`uso`). */
export function lerRecibo(texto: string, origem: string): Recibo {
  const [, execucao, selo] = texto.match(/^([1-9]\d{0,14}):([0-9a-f]{64})$/) ?? [];
  if (!execucao || !selo) {
    throw new Falha(
      'uso',
      `${origem}: "${texto.slice(0, 80)}" não é um recibo`,
      'Um recibo é N:SELO: o número da execução e 64 algarismos hexadecimais, como o escritor o imprimiu.',
    );
  }
  return { execucao: Number(execucao), selo };
}
