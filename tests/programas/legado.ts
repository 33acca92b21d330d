import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor, pedirLaudo, recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Um banco como o do programa original: só `usuarios`, com AUTOINCREMENT. */
const ORIGINAL = `CREATE TABLE IF NOT EXISTS usuarios (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  nome TEXT NOT NULL,
  email TEXT NOT NULL,
  criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP
)`;

function bancoOriginal(...comandos: string[]) {
  const banco = bancoTemporario();
  using original = new Database(banco.caminho, { create: true, readwrite: true });
  original.run(ORIGINAL);
  for (const sql of comandos) original.run(sql);
  return banco;
}

const TRES = `INSERT INTO usuarios (nome, email) VALUES
  ('João Silva', 'joao@example.com'), ('Maria Santos', 'maria@example.com'), ('Pedro Oliveira', 'pedro@example.com')`;

describe('um banco do programa original', () => {
  test('o leitor o mostra e o reprova como "sem selo"', async () => {
    using banco = bancoOriginal(TRES);
    const laudo = await pedirLaudo(banco.caminho);
    expect(laudo.usuarios.map(({ nome }) => nome)).toEqual(['João Silva', 'Maria Santos', 'Pedro Oliveira']);
    expect(laudo).toMatchObject({ aprovado: false, registros: 3, execucoes: null, recibo: null, codigo: 65 });
    expect(verificacao(laudo, 'arquivo').detalhe).toContain('está sem selo');
    expect(laudo.erros).toContain('Rode o escritor: ele sela o que encontrar');
    expect((await leitor('-b', banco.caminho)).saida).toContain('Maria Santos');
  });

  test('o escritor o adota: sela o que encontra como execução 1 e grava a sua como 2', async () => {
    using banco = bancoOriginal(TRES, TRES, 'DELETE FROM usuarios WHERE id IN (2, 6)');
    const antes = banco.consultar('SELECT * FROM usuarios');
    const { saida, codigo } = await escritor('-b', banco.caminho);
    expect(saida).toContain('O banco ainda não tinha selo. Usuários que já estavam nele: 4');
    expect(codigo).toBe(0);
    expect(banco.consultar('SELECT * FROM usuarios WHERE id <= 5')).toEqual(antes);
    expect(banco.consultar('SELECT id, container, primeiro_id, ultimo_id, registros FROM execucoes')).toEqual(
      [
        [1, 'desconhecido', 1, 5, 4],
        [2, expect.any(String), 6, 8, 3],
      ],
    );
    const argumentos = recibosDe(saida).flatMap((recibo) => ['-r', recibo]);
    expect(argumentos).toHaveLength(4);
    const laudo = await pedirLaudo(banco.caminho, ...argumentos);
    expect(laudo).toMatchObject({ aprovado: true, registros: 7, execucoes: 2, codigo: 0 });
    expect(verificacao(laudo, 'origem').detalhe).toContain('de origem desconhecida: 1');
  });

  test('vazio, ou com textos estranhos e nulos, também é adotado', async () => {
    for (const comandos of [
      [],
      ["INSERT INTO usuarios VALUES (-7, 'a' || char(0, 27, 10) || '🙂', '', NULL)"],
    ]) {
      using banco = bancoOriginal(...comandos);
      expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
      expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 2 });
    }
  });

  test('vazio, a execução que o adota não tem ninguém, e a seguinte começa do 1', async () => {
    using banco = bancoOriginal();
    await escritor('-b', banco.caminho);
    expect(banco.consultar('SELECT primeiro_id, ultimo_id, registros FROM execucoes')).toEqual([
      [1, 0, 0],
      [1, 3, 3],
    ]);
  });

  test('com ids enormes e longe uns dos outros, nenhum fica fora do selo', async () => {
    using banco = bancoOriginal(`INSERT INTO usuarios (id, nome, email) VALUES
      (-9007199254740, 'a', 'a'), (-1, 'b', 'b'), (5, 'c', 'c'), (6, 'd', 'd'), (2000, 'e', 'e'), (5000000000, 'f', 'f')`);
    expect((await escritor('-b', banco.caminho, '-n', '2')).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, registros: 8 });
    expect(banco.consultar('SELECT nome, email FROM usuarios ORDER BY id DESC LIMIT 1')).toEqual([
      ['Usuário 5000000002', 'usuario5000000002@example.com'],
    ]);
    for (const id of [-9007199254740, -1, 5, 6, 2000, 5000000000]) {
      banco.sabotar(`UPDATE usuarios SET email = email || 'x' WHERE id = ${id}`);
      expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: false, registros: 8 });
      banco.sabotar(`UPDATE usuarios SET email = rtrim(email, 'x') WHERE id = ${id}`);
    }
    expect((await leitor('-b', banco.caminho)).codigo).toBe(0);
  });

  test('adotado, um byte inválido em UTF-8 trocado por outro ainda muda o selo', async () => {
    using banco = bancoOriginal("INSERT INTO usuarios (nome, email) VALUES (CAST(x'61ff62' AS TEXT), 'e')");
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect((await leitor('-b', banco.caminho)).codigo).toBe(0);
    banco.sabotar("UPDATE usuarios SET nome = CAST(x'61fe62' AS TEXT) WHERE id = 1");
    expect((await leitor('-b', banco.caminho)).codigo).toBe(65);
  });

  for (const valor of ["x'00'", '1.5']) {
    test(`com um valor ${valor}, que o selo confundiria com outro, o escritor o recusa com 65`, async () => {
      using banco = bancoOriginal(
        `INSERT INTO usuarios (nome, email, criado_em) VALUES ('n', 'e', ${valor})`,
      );
      const antes = readFileSync(banco.caminho);
      const { erros, codigo } = await escritor('-b', banco.caminho);
      expect(erros).toContain('o usuário 1 tem um valor BLOB ou REAL');
      expect(codigo).toBe(65);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    });
  }

  test('adotado, um nulo trocado pelo BLOB que é nulo em JSONB é reprovado', async () => {
    using banco = bancoOriginal("INSERT INTO usuarios VALUES (1, 'n', 'e', NULL)");
    await escritor('-b', banco.caminho);
    banco.sabotar("UPDATE usuarios SET criado_em = x'00' WHERE id = 1");
    const laudo = await pedirLaudo(banco.caminho);
    expect(verificacao(laudo, 'selos').detalhe).toContain('o usuário 1 tem um BLOB ou REAL');
    expect(laudo.codigo).toBe(65);
  });

  test('com um id enorme, mas a que ainda se pode somar, o escritor continua dali', async () => {
    using banco = bancoOriginal("INSERT INTO usuarios VALUES (4503599627370000, 'a', 'b', 'c')");
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, registros: 4 });
  });

  test('com um id que não deixa lugar ao seguinte, o escritor o recusa com 65', async () => {
    using banco = bancoOriginal("INSERT INTO usuarios VALUES (9223372036854775807, 'a', 'b', 'c')");
    const { erros, codigo } = await escritor('-b', banco.caminho);
    expect(erros).toContain('ids grandes demais');
    expect(codigo).toBe(65);
  });
});

grupoQuePrecisa(['python3', 'longos'], 'o programa original, em Python', () => {
  const python = (codigo: string, caminho: string) => Bun.spawnSync(['python3', '-c', codigo, caminho]);
  const LEITOR_ORIGINAL = `
import sqlite3, sys
conexao = sqlite3.connect(sys.argv[1])
cursor = conexao.cursor()
cursor.execute("SELECT name FROM sqlite_master WHERE type='table' AND name='usuarios'")
assert cursor.fetchone()
cursor.execute("SELECT * FROM usuarios ORDER BY id")
for (id, nome, email, criado_em) in cursor.fetchall():
    print(f"{id}|{nome}|{email}|{criado_em}")
conexao.close()`;

  test('lê o banco do escritor', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const { stdout, exitCode } = python(LEITOR_ORIGINAL, banco.caminho);
    expect(stdout.toString()).toMatch(
      /^1\|João Silva\|joao@example.com\|20.*Z\n2\|Maria Santos\|.*\n3\|Pedro Oliveira\|.*\n$/,
    );
    expect(exitCode).toBe(0);
  });

  test('faz um banco que o escritor adota, e ainda o lê depois', async () => {
    using banco = bancoTemporario();
    const criacao = `
import sqlite3, sys
conexao = sqlite3.connect(sys.argv[1])
conexao.execute("""${ORIGINAL}""")
conexao.execute("""${TRES}""")
conexao.commit()
conexao.close()`;
    expect(python(criacao, banco.caminho).exitCode).toBe(0);
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect((await leitor('-b', banco.caminho)).codigo).toBe(0);
    expect(python(LEITOR_ORIGINAL, banco.caminho).stdout.toString()).toContain('6|Usuário 6|');
  });
});
