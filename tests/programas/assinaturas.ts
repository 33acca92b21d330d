import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { selarTudo } from '../../prova/dentro/receita.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { bancoAssinado, fazerChaves } from '../apoio/chaves.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, rodar, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const ASSINADO = /(\d+:[0-9a-f]{64}):([\w-]{86})/;

describe('escritor --chave', () => {
  test('assina cada recibo, em texto e em JSON, como o openssl o confere', async () => {
    using banco = bancoTemporario();
    const { privada, publica } = await fazerChaves(banco.pasta.em);
    const emTexto = await escritor('-b', banco.caminho, '-e', '2', '--chave', privada);
    const emJson = await rodar('escritor', ['-b', banco.caminho, '--json'], { ambiente: { CHAVE: privada } });
    const recibos = [
      ...[...emTexto.saida.matchAll(/^recibo: (.+)$/gm)].map(([, recibo = '']) => recibo),
      JSON.parse(emJson.saida).recibo,
    ];
    expect(recibos).toHaveLength(3);
    for (const [indice, texto] of recibos.entries()) {
      const [, recibo = '', assinatura = ''] = texto.match(ASSINADO) ?? [];
      expect(recibo).toStartWith(`${indice + 1}:`);
      const assinado = Buffer.from(`desafio2 recibo\n${recibo}\n`);
      const bytes = Buffer.from(assinatura, 'base64url');
      expect(verify(null, assinado, createPublicKey(readFileSync(publica)), bytes)).toBe(true);
      expect(banco.consultar(`SELECT assinatura FROM assinaturas WHERE id = ${indice + 1}`)).toEqual([
        [assinatura],
      ]);
    }
    expect(banco.consultar('PRAGMA user_version')).toEqual([[1]]);
  });

  test('também o do banco adotado', async () => {
    using banco = bancoTemporario();
    const { privada } = await fazerChaves(banco.pasta.em);
    banco.criar('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT)');
    banco.sabotar("INSERT INTO usuarios VALUES (1, 'Ana', 'ana@example.com', 'ontem')");
    const { saida } = await escritor('-b', banco.caminho, '--chave', privada);
    expect(saida.match(/^recibo: (.+)$/gm)?.map((linha) => ASSINADO.test(linha))).toEqual([true, true]);
    expect(banco.consultar('SELECT id FROM assinaturas')).toEqual([[1], [2]]);
  });

  test('sem ela, nada de assinaturas no banco', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho);
    expect(saida).not.toMatch(ASSINADO);
    expect(banco.consultar("SELECT name FROM sqlite_schema WHERE name LIKE 'assin%'")).toEqual([]);
  });

  test('usa a chave que o openssl faz', async () => {
    using banco = bancoTemporario();
    const [privada, publica] = [banco.pasta.em('p.pem'), banco.pasta.em('q.pem')];
    writeFileSync(
      privada,
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n',
    );
    writeFileSync(
      publica,
      'Feita com openssl pkey -pubout:\r\n-----BEGIN PUBLIC KEY-----\r\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\r\n-----END PUBLIC KEY-----\r\n',
    );
    expect((await escritor('-b', banco.caminho, '--chave', privada)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho, '--chave-publica', publica)).toMatchObject({ codigo: 0 });
  });
});

grupoQuePrecisa('longos', 'leitor --chave-publica', () => {
  test('aprova o que uma das chaves assinou por último, e diz qual; sem chave, pula', async () => {
    using banco = await bancoAssinado(false, true);
    const outra = await fazerChaves(banco.pasta.em, 'outra');
    const { publica } = banco.chaves;
    for (const chaves of [[publica], [publica, outra.publica], [outra.publica, publica]]) {
      const laudo = await pedirLaudo(banco.caminho, ...chaves.map((chave) => `--chave-publica=${chave}`));
      expect(laudo.codigo).toBe(0);
      expect(verificacao(laudo, 'assinatura')).toEqual({
        nome: 'assinatura',
        resultado: 'aprovada',
        detalhe: `a execução mais nova foi assinada com a chave de ${publica}; as anteriores, seja quem for que as escreveu, são as que essa assinatura cobre`,
      });
    }
    expect(verificacao(await pedirLaudo(banco.caminho), 'assinatura').resultado).toBe('pulada');
    const ambiente = { CHAVE_PUBLICA: publica };
    const { saida, codigo } = await rodar('leitor', ['-b', banco.caminho], { ambiente });
    expect(saida).toContain('✔ assinatura a execução mais nova');
    expect(codigo).toBe(0);
  });

  test('reprova o que só outra chave assinou, e o que por último ninguém assinou', async () => {
    using banco = await bancoAssinado(true);
    const outra = await fazerChaves(banco.pasta.em, 'outra');
    const deOutra = await pedirLaudo(banco.caminho, '--chave-publica', outra.publica);
    expect(verificacao(deOutra, 'assinatura')).toMatchObject({
      resultado: 'reprovada',
      detalhe: 'nenhuma das chaves dadas assinou o recibo da execução 1 (a mais nova)',
    });
    expect(deOutra.codigo).toBe(65);
    await escritor('-b', banco.caminho);
    const semAssinar = await pedirLaudo(banco.caminho, '--chave-publica', banco.chaves.publica);
    expect(verificacao(semAssinar, 'assinatura').detalhe).toContain('da execução 2 (a mais nova)');
    expect(semAssinar.codigo).toBe(65);
  });

  const falsificacoes: [oQue: string, mudar: (banco: Database) => void][] = [
    ['com as assinaturas de antes', () => {}],
    ['sem assinaturas', (banco) => banco.run('DROP TABLE assinaturas')],
    ['sem a última assinatura', (banco) => banco.run('DELETE FROM assinaturas WHERE id = 3')],
    [
      'com a assinatura de outra execução',
      (banco) =>
        banco.run('UPDATE assinaturas SET assinatura = (SELECT assinatura FROM assinaturas WHERE id = 1)'),
    ],
    ['com assinaturas vazias', (banco) => banco.run("UPDATE assinaturas SET assinatura = ''")],
  ];
  for (const [oQue, mudar] of falsificacoes) {
    test.concurrent(`uma cadeia selada de novo, ${oQue}: só a chave a reprova`, async () => {
      using banco = await bancoAssinado(true, true, true);
      {
        using aberto = new Database(banco.caminho, { readwrite: true });
        aberto.run("UPDATE usuarios SET nome = 'Outra Pessoa' WHERE id = 1");
        selarTudo(aberto);
        mudar(aberto);
      }
      expect((await pedirLaudo(banco.caminho)).codigo).toBe(0);
      const laudo = await pedirLaudo(banco.caminho, '--chave-publica', banco.chaves.publica);
      expect(verificacao(laudo, 'assinatura').resultado).toBe('reprovada');
      expect(laudo.verificacoes.filter(({ resultado }) => resultado === 'reprovada')).toHaveLength(1);
      expect(laudo.codigo).toBe(65);
    });
  }

  test('sem nenhuma execução, não há o que esteja assinado, exija-se o que se exigir', async () => {
    using banco = await bancoAssinado(true);
    banco.sabotar('DELETE FROM execucoes', 'DELETE FROM usuarios');
    for (const exigidos of [[], ['-r', banco.recibos[0] ?? '']]) {
      const laudo = await pedirLaudo(banco.caminho, '--chave-publica', banco.chaves.publica, ...exigidos);
      expect(verificacao(laudo, 'assinatura').resultado).toBe('reprovada');
      expect(laudo.codigo).toBe(65);
    }
  });

  test('uma cópia antiga, assinada, é aprovada: para essa é preciso um recibo, ou a memória', async () => {
    using banco = await bancoAssinado(true);
    const antiga = readFileSync(banco.caminho);
    const { saida } = await escritor('-b', banco.caminho, '--chave', banco.chaves.privada, '--json');
    writeFileSync(banco.caminho, antiga);
    const comChave = ['--chave-publica', banco.chaves.publica];
    expect((await pedirLaudo(banco.caminho, ...comChave)).codigo).toBe(0);
    expect((await pedirLaudo(banco.caminho, ...comChave, '-r', JSON.parse(saida).recibo)).codigo).toBe(65);
  });
});

describe('um recibo assinado', () => {
  test('é aceito onde um recibo o é; sem chave pública, o leitor diz que não lhe olhou para a assinatura', async () => {
    using banco = await bancoAssinado(true, true);
    const [um = '', dois = ''] = banco.recibos;
    const falso = dois.replace(/:[\w-]{86}$/, `:${'A'.repeat(86)}`);
    const { saida, codigo } = await rodar('leitor', ['-b', banco.caminho, '--json', '-r', um], {
      ambiente: { RECIBO: falso },
    });
    const laudo = JSON.parse(saida);
    expect(verificacao(laudo, 'recibos').detalhe).toBe('2 exigidos, todos na cadeia');
    expect(verificacao(laudo, 'assinatura')).toMatchObject({
      resultado: 'pulada',
      detalhe: 'nenhuma chave pública foi dada, e fica por conferir a assinatura de 2 recibos exigidos',
    });
    expect(codigo).toBe(0);
  });

  test('com uma chave pública, é reprovado se não é dela', async () => {
    using banco = await bancoAssinado(true, true);
    const [um = '', dois = ''] = banco.recibos;
    const chave = ['--chave-publica', banco.chaves.publica];
    expect((await pedirLaudo(banco.caminho, ...chave, '-r', um, '-r', dois)).codigo).toBe(0);
    const trocado = `${um.match(/^\d+:\w{64}/)?.[0]}:${dois.match(/[\w-]{86}$/)?.[0]}`;
    const laudo = await pedirLaudo(banco.caminho, ...chave, '-r', trocado);
    expect(verificacao(laudo, 'recibos').resultado).toBe('aprovada');
    expect(verificacao(laudo, 'assinatura').detalhe).toBe(
      'nenhuma das chaves dadas assinou o recibo da execução 1 (--recibo)',
    );
    expect(laudo.erros).toContain('dê também a outra com --chave-publica');
    expect(laudo.codigo).toBe(65);
    const cortado = await rodar('leitor', ['-b', banco.caminho, '-r', um.slice(0, -1)]);
    expect(cortado.erros).toContain('não é um recibo');
    expect(cortado.codigo).toBe(64);
  });
});
