import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  ate,
  bancoTemporario,
  escritor,
  iniciar,
  leitor,
  PRAZO_MS,
  pedirLaudo,
  recibosDe,
  rodar,
  terminar,
  verificacao,
} from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Um banco com três execuções de três usuários, e os recibos delas. */
async function bancoDeTres() {
  const banco = bancoTemporario();
  const { saida } = await escritor('-b', banco.caminho, '-e', '3', '--json');
  return Object.assign(banco, { recibos: recibosDe(saida) });
}

const NOMES = [
  'volume',
  'arquivo',
  'estrutura',
  'esquema',
  'selos',
  'avulsos',
  'recibos',
  'assinatura',
  'origem',
];

describe('leitor', () => {
  test('aprova o que o escritor gravou e relata as nove verificações, na ordem', async () => {
    using banco = await bancoDeTres();
    const laudo = await pedirLaudo(banco.caminho, '-r', banco.recibos[0] ?? '');
    expect(laudo.verificacoes.map(({ nome }) => nome)).toEqual(NOMES as never);
    expect(laudo.verificacoes.map(({ resultado }) => resultado)).toEqual([
      'pulada',
      'aprovada',
      'aprovada',
      'aprovada',
      'aprovada',
      'aprovada',
      'aprovada',
      'pulada',
      'pulada',
    ]);
    expect(laudo).toMatchObject({
      aprovado: true,
      banco: banco.caminho,
      container: hostname(),
      registros: 9,
      execucoes: 3,
      recibo: banco.recibos[2],
      codigo: 0,
      erros: '',
    });
    expect(laudo.usuarios[0]).toEqual({
      id: 1,
      nome: 'João Silva',
      email: 'joao@example.com',
      criado_em: expect.any(String),
    });
    expect(laudo.ultimas_execucoes[0]).toEqual({
      execucao: 1,
      recibo: banco.recibos[0] ?? '',
      container: hostname(),
      iniciada_em: expect.any(String),
      versao: '1.0.0',
      primeiro_id: 1,
      ultimo_id: 3,
      registros: 3,
    });
  });

  test('um número que não cabe nos de JavaScript, ou um BLOB, aparece como está gravado', async () => {
    using banco = bancoTemporario();
    banco.criar(
      'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)',
      "INSERT INTO usuarios VALUES (7, 9007199254740993, -9223372036854775808, x'00ff'), (8, 5, NULL, '')",
    );
    expect((await pedirLaudo(banco.caminho)).usuarios as unknown[]).toEqual([
      { id: 7, nome: '9007199254740993', email: '-9223372036854775808', criado_em: "X'00FF'" },
      { id: 8, nome: 5, email: null, criado_em: '' },
    ]);
  });

  test('um id que não cabe num número aparece por inteiro', async () => {
    using banco = await bancoDeTres();
    banco.sabotar("INSERT INTO usuarios VALUES (-9223372036854775808, 'a', 'b', 'c')");
    expect((await pedirLaudo(banco.caminho)).usuarios.map(({ id }) => id)).toEqual([
      '-9223372036854775808',
      ...Array.from({ length: 9 }, (_, indice) => indice + 1),
    ]);
    expect((await leitor('-b', banco.caminho)).saida).toContain(' -9223372036854775808 ');
  });

  test('não muda um byte do arquivo nem deixa nada ao lado', async () => {
    using banco = await bancoDeTres();
    const antes = readFileSync(banco.caminho);
    await leitor('-b', banco.caminho);
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
  });

  test('no texto, só fala de persistência comprovada num container e por outro', async () => {
    using banco = await bancoDeTres();
    const { saida, codigo } = await leitor('-b', banco.caminho);
    expect(saida).toContain('APROVADO: os dados estão como foram selados.');
    expect(saida).toContain('Sem um recibo exigido');
    expect(saida).not.toContain('persistência comprovada');
    // Depois do nome que "docker compose up" põe à frente: só o caminho do banco e um recibo podem passar daí.
    for (const linha of saida.split('\n'))
      if (!/^Banco |^\d+:[0-9a-f]{64}$/.test(linha)) expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(66);
    expect(codigo).toBe(0);
  });

  test('--limite mostra os primeiros usuários e as últimas execuções; 0, nenhum', async () => {
    using banco = await bancoDeTres();
    const laudo = await pedirLaudo(banco.caminho, '--limite', '2');
    expect(laudo.usuarios.map(({ id }) => id)).toEqual([1, 2]);
    expect(laudo.ultimas_execucoes.map(({ execucao }) => execucao)).toEqual([2, 3]);
    expect(await pedirLaudo(banco.caminho, '--limite', '0')).toMatchObject({
      usuarios: [],
      ultimas_execucoes: [],
      recibo: banco.recibos[2],
    });
  });

  test('lê um só instantâneo enquanto escritores trabalham', async () => {
    using banco = await bancoDeTres();
    using escrita = iniciar('escritor', ['-b', banco.caminho, '-n', '2', '-e', '0', '--json']);
    const saida = terminar(escrita); // alguém tem de a ler, ou o cano enche e o escritor para
    let anterior = 3;
    for (let leituras = 0; leituras < 5; leituras++) {
      await ate(() => execucoesDe(banco) > anterior, 'o escritor siga');
      const laudo = await pedirLaudo(banco.caminho, '--limite', '1000000');
      expect(laudo.codigo).toBe(0);
      expect(laudo.registros).toBe(laudo.usuarios.length);
      expect(laudo.ultimas_execucoes.reduce((soma, { registros }) => soma + registros, 0)).toBe(
        laudo.registros ?? -1,
      );
      anterior = laudo.execucoes ?? Number.NaN;
    }
    escrita.kill('SIGTERM');
    expect((await saida).codigo).toBe(143);
  });

  /** Quantas execuções há agora; menos do que qualquer número se um escritor não deixa perguntar. */
  function execucoesDe({ consultar }: { consultar(sql: string): unknown[][] }): number {
    try {
      return Number(consultar('SELECT count(*) FROM execucoes')[0]?.[0]);
    } catch {
      return -1;
    }
  }

  test('aceita recibos em $RECIBO, separados por espaços ou vírgulas', async () => {
    using banco = await bancoDeTres();
    const ambiente = {
      RECIBO: ` ${banco.recibos[0]},${banco.recibos[1]}\n${banco.recibos[2]} `,
      BANCO: banco.caminho,
    };
    const { saida, codigo } = await rodar('leitor', ['--json'], { ambiente });
    expect(verificacao(JSON.parse(saida), 'recibos')).toEqual({
      nome: 'recibos',
      resultado: 'aprovada',
      detalhe: '3 exigidos, todos na cadeia',
    });
    expect(codigo).toBe(0);
  });
});

describe('leitor, verificação origem', () => {
  test('só um id de container conta como outro container; uma máquina, como fora de um', async () => {
    using banco = await bancoDeTres();
    const origem = async () => verificacao(await pedirLaudo(banco.caminho), 'origem');
    expect(await origem()).toEqual({
      nome: 'origem',
      resultado: 'pulada',
      detalhe: `execuções de outros containers: 0; deste (${hostname()}): 3`,
    });
    for (const [container, resultado, detalhe] of [
      ['outra-maquina', 'pulada', 'outros containers: 0; deste .*: 2; de fora de um container: 1$'],
      ['ABCDEF012345', 'pulada', 'de fora de um container: 1$'],
      ['abcdef0123456', 'pulada', 'de fora de um container: 1$'],
      ['desconhecido', 'pulada', 'de origem desconhecida: 1$'],
      ['abcdef012345', 'aprovada', 'outros containers: 1; deste .*: 2$'],
    ] as const) {
      banco.sabotar(`UPDATE execucoes SET container = '${container}' WHERE id = 2`);
      expect(await origem()).toMatchObject({
        resultado,
        detalhe: expect.stringMatching(new RegExp(detalhe)),
      });
    }
  });
});

describe('leitor diz não', () => {
  type Sabotado = Awaited<ReturnType<typeof bancoDeTres>>;
  const casos: [oQue: string, nome: string, detalhe: string, sabotar: (banco: Sabotado) => void][] = [
    ['um byte de um nome mudado no arquivo', 'selos', 'o selo da execução 1 não confere', trocarByte],
    [
      'uma linha mudada por SQL',
      'selos',
      'o selo da execução 2 não confere',
      sql("UPDATE usuarios SET email = 'x' WHERE id = 4"),
    ],
    [
      'uma linha apagada',
      'selos',
      'o selo da execução 3 não confere',
      sql('DELETE FROM usuarios WHERE id = 9'),
    ],
    [
      'todas as linhas de uma execução apagadas',
      'selos',
      'execução 2 não confere',
      sql('DELETE FROM usuarios WHERE id BETWEEN 4 AND 6'),
    ],
    [
      'uma linha acrescentada no fim',
      'avulsos',
      '1 usuário fora de qualquer execução, a partir do id 10',
      sql("INSERT INTO usuarios VALUES (10, 'a', 'b', 'c')"),
    ],
    [
      'uma linha acrescentada antes do começo',
      'avulsos',
      'a partir do id -5',
      sql("INSERT INTO usuarios VALUES (-5, 'a', 'b', 'c')"),
    ],
    [
      'uma linha no primeiro id possível, dito por inteiro',
      'avulsos',
      '1 usuário fora de qualquer execução, a partir do id -9223372036854775808',
      sql("INSERT INTO usuarios VALUES (-9223372036854775808, 'a', 'b', 'c')"),
    ],
    [
      'uma linha depois de uma execução vazia que diz começar longe, contada uma vez',
      'avulsos',
      '1 usuário fora de qualquer execução, a partir do id 500',
      sql(
        "INSERT INTO usuarios VALUES (500, 'a', 'b', 'c')",
        "INSERT INTO execucoes VALUES (4, 'c', 'i', 'v', 1000, 0, 0, 's')",
      ),
    ],
    [
      'uma linha no último id possível',
      'avulsos',
      '1 usuário fora',
      sql("INSERT INTO usuarios VALUES (9223372036854775807, 'a', 'b', 'c')"),
    ],
    ['uma execução tirada do meio', 'selos', 'falta a execução 2', sql('DELETE FROM execucoes WHERE id = 2')],
    [
      'uma execução tirada do meio deixa os seus usuários avulsos',
      'avulsos',
      '3 usuários fora',
      sql('DELETE FROM execucoes WHERE id = 2'),
    ],
    ['todas as execuções tiradas', 'selos', 'não há nenhuma execução selada', sql('DELETE FROM execucoes')],
    [
      'o selo de uma execução mudado',
      'selos',
      'o selo da execução 1 não confere',
      sql("UPDATE execucoes SET selo = printf('%064d', 7) WHERE id = 1"),
    ],
    [
      'o container de uma execução mudado',
      'selos',
      'o selo da execução 2 não confere',
      sql("UPDATE execucoes SET container = 'outro' WHERE id = 2"),
    ],
    [
      'uma execução renumerada',
      'selos',
      'falta a execução 3',
      sql('UPDATE execucoes SET id = 4 WHERE id = 3'),
    ],
    [
      'uma execução que repete usuários de outra',
      'avulsos',
      'a execução 3 repete ids',
      sql('UPDATE execucoes SET primeiro_id = 6 WHERE id = 3'),
    ],
    ['uma tabela que falta', 'esquema', 'falta a tabela execucoes', sql('DROP TABLE execucoes')],
    [
      'uma coluna que falta',
      'esquema',
      'usuarios tem as colunas ("id", "nome", "criado_em"), e não ("id", "nome", "email", "criado_em")',
      sql('ALTER TABLE usuarios DROP COLUMN email'),
    ],
    [
      'uma coluna a mais',
      'esquema',
      'usuarios tem as colunas',
      sql('ALTER TABLE usuarios ADD COLUMN x TEXT'),
    ],
    [
      'um nome de coluna que finge ser dois',
      'esquema',
      'usuarios tem as colunas ("id", "nome, email", "criado_em")',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY, "nome, email" TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT',
        "INSERT INTO n SELECT id, nome || ', ' || email, criado_em FROM usuarios",
        'DROP TABLE usuarios',
        'ALTER TABLE n RENAME TO usuarios',
      ),
    ],
    [
      'uma vista no lugar da tabela',
      'esquema',
      'usuarios não é uma tabela comum',
      sql('ALTER TABLE usuarios RENAME TO u', 'CREATE VIEW usuarios AS SELECT * FROM u'),
    ],
    [
      'um id que não é a chave',
      'esquema',
      'usuarios não tem id INTEGER PRIMARY KEY',
      sql('DROP TABLE usuarios', 'CREATE TABLE usuarios (id INTEGER, nome TEXT, email TEXT, criado_em TEXT)'),
    ],
    [
      'um id que aceita texto e nulo, por um índice de chave primária',
      'esquema',
      'usuarios não tem id INTEGER PRIMARY KEY',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY DESC, nome TEXT, email TEXT, criado_em TEXT)',
        'INSERT INTO n SELECT * FROM usuarios',
        'DROP TABLE usuarios',
        'ALTER TABLE n RENAME TO usuarios',
        "INSERT INTO usuarios VALUES (3.5, 'intruso', 'i', 'z'), (NULL, 'x', 'i', 'z'), ('abc', 'x', 'i', 'z')",
      ),
    ],
    [
      'execucoes sem tipos, em que um JSONB passaria por texto',
      'esquema',
      'execucoes não é uma tabela STRICT',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY, container, iniciada_em, versao, primeiro_id, ultimo_id, registros, selo)',
        'INSERT INTO n SELECT * FROM execucoes',
        'DROP TABLE execucoes',
        'ALTER TABLE n RENAME TO execucoes',
        'UPDATE execucoes SET container = jsonb(json_quote(container))',
      ),
    ],
    [
      'uma tabela com o nome da função que descreve o esquema',
      'selos',
      'o usuário 2 tem um BLOB ou REAL',
      sql(
        'CREATE TABLE n (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT)',
        'INSERT INTO n SELECT * FROM usuarios',
        'DROP TABLE usuarios',
        'ALTER TABLE n RENAME TO usuarios',
        'UPDATE usuarios SET nome = jsonb(json_quote(nome)) WHERE id = 2',
        'CREATE TABLE pragma_table_list (schema, name, type, strict)',
        "INSERT INTO pragma_table_list VALUES ('main', 'usuarios', 'table', 1), ('main', 'execucoes', 'table', 1)",
      ),
    ],
    [
      'o application_id de outro',
      'arquivo',
      'é um banco SQLite de outra aplicação',
      sql('PRAGMA application_id = 7'),
    ],
    [
      'um -wal alheio ao lado',
      'arquivo',
      'há um -wal ao lado',
      ({ caminho }) => writeFileSync(`${caminho}-wal`, ''),
    ],
    [
      'um -shm alheio ao lado',
      'arquivo',
      'há um -shm ao lado',
      ({ caminho }) => writeFileSync(`${caminho}-shm`, 'x'),
    ],
    [
      'o arquivo um byte mais curto',
      'arquivo',
      'bytes, e o seu cabeçalho diz',
      ({ caminho }) => truncateSync(caminho, 12287),
    ],
    [
      'o arquivo mais longo',
      'arquivo',
      'bytes, e o seu cabeçalho diz',
      ({ caminho }) => appendFileSync(caminho, 'x'),
    ],
    [
      'o arquivo uma página mais curto',
      'arquivo',
      'está corrompido',
      ({ caminho }) => truncateSync(caminho, 8192),
    ],
    [
      'uma página zerada',
      'estrutura',
      'integrity_check do SQLite',
      ({ estragar }) => estragar((bytes) => bytes.fill(0, 4096, 8192)),
    ],
  ];

  function trocarByte({ estragar }: Sabotado): void {
    estragar((bytes) => {
      const onde = bytes.indexOf('Maria Santos');
      expect(onde).toBeGreaterThan(0);
      bytes[onde] = 'N'.charCodeAt(0);
    });
  }

  function sql(...comandos: string[]): (banco: Sabotado) => void {
    return ({ sabotar }) => sabotar(...comandos);
  }

  for (const [oQue, nome, detalhe, sabotar] of casos) {
    test.concurrent(`${nome}: ${oQue}`, async () => {
      using banco = await bancoDeTres();
      banco.dispensarConferencia();
      sabotar(banco);
      const laudo = await pedirLaudo(banco.caminho);
      expect(verificacao(laudo, nome as never)).toMatchObject({
        resultado: 'reprovada',
        detalhe: expect.stringContaining(detalhe),
      });
      expect(laudo.aprovado).toBe(false);
      expect(laudo.verificacoes.map((uma) => uma.nome)).toEqual(NOMES as never);
      expect(laudo.erros).toStartWith('leitor: ');
      expect(laudo.codigo).toBe(65);
    });
  }
});

describe('leitor diz não a um recibo que não está na cadeia', () => {
  test('de uma execução que o banco não tem mais: voltou a uma cópia antiga', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    copyFileSync(banco.caminho, banco.pasta.em('antiga'));
    const [segundo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
    copyFileSync(banco.pasta.em('antiga'), banco.caminho);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, codigo: 0 });
    const laudo = await pedirLaudo(banco.caminho, '-r', segundo);
    expect(verificacao(laudo, 'recibos')).toMatchObject({
      resultado: 'reprovada',
      detalhe: 'a execução 2, de um recibo exigido, não está no banco',
    });
    expect(laudo).toMatchObject({ aprovado: false, codigo: 65 });
  });

  test('de outro banco, com o mesmo número de usuários', async () => {
    using banco = await bancoDeTres();
    using outro = await bancoDeTres();
    const laudo = await pedirLaudo(outro.caminho, '-r', banco.recibos[2] ?? '');
    expect(verificacao(laudo, 'recibos').detalhe).toBe(
      'a execução 3 tem um selo diferente do recibo exigido',
    );
    expect(verificacao(laudo, 'selos').resultado).toBe('aprovada');
    expect(laudo.codigo).toBe(65);
  });

  test('um entre vários basta', async () => {
    using banco = await bancoDeTres();
    const falso = `2:${'0'.repeat(64)}`;
    const argumentos = [...banco.recibos, falso].flatMap((recibo) => ['-r', recibo]);
    expect((await pedirLaudo(banco.caminho, ...argumentos)).codigo).toBe(65);
  });
});
