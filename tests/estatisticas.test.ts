import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { leFaixas, lerLinhas } from '../lib/armazem/usuarios.ts';
import { bancoTemporario } from './apoio/bancos.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS } from './apoio/processos.ts';
import { escritor, pedirLaudo } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/*
 * Depois de um ANALYZE com uma ou duas linhas, o SQLite lia a tabela inteira a cada bloco: 3 000 execuções em 3,7 s, e
 * 10⁷ usuários em horas, com o arquivo trancado. As estatísticas podem dizer qualquer coisa.
 */

/** `stat` de `sqlite_stat1`: sem nada, tabelas pequenas e grandes, e números que nenhum ANALYZE escreveria. */
const ESTATISTICAS = [
  '',
  '0',
  '1',
  '2',
  '3',
  '8',
  '1000000',
  '-5',
  '99999999999999999999',
  '1 sz=1',
  '2 unordered',
  'x',
];

const TABELA = 'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT) STRICT';

/** Faz o SQLite crer nas estatísticas dadas, da próxima vez que o banco for aberto. */
function comEstatisticas(stat: string): string[] {
  return [
    'ANALYZE',
    'DELETE FROM sqlite_stat1',
    ...(stat === '' ? [] : [`INSERT INTO sqlite_stat1 VALUES ('usuarios', NULL, '${stat}')`]),
  ];
}

/** Um banco de `ids` ids, sem os de um vão no meio, lido um a um; devolve as linhas, e as que devia haver. */
function lerUmAUm(stat: string, ids: number, indice: boolean): [lidas: string, gravadas: string] {
  using banco = bancoTemporario();
  banco.criar(
    TABELA,
    ...(indice ? ['CREATE INDEX todas ON usuarios (nome, email, criado_em)'] : []),
    ...comEstatisticas(stat),
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ids})
      INSERT INTO usuarios SELECT i, 'n' || i, 'e', 'c' FROM n WHERE i NOT BETWEEN ${ids / 2} AND ${ids / 2 + 99}`,
  );
  using aberto = new Database(banco.caminho, { readonly: true, strict: true });
  const linhasDe = lerLinhas(aberto);
  let lidas = '';
  for (let id = 1; id <= ids; id++) {
    for (const { linhas } of linhasDe(`${id}`, `${id}`)) lidas += Buffer.from(linhas).toString();
  }
  const gravadas = aberto
    .query('SELECT json_array(id, nome, email, criado_em) FROM usuarios ORDER BY id')
    .values();
  return [lidas, `${gravadas.join('\n')}\n`];
}

grupoQuePrecisa('longos', 'com estatísticas que mentem', () => {
  for (const indice of [false, true]) {
    for (const stat of ESTATISTICAS) {
      test(`lerLinhas() lê cada usuário uma vez: "${stat}"${indice ? ', com um índice' : ''}`, () => {
        const [lidas, gravadas] = lerUmAUm(stat, 2000, indice);
        expect(lidas).toBe(gravadas);
      });
    }
  }

  for (const stat of ['1', '2', '3']) {
    // Menos de um segundo; com a tabela inteira lida a cada faixa, mais de cinco minutos.
    test(`lerLinhas() não lê a tabela inteira a cada faixa: "${stat}"`, () => {
      const [lidas, gravadas] = lerUmAUm(stat, 100_000, false);
      expect(lidas).toBe(gravadas);
    }, 120_000);
  }

  test('as de um ANALYZE comum numa tabela pequena fazem ler de uma vez; sem elas, por faixa', () => {
    for (const [stat, esperado] of [
      ['', true],
      ['1', false],
      ['2', false],
      ['1000000', true],
    ] as const) {
      using banco = bancoTemporario();
      banco.criar(TABELA, ...comEstatisticas(stat));
      using aberto = new Database(banco.caminho, { readonly: true });
      expect([stat, leFaixas(aberto)]).toEqual([stat, esperado]);
    }
  });

  test('o leitor aprova e reprova o mesmo, e o escritor adota e continua', async () => {
    for (const stat of ['1', '3', '1000000']) {
      using banco = bancoTemporario();
      banco.criar(
        TABELA.replace(' STRICT', ''),
        "INSERT INTO usuarios VALUES (-4, 'a', 'b', 'c'), (7, 'd', 'e', 'f'), (900, 'g', 'h', 'i')",
      );
      banco.sabotar(...comEstatisticas(stat));
      expect((await escritor('-b', banco.caminho, '-n', '40', '-e', '3', '--json')).codigo).toBe(0);
      expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, registros: 123, execucoes: 4 });
      for (const [sql, volta] of [
        ["UPDATE usuarios SET nome = 'x' WHERE id = 7", "UPDATE usuarios SET nome = 'd' WHERE id = 7"],
        ["INSERT INTO usuarios VALUES (8000, '', '', '')", 'DELETE FROM usuarios WHERE id = 8000'],
        ["INSERT INTO usuarios VALUES (-5, '', '', '')", 'DELETE FROM usuarios WHERE id = -5'],
      ] as const) {
        banco.sabotar(sql);
        expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: false, codigo: 65 });
        banco.sabotar(volta);
      }
      expect((await pedirLaudo(banco.caminho)).codigo).toBe(0);
    }
  });
});
