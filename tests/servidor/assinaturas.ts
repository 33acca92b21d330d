import { expect, setDefaultTimeout, test } from 'bun:test';
import { mediar } from '../../apoio/mediador.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { fazerChaves } from '../apoio/chaves.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, rodar, verificacao } from '../apoio/programas.ts';
import { SENHA, semSenha, servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'as assinaturas num servidor', () => {
  const servidor = servidorDoGrupo({ acesso: 'host all postgres all trust\nhost all ana all scram-sha-256' });

  test('sem chave não há tabela delas; com ela, nasce na transação da primeira', async () => {
    const banco = await servidor.banco();
    using pasta = pastaTemporaria();
    const { privada } = await fazerChaves(pasta.em);
    const haTabela = () => banco.consultar("SELECT to_regclass('desafio2.assinaturas') IS NOT NULL");
    await escritor('-b', banco.lugar);
    expect(await haTabela()).toEqual([[false]]);
    // Sem permissão de escrita nela, nada fica: nem a tabela, nem a execução.
    await banco.sabotar(
      "CREATE FUNCTION nao() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'não'; END $$",
      'CREATE EVENT TRIGGER nao ON ddl_command_end EXECUTE FUNCTION nao()',
    );
    expect((await escritor('-b', banco.lugar, '--chave', privada)).codigo).not.toBe(0);
    expect(await haTabela()).toEqual([[false]]);
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, execucoes: 1 });
    await banco.sabotar('DROP EVENT TRIGGER nao');
    const { saida, codigo } = await escritor('-b', banco.lugar, '--json', '--chave', privada);
    expect(codigo).toBe(0);
    const [, , assinatura] = JSON.parse(saida).recibo.split(':');
    expect(await banco.consultar('SELECT id::int, assinatura FROM desafio2.assinaturas')).toEqual([
      [2, assinatura],
    ]);
  });

  for (const [oQue, sql, detalhe] of [
    ['uma vista', 'CREATE VIEW desafio2.assinaturas AS SELECT 1::bigint AS id', /não é uma tabela comum/],
    [
      'com mais uma coluna',
      'CREATE TABLE desafio2.assinaturas (id bigint PRIMARY KEY, assinatura text NOT NULL, x text)',
      /assinaturas tem as colunas/,
    ],
    [
      'sem chave primária',
      'CREATE TABLE desafio2.assinaturas (id bigint NOT NULL, assinatura text NOT NULL)',
      /assinaturas não tem id como chave/,
    ],
    [
      'com uma regra',
      `CREATE TABLE desafio2.assinaturas (id bigint PRIMARY KEY, assinatura text NOT NULL);
       CREATE RULE r AS ON INSERT TO desafio2.assinaturas DO INSTEAD NOTHING`,
      /assinaturas tem a regra r,/,
    ],
  ] as const) {
    test(`${oQue} no lugar da tabela: 65 nos dois, e o escritor não grava`, async () => {
      const banco = await servidor.banco();
      using pasta = pastaTemporaria();
      const { privada, publica } = await fazerChaves(pasta.em);
      await escritor('-b', banco.lugar);
      await banco.sabotar(sql);
      const gravado = await escritor('-b', banco.lugar, '--chave', privada);
      expect(gravado.erros).toMatch(detalhe);
      expect([gravado.saida, gravado.codigo]).toEqual(['', 65]);
      const laudo = await pedirLaudo(banco.lugar, '--chave-publica', publica);
      expect(verificacao(laudo, 'esquema').detalhe).toMatch(detalhe);
      expect(laudo.codigo).toBe(65);
      expect(await banco.consultar('SELECT count(*)::int FROM desafio2.execucoes')).toEqual([[1]]);
    });
  }

  test('com as permissões que a página do servidor diz, e sem poder criar tabelas; a memória não guarda a senha', async () => {
    const banco = await servidor.banco();
    using pasta = pastaTemporaria();
    const { privada, publica } = await fazerChaves(pasta.em);
    await escritor('-b', banco.lugar, '--chave', privada);
    await banco.sabotar(
      `CREATE ROLE ana LOGIN PASSWORD '${SENHA}'`,
      'GRANT USAGE ON SCHEMA desafio2 TO ana',
      'GRANT SELECT ON ALL TABLES IN SCHEMA desafio2 TO ana',
      'GRANT INSERT ON desafio2.usuarios, desafio2.execucoes TO ana',
      'GRANT UPDATE ON desafio2.execucoes TO ana',
    );
    const semSenhaNele = banco.lugar.replace('postgres@', 'ana@');
    const comSenha = semSenhaNele.replace('ana@', `ana:${encodeURIComponent(SENHA)}@`);
    const assinar = () => escritor('-b', comSenha, '--chave', privada);
    expect((await assinar()).codigo).toBe(77);
    await banco.sabotar('GRANT INSERT ON desafio2.assinaturas TO ana');
    expect((await assinar()).codigo).toBe(0);

    const memoria = pasta.em('memoria.json');
    const ler = ['--memoria', memoria, '--chave-publica', publica];
    expect(await pedirLaudo(comSenha, ...ler)).toMatchObject({ aprovado: true, execucoes: 2 });
    expect((await Bun.file(memoria).json()).banco).toBe(semSenhaNele);
    // A senha não é do endereço: vinda do ambiente, a memória é a mesma; de outro banco, não.
    const doAmbiente = { ambiente: { PGPASSWORD: SENHA } };
    expect((await rodar('leitor', ['-b', semSenhaNele, ...ler], doAmbiente)).codigo).toBe(0);
    const deOutro = await rodar('leitor', ['-b', `${comSenha}?application_name=x`, ...ler]);
    expect(deOutro.codigo).toBe(65);
    semSenha(deOutro);
  });

  test('uma ligação que cai em cada COMMIT: cada execução tem um recibo, e a assinatura dele', async () => {
    const banco = await servidor.banco();
    using pasta = pastaTemporaria();
    const { privada, publica } = await fazerChaves(pasta.em);
    const cortes = ['depois', undefined, 'durante', undefined, 'antes'] as const;
    using mediador = await mediar(servidor.agora().porta, { cortar: (commit) => cortes[commit % 5] });
    const lugar = banco.lugar.replace(/:\d+\//, `:${mediador.porta}/`);
    const { saida, erros, codigo } = await escritor('-b', lugar, '-e', '10', '--json', '--chave', privada);
    expect([erros, codigo]).toEqual(['', 0]);
    expect(mediador.cortes()).toBeGreaterThan(3);
    const exigidos = saida
      .trimEnd()
      .split('\n')
      .flatMap((linha) => ['-r', JSON.parse(linha).recibo]);
    expect(exigidos).toHaveLength(20);
    const laudo = await pedirLaudo(banco.lugar, '--chave-publica', publica, ...exigidos);
    expect(laudo).toMatchObject({ aprovado: true, codigo: 0, execucoes: 10 });
    expect(await banco.consultar('SELECT count(*)::int FROM desafio2.assinaturas')).toEqual([[10]]);
  });
});
