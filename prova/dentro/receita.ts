import { Database } from 'bun:sqlite';

/*
 * A receita do selo, como docs/selo.md a descreve, escrita outra vez: nada aqui vem de lib/, para que um defeito de lá
 * não possa aparecer também deste lado da comparação.
 */

/** Uma linha de `execucoes`, como está gravada. */
export interface LinhaDeExecucao {
  id: number;
  container: string;
  iniciada_em: string;
  versao: string;
  primeiro_id: number;
  ultimo_id: number;
  registros: number;
  selo: string;
}

/** Abre um banco que já existe; `readwrite` só para quem sabota, que não espera pelo disco. */
export function abrir(arquivo: string, modo: 'readonly' | 'readwrite'): Database {
  if (modo === 'readonly') return new Database(arquivo, { readonly: true });
  const banco = new Database(arquivo, { readwrite: true });
  banco.run('PRAGMA synchronous = OFF');
  return banco;
}

/** Todas as execuções, em ordem de id. */
export function lerExecucoes(banco: Database): LinhaDeExecucao[] {
  return banco.query<LinhaDeExecucao, []>('SELECT * FROM execucoes ORDER BY id').all();
}

/** O selo que a execução deve ter depois de `anterior`, pelo que está gravado. */
export function recalcular(banco: Database, anterior: string, execucao: LinhaDeExecucao): string {
  const resumo = new Bun.CryptoHasher('sha256').update(`${anterior}\n`);
  const daExecucao = banco.query<{ linha: Uint8Array }, [number]>(
    `SELECT CAST(json_array(id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros) AS BLOB) AS linha
     FROM execucoes WHERE id = ?`,
  );
  resumo.update(daExecucao.get(execucao.id)?.linha ?? '').update('\n');
  const dosUsuarios = banco.query<{ linha: Uint8Array }, [number, number]>(
    `SELECT CAST(json_array(id, nome, email, criado_em) AS BLOB) AS linha
     FROM usuarios WHERE id BETWEEN ? AND ? ORDER BY id`,
  );
  for (const { linha } of dosUsuarios.iterate(execucao.primeiro_id, execucao.ultimo_id)) {
    resumo.update(linha).update('\n');
  }
  return resumo.digest('hex');
}

/** O selo anterior ao da primeira execução. */
export const ZEROS = '0'.repeat(64);

/** Sela outra vez a cadeia inteira: o que faria quem pode escrever no volume e conhece a receita. */
export function selarTudo(banco: Database): void {
  let anterior = ZEROS;
  for (const execucao of lerExecucoes(banco)) {
    anterior = recalcular(banco, anterior, execucao);
    banco.run('UPDATE execucoes SET selo = ? WHERE id = ?', [anterior, execucao.id]);
  }
}
