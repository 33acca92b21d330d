import type { Database } from 'bun:sqlite';
import { type Execucao, iniciarSelo, linhaDaExecucao, SELO_ZERO } from '../lib/selo.ts';

/** Sela de novo uma cadeia inteira, do que está gravado: o que pode fazer quem escreve no volume. Devolve os selos. */
export function refazerCadeia(banco: Database): string[] {
  let anterior = SELO_ZERO;
  const selos: string[] = [];
  for (const execucao of banco.query<Execucao, []>('SELECT * FROM execucoes ORDER BY id').all()) {
    const selo = iniciarSelo(anterior, linhaDaExecucao(execucao));
    const linhas = banco
      .query<{ linha: string }, [number, number]>(
        'SELECT json_array(id, nome, email, criado_em) AS linha FROM usuarios WHERE id BETWEEN ? AND ? ORDER BY id',
      )
      .all(execucao.primeiro_id, execucao.ultimo_id);
    for (const { linha } of linhas) selo.update(`${linha}\n`);
    anterior = selo.digest('hex');
    selos.push(anterior);
    banco.run('UPDATE execucoes SET selo = ? WHERE id = ?', [anterior, execucao.id]);
  }
  return selos;
}
