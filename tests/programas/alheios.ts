import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, esperarFalha, leitor } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('arquivos de outros', () => {
  const alheios: [oQue: string, sql: string[], codigo: number, texto: string][] = [
    ['outra aplicação', ['PRAGMA application_id = 1', 'CREATE TABLE t (x)'], 65, 'de outra aplicação'],
    ['outras tabelas', ['CREATE TABLE t (x)'], 65, 'de outra aplicação'],
    [
      'usuarios com outras colunas',
      ['CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome)'],
      65,
      'de outra aplicação',
    ],
    [
      'usuarios e outra tabela',
      ['CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)', 'CREATE TABLE t (x)'],
      65,
      'de outra aplicação',
    ],
    ['outra versão sem dono', ['PRAGMA user_version = 3', 'CREATE TABLE t (x)'], 65, 'de outra aplicação'],
    [
      'uma versão mais nova',
      ['PRAGMA application_id = 0x64326462', 'PRAGMA user_version = 2', 'CREATE TABLE t (x)'],
      78,
      'tem o formato 2, e este programa conhece até o 1',
    ],
    [
      'o nosso sem tabelas',
      ['PRAGMA application_id = 0x64326462', 'PRAGMA user_version = 1'],
      65,
      'falta a tabela',
    ],
    [
      'UTF-16, em que se selaria o que não se grava',
      [
        "PRAGMA encoding = 'UTF-16'",
        'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)',
      ],
      65,
      'de outra aplicação',
    ],
    ['modo WAL', ['PRAGMA journal_mode = WAL', 'CREATE TABLE t (x)'], 65, 'está em modo WAL'],
  ];
  for (const [oQue, sql, codigo, texto] of alheios) {
    test(`${oQue}: os dois recusam com ${codigo}, e o arquivo fica como estava`, async () => {
      using pasta = pastaTemporaria();
      const caminho = pasta.em('x.db');
      const banco = new Database(caminho, { create: true, readwrite: true });
      for (const comando of sql) banco.run(comando);
      banco.close();
      const antes = readFileSync(caminho);
      const leitura = await leitor('-b', caminho);
      expect(leitura.saida).toContain(texto.split(' ')[0] ?? '');
      expect(leitura.codigo).toBe(codigo);
      esperarFalha('escritor', await escritor('-b', caminho), codigo, texto);
      expect(readFileSync(caminho).equals(antes)).toBe(true);
      expect(readdirSync(pasta.caminho)).toEqual(['x.db']);
    });
  }

  for (const sufixo of ['-wal', '-shm']) {
    test(`um ${sufixo} alheio ao lado: o escritor recusa com 65 e não toca em nada`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      const antes = readFileSync(banco.caminho);
      writeFileSync(banco.caminho + sufixo, 'alheio');
      banco.dispensarConferencia();
      esperarFalha('escritor', await escritor('-b', banco.caminho), 65, `há um ${sufixo} ao lado`);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
      expect(readFileSync(banco.caminho + sufixo, 'utf8')).toBe('alheio');
    });
  }

  for (const sufixo of ['-wal', '-shm', '-journal']) {
    test(`um ${sufixo} sem o seu banco: o escritor recusa com 65 e não o apaga`, async () => {
      using pasta = pastaTemporaria();
      writeFileSync(pasta.em(`x.db${sufixo}`), 'metade de um banco movido');
      esperarFalha('escritor', await escritor('-b', pasta.em('x.db')), 65, `há um ${sufixo} ao lado`);
      expect(readdirSync(pasta.caminho)).toEqual([`x.db${sufixo}`]);
    });
  }

  test('outra aplicação interrompida no meio de uma gravação: o escritor não desfaz o journal dela', async () => {
    using pasta = pastaTemporaria();
    const caminho = pasta.em('x.db');
    const alheio = new Database(caminho, { create: true, readwrite: true });
    alheio.run('PRAGMA application_id = 7');
    alheio.run('PRAGMA cache_size = 1');
    alheio.run('CREATE TABLE t (x)');
    alheio.run('BEGIN');
    alheio.run(
      "INSERT INTO t SELECT hex(randomblob(500)) FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]')",
    );
    copyFileSync(caminho, pasta.em('morto.db'));
    copyFileSync(`${caminho}-journal`, pasta.em('morto.db-journal'));
    alheio.close();
    const antes = readFileSync(pasta.em('morto.db'));
    esperarFalha('escritor', await escritor('-b', pasta.em('morto.db')), 65, 'de outra aplicação');
    expect(readFileSync(pasta.em('morto.db')).equals(antes)).toBe(true);
    expect(existsSync(pasta.em('morto.db-journal'))).toBe(true);
  });

  test('um -journal cuja marca só ficou em parte não desfaz nada, e o escritor segue; com outra, 65', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const marca = Buffer.from('d9d505f920a163d7', 'hex');
    for (let inteiros = 0; inteiros <= marca.length; inteiros++) {
      const cabecalho = Buffer.alloc(512);
      marca.copy(cabecalho, 0, 0, inteiros);
      writeFileSync(`${banco.caminho}-journal`, cabecalho);
      const { recibo } = JSON.parse((await escritor('-b', banco.caminho, '--json')).saida);
      const { codigo } = await leitor('-b', banco.caminho, '-r', recibo);
      expect([inteiros, codigo]).toEqual([inteiros, 0]);
    }
    const outra = Buffer.concat([marca.subarray(0, 7), Buffer.alloc(505, 1)]);
    writeFileSync(`${banco.caminho}-journal`, outra);
    esperarFalha('escritor', await escritor('-b', banco.caminho), 65, 'há um -journal ao lado');
    banco.dispensarConferencia();
  });

  test('um -journal que é uma FIFO não prende ninguém: 65', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    banco.dispensarConferencia();
    Bun.spawnSync(['mkfifo', `${banco.caminho}-journal`]);
    esperarFalha('leitor', await leitor('-b', banco.caminho), 65, 'há um -journal ao lado');
    esperarFalha('escritor', await escritor('-b', banco.caminho), 65, 'há um -journal ao lado');
  });

  test('controles e sequências de terminal em nomes gravados aparecem inofensivos', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    banco.sabotar(
      "UPDATE usuarios SET nome = char(27) || '[2J' || char(155) || char(8238) || 'x' WHERE id = 1",
      "UPDATE execucoes SET container = char(27) || ']0;x' || char(7), selo = char(27) || 'c'",
    );
    for (const opcoes of [[], ['--json']]) {
      const { saida, erros, codigo } = await leitor('-b', banco.caminho, ...opcoes);
      expect(saida + erros).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
      expect(saida).toContain(opcoes.length > 0 ? '\\u001b[2J\\u009b' : '\\u001b[2J');
      expect(codigo).toBe(65);
    }
  });

  test('um caminho com controles aparece inofensivo nas mensagens', async () => {
    using pasta = pastaTemporaria();
    const { saida, erros } = await leitor('-b', pasta.em('a\u001b[31mb\nc'));
    expect(erros + saida).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(erros).toContain('a\\u001b[31mb\\u000ac');
  });
});
