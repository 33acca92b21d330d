import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, iniciar, pedirLaudo, terminar } from '../apoio/programas.ts';
import { recusam, SENHA, servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'um servidor a que não se chega', () => {
  const servidor = servidorDoGrupo({ configuracao: { default_transaction_read_only: 'off' } });

  test('um nome que não existe: 75', async () => {
    const lugar = `postgres://ana:${SENHA}@nao-existe.invalid/loja`;
    await recusam(lugar, { codigo: 75, erros: /não se acha nao-existe\.invalid: o nome não leva a nenhum/ });
  });

  test('ninguém atende: 75, e é dito o que falhou', async () => {
    const lugar = `postgres://ana:${SENHA}@127.0.0.1:1/loja`;
    await recusam(lugar, { codigo: 75, erros: /^\w+: ninguém atende em 127\.0\.0\.1:1 \(/ });
  });

  test('atende, e não responde a nada: 75', async () => {
    using mudo = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
    const lugar = `postgres://ana:${SENHA}@127.0.0.1:${mudo.port}/loja`;
    await recusam(lugar, { codigo: 75, erros: /: 127\.0\.0\.1:\d+ não responde/ });
  });

  test('atende, e não é um PostgreSQL', async () => {
    using outro = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('') });
    await recusam(`postgres://ana@127.0.0.1:${outro.port}/loja`, {
      codigo: 75,
      erros: /a conexão com .* caiu/,
    });
  });

  test('não há esse banco de dados: 66 para o leitor, 73 para o escritor', async () => {
    const lugar = servidor.agora().endereco('nada');
    await recusam(lugar, { codigo: 66, escritor: 73, erros: /não há esse banco de dados/ });
  });

  test('nada para ler, num banco de dados vazio: 66, e nada é criado', async () => {
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

  test('não fala TLS, e o endereço pede-o: 77', async () => {
    const lugar = `${servidor.agora().endereco()}?sslmode=require`;
    await recusam(lugar, { codigo: 77, erros: /não fala TLS .*\n.*sslmode=disable/ });
  });

  test('falta quem assina o certificado: 64', async () => {
    const lugar = `${servidor.agora().endereco()}?sslmode=verify-full&sslrootcert=/nao/existe.pem`;
    await recusam(lugar, { codigo: 64, erros: /caFile/ });
  });

  test('uma opção que o servidor não conhece: 64', async () => {
    await recusam(`${servidor.agora().endereco()}?nada=1`, { codigo: 64, erros: /"nada"/ });
  });

  test('um endereço que não se entende: 64, e sem a senha', async () => {
    await recusam(`postgres://ana:${SENHA}@x@h/d`, { codigo: 64, erros: /não se entende/ });
  });

  test('só aceita leituras: 75 para o escritor; o leitor lê', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await banco.sabotar(`ALTER DATABASE ${banco.nome} SET default_transaction_read_only = on`);
    const { erros, codigo } = await escritor('-b', banco.lugar);
    expect(erros).toContain('só aceita leituras');
    expect(codigo).toBe(75);
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, codigo: 0 });
  });

  test('noutra codificação: 65', async () => {
    const servo = servidor.agora();
    await servo.sql("CREATE DATABASE latino ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    await recusam(servo.endereco('latino'), { codigo: 65, erros: /em LATIN1, e o que se sela é UTF-8/ });
  });

  test('entre vários hosts, serve o primeiro que atende', async () => {
    const banco = await servidor.banco();
    const lugar = banco.lugar.replace('@', '@127.0.0.1:1,nao-existe.invalid,');
    const dois = lugar.replace('nao-existe.invalid', 'localhost:1');
    expect(await escritor('-b', dois)).toMatchObject({ codigo: 0, erros: '' });
    expect(await pedirLaudo(dois)).toMatchObject({ aprovado: true, banco: dois });
  });

  test('por um socket desta máquina', async () => {
    const { nome } = await servidor.banco();
    const { porta, dados } = servidor.agora();
    expect(porta).toBeGreaterThan(0);
    const pasta = join(dados, '..');
    const [socket = ''] = readdirSync(pasta).filter((um) => /^\.s\.PGSQL\.\d+$/.test(um));
    expect(socket).toBe(`.s.PGSQL.${porta}`);
    const lugar = `postgres://postgres@:${porta}/${nome}?host=${pasta}`;
    expect(await escritor('-b', lugar)).toMatchObject({ codigo: 0, erros: '' });
  });

  test('a cadeia trancada por outro mais de 10 s: 75', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    const trancar = banco
      .consultar(
        'BEGIN; SELECT id FROM desafio2.execucoes WHERE id = 1 FOR UPDATE; SELECT pg_sleep(600); COMMIT',
      )
      .catch(() => {});
    await ate(async () => (await dormem(banco.nome)) === 1, 'a tranca esteja tomada');
    using avisado = iniciar('escritor', ['-b', banco.lugar]);
    const espera = async () => avisado.exitCode !== null || (await esperamTranca(banco.nome)) === 1;
    await ate(espera, 'o escritor espere');
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
