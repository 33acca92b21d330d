import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mediar } from '../ensaios/mediador.ts';
import { Postgres } from '../ensaios/postgres.ts';
import { abrirParaLeitura } from '../lib/armazem/abrir.ts';
import { lerEndereco } from '../lib/armazem/postgres/endereco.ts';
import { Falha } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/contexto.ts';
import { SELO_ZERO } from '../lib/selo.ts';
import { blocos, lerTexto } from './apoio/documentos.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import {
  ate,
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
import { servidorDoGrupo } from './apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

const SENHA = 'segredo-que-ninguem-vê';

describe('lerEndereco()', () => {
  test('dá cada host por ordem, e nunca mostra a senha', () => {
    const { nome, hosts } = lerEndereco(
      'postgres://ana:se%40gre%2Fdo@h1:1,h2,[::1]:3/loja?application_name=a%20b&password=x&sslpassword=y',
    );
    expect(nome).toBe('postgres://ana@h1:1,h2,[::1]:3/loja?application_name=a%20b');
    expect(hosts.map((host) => host.nome)).toEqual(['h1:1', 'h2', '[::1]:3']);
    const opcoes = hosts.map((host) => host.criar().options);
    expect(
      opcoes.map(({ hostname, port, username, database }) => [hostname, port, username, database]),
    ).toEqual([
      ['h1', 1, 'ana', 'loja'],
      ['h2', 5432, 'ana', 'loja'],
      ['[::1]', 3, 'ana', 'loja'],
    ]);
  });

  test('o que não se entende é um erro de uso que não o repete: pode ter uma senha', () => {
    for (const endereco of [
      `postgres://ana:${SENHA}@x@h/d`,
      `postgres://ana:${SENHA}/x@h/d`,
      `postgres://ana:12${SENHA}?@h/d`,
      `postgres://ana:${SENHA}#@h/d`,
      `postgres://ana:${SENHA}%zz@h/d`,
      `postgres://ana:${SENHA}@h:99999999/d`,
      `postgres://ana:${SENHA}@h:x/d`,
      `postgres://ana:${SENHA}@h:99999/d`,
      `postgres://ana:${SENHA}@h h/d`,
      `postgres://ana:${SENHA}@h/d?sslmode=talvez`,
      `postgres://ana:${SENHA}@h/d?ssl=false`,
      `postgres://ana:${SENHA}@localhost/d?host=outro`,
      `postgres://ana:${SENHA}@h/d?host=/tmp`,
      `postgres://ana:${SENHA}@h/d?password=%`,
    ]) {
      const falha = (() => {
        try {
          return lerEndereco(endereco);
        } catch (erro) {
          return erro;
        }
      })();
      expect(falha).toBeInstanceOf(Falha);
      expect((falha as Falha).motivo).toBe('uso');
      expect(`${(falha as Falha).message}${(falha as Falha).remedio}`).not.toContain('segredo');
    }
  });

  /** Os modos do Bun: 0 é sem TLS, 1 é se houver, 2 é com, 3 e 4 conferem o certificado. */
  const modoDe = (endereco: string) => {
    const [host] = lerEndereco(endereco).hosts;
    return (host?.criar().options as { sslMode?: number } | undefined)?.sslMode;
  };
  test('com outra máquina só se fala com TLS, a não ser que o endereço o dispense', () => {
    const modos = ['', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'disable'];
    const deFora = modos.map((modo) => modoDe(`postgres://ana@db.exemplo/d${modo && `?sslmode=${modo}`}`));
    expect(deFora).toEqual([4, 2, 2, 2, 3, 4, 0]);
    for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]', '']) {
      expect(modoDe(`postgres://ana@${host}/d`)).toBe(0);
    }
    for (const host of ['127.0.0.1.exemplo', 'localhost.exemplo', '10.0.0.1', '[::2]']) {
      expect(modoDe(`postgres://ana@${host}/d`)).toBe(4);
    }
  });
});

/** Roda os dois programas, e espera deles o código, a mensagem e que não digam a senha. */
async function recusam(
  lugar: string,
  esperado: { codigo: number; erros: RegExp; escritor?: number },
  ambiente: Record<string, string> = {},
): Promise<void> {
  for (const programa of ['escritor', 'leitor'] as Programa[]) {
    const resultado = await rodar(programa, ['-b', lugar], { ambiente });
    expect(resultado.erros).toMatch(esperado.erros);
    expect(resultado.codigo).toBe((programa === 'escritor' && esperado.escritor) || esperado.codigo);
    semSenha(resultado);
  }
}

function semSenha({ saida, erros }: Resultado): void {
  expect(`${saida}${erros}`).not.toContain('segredo');
}

grupoQuePrecisa('postgres', 'um servidor a que não se chega', () => {
  const servidor = servidorDoGrupo({ configuracao: { default_transaction_read_only: 'off' } });

  test.concurrent('um nome que não existe: 75', async () => {
    const lugar = `postgres://ana:${SENHA}@nao-existe.invalid/loja`;
    await recusam(lugar, { codigo: 75, erros: /não se acha nao-existe\.invalid: o nome não leva a nenhum/ });
  });

  test.concurrent('ninguém atende: 75, e é dito o que falhou', async () => {
    const lugar = `postgres://ana:${SENHA}@127.0.0.1:1/loja`;
    await recusam(lugar, { codigo: 75, erros: /^\w+: ninguém atende em 127\.0\.0\.1:1 \(/ });
  });

  test.concurrent('atende, e não responde a nada: 75', async () => {
    using mudo = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    const lugar = `postgres://ana:${SENHA}@127.0.0.1:${mudo.port}/loja`;
    await recusam(lugar, { codigo: 75, erros: /: 127\.0\.0\.1:\d+ não responde/ });
  });

  test.concurrent('atende, e não é um PostgreSQL', async () => {
    using outro = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') });
    await recusam(`postgres://ana@127.0.0.1:${outro.port}/loja`, {
      codigo: 75,
      erros: /a ligação a .* caiu/,
    });
  });

  test.concurrent('não há esse banco de dados: 66 para o leitor, 73 para o escritor', async () => {
    const lugar = servidor.agora().endereco('nada');
    await recusam(lugar, { codigo: 66, escritor: 73, erros: /não há esse banco de dados/ });
  });

  test.concurrent('nada para ler, num banco de dados vazio: 66, e nada é criado', async () => {
    const banco = await servidor.banco();
    const laudo = await pedirLaudo(banco.lugar);
    expect(laudo.codigo).toBe(66);
    expect(
      laudo.verificacoes.map(({ nome, resultado, detalhe }) => [nome, resultado, detalhe]).slice(0, 3),
    ).toEqual([
      ['replicas', 'pulada', 'depende de "servidor"'],
      ['servidor', 'reprovada', `${banco.lugar} não tem nenhuma cadeia`],
      ['estrutura', 'pulada', 'depende de "servidor"'],
    ]);
    expect(await banco.consultar("SELECT nspname FROM pg_namespace WHERE nspname = 'desafio2'")).toEqual([]);
  });

  test.concurrent('não fala TLS, e o endereço pede-o: 77', async () => {
    const lugar = `${servidor.agora().endereco()}?sslmode=require`;
    await recusam(lugar, { codigo: 77, erros: /não fala TLS .*\n.*sslmode=disable/ });
  });

  test.concurrent('falta quem assina o certificado: 64', async () => {
    const lugar = `${servidor.agora().endereco()}?sslmode=verify-full&sslrootcert=/nao/existe.pem`;
    await recusam(lugar, { codigo: 64, erros: /caFile/ });
  });

  test.concurrent('uma opção que o servidor não conhece: 64', async () => {
    await recusam(`${servidor.agora().endereco()}?nada=1`, { codigo: 64, erros: /"nada"/ });
  });

  test.concurrent('um endereço que não se entende: 64, e sem a senha', async () => {
    await recusam(`postgres://ana:${SENHA}@x@h/d`, { codigo: 64, erros: /não se entende/ });
  });

  test.concurrent('só aceita leituras: 75 para o escritor; o leitor lê', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await banco.sabotar(`ALTER DATABASE ${banco.nome} SET default_transaction_read_only = on`);
    const { erros, codigo } = await escritor('-b', banco.lugar);
    expect(erros).toContain('só aceita leituras');
    expect(codigo).toBe(75);
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, codigo: 0 });
  });

  test.concurrent('noutra codificação: 65', async () => {
    const servo = servidor.agora();
    await servo.sql("CREATE DATABASE latino ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    await recusam(servo.endereco('latino'), { codigo: 65, erros: /em LATIN1, e o que se sela é UTF-8/ });
  });

  test.concurrent('entre vários hosts, serve o primeiro que atende', async () => {
    const banco = await servidor.banco();
    const lugar = banco.lugar.replace('@', '@127.0.0.1:1,nao-existe.invalid,');
    const dois = lugar.replace('nao-existe.invalid', 'localhost:1');
    expect(await escritor('-b', dois)).toMatchObject({ codigo: 0, erros: '' });
    expect(await pedirLaudo(dois)).toMatchObject({ aprovado: true, banco: dois });
  });

  test.concurrent('por um socket desta máquina', async () => {
    const { nome } = await servidor.banco();
    const { porta, dados } = servidor.agora();
    expect(porta).toBeGreaterThan(0);
    const pasta = join(dados, '..');
    const [socket = ''] = readdirSync(pasta).filter((um) => /^\.s\.PGSQL\.\d+$/.test(um));
    expect(socket).toBe(`.s.PGSQL.${porta}`);
    const lugar = `postgres://postgres@:${porta}/${nome}?host=${pasta}`;
    expect(await escritor('-b', lugar)).toMatchObject({ codigo: 0, erros: '' });
  });

  test.concurrent('a cadeia trancada por outro mais de 10 s: 75', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    const trancar = banco
      .consultar(
        'BEGIN; SELECT id FROM desafio2.execucoes WHERE id = 1 FOR UPDATE; SELECT pg_sleep(600); COMMIT',
      )
      .catch(() => {});
    await ate(async () => (await dormem(banco.nome)) === 1, 'a tranca esteja tomada');
    using avisado = iniciar('escritor', ['-b', banco.lugar]);
    await ate(async () => (await esperamTranca(banco.nome)) === 1, 'o escritor espere');
    avisado.kill('SIGTERM');
    expect(await terminar(avisado)).toMatchObject({ saida: '', codigo: 143 });
    const { erros, codigo } = await escritor('-b', banco.lugar);
    expect(erros).toContain('ficou ocupado por outra transação por mais de 10 s');
    expect(codigo).toBe(75);
    await banco.consultar(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'",
    );
    await trancar;
  });

  const contar = async (condicao: string) =>
    (await servidor.agora().sql(`SELECT count(*)::int FROM pg_stat_activity WHERE ${condicao}`))[0]?.[0];
  const dormem = (nome: string) => contar(`datname = '${nome}' AND wait_event = 'PgSleep'`);
  const esperamTranca = (nome: string) => contar(`datname = '${nome}' AND wait_event_type = 'Lock'`);
});

grupoQuePrecisa('postgres', 'um servidor que pede senha e fala TLS', () => {
  const servidor = servidorDoGrupo({
    acesso: 'local all all trust\nhost all postgres all trust\nhost all ana,bia all scram-sha-256',
    tls: true,
  });
  const preparar = async () => {
    const banco = await servidor.banco();
    const { nome } = banco;
    await banco.sabotar(
      `DO $$ BEGIN CREATE ROLE ana LOGIN PASSWORD '${SENHA}'; EXCEPTION WHEN OTHERS THEN NULL; END $$`,
      'DO $$ BEGIN CREATE ROLE bia LOGIN PASSWORD $x$outro segredo$x$; EXCEPTION WHEN OTHERS THEN NULL; END $$',
      `GRANT CREATE ON DATABASE ${nome} TO ana`,
    );
    const { porta } = servidor.agora();
    const senha = encodeURIComponent(SENHA);
    return {
      ...banco,
      semSenha: `postgres://ana@127.0.0.1:${porta}/${nome}`,
      comSenha: `postgres://ana:${senha}@127.0.0.1:${porta}/${nome}`,
    };
  };

  test('a senha vem do endereço, de PGPASSWORD, de PGPASSFILE ou de ~/.pgpass, e nunca se vê', async () => {
    const banco = await preparar();
    using pasta = pastaTemporaria();
    const { porta } = servidor.agora();
    const linhas = `# comentário\noutro:*:*:ana:errada\n127.0.0.1:${porta}:${banco.nome}:ana:${SENHA.replaceAll(':', '\\:')}\n`;
    for (const nome of ['senhas', '.pgpass']) {
      writeFileSync(pasta.em(nome), linhas);
      chmodSync(pasta.em(nome), 0o600);
    }
    const maneiras: [lugar: string, ambiente: Record<string, string>][] = [
      [banco.comSenha, {}],
      [`${banco.semSenha}?password=${encodeURIComponent(SENHA)}`, {}],
      [banco.comSenha, { PGPASSWORD: 'errada' }],
      [banco.semSenha, { PGPASSWORD: SENHA }],
      [banco.semSenha, { PGPASSFILE: pasta.em('senhas') }],
      [banco.semSenha, { HOME: pasta.caminho }],
      // O que está no endereço não perde para o ambiente.
      [
        banco.comSenha,
        { PGDATABASE: 'outro', PGHOST: 'outro', PGPORT: '1', PGUSER: 'bia', DATABASE_URL: 'x' },
      ],
    ];
    for (const [lugar, ambiente] of maneiras) {
      const gravado = await rodar('escritor', ['-b', lugar, '--json'], { ambiente });
      expect(gravado.erros).toBe('');
      expect(JSON.parse(gravado.saida).banco).toBe(banco.semSenha);
      for (const forma of [['--json'], []]) {
        const lido = await rodar('leitor', ['-b', lugar, ...forma], { ambiente });
        expect(lido.codigo).toBe(0);
        semSenha(lido);
        expect(lido.saida).toContain(banco.semSenha);
      }
    }
  });

  test('uma senha errada, nenhuma, ou num arquivo que outros podem ler: 77', async () => {
    const banco = await preparar();
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('senhas'), `*:*:*:*:${SENHA}\n`, { mode: 0o644 });
    chmodSync(pasta.em('senhas'), 0o644);
    const erros = /recusa o usuário ou a senha|não aceita, ou não sabe conferir, a senha/;
    for (const ambiente of [{ PGPASSWORD: 'errada' }, {}, { PGPASSFILE: pasta.em('senhas') }]) {
      await recusam(banco.semSenha, { codigo: 77, erros }, ambiente as Record<string, string>);
    }
  });

  test('um usuário sem permissão: 77', async () => {
    const banco = await preparar();
    await escritor('-b', banco.lugar);
    const lugar = banco.semSenha.replace('ana@', 'bia@');
    await recusam(
      lugar,
      { codigo: 77, erros: /não dá a este usuário a permissão/ },
      { PGPASSWORD: 'outro segredo' },
    );
    const vazio = await preparar();
    const semCriar = vazio.semSenha.replace('ana@', 'bia@');
    const { codigo } = await rodar('escritor', ['-b', semCriar], {
      ambiente: { PGPASSWORD: 'outro segredo' },
    });
    expect(codigo).toBe(77);
  });

  test('as permissões que a página do servidor diz bastam a cada um', async () => {
    const banco = await preparar();
    await escritor('-b', banco.lugar);
    await banco.sabotar(
      'GRANT USAGE ON SCHEMA desafio2 TO bia',
      'GRANT SELECT ON ALL TABLES IN SCHEMA desafio2 TO bia',
    );
    const lugar = banco.semSenha.replace('ana@', 'bia@');
    const ambiente = { PGPASSWORD: 'outro segredo' };
    expect((await rodar('leitor', ['-b', lugar], { ambiente })).codigo).toBe(0);
    expect((await rodar('escritor', ['-b', lugar], { ambiente })).codigo).toBe(77);
    await banco.sabotar(
      'GRANT INSERT ON desafio2.usuarios, desafio2.execucoes TO bia',
      'GRANT UPDATE ON desafio2.execucoes TO bia',
    );
    expect((await rodar('escritor', ['-b', lugar], { ambiente })).codigo).toBe(0);
  });

  test('um certificado de que não se sabe: 77; de quem o assina, serve', async () => {
    const banco = await preparar();
    const autoridade = servidor.agora().certificado;
    const erros = /o certificado de .* não é de confiança/;
    await recusam(`${banco.comSenha}?sslmode=verify-full`, { codigo: 77, erros });
    // Nem a variável que cala o Bun o cala.
    const calado = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    await recusam(`${banco.comSenha}?sslmode=verify-full`, { codigo: 77, erros }, calado);
    const comNome = banco.comSenha.replace('127.0.0.1', 'localhost');
    for (const lugar of [
      `${comNome}?sslmode=verify-full&sslrootcert=${autoridade}`,
      `${banco.comSenha}?sslmode=verify-ca&sslrootcert=${autoridade}`,
      `${banco.comSenha}?sslmode=require`,
    ]) {
      const gravado = await escritor('-b', lugar, '--json');
      expect(gravado).toMatchObject({ erros: '', codigo: 0 });
    }
    // O nome é outro: o certificado é de localhost.
    await recusam(`${banco.comSenha}?sslmode=verify-full&sslrootcert=${autoridade}`, { codigo: 77, erros });
  });
});

grupoQuePrecisa('postgres', 'um servidor que alguém mudou', () => {
  const servidor = servidorDoGrupo();
  const mudancas: [oQue: string, sql: string[], detalhe: RegExp][] = [
    [
      'um gatilho',
      [
        'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nome := $x$x$x$; RETURN NEW; END $$',
        'CREATE TRIGGER t BEFORE INSERT ON desafio2.usuarios FOR EACH ROW EXECUTE FUNCTION f()',
      ],
      /usuarios tem o gatilho t,/,
    ],
    [
      'uma regra',
      ['CREATE RULE r AS ON INSERT TO desafio2.execucoes DO INSTEAD NOTHING'],
      /execucoes tem a regra r,/,
    ],
    [
      'segurança por linha',
      ['ALTER TABLE desafio2.usuarios ENABLE ROW LEVEL SECURITY'],
      /usuarios tem segurança por linha,/,
    ],
    [
      'uma vista no lugar da tabela',
      [
        'ALTER TABLE desafio2.usuarios RENAME TO verdadeira',
        'CREATE VIEW desafio2.usuarios AS SELECT * FROM desafio2.verdadeira',
      ],
      /usuarios não é uma tabela comum/,
    ],
    [
      'uma coluna de outro tipo',
      ['ALTER TABLE desafio2.usuarios ALTER nome TYPE varchar(80)'],
      /usuarios tem as colunas \(.*nome character varying\(80\)/,
    ],
    [
      'uma coluna que aceita nulos',
      ['ALTER TABLE desafio2.usuarios ALTER nome DROP NOT NULL', 'UPDATE desafio2.usuarios SET nome = NULL'],
      /usuarios tem as colunas \(.*nome de outro modo/,
    ],
    [
      'uma coluna a mais',
      ['ALTER TABLE desafio2.execucoes ADD nota text'],
      /execucoes tem as colunas \(.*, nota de outro modo\)/,
    ],
    [
      'ids sem chave',
      ['ALTER TABLE desafio2.usuarios DROP CONSTRAINT usuarios_pkey'],
      /usuarios não tem id como/,
    ],
    [
      'uma restrição que corre código',
      ['ALTER TABLE desafio2.usuarios ADD CONSTRAINT c CHECK (id > 0)'],
      /usuarios tem a restrição c,/,
    ],
    [
      'um índice que corre código',
      ['CREATE INDEX i ON desafio2.usuarios (lower(nome))'],
      /usuarios tem o índice desafio2\.i,/,
    ],
    [
      'uma tabela herdeira',
      ['CREATE TABLE public.filha () INHERITS (desafio2.usuarios)'],
      /usuarios tem a tabela herdeira public\.filha,/,
    ],
    [
      'uma tabela que uma queda esvazia',
      ['ALTER TABLE desafio2.usuarios SET UNLOGGED'],
      /não é uma tabela perm/,
    ],
    ['a tabela do formato a menos', ['DROP TABLE desafio2.formato'], /falta a tabela formato/],
    ['a tabela de usuários a menos', ['DROP TABLE desafio2.usuarios'], /falta a tabela usuarios/],
  ];
  for (const [oQue, sql, detalhe] of mudancas) {
    test.concurrent(`${oQue}: 65 nos dois, e o escritor não grava`, async () => {
      const banco = await servidor.banco();
      await escritor('-b', banco.lugar);
      await banco.sabotar(...sql);
      const laudo = await pedirLaudo(banco.lugar);
      expect(laudo.codigo).toBe(65);
      expect(verificacao(laudo, 'esquema').detalhe).toMatch(detalhe);
      const gravado = await escritor('-b', banco.lugar);
      expect(gravado.saida).toBe('');
      if (!/formato/.test(oQue)) expect(gravado.erros).toMatch(detalhe);
      expect(gravado.codigo).toBe(65);
      expect(await banco.consultar('SELECT count(*)::int FROM desafio2.execucoes')).toEqual([[1]]);
    });
  }

  test.concurrent('uma mudança com o escritor a correr: ele para, e tudo o que tem recibo confere', async () => {
    const banco = await servidor.banco();
    using processo = iniciar('escritor', ['-b', banco.lugar, '-e', '0', '--json']);
    const haCinco = async () => {
      const [linha] = await banco.consultar("SELECT to_regclass('desafio2.execucoes') IS NOT NULL");
      if (!linha?.[0]) return false;
      return Number((await banco.consultar('SELECT count(*) FROM desafio2.execucoes'))[0]?.[0]) >= 5;
    };
    await ate(haCinco, 'haja execuções');
    await banco.sabotar(
      'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nome := $x$x$x$; RETURN NEW; END $$',
      'CREATE TRIGGER t BEFORE INSERT ON desafio2.usuarios FOR EACH ROW EXECUTE FUNCTION f()',
    );
    const { saida, erros, codigo } = await terminar(processo);
    expect(erros).toContain('usuarios tem o gatilho t');
    expect(codigo).toBe(65);
    await banco.sabotar('DROP TRIGGER t ON desafio2.usuarios');
    const recibos = recibosDe(saida);
    const laudo = await pedirLaudo(banco.lugar, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: recibos.length });
  });

  test.concurrent('à mão, com psql e sha256sum, o selo é o mesmo', async () => {
    const banco = await servidor.banco();
    const [recibo] = recibosDe((await escritor('-b', banco.lugar, '-n', '5', '--json')).saida);
    const [, dosUsuarios = ''] = blocos(lerTexto('docs/servidor.md'), 'sql');
    const daExecucao = `SELECT '[' || id || ',' || to_json(container) || ',' || to_json(iniciada_em) || ',' ||
      to_json(versao) || ',' || primeiro_id || ',' || ultimo_id || ',' || registros || ']' FROM desafio2.execucoes`;
    const { stdout } = Bun.spawnSync(['psql', '-AtX', banco.lugar, '-c', daExecucao, '-c', dosUsuarios], {
      env: { PATH: process.env.PATH, PGCLIENTENCODING: 'SQL_ASCII' },
    });
    const selo = new Bun.CryptoHasher('sha256').update(`${SELO_ZERO}\n`).update(stdout).digest('hex');
    expect(`1:${selo}`).toBe(recibo ?? '');
  });

  test.concurrent('as linhas de execuções pequenas vêm com a página delas, e não se perguntam uma a uma', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar, '-e', '500', '-n', '1');
    await using armazem = await abrirParaLeitura(banco.lugar, criarContexto(new AbortController().signal));
    const percorrer = armazem.percorrer();
    let vistas = 0;
    while (vistas < 500) {
      for (const gravada of await armazem.lerSeladas(vistas + 1, 500)) {
        vistas++;
        if (typeof gravada === 'number') throw new Error(`falta a execução ${gravada}`);
        let usuarios = 0;
        expect(
          percorrer(gravada.primeiro, gravada.ultimo, (bloco) => (usuarios += bloco.usuarios)),
        ).toBeUndefined();
        expect(usuarios).toBe(1);
      }
    }
  });

  test.concurrent('funções do servidor com outro sentido, primeiro no caminho de procura, não mudam nada', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await banco.sabotar(
      'CREATE SCHEMA mau',
      'CREATE FUNCTION mau.to_json(text) RETURNS json LANGUAGE sql AS $$ SELECT NULL::json $$',
      `ALTER DATABASE ${banco.nome} SET search_path = mau, pg_catalog`,
    );
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, codigo: 0 });
  });

  test.concurrent('um esquema desafio2 de outra aplicação: 65, e fica como está; vazio, serve', async () => {
    const banco = await servidor.banco();
    await banco.sabotar('CREATE SCHEMA desafio2', 'CREATE TABLE desafio2.pedidos (id int)');
    const { erros, codigo } = await escritor('-b', banco.lugar);
    expect(erros).toContain('tem um esquema desafio2 que não é o deste programa');
    expect(codigo).toBe(65);
    const tabelas =
      "SELECT relname FROM pg_class WHERE relnamespace = 'desafio2'::regnamespace AND relkind = 'r'";
    expect(await banco.consultar(tabelas)).toEqual([['pedidos']]);
    await banco.sabotar('DROP TABLE desafio2.pedidos');
    expect(await escritor('-b', banco.lugar)).toMatchObject({ codigo: 0, erros: '' });
  });

  test.concurrent('um formato mais novo: 78 nos dois', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await banco.sabotar('UPDATE desafio2.formato SET formato = 2');
    await recusam(banco.lugar, { codigo: 78, erros: /tem o formato 2, e este programa conhece até o 1/ });
    await banco.sabotar('DELETE FROM desafio2.formato');
    await recusam(banco.lugar, { codigo: 65, erros: /não diz o formato da cadeia/ });
  });

  test.concurrent('as tabelas de outra aplicação, com os mesmos nomes, ficam como estão', async () => {
    const banco = await servidor.banco();
    await banco.sabotar(
      'CREATE TABLE usuarios (id int, nome text)',
      "INSERT INTO usuarios VALUES (1, 'Ana')",
    );
    expect((await escritor('-b', banco.lugar)).codigo).toBe(0);
    expect(await banco.consultar('SELECT * FROM usuarios')).toEqual([[1, 'Ana']]);
  });
});

grupoQuePrecisa('postgres', 'um servidor que não guarda o que confirma', () => {
  for (const [qual, escreve] of [
    ['fsync', 69],
    ['full_page_writes', 0],
  ] as const) {
    test(`${qual} desligado: 69`, async () => {
      using pasta = pastaTemporaria();
      await using servidor = new Postgres(pasta.caminho);
      await servidor.comecar();
      const lugar = servidor.endereco();
      await escritor('-b', lugar);
      await servidor.sql(`ALTER SYSTEM SET ${qual} = off`);
      await servidor.sql('SELECT pg_reload_conf()');
      await ate(async () => (await servidor.sql(`SHOW ${qual}`))[0]?.[0] === 'off', 'a mudança valha');
      const laudo = await pedirLaudo(lugar);
      expect(laudo.codigo).toBe(69);
      expect(verificacao(laudo, 'servidor').detalhe).toContain(`com ${qual} desligado`);
      expect(verificacao(laudo, 'selos').resultado).toBe('aprovada');
      expect((await leitor('-b', lugar)).saida).toContain(
        'NÃO PERSISTE: os dados conferem, mas uma queda pode',
      );
      expect((await escritor('-b', lugar)).codigo).toBe(escreve);
    });
  }

  test('synchronous_commit que não fica ligado: 69', async () => {
    using pasta = pastaTemporaria();
    await using servidor = new Postgres(pasta.caminho);
    await servidor.comecar();
    const [pedido, outro] = ['synchronous_commit = on', 'synchronous_commit = no'];
    const trocar = (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace(pedido, outro), 'latin1');
    using mediador = await mediar(servidor.porta, { trocar });
    const { erros, codigo } = await escritor(
      '-b',
      `postgres://postgres@127.0.0.1:${mediador.porta}/postgres`,
    );
    expect(erros).toContain('tem synchronous_commit = off');
    expect(codigo).toBe(69);
  });

  test('um bit trocado no disco: 65, e é o servidor que o acha', async () => {
    using pasta = pastaTemporaria();
    await using servidor = new Postgres(pasta.caminho);
    await servidor.comecar();
    const lugar = servidor.endereco();
    const recibos = recibosDe((await escritor('-b', lugar, '-n', '1000', '--json')).saida);
    const [[arquivo]] = (await servidor.sql("SELECT pg_relation_filepath('desafio2.usuarios')")) as [
      [string],
    ];
    await servidor.parar();
    const caminho = join(servidor.dados, arquivo);
    const bytes = readFileSync(caminho);
    const onde = bytes.indexOf('Maria Santos');
    bytes[onde] = (bytes[onde] ?? 0) ^ 1;
    writeFileSync(caminho, bytes);
    await servidor.comecar();
    const laudo = await pedirLaudo(lugar, '-r', recibos[0] ?? '');
    expect(laudo.codigo).toBe(65);
    expect(verificacao(laudo, 'selos').detalhe).toContain('achou dados estragados (invalid page');
    // O que se pode ver sem essa página, vê-se na mesma.
    expect(verificacao(laudo, 'recibos').resultado).toBe('aprovada');
    const depois = await pedirLaudo(lugar);
    expect(verificacao(depois, 'estrutura').detalhe).toMatch(/falhas? vistas? pelo servidor/);
  });
});
