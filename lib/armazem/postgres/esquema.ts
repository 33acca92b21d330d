import { Falha, opcao } from '../../falhas.ts';
import { deVersaoNova, FORMATO } from '../esquema.ts';
import type { Conexao } from './conexao.ts';

/** As tabelas de uma cadeia num servidor, num esquema seu: a de usuários de outra aplicação pode ter o mesmo nome. */
export const TABELAS = {
  usuarios: 'desafio2.usuarios',
  execucoes: 'desafio2.execucoes',
  assinaturas: 'desafio2.assinaturas',
} as const;

export const CRIAR_ESQUEMA = 'CREATE SCHEMA desafio2';
export const CRIAR_TABELAS = `
  CREATE TABLE desafio2.usuarios (id bigint PRIMARY KEY, nome text NOT NULL, email text NOT NULL, criado_em text NOT NULL);
  CREATE TABLE desafio2.execucoes (id bigint PRIMARY KEY, container text NOT NULL, iniciada_em text NOT NULL,
    versao text NOT NULL, primeiro_id bigint NOT NULL, ultimo_id bigint NOT NULL, registros bigint NOT NULL, selo text NOT NULL);
  CREATE TABLE desafio2.formato (formato integer NOT NULL);
  INSERT INTO desafio2.formato VALUES (${FORMATO})`;

const COLUNAS: Record<string, string> = {
  usuarios: 'id bigint, nome text, email text, criado_em text',
  execucoes:
    'id bigint, container text, iniciada_em text, versao text, primeiro_id bigint, ultimo_id bigint, registros bigint, selo text',
  formato: 'formato integer',
  assinaturas: 'id bigint, assinatura text',
};

/** Cria a tabela das assinaturas, se falta: quem só pode inserir nela não a podia criar, nem com IF NOT EXISTS. */
const CRIAR_ASSINATURAS = `DO $$ BEGIN
  IF to_regclass('${TABELAS.assinaturas}') IS NULL THEN
    CREATE TABLE IF NOT EXISTS ${TABELAS.assinaturas} (id bigint PRIMARY KEY, assinatura text NOT NULL);
  END IF; END $$`;

/** O que há no nosso esquema com o nome de uma tabela nossa. */
export interface Exame {
  tabela: string;
  tipo: string;
  persistencia: string;
  colunas: string;
  chave: boolean;
  /** O que pode mudar, calar ou esconder uma linha, pelo nome que tem no servidor. */
  alheio: string | null;
}

/** Pergunta por tudo o que faz de uma tabela outra coisa do que parece. Uma linha por tabela nossa. */
export const EXAMINAR = `SELECT c.relname AS tabela, c.relkind::text AS tipo, c.relpersistence::text AS persistencia,
  (SELECT string_agg(attname || ' ' || CASE WHEN attcollation IN (0, 100) AND attnotnull AND attgenerated = '' AND attidentity = ''
      THEN format_type(atttypid, atttypmod) ELSE 'de outro modo' END, ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS colunas,
  EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary AND indisvalid AND indimmediate
    AND indkey::text = '1') AS chave,
  coalesce(CASE WHEN c.relrowsecurity THEN 'segurança por linha' END,
    (SELECT 'o gatilho ' || tgname FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal LIMIT 1),
    (SELECT 'a regra ' || rulename FROM pg_rewrite WHERE ev_class = c.oid LIMIT 1),
    (SELECT 'a restrição ' || conname FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('c', 'f', 'x') LIMIT 1),
    (SELECT 'o índice ' || indexrelid::regclass FROM pg_index
      WHERE indrelid = c.oid AND (indexprs IS NOT NULL OR indpred IS NOT NULL) LIMIT 1),
    (SELECT 'a tabela herdeira ' || inhrelid::regclass FROM pg_inherits WHERE inhparent = c.oid LIMIT 1)) AS alheio
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'desafio2' AND c.relname IN ('usuarios', 'execucoes', 'formato', 'assinaturas')`;

/** O que há de errado com uma tabela nossa, ou `undefined`. */
export function defeitoDaTabela(exames: Exame[], nome: string): string | undefined {
  const exame = exames.find(({ tabela }) => tabela === nome);
  if (!exame) return `falta a tabela ${nome}`;
  const { tipo, persistencia, colunas, chave, alheio } = exame;
  if (tipo !== 'r') return `${nome} não é uma tabela comum`;
  if (colunas !== COLUNAS[nome]) return `${nome} tem as colunas (${colunas}), e não (${COLUNAS[nome]})`;
  if (!chave && nome !== 'formato') return `${nome} não tem id como chave primária`;
  if (alheio !== null) return `${nome} tem ${alheio}, que pode mudar ou esconder o que se grava`;
  if (persistencia !== 'p') return `${nome} não é uma tabela permanente: o servidor a esvazia numa queda`;
}

/** O que há de errado com o esquema, ou `undefined`. A tabela das assinaturas pode faltar: só há onde alguém assinou. */
export function defeitoDoEsquema(exames: Exame[]): string | undefined {
  const tabelas = Object.keys(COLUNAS).filter(
    (nome) => nome !== 'assinaturas' || exames.some(({ tabela }) => tabela === nome),
  );
  const defeitos = tabelas.map((tabela) => defeitoDaTabela(exames, tabela));
  return defeitos.filter((texto) => texto !== undefined).join('; ') || undefined;
}

/** Lança `Falha` (`reprovado`) se há algo de errado com o esquema. */
export function exigirEsquema(exames: Exame[], nome: string): void {
  const defeito = defeitoDoEsquema(exames);
  if (!defeito) return;
  const remedio = `Desfaça essa mudança, ou indique outro lugar com ${opcao('banco')}.`;
  throw new Falha('reprovado', `${nome}: ${defeito}`, remedio);
}

/** Dá a tabela das assinaturas, que ninguém muda até o fim da transação. Lança `Falha` (`reprovado`) se é outra coisa. */
export async function prepararAssinaturas(conexao: Conexao, nome: string): Promise<void> {
  const trancar = `LOCK TABLE ${TABELAS.assinaturas} IN ROW EXCLUSIVE MODE`;
  const respostas = await conexao.correr<Exame[][]>(`${CRIAR_ASSINATURAS}; ${trancar}; ${EXAMINAR}`);
  exigirEsquema(respostas.at(-1) ?? [], nome);
}

/**
 * O que há no servidor: nada (nem o esquema), só o esquema, sem tabelas, ou uma cadeia deste formato. Lança `Falha`:
 * `versaoNova`, ou `reprovado` se é de outra aplicação.
 */
export async function situar(conexao: Conexao, nome: string): Promise<'nada' | 'esquema' | 'cadeia'> {
  const [esquema] = await conexao.perguntar<{ objetos: number }>(
    `SELECT (SELECT count(*)::int FROM pg_class WHERE relnamespace = n.oid) AS objetos
     FROM pg_namespace n WHERE nspname = 'desafio2'`,
  );
  if (!esquema) return 'nada';
  if (esquema.objetos === 0) return 'esquema';
  const formatos = defeitoDaTabela(await conexao.perguntar<Exame>(EXAMINAR), 'formato')
    ? []
    : await conexao.perguntar<{ formato: number }>('SELECT formato FROM desafio2.formato LIMIT 2');
  const formato = formatos.length === 1 ? formatos[0]?.formato : undefined;
  if (formato === FORMATO) return 'cadeia';
  if (formato !== undefined && formato > FORMATO) throw deVersaoNova(nome, formato);
  throw new Falha(
    'reprovado',
    `${nome} tem um esquema desafio2 que não é o deste programa: não diz o formato da cadeia`,
    `Indique outro banco de dados com ${opcao('banco')}; este fica como está.`,
  );
}
