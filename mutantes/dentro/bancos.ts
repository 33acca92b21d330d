import { Database } from 'bun:sqlite';

/*
 * O arquivo, pela receita do contrato: o que um impostor precisa para saber o que cala, ou para selar outra coisa.
 */

/** Faz `acao` sobre o banco aberto só para leitura. */
export function lendo<T>(caminho: string, acao: (banco: Database) => T): T {
  using banco = new Database(caminho, { readonly: true });
  return acao(banco);
}

/** O selo de uma execução, recalculado sobre o que está gravado para a anterior. */
function recalcular(banco: Database, execucao: number): string {
  const linhas = banco
    .query(
      `SELECT coalesce((SELECT selo FROM execucoes WHERE id = ?1 - 1), printf('%064d', 0))
       UNION ALL
       SELECT json_array(id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros)
         FROM execucoes WHERE id = ?1
       UNION ALL
       SELECT * FROM (SELECT json_array(u.id, u.nome, u.email, u.criado_em) FROM usuarios AS u, execucoes AS e
         WHERE e.id = ?1 AND u.id BETWEEN e.primeiro_id AND e.ultimo_id ORDER BY u.id)`,
    )
    .values(execucao);
  return new Bun.CryptoHasher('sha256').update(linhas.map(([linha]) => `${linha}\n`).join('')).digest('hex');
}

/** As execuções gravadas, com o selo que têm e o que deviam ter; nenhuma, se o banco não se deixa ler. */
export function selosDe(caminho: string): { execucao: number; gravado: string; certo: string }[] {
  try {
    return lendo(caminho, (banco) =>
      banco
        .query<{ execucao: number; gravado: string }, []>(
          'SELECT id AS execucao, selo AS gravado FROM execucoes ORDER BY id',
        )
        .all()
        .map((uma) => ({ ...uma, certo: recalcular(banco, uma.execucao) })),
    );
  } catch {
    return [];
  }
}

/** A hora da última execução; vazia, se o banco não se deixa ler. */
export function ultimaHora(caminho: string): string {
  try {
    return lendo(
      caminho,
      (banco) =>
        banco.query<{ hora: string }, []>('SELECT max(iniciada_em) AS hora FROM execucoes').get()?.hora ?? '',
    );
  } catch {
    return '';
  }
}

/**
 * Muda o que ficou gravado por SQL, em que `?1` e `?2` são a primeira e a última execução mudadas, e sela outra vez
 * dali em diante. Devolve os recibos que essas execuções passam a ter.
 */
export function mudarGravado(caminho: string, recibos: string[], comandos: string[]): string[] {
  const numeros = recibos.map((recibo) => Number.parseInt(recibo, 10));
  const [primeira, ultima] = [Math.min(...numeros), Math.max(...numeros)];
  using banco = new Database(caminho, { readwrite: true });
  banco.run('PRAGMA synchronous = EXTRA');
  banco.run('BEGIN IMMEDIATE');
  for (const comando of comandos) banco.query(comando).run(primeira, ultima);
  const selar = banco.query('UPDATE execucoes SET selo = ? WHERE id = ?');
  const seloDe = banco.query<{ selo: string }, [number]>('SELECT selo FROM execucoes WHERE id = ?');
  for (let execucao = primeira; seloDe.get(execucao); execucao++) {
    selar.run(recalcular(banco, execucao), execucao);
  }
  banco.run('COMMIT');
  return numeros.map((numero) => `${numero}:${seloDe.get(numero)?.selo}`);
}

/** Deixa o banco em WAL, como o SQLite o deixa quando o fecham bem: sem -wal ao lado. */
export function passarAWal(caminho: string): void {
  using banco = new Database(caminho, { readwrite: true });
  banco.run('PRAGMA journal_mode = WAL');
}
