import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import {
  ate,
  ateEsperarVez,
  bancoTemporario,
  escritor,
  iniciar,
  leitor,
  PRAZO_MS,
  type Programa,
  pastaTemporaria,
  pedirLaudo,
  type Resultado,
  recibosDe,
  rodar,
  terminar,
  verificacao,
} from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Uma falha prevista: nada em stdout além do laudo, e em stderr a mensagem e o que fazer, sem pilha. */
function esperarFalha(
  programa: Programa,
  { saida, erros, codigo }: Resultado,
  esperado: number,
  texto: string,
): void {
  if (programa === 'escritor') expect(saida).toBe('');
  expect(erros).toStartWith(`${programa}: `);
  expect(erros).toContain(texto);
  expect(erros.trimEnd().split('\n')).toHaveLength(2);
  expect(erros).not.toMatch(/\bat .*:\d+:\d+/);
  expect(codigo).toBe(esperado);
}

/** A espera de 10 s por um arquivo trancado corre enquanto os outros testes correm. */
const trancado = (async () => {
  using banco = bancoTemporario();
  await escritor('-b', banco.caminho);
  using outro = new Database(banco.caminho, { readwrite: true });
  outro.run('BEGIN EXCLUSIVE');
  const inicio = performance.now();
  const [leitura, escrita] = await Promise.all([leitor('-b', banco.caminho), escritor('-b', banco.caminho)]);
  outro.run('COMMIT');
  return { leitura, escrita, esperaMs: performance.now() - inicio };
})();

describe('o que não é um arquivo', () => {
  const pasta = pastaTemporaria();
  let servidor: Server;
  beforeAll(async () => {
    mkdirSync(pasta.em('pasta'));
    Bun.spawnSync(['mkfifo', pasta.em('fifo')]);
    symlinkSync('nada', pasta.em('pendente'));
    symlinkSync('laco', pasta.em('laco'));
    writeFileSync(pasta.em('texto'), 'um texto qualquer\n'.repeat(100));
    servidor = createServer().listen(pasta.em('socket'));
    await ate(() => existsSync(pasta.em('socket')), 'o socket exista');
  });
  afterAll(() => {
    servidor.close();
    pasta[Symbol.dispose]();
  });

  const casos: [oQue: string, caminho: () => string, texto: string, leitura: number, escrita: number][] = [
    ['uma pasta', () => pasta.em('pasta'), 'não é um arquivo comum', 66, 73],
    ['uma FIFO', () => pasta.em('fifo'), 'não é um arquivo comum', 66, 73],
    ['um dispositivo', () => '/dev/null', 'não é um arquivo comum', 66, 73],
    ['um dispositivo sem fim', () => '/dev/zero', 'não é um arquivo comum', 66, 73],
    ['um socket', () => pasta.em('socket'), 'não é um arquivo comum', 66, 73],
    ['um link pendente', () => pasta.em('pendente'), 'leva a algo que não existe', 66, 73],
    ['uma pasta que é um link pendente', () => pasta.em('pendente/x.db'), 'pendente/x.db', 66, 73],
    ['um leva de volta a si mesmo', () => pasta.em('laco'), 'leva de volta a si mesmo', 66, 73],
    [
      'uma pasta que é um arquivo',
      () => pasta.em('texto/x.db'),
      'uma parte do caminho não é uma pasta',
      66,
      73,
    ],
    ['um nome longo demais', () => pasta.em('x'.repeat(300)), 'longo demais', 66, 73],
    ['um nome sem lugar para o -journal', () => pasta.em('x'.repeat(250)), 'x', 66, 73],
    ['um caminho maior que o do SQLite', () => pasta.em(`${'y/'.repeat(250)}x`), 'y/', 66, 73],
    ['uma pasta que não existe no lugar do arquivo', () => pasta.em('nova/'), 'nova', 66, 73],
    ['um texto', () => pasta.em('texto'), 'não é um banco SQLite', 65, 65],
  ];
  for (const [bytes, esperado] of [
    [504, 0],
    [505, 73],
  ] as const) {
    test(`um caminho de ${bytes} bytes, que com -journal o SQLite ${esperado ? 'não ' : ''}abre: ${esperado}`, async () => {
      using outra = pastaTemporaria();
      let caminho = realpathSync(outra.caminho);
      while (caminho.length < bytes - 200) caminho += `/${'d'.repeat(99)}`;
      caminho += `/${'x'.repeat(bytes - caminho.length - 101)}/${'y'.repeat(99)}`;
      expect(caminho).toHaveLength(bytes);
      const { erros, codigo } = await escritor('-b', caminho);
      if (esperado) expect(erros).toContain('é longo demais');
      expect(codigo).toBe(esperado);
    });
  }

  for (const [oQue, caminho, texto, leitura, escrita] of casos) {
    test(`${oQue}: o leitor diz ${leitura} e o escritor ${escrita}`, async () => {
      esperarFalha('leitor', await leitor('-b', caminho()), leitura, texto);
      esperarFalha('escritor', await escritor('-b', caminho()), escrita, texto);
    });
  }

  test('o texto fica como estava', () => {
    expect(readFileSync(pasta.em('texto'), 'utf8')).toBe('um texto qualquer\n'.repeat(100));
    expect(readdirSync(pasta.caminho).sort()).toEqual([
      'fifo',
      'laco',
      'pasta',
      'pendente',
      'socket',
      'texto',
    ]);
  });
});

describe('nada para ler', () => {
  test('um arquivo que não existe, ou a sua pasta: 66, e o leitor não cria nada', async () => {
    using pasta = pastaTemporaria();
    esperarFalha('leitor', await leitor('-b', pasta.em('x.db')), 66, 'não existe');
    esperarFalha('leitor', await leitor('-b', pasta.em('a/b/x.db')), 66, 'não existe');
    expect(readdirSync(pasta.caminho)).toEqual([]);
    const laudo = await pedirLaudo(pasta.em('x.db'));
    expect(laudo).toMatchObject({
      aprovado: false,
      registros: null,
      execucoes: null,
      recibo: null,
      usuarios: [],
    });
    expect(verificacao(laudo, 'arquivo').resultado).toBe('reprovada');
  });

  test('um arquivo vazio: 66; com um -journal ao lado, 75', async () => {
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('x.db'), '');
    esperarFalha('leitor', await leitor('-b', pasta.em('x.db')), 66, 'está vazio');
    writeFileSync(pasta.em('x.db-journal'), '');
    esperarFalha(
      'leitor',
      await leitor('-b', pasta.em('x.db')),
      75,
      'a primeira execução ainda não terminou',
    );
  });

  test('um banco SQLite sem tabelas: 65', async () => {
    using pasta = pastaTemporaria();
    new Database(pasta.em('x.db'), { create: true, readwrite: true }).run('VACUUM');
    expect(statSync(pasta.em('x.db')).size).toBeGreaterThan(0);
    esperarFalha('leitor', await leitor('-b', pasta.em('x.db')), 65, 'sem tabelas');
  });
});

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

describe('arquivo cortado', () => {
  test('em cada limite de página, por um byte e dentro do cabeçalho: 65, ou 66 se vazio', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '300');
    const inteiro = readFileSync(banco.caminho);
    const cortes = [1, 15, 16, 50, 99, 100, 511, 512, 4095, 4097, inteiro.length - 1];
    for (let pagina = 0; pagina < inteiro.length; pagina += 4096) cortes.push(pagina);
    expect(cortes.length).toBeGreaterThan(15);
    const codigos = await Promise.all(
      cortes.map(async (tamanho) => {
        const caminho = banco.pasta.em(`corte-${tamanho}`);
        writeFileSync(caminho, inteiro.subarray(0, tamanho));
        const { codigo, erros } = await leitor('-b', caminho, '--limite', '0');
        expect(erros).toStartWith('leitor: ');
        return [tamanho, codigo];
      }),
    );
    expect(codigos).toEqual(cortes.map((tamanho) => [tamanho, tamanho === 0 ? 66 : 65]));
  });
});

describe('opções e recibos', () => {
  for (const argumentos of [
    ['--nada'],
    ['x'],
    ['--limite', 'x'],
    ['--limite', '-1'],
    ['-r', '1:abc'],
    ['-r', ''],
  ]) {
    test(`leitor ${argumentos.join(' ')}: 64`, async () => {
      const resultado = await leitor(...argumentos);
      esperarFalha('leitor', resultado, 64, '');
      expect(resultado.saida).toBe('');
    });
  }

  test('um valor enorme: 64, e a mensagem não o repete inteiro', async () => {
    const resultado = await escritor('-n', '9'.repeat(100_000));
    esperarFalha('escritor', resultado, 64, '--registros deve ser um inteiro de 1 a 100000000');
    expect(resultado.erros.length).toBeLessThan(300);
    expect((await leitor('-b', 'x'.repeat(100_000))).codigo).toBe(66);
  });

  test('um recibo malformado em $RECIBO: 64, com o nome da variável', async () => {
    esperarFalha(
      'leitor',
      await rodar('leitor', [], { ambiente: { RECIBO: '1:zzz' } }),
      64,
      '$RECIBO: "1:zzz"',
    );
  });

  test('$RECIBO que existe e não tem nenhum recibo: 64, também com --recibo', async () => {
    using banco = bancoTemporario();
    const [recibo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
    for (const RECIBO of ['', ' ', ',', ' ,\n\t,']) {
      for (const opcoes of [[], ['-r', recibo]]) {
        const resultado = await rodar('leitor', ['-b', banco.caminho, ...opcoes], { ambiente: { RECIBO } });
        esperarFalha('leitor', resultado, 64, '$RECIBO existe, mas não tem nenhum recibo');
      }
    }
    expect((await rodar('leitor', ['--ajuda'], { ambiente: { RECIBO: '' } })).codigo).toBe(0);
  });

  test('$BANCO vazio é como ausente', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const { codigo } = await rodar('leitor', ['-b', banco.caminho], { ambiente: { BANCO: '' } });
    expect(codigo).toBe(0);
  });
});

describe('arquivo trancado por um momento ou deixado pela metade', () => {
  test('destrancado antes de 10 s, o escritor segue', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const outro = new Database(banco.caminho, { readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    using paciente = iniciar('escritor', ['-b', banco.caminho]);
    await ateEsperarVez(paciente.pid, banco.caminho);
    outro.run('COMMIT');
    outro.close();
    expect((await terminar(paciente)).codigo).toBe(0);
  });

  test('um escritor morto no meio: o leitor diz 75, e um escritor seguinte recupera', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const antes = await pedirLaudo(banco.caminho);
    await matarNoMeio(banco.caminho);
    const { saida, ...resto } = await leitor('-b', banco.caminho);
    expect(saida).toContain('SEM VEREDITO');
    esperarFalha('leitor', { saida, ...resto }, 75, 'Rode o escritor uma vez');
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    const depois = await pedirLaudo(banco.caminho, '-r', antes.recibo ?? '');
    expect(depois).toMatchObject({ aprovado: true, execucoes: 2, registros: 6 });
  });

  test('um escritor morto no meio, e depois dois nomes: o seguinte diz 65 e não desfaz nada', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    await matarNoMeio(banco.caminho);
    linkSync(banco.caminho, banco.pasta.em('outro.db'));
    const tamanho = statSync(banco.caminho).size;
    const { erros, codigo } = await escritor('-b', banco.caminho);
    expect(erros).toContain('é um arquivo com 2 nomes (links)');
    expect(codigo).toBe(65);
    expect(statSync(banco.caminho).size).toBe(tamanho);
    expect(existsSync(`${banco.caminho}-journal`)).toBe(true);
    unlinkSync(banco.pasta.em('outro.db'));
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
  });

  test('morto no meio da primeira de todas: o leitor diz 75, e um escritor seguinte começa do zero', async () => {
    using banco = bancoTemporario();
    await matarNoMeio(banco.caminho);
    expect((await leitor('-b', banco.caminho)).codigo).toBe(75);
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 1, registros: 3 });
  });

  /** Mata com SIGKILL um escritor que já pôs no arquivo páginas de uma transação sem COMMIT. */
  async function matarNoMeio(caminho: string): Promise<void> {
    using processo = iniciar('escritor', ['-b', caminho, '-n', '100000000']);
    await ate(
      () => existsSync(`${caminho}-journal`) && statSync(caminho).size > 5_000_000,
      'a transação cresça',
    );
    processo.kill('SIGKILL');
    await processo.exited;
    expect(existsSync(`${caminho}-journal`)).toBe(true);
  }
});

describe('saída que não aceita o resultado', () => {
  const modos = [
    ['cheia', 'exec "$@" >/dev/full'],
    ['fechada', 'exec "$@" >&-'],
    ['um cano que ninguém lê mais', '{ "$@"; echo $? >&3; } 3>&2 | true'],
  ] as const;
  for (const [oQue, roteiro] of modos) {
    test(`${oQue}: os dois dizem 74, e o escritor entrega o recibo em stderr`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      const antes = ['sh', '-c', roteiro, 'sh'];
      for (const [programa, opcoes] of [
        ['leitor', []],
        ['leitor', ['--json']],
        ['escritor', []],
        ['escritor', ['--ajuda']],
      ] as const) {
        const { erros, codigo } = await rodar(programa, ['-b', banco.caminho, ...opcoes], { antes });
        expect(erros).toContain(`${programa}: a saída padrão não aceitou o resultado`);
        expect(roteiro.includes('|') ? Number(erros.trimEnd().split('\n').at(-1)) : codigo).toBe(74);
        if (programa === 'escritor' && opcoes.length === 0) expect(erros).toMatch(/recibo: 2:[0-9a-f]{64}/);
      }
    });
  }

  test('/dev/null é uma saída como as outras', async () => {
    using banco = bancoTemporario();
    const antes = ['sh', '-c', 'exec "$@" >/dev/null', 'sh'];
    expect((await rodar('escritor', ['-b', banco.caminho], { antes })).codigo).toBe(0);
  });

  test('stderr fechada ou cheia não muda o código', async () => {
    using pasta = pastaTemporaria();
    for (const destino of ['>&-', '>/dev/full']) {
      const antes = ['sh', '-c', `exec "$@" 2${destino}`, 'sh'];
      expect((await rodar('leitor', ['-b', pasta.em('x')], { antes })).codigo).toBe(66);
    }
  });
});

describe('permissões, sem os poderes do root', () => {
  // Um root sem capacidades obedece às permissões como qualquer usuário.
  const antes = process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];

  const casos: [
    oQue: string,
    proibir: (caminho: string, pasta: string) => void,
    leitura: number,
    escrita: number,
  ][] = [
    ['arquivo sem permissão nenhuma', (caminho) => chmodSync(caminho, 0), 77, 77],
    ['arquivo só de leitura', (caminho) => chmodSync(caminho, 0o444), 0, 77],
    ['pasta só de leitura', (_, pasta) => chmodSync(pasta, 0o555), 0, 77],
    ['pasta em que não se pode entrar', (_, pasta) => chmodSync(pasta, 0), 77, 77],
  ];
  for (const [oQue, proibir, leitura, escrita] of casos) {
    test(`${oQue}: o leitor diz ${leitura} e o escritor ${escrita}`, async () => {
      using pasta = pastaTemporaria();
      mkdirSync(pasta.em('sub'));
      const caminho = pasta.em('sub/x.db');
      await escritor('-b', caminho);
      proibir(caminho, pasta.em('sub'));
      const lido = await rodar('leitor', ['-b', caminho], { antes });
      const escrito = await rodar('escritor', ['-b', caminho], { antes });
      chmodSync(pasta.em('sub'), 0o755);
      expect(lido.codigo).toBe(leitura);
      esperarFalha('escritor', escrito, escrita, 'sem permissão');
    });
  }

  test('um arquivo novo numa pasta só de leitura: 77, e nada é criado', async () => {
    using pasta = pastaTemporaria();
    chmodSync(pasta.caminho, 0o555);
    esperarFalha(
      'escritor',
      await rodar('escritor', ['-b', pasta.em('x.db')], { antes }),
      77,
      'sem permissão',
    );
    esperarFalha(
      'escritor',
      await rodar('escritor', ['-b', pasta.em('a/x.db')], { antes }),
      77,
      'sem permissão',
    );
    chmodSync(pasta.caminho, 0o755);
    expect(readdirSync(pasta.caminho)).toEqual([]);
  });
});

describe('disco cheio', () => {
  test('limite de tamanho de arquivo: 74, resultado desconhecido, e depois o escritor segue', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const antes = ['sh', '-c', 'ulimit -f 64; exec "$@"', 'sh'];
    const cheio = await rodar('escritor', ['-b', banco.caminho, '-n', '100000'], { antes });
    esperarFalha('escritor', cheio, 74, 'o resultado da execução em curso é desconhecido');
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 2, registros: 6 });
  });

  grupoQuePrecisa('root', 'tmpfs pequeno', () => {
    test('74, o que tinha recibo fica, e com espaço de novo o escritor segue', async () => {
      using pasta = pastaTemporaria();
      const montar = (...argumentos: string[]) => expect(Bun.spawnSync(argumentos).exitCode).toBe(0);
      montar('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', pasta.caminho);
      const desmontar = () => Bun.spawnSync(['umount', '--lazy', pasta.caminho]);
      try {
        const caminho = pasta.em('x.db');
        const primeiro = await pedirReciboA(caminho);
        const cheio = await escritor('-b', caminho, '-n', '100000');
        esperarFalha('escritor', cheio, 74, 'está cheio');
        expect(cheio.erros).toContain('Libere espaço e tente de novo.');
        expect((await pedirLaudo(caminho, '-r', primeiro)).codigo).toBe(0);
        montar('mount', '-o', 'remount,size=64m', pasta.caminho);
        expect((await escritor('-b', caminho, '-n', '100000')).codigo).toBe(0);
        expect(await pedirLaudo(caminho, '-r', primeiro)).toMatchObject({ codigo: 0, execucoes: 2 });
      } finally {
        desmontar();
      }
    });

    test('sem lugar para mais um arquivo: 74, com o nome do erro, e nada é criado', async () => {
      using pasta = pastaTemporaria();
      const opcoes = ['-t', 'tmpfs', '-o', 'nr_inodes=1', 'tmpfs', pasta.caminho];
      expect(Bun.spawnSync(['mount', ...opcoes]).exitCode).toBe(0);
      try {
        const caminho = pasta.em('x.db');
        const resultado = await escritor('-b', caminho);
        esperarFalha('escritor', resultado, 74, `erro de entrada e saída em ${caminho} (ENOSPC)`);
        expect(readdirSync(pasta.caminho)).toEqual([]);
      } finally {
        Bun.spawnSync(['umount', '--lazy', pasta.caminho]);
      }
    });

    async function pedirReciboA(caminho: string): Promise<string> {
      return JSON.parse((await escritor('-b', caminho, '--json')).saida).recibo;
    }
  });
});

grupoQuePrecisa('cc', 'entre o SQLite e o disco', () => {
  /** Compila uma biblioteca que, com LD_PRELOAD, se põe no lugar de funções da libc. */
  function compilar(pasta: string, fonte: string): Record<string, string> {
    writeFileSync(join(pasta, 'intruso.c'), fonte);
    const biblioteca = join(pasta, 'intruso.so');
    const { exitCode } = Bun.spawnSync([
      'cc',
      '-shared',
      '-fPIC',
      '-o',
      biblioteca,
      join(pasta, 'intruso.c'),
    ]);
    expect(exitCode).toBe(0);
    return { LD_PRELOAD: biblioteca };
  }

  test('um erro no fsync: o escritor diz 74 e que o resultado é desconhecido; o recibo anterior fica', async () => {
    using banco = bancoTemporario();
    const { recibo } = JSON.parse((await escritor('-b', banco.caminho, '--json')).saida);
    const ambiente = compilar(
      banco.pasta.caminho,
      `#include <errno.h>
       int fsync(int fd) { errno = EIO; return -1; }
       int fdatasync(int fd) { errno = EIO; return -1; }`,
    );
    const resultado = await rodar('escritor', ['-b', banco.caminho], { ambiente });
    esperarFalha('escritor', resultado, 74, 'o resultado da execução em curso é desconhecido');
    expect(resultado.erros).toContain(`erro de entrada e saída em ${banco.caminho}`);
    expect(resultado.erros).toContain(
      '  Veja o espaço e o estado do disco. O leitor dirá se ela ficou gravada',
    );
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect((await pedirLaudo(banco.caminho, '-r', recibo)).codigo).toBe(0);
  });

  test('um erro ao criar o -journal: o escritor diz 74, e não que falta permissão', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const ambiente = compilar(
      banco.pasta.caminho,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <errno.h>
       #include <string.h>
       int open64(const char *nome, int modo, int dono) {
         if (strstr(nome, "-journal")) { errno = EIO; return -1; }
         return ((int (*)(const char *, int, int))dlsym(RTLD_NEXT, "open64"))(nome, modo, dono);
       }`,
    );
    const resultado = await rodar('escritor', ['-b', banco.caminho], { ambiente });
    esperarFalha('escritor', resultado, 74, 'não foi possível abrir');
  });

  test('um erro ao ler as páginas: o leitor diz 74, e não que o banco está corrompido', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '300');
    const ambiente = compilar(
      banco.pasta.caminho,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <errno.h>
       #include <sys/types.h>
       ssize_t pread64(int fd, void *b, size_t n, off64_t o) {
         if (o >= 12288) { errno = EIO; return -1; }
         return ((ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64"))(fd, b, n, o);
       }`,
    );
    const resultado = await rodar('leitor', ['-b', banco.caminho], { ambiente });
    esperarFalha('leitor', resultado, 74, 'erro de entrada e saída');
  });

  test('depois de apagar o journal, o escritor sincroniza a pasta (synchronous EXTRA)', async () => {
    using banco = bancoTemporario();
    const registro = banco.pasta.em('registro');
    const ambiente = compilar(
      banco.pasta.caminho,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <fcntl.h>
       #include <stdlib.h>
       #include <string.h>
       #include <sys/stat.h>
       #include <unistd.h>
       static void anotar(const char *linha) {
         int fd = open(getenv("REGISTRO"), O_WRONLY | O_CREAT | O_APPEND, 0644);
         if (write(fd, linha, strlen(linha)) < 0) abort();
         close(fd);
       }
       static void sincronizou(int fd) {
         struct stat s;
         anotar(fstat(fd, &s) == 0 && S_ISDIR(s.st_mode) ? "pasta\\n" : "arquivo\\n");
       }
       int fsync(int fd) { sincronizou(fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
       int fdatasync(int fd) { sincronizou(fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
       int unlink(const char *nome) {
         if (strstr(nome, "-journal")) anotar("apagou o journal\\n");
         return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(nome);
       }`,
    );
    const { codigo } = await rodar('escritor', ['-b', banco.caminho], {
      ambiente: { ...ambiente, REGISTRO: registro },
    });
    expect(codigo).toBe(0);
    const linhas = readFileSync(registro, 'utf8').trimEnd().split('\n');
    expect(linhas.slice(linhas.lastIndexOf('apagou o journal'))).toEqual(['apagou o journal', 'pasta']);
  });
});

grupoQuePrecisa('python3', 'um cano não bloqueante, que outro processo deixou assim', () => {
  test('cheio, o escritor espera que ande, e nada se perde', async () => {
    using banco = bancoTemporario();
    // O menor cano que o sistema faz, e cheio antes de o escritor começar; só se esvazia, aos poucos, quando ele o enche.
    const roteiro = `
import fcntl, os, select, subprocess, sys, time
ler, escrever = os.pipe()
fcntl.fcntl(escrever, 1031, 1) # F_SETPIPE_SZ
os.set_blocking(escrever, False)
cheio = lambda: not select.select([], [escrever], [], 0)[1]
recheio = 0
while not cheio():
    recheio += os.write(escrever, b' ')
processo = subprocess.Popen(sys.argv[1:], stdout=escrever)
saida = b''
vezes = 0
while processo.poll() is None:
    if cheio():
        vezes += 1
        saida += os.read(ler, 4096)
    time.sleep(0.001)
os.close(escrever)
saida += os.fdopen(ler, 'rb').read()
assert vezes > 2, vezes
sys.stdout.buffer.write(saida[recheio:])
sys.exit(processo.returncode)`;
    const antes = ['python3', '-c', roteiro];
    const { saida, codigo } = await rodar('escritor', ['-b', banco.caminho, '-n', '20', '-e', '100'], {
      antes,
    });
    expect(recibosDe(saida)).toHaveLength(100);
    expect(codigo).toBe(0);
  });

  test('menor do que o laudo, o leitor entrega-o aos pedaços, cada um uma vez', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '500');
    const pedido = ['-b', banco.caminho, '--json', '--limite', '500'];
    const roteiro = `
import fcntl, os, subprocess, sys
ler, escrever = os.pipe()
fcntl.fcntl(escrever, 1031, 1) # F_SETPIPE_SZ
os.set_blocking(escrever, False)
processo = subprocess.Popen(sys.argv[1:], stdout=escrever)
os.close(escrever)
saida = b''
while len(saida) < 1_000_000:
    pedaco = os.read(ler, 4096)
    if not pedaco: break
    saida += pedaco
os.close(ler)
sys.stdout.buffer.write(saida)
sys.exit(processo.wait())`;
    const { saida, codigo } = await rodar('leitor', pedido, { antes: ['python3', '-c', roteiro] });
    expect(saida.length).toBeGreaterThan(3 * 4096);
    expect(saida).toBe((await rodar('leitor', pedido)).saida);
    expect(codigo).toBe(0);
  });
});

// Por último: a espera começou com o primeiro teste deste arquivo.
test('um arquivo trancado por mais de 10 s: os dois esperam e dizem 75; antes disso, seguem', async () => {
  const { leitura, escrita, esperaMs } = await trancado;
  expect(esperaMs).toBeGreaterThan(10_000);
  expect(leitura.saida).toContain('SEM VEREDITO');
  esperarFalha('leitor', leitura, 75, 'ficou ocupado por outro processo por mais de 10 s');
  esperarFalha('escritor', escrita, 75, 'ficou ocupado por outro processo por mais de 10 s');
});
