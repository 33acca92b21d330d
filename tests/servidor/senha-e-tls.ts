import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, rodar } from '../apoio/programas.ts';
import { recusam, SENHA, semSenha, servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'um servidor que pede senha e fala TLS', () => {
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
      for (const forma of [['--json'], ['--html'], []]) {
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
