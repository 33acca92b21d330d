import type { Database } from 'bun:sqlite';
import { type Execucao, SELADAS_DA_EXECUCAO } from '../selo.ts';
import type { Bloco, Selada } from './armazem.ts';
import { criarAssinaturas, defeitoDaTabela } from './esquema.ts';

/** Grava uma execução e, se a tem, a assinatura dela; ou diz o que há de errado com a tabela das assinaturas. */
export function registrar(banco: Database, execucao: Execucao): string | undefined {
  const valores = [...SELADAS_DA_EXECUCAO.map((coluna) => execucao[coluna]), execucao.selo];
  banco.query('INSERT OR ABORT INTO execucoes VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(...valores);
  return assinar(banco, execucao.id, execucao.assinatura);
}

function assinar(banco: Database, id: number, assinatura: string | undefined): string | undefined {
  if (assinatura === undefined) return;
  criarAssinaturas(banco);
  const defeito = defeitoDaTabela(banco, 'assinaturas');
  if (defeito) return defeito;
  banco.query('INSERT OR ABORT INTO assinaturas VALUES (?, ?)').run(id, assinatura);
}

/** Insere usuários como estão nas linhas do selo: cada valor com o tipo e os bytes que tem lá. */
export function inserirLinhas(banco: Database, { linhas }: Bloco): void {
  // O JSON do SQLite aceita a vírgula no fim (JSON5), e os `\n` são só os que separam as linhas.
  banco
    .query<void, [Uint8Array]>(
      `INSERT OR ABORT INTO usuarios SELECT value->>0, value->>1, value->>2, value->>3
       FROM json_each('[' || replace(CAST(?1 AS TEXT), char(10), ',') || ']')`,
    )
    .run(linhas);
}

/** Grava, do mesmo modo, uma execução; o resto é como em `registrar`. */
export function registrarLinha(
  banco: Database,
  { id, linha, selo }: Selada,
  assinatura: string | undefined,
): string | undefined {
  const valores = SELADAS_DA_EXECUCAO.map((_, indice) => `linha->>${indice}`);
  banco
    .query<void, [Uint8Array, string]>(
      `INSERT OR ABORT INTO execucoes SELECT ${valores}, ?2 FROM (SELECT CAST(?1 AS TEXT) AS linha)`,
    )
    .run(linha, selo);
  return assinar(banco, id, assinatura);
}
