import type { Database } from 'bun:sqlite';
import type { Lote } from './lote.ts';
import { selarTudo } from './receita.ts';

/** Faz o que um lote diz num banco. Lança se nada mudou. */
export function mudar(banco: Database, lote: Lote): void {
  FAZER[lote.especie](banco, lote);
}

const FAZER: Record<Lote['especie'], (banco: Database, lote: Lote) => void> = {
  texto: mudarTexto,
  troca(banco, lote) {
    const { coluna } = lote;
    const [um, outro] = [primeiroDe(banco, lote), escolher(banco, { ...lote, usuario: 'último' })];
    const [deUm, deOutro] = [ler(banco, coluna, um), ler(banco, coluna, outro)];
    // As datas de uma mesma execução são iguais: trocá-las nada mudaria.
    const igual = deUm === deOutro;
    exigir(banco, `UPDATE usuarios SET ${coluna} = ? WHERE id = ?`, [igual ? `${deOutro}.` : deOutro, um]);
    if (!igual) exigir(banco, `UPDATE usuarios SET ${coluna} = ? WHERE id = ?`, [deUm, outro]);
  },
  campo(banco, { campo, execucao, acaso }) {
    const numero = ['primeiro_id', 'ultimo_id', 'registros'].includes(campo);
    const novo = numero
      ? `${campo} + ${acaso % 2 === 0 ? 1 : -1}`
      : `substr(${campo}, 1, length(${campo}) - 1) || 'e'`;
    const antes = numero ? '' : ` AND ${campo} NOT LIKE '%e'`;
    const { changes } = banco.run(`UPDATE execucoes SET ${campo} = ${novo} WHERE id = ?${antes}`, [execucao]);
    if (changes === 0)
      exigir(banco, `UPDATE execucoes SET ${campo} = ${campo} || '0' WHERE id = ?`, [execucao]);
  },
  selo(banco, { execucao, algarismo, acaso }) {
    const { selo } = banco
      .query<{ selo: string }, [number]>('SELECT selo FROM execucoes WHERE id = ?')
      .get(execucao) ?? { selo: '' };
    const outro = ((Number.parseInt(selo.charAt(algarismo), 16) + 1 + (acaso % 15)) % 16).toString(16);
    const novo = selo.slice(0, algarismo) + outro + selo.slice(algarismo + 1);
    exigir(banco, 'UPDATE execucoes SET selo = ? WHERE id = ? AND selo <> ?1', [novo, execucao]);
  },
  apaga(banco, lote) {
    exigir(banco, 'DELETE FROM usuarios WHERE id = ?', [escolher(banco, lote)]);
  },
  insere(banco, { acaso }) {
    const id = ['max(id) + 1', '0', '-9', 'max(id) + 1000'][acaso % 4];
    exigir(
      banco,
      `INSERT INTO usuarios SELECT ${id}, 'Novo', 'novo@example.com', max(criado_em) FROM usuarios`,
      [],
    );
  },
  tira(banco, { execucao, acaso }) {
    const faixa =
      '(SELECT primeiro_id FROM execucoes WHERE id = ?1) AND (SELECT ultimo_id FROM execucoes WHERE id = ?1)';
    if (acaso % 2 === 0) exigir(banco, `DELETE FROM usuarios WHERE id BETWEEN ${faixa}`, [execucao]);
    exigir(banco, 'DELETE FROM execucoes WHERE id = ?', [execucao]);
  },
  'muda o id'(banco, lote) {
    exigir(banco, 'UPDATE usuarios SET id = (SELECT max(id) + 1 FROM usuarios) WHERE id = ?', [
      escolher(banco, lote),
    ]);
  },
  'jsonb em usuarios'(banco, lote) {
    // Ora só a coluna em que se mexe é ANY, ora todas.
    const tipo = (nome: string) => (nome === lote.coluna || lote.acaso % 2 === 0 ? 'ANY' : 'TEXT');
    const colunas = ['nome', 'email', 'criado_em'].map((nome) => `${nome} ${tipo(nome)} NOT NULL`).join(', ');
    refazer(banco, 'usuarios', `id INTEGER PRIMARY KEY, ${colunas}`);
    const { coluna: qual } = lote;
    exigir(banco, `UPDATE usuarios SET ${qual} = jsonb(json_quote(${qual})) WHERE id = ?`, [
      escolher(banco, lote),
    ]);
  },
  'jsonb em execucoes'(banco, { execucao }) {
    refazer(banco, 'execucoes', COLUNAS.replace('container TEXT', 'container ANY'));
    exigir(banco, 'UPDATE execucoes SET container = jsonb(json_quote(container)) WHERE id = ?', [execucao]);
  },
  'número por texto'(banco, { execucao }) {
    refazer(banco, 'execucoes', COLUNAS.replace('registros INTEGER', 'registros ANY'));
    exigir(banco, 'UPDATE execucoes SET registros = CAST(registros AS TEXT) WHERE id = ?', [execucao]);
  },
  'selada de novo'(banco, lote) {
    mudarTexto(banco, lote);
    selarTudo(banco);
  },
  sobreposta(banco, { execucao, acaso }) {
    // Por um lado ou pelo outro, um usuário passa a ser de duas.
    const [depois, antes] = execucao === 1 || acaso % 2 === 0 ? [1, 0] : [0, 1];
    exigir(
      banco,
      `UPDATE execucoes SET ultimo_id = ultimo_id + ?, primeiro_id = primeiro_id - ?, registros = registros + 1
       WHERE id = ?`,
      [depois, antes, execucao],
    );
    selarTudo(banco);
  },
  'conta errada'(banco, { execucao, acaso }) {
    const quanto = acaso % 2 === 0 ? 1 : -1;
    exigir(banco, 'UPDATE execucoes SET registros = registros + ? WHERE id = ?', [quanto, execucao]);
    selarTudo(banco);
  },
  encurtada(banco, { execucao }) {
    const primeiro = '(SELECT primeiro_id FROM execucoes WHERE id = ?)';
    exigir(banco, `DELETE FROM usuarios WHERE id >= ${primeiro}`, [execucao]);
    exigir(banco, 'DELETE FROM execucoes WHERE id >= ?', [execucao]);
  },
};

const COLUNAS =
  'id INTEGER PRIMARY KEY, container TEXT NOT NULL, iniciada_em TEXT NOT NULL, versao TEXT NOT NULL, ' +
  'primeiro_id INTEGER NOT NULL, ultimo_id INTEGER NOT NULL, registros INTEGER NOT NULL, selo TEXT NOT NULL';

/** A mesma tabela, STRICT, com os mesmos dados, em outras colunas. */
function refazer(banco: Database, tabela: string, colunas: string): void {
  banco.run(`CREATE TABLE refeita (${colunas}) STRICT`);
  banco.run(`INSERT INTO refeita SELECT * FROM ${tabela}`);
  banco.run(`DROP TABLE ${tabela}`);
  banco.run(`ALTER TABLE refeita RENAME TO ${tabela}`);
}

function exigir(banco: Database, sql: string, valores: (string | number)[]): void {
  const { changes } = banco.run(sql, valores);
  if (changes === 0) throw new Error(`nada mudou: ${sql} ${valores}`);
}

function mudarTexto(banco: Database, lote: Lote): void {
  const id = escolher(banco, lote);
  const antes = ler(banco, lote.coluna, id);
  const depois = [alterar(antes, lote), alterar(antes, { ...lote, mudanca: 'letra' })].find(
    (texto) => texto !== antes,
  );
  exigir(banco, `UPDATE usuarios SET ${lote.coluna} = ? WHERE id = ?`, [depois ?? `${antes}.`, id]);
}

/** O texto, mudado o menos possível. */
function alterar(texto: string, { mudanca, acaso }: Lote): string {
  const letras = [...texto];
  const onde = letras.length === 0 ? 0 : acaso % letras.length;
  const trocar = (nova: string) => letras.with(onde, nova).join('');
  const letra = letras[onde] ?? '';
  if (letras.length === 0) return ' ';
  if (mudanca === 'letra') return trocar(letra === 'o' ? '0' : 'o');
  if (mudanca === 'caixa')
    return trocar(letra === letra.toUpperCase() ? letra.toLowerCase() : letra.toUpperCase());
  if (mudanca === 'espaço') return `${texto} `;
  if (mudanca === 'corte') return letras.slice(0, -1).join('');
  return texto.normalize('NFD') === texto ? texto.normalize('NFC') : texto.normalize('NFD');
}

function ler(banco: Database, coluna: string, id: number): string {
  const linha = banco
    .query<{ v: string }, [number]>(`SELECT ${coluna} AS v FROM usuarios WHERE id = ?`)
    .get(id);
  if (!linha) throw new Error(`não há o usuário ${id}`);
  return linha.v;
}

function primeiroDe(banco: Database, { execucao }: Lote): number {
  const faixa = banco
    .query<{ de: number }, [number]>('SELECT primeiro_id AS de FROM execucoes WHERE id = ?')
    .get(execucao);
  if (!faixa) throw new Error(`não há a execução ${execucao}`);
  return faixa.de;
}

/** O id do usuário em que o lote mexe. */
function escolher(banco: Database, lote: Lote): number {
  const primeiro = primeiroDe(banco, lote);
  const { ate } = banco
    .query<{ ate: number }, [number]>('SELECT ultimo_id AS ate FROM execucoes WHERE id = ?')
    .get(lote.execucao) ?? { ate: primeiro };
  if (lote.usuario === 'primeiro') return primeiro;
  if (lote.usuario === 'último' || ate - primeiro < 2) return ate;
  return primeiro + 1 + (lote.acaso % (ate - primeiro - 1));
}
