import type { Database } from 'bun:sqlite';
import { PRIMEIROS, SELADAS_DO_USUARIO, type Usuario } from '../usuario.ts';
import type { Bloco } from './armazem.ts';
import { mostrarColuna, usuariosEstrita } from './esquema.ts';

/** Como `inserir`, de um armazém. */
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

/** Os usuários que há de `primeiro` a `ultimo`, um a um: ver `leFaixas`. */
export function lerFaixa(banco: Database, primeiro: number, ultimo: number): Usuario[] {
  const consulta = banco.query<Usuario, [number]>(`SELECT ${COLUNAS} FROM usuarios WHERE usuarios.id = ?`);
  const ids = Array.from({ length: ultimo - primeiro + 1 }, (_, indice) => primeiro + indice);
  return ids.flatMap((id) => consulta.get(id) ?? []);
}

type LeituraDeLinhas = (primeiro: string, ultimo: string) => Generator<Bloco>;

const TABELA = 'usuarios NOT INDEXED';
const LINHA = `json_array(${SELADAS_DO_USUARIO})`;

/** Prepara a leitura das linhas gravadas, em blocos; as faixas pedem-se como numa `Passagem`. */
export function lerLinhas(banco: Database): LeituraDeLinhas {
  // `json_array` confunde um BLOB que é JSONB com outro, e corta os últimos algarismos de um REAL.
  const duvidoso = (coluna: string) => `typeof(${coluna}) IN ('blob', 'real')`;
  // Numa tabela STRICT é o `integrity_check` que confere o tipo de cada valor.
  const duvidosos = usuariosEstrita(banco)
    ? 'false'
    : ['nome', 'email', 'criado_em'].map(duvidoso).join(' OR ');
  // Por faixa de ids, e não com LIMIT, que pediria uma subconsulta: um sexto do tempo.
  const porFaixa = `SELECT count(*) AS usuarios, CAST(max(CASE WHEN ${duvidosos} THEN id END) AS TEXT) AS ambiguo,
      CAST(group_concat(${LINHA}, char(10)) || char(10) AS BLOB) AS linhas
    FROM ${TABELA} WHERE id >= ? AND id <= ?`;
  return leFaixas(banco) ? lerPorFaixa(banco, porFaixa) : lerDeUmaVez(banco, duvidosos);
}

/**
 * Se o SQLite lê de uma faixa de ids só o que está nela. Se um ANALYZE viu a tabela com poucas linhas, ele a leria
 * inteira, ou até o fim, a cada faixa, por mais que ela tenha crescido.
 */
export function leFaixas(banco: Database): boolean {
  const plano = banco
    .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN SELECT 1 FROM ${TABELA} WHERE id >= ? AND id <= ?`)
    .get();
  return plano?.detail.endsWith('USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)') ?? false;
}

/** Lê a tabela inteira, do menor id ao maior, e dá de cada faixa o que passa por ela. */
function lerDeUmaVez(banco: Database, duvidosos: string): LeituraDeLinhas {
  const linhas = banco
    .query<Bloco & { id: string }, []>(
      `SELECT CAST(id AS TEXT) AS id, 1 AS usuarios, CASE WHEN ${duvidosos} THEN CAST(id AS TEXT) END AS ambiguo,
         CAST(${LINHA} || char(10) AS BLOB) AS linhas
       FROM ${TABELA} ORDER BY usuarios.id`,
    )
    .iterate();
  let linha = linhas.next();
  return function* (primeiro, ultimo) {
    for (; !linha.done && BigInt(linha.value.id) <= BigInt(ultimo); linha = linhas.next()) {
      if (BigInt(linha.value.id) >= BigInt(primeiro)) yield linha.value;
    }
  };
}

/** Um bloco cobre até tantos ids e perto de tantos bytes: maiores não são mais rápidos e custam memória. */
const BLOCO = { ids: 250, bytes: 1_000_000 };

function lerPorFaixa(banco: Database, porFaixa: string): LeituraDeLinhas {
  const blocoDe = banco.query<Bloco, [bigint, bigint]>(porFaixa);
  const seguinte = banco.query<{ id: string | null }, [bigint]>(
    `SELECT CAST(min(id) AS TEXT) AS id FROM ${TABELA} WHERE id > ?`,
  );
  let ids = 10n;
  return function* (primeiro, ultimo) {
    const ate = BigInt(ultimo);
    for (let de = BigInt(primeiro); de <= ate; ) {
      const fim = ate - de < ids ? ate : de + ids - 1n;
      const bloco = blocoDe.get(de, fim);
      if (bloco?.usuarios) {
        yield bloco;
        // Textos enormes encolhem o bloco seguinte; os comuns o levam ao máximo.
        const cabem = (BLOCO.bytes * bloco.usuarios) / bloco.linhas.length;
        ids = BigInt(
          cabem < ids ? Math.max(Math.floor(Number(ids) / 10), 1) : Math.min(Number(ids) * 10, BLOCO.ids),
        );
      }
      const semFalta = BigInt(bloco?.usuarios ?? 0) === fim - de + 1n;
      de = fim + 1n;
      if (semFalta || de > ate) continue;
      // Pode haver uma distância enorme até o seguinte. Num arquivo estragado, ele pode até estar para trás.
      const proximo = seguinte.get(fim)?.id;
      if (!proximo || BigInt(proximo) <= fim) return;
      de = BigInt(proximo);
    }
  };
}
