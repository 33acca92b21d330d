import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { bancoAssinado } from '../apoio/chaves.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'uma tabela assinaturas que não é a do escritor', () => {
  const tabelas: [oQue: string, comandos: string[]][] = [
    ['uma vista', ['CREATE VIEW assinaturas AS SELECT 1 AS id, 2 AS assinatura']],
    ['sem STRICT', ['CREATE TABLE assinaturas (id INTEGER PRIMARY KEY, assinatura TEXT NOT NULL)']],
    ['de outro tipo', ['CREATE TABLE assinaturas (id INTEGER PRIMARY KEY, assinatura BLOB NOT NULL) STRICT']],
    [
      'com mais uma coluna',
      [
        "CREATE TABLE assinaturas (id INTEGER PRIMARY KEY, assinatura TEXT NOT NULL, x TEXT DEFAULT '') STRICT",
      ],
    ],
    [
      'sem rowid',
      ['CREATE TABLE assinaturas (id INTEGER PRIMARY KEY, assinatura TEXT NOT NULL) STRICT, WITHOUT ROWID'],
    ],
    ['virtual', ['CREATE VIRTUAL TABLE assinaturas USING fts5(id, assinatura)']],
  ];
  for (const [oQue, comandos] of tabelas) {
    test.concurrent(`${oQue}: o escritor que assina recusa-a, o leitor não a aprova, e a quem não assina não estorva`, async () => {
      using banco = await bancoAssinado(false);
      banco.sabotar(...comandos);
      const antes = readFileSync(banco.caminho);
      const { saida, erros, codigo } = await escritor('-b', banco.caminho, '--chave', banco.chaves.privada);
      expect(saida).toBe('');
      expect(erros).toContain('assinaturas');
      expect(codigo).toBe(65);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
      expect(await pedirLaudo(banco.caminho, '--chave-publica', banco.chaves.publica)).toMatchObject({
        codigo: 65,
      });
      expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
      expect(await pedirLaudo(banco.caminho)).toMatchObject({ codigo: 0, execucoes: 2 });
    });
  }

  test('um índice com esse nome também é recusado', async () => {
    using banco = await bancoAssinado(false);
    banco.sabotar('CREATE INDEX assinaturas ON usuarios (nome)');
    expect((await escritor('-b', banco.caminho, '--chave', banco.chaves.privada)).codigo).toBe(65);
    expect((await pedirLaudo(banco.caminho, '--chave-publica', banco.chaves.publica)).codigo).toBe(65);
  });

  test('uma linha já posta para a execução seguinte: o escritor não a troca nem a engole', async () => {
    using banco = await bancoAssinado(true);
    banco.sabotar("INSERT INTO assinaturas VALUES (2, 'x')");
    const antes = readFileSync(banco.caminho);
    const { erros, codigo } = await escritor('-b', banco.caminho, '--chave', banco.chaves.privada);
    expect(erros).toContain('UNIQUE constraint failed: assinaturas.id');
    expect(codigo).toBe(65);
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
  });

  test('uma assinatura enorme, nula ou que não é um texto: reprovada, sem defeito', async () => {
    using banco = await bancoAssinado(true);
    banco.dispensarConferencia();
    const chave = ['--chave-publica', banco.chaves.publica];
    banco.sabotar("UPDATE assinaturas SET assinatura = assinatura || printf('%.*c', 50000000, 'A')");
    expect((await pedirLaudo(banco.caminho, ...chave)).codigo).toBe(65);
    for (const valor of ['NULL', "x'00'", '7']) {
      // Um esquema escrito à mão: o SQLite não deixaria gravar isto numa coluna que se diz TEXT NOT NULL.
      const [escrita, real] = ['assinatura TEXT NOT NULL)', 'assinatura ANY          )'];
      banco.sabotar(
        'DROP TABLE assinaturas',
        `CREATE TABLE assinaturas (id INTEGER PRIMARY KEY, ${real} STRICT`,
        `INSERT INTO assinaturas VALUES (1, ${valor})`,
      );
      banco.estragar((bytes) => bytes.write(escrita, bytes.indexOf(real)));
      const laudo = await pedirLaudo(banco.caminho, ...chave);
      expect(verificacao(laudo, 'assinatura').resultado).toBe('reprovada');
      expect(verificacao(laudo, 'estrutura').resultado).toBe('reprovada');
      expect(laudo.codigo).toBe(65);
    }
  });
});
