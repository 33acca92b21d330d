import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/*
 * O que uma tabela manda o SQLite fazer, e que `changes` não vê: o escritor dava recibos do que não ficou, ou apagava
 * quem já estava lá.
 */

grupoQuePrecisa('longos', 'um gatilho num banco do escritor: 65, e nada é gravado', () => {
  const gatilhos: [oQue: string, sql: string][] = [
    ['engole usuários', 'CREATE TRIGGER t BEFORE INSERT ON usuarios BEGIN SELECT RAISE(IGNORE); END'],
    [
      'muda usuários depois',
      "CREATE TRIGGER t AFTER INSERT ON usuarios BEGIN UPDATE usuarios SET nome = 'x' WHERE id = NEW.id; END",
    ],
    [
      'apaga usuários de antes',
      'CREATE TRIGGER t AFTER INSERT ON usuarios BEGIN DELETE FROM usuarios WHERE id = 1; END',
    ],
    ['engole a execução', 'CREATE TRIGGER t BEFORE INSERT ON execucoes BEGIN SELECT RAISE(IGNORE); END'],
    [
      'apaga a execução',
      'CREATE TRIGGER t AFTER INSERT ON execucoes BEGIN DELETE FROM execucoes WHERE id = NEW.id; END',
    ],
    [
      'muda a execução',
      "CREATE TRIGGER t AFTER INSERT ON execucoes BEGIN UPDATE execucoes SET selo = 'x' WHERE id = NEW.id; END",
    ],
  ];
  for (const [oQue, sql] of gatilhos) {
    test(oQue, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      banco.sabotar(sql);
      const antes = readFileSync(banco.caminho);
      const { saida, erros, codigo } = await escritor('-b', banco.caminho, '-e', '3');
      expect(saida).toBe('');
      expect(erros).toContain('o gatilho t mudaria o que se grava');
      expect(codigo).toBe(65);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
      const laudo = await pedirLaudo(banco.caminho);
      expect(verificacao(laudo, 'esquema')).toMatchObject({
        resultado: 'reprovada',
        detalhe: 'o gatilho t mudaria o que se grava',
      });
      expect(laudo.codigo).toBe(65);
    });
  }
});

grupoQuePrecisa('longos', 'uma restrição de um banco adotado', () => {
  const criar = (coluna: string, fim = '') =>
    `CREATE TABLE usuarios (id INTEGER PRIMARY KEY${fim}, nome TEXT, email TEXT ${coluna}, criado_em TEXT)`;
  /** O que o escritor gravaria em seguida colide com quem já está lá: Ana tem o e-mail do usuário 8. */
  const ANA = "INSERT INTO usuarios VALUES (7, 'Ana', 'usuario8@example.com', 'ontem')";
  const restricoes: [oQue: string, criacao: string][] = [
    ...['REPLACE', 'IGNORE', 'FAIL', 'ROLLBACK', 'ABORT'].map((acao): [string, string] => [
      `UNIQUE ON CONFLICT ${acao}`,
      criar(`UNIQUE ON CONFLICT ${acao}`),
    ]),
    ['CHECK', criar("CHECK (email NOT LIKE 'usuario9%')")],
  ];
  for (const [oQue, criacao] of restricoes) {
    test(`${oQue}: 65, o arquivo fica como estava e Ana também`, async () => {
      using banco = bancoTemporario();
      banco.criar(criacao, ANA);
      const antes = readFileSync(banco.caminho);
      const { saida, erros, codigo } = await escritor('-b', banco.caminho);
      expect(saida).toBe('');
      expect(erros).toMatch(/uma restrição do banco os recusa \(SQLite: (UNIQUE|CHECK) constraint failed/);
      expect(codigo).toBe(65);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    });
  }

  test('que não recusa ninguém não estorva: chave estrangeira com cascata, colação, padrão', async () => {
    using banco = bancoTemporario();
    banco.criar(
      `CREATE TABLE usuarios (id INTEGER PRIMARY KEY ON CONFLICT REPLACE,
        nome TEXT COLLATE NOCASE NOT NULL ON CONFLICT REPLACE DEFAULT 'ninguém',
        email TEXT REFERENCES usuarios (nome) ON DELETE CASCADE ON UPDATE CASCADE, criado_em NUMERIC)`,
      "INSERT INTO usuarios VALUES (1, 'Ana', NULL, 7), (2, 'ANA', NULL, NULL)",
    );
    const { codigo } = await escritor('-b', banco.caminho);
    expect(codigo).toBe(0);
    expect(banco.consultar('SELECT nome FROM usuarios')).toEqual([
      ['Ana'],
      ['ANA'],
      ['Pedro Oliveira'],
      ['Usuário 4'],
      ['Usuário 5'],
    ]);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, registros: 5 });
  });

  test('uma coluna gerada, ou um gatilho num banco sem selo: de outra aplicação, 65', async () => {
    for (const comandos of [
      [
        "CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT AS (nome || '@x'), criado_em TEXT)",
      ],
      [criar(''), 'CREATE TRIGGER t AFTER INSERT ON usuarios BEGIN DELETE FROM usuarios; END'],
    ]) {
      using banco = bancoTemporario();
      banco.criar(...comandos);
      const antes = readFileSync(banco.caminho);
      const { erros, codigo } = await escritor('-b', banco.caminho);
      expect(erros).toContain('de outra aplicação');
      expect(codigo).toBe(65);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    }
  });
});
