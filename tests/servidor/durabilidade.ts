import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mediar } from '../../apoio/mediador.ts';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import {
  escritor,
  iniciar,
  leitor,
  pedirLaudo,
  recibosDe,
  terminar,
  verificacao,
} from '../apoio/programas.ts';
import { comecado } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'um servidor que não guarda o que confirma', () => {
  for (const [qual, escreve] of [
    ['fsync', 69],
    ['full_page_writes', 0],
  ] as const) {
    test(`${qual} desligado: 69`, async () => {
      using pasta = pastaTemporaria();
      await using servidor = await comecado(pasta.caminho);
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
    await using servidor = await comecado(pasta.caminho);
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

  test('uma transação que cai em outra sessão, com synchronous_commit = off, espera na mesma', async () => {
    using pasta = pastaTemporaria();
    await using servidor = await comecado(pasta.caminho, {
      configuracao: { synchronous_standby_names: "'ninguem'" },
    });
    // O que um pooler faz: a sessão em que se pediu `on` não é a da transação.
    const trocar = (bytes: Buffer) => {
      if (!bytes.includes('BEGIN ISOLATION')) return bytes;
      const sql = `ROLLBACK; SET synchronous_commit = off; COMMIT; ${bytes.subarray(5)}`;
      const cabeca = Buffer.alloc(5, 'Q');
      cabeca.writeInt32BE(4 + Buffer.byteLength(sql), 1);
      return Buffer.concat([cabeca, Buffer.from(sql)]);
    };
    using mediador = await mediar(servidor.porta, { trocar });
    using processo = iniciar('escritor', ['-b', `postgres://postgres@127.0.0.1:${mediador.porta}/postgres`]);
    const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
    const espera = async () => (await servidor.sql(sql))[0]?.[0] === 1 || processo.exitCode !== null;
    await ate(espera, 'o COMMIT espere');
    processo.kill('SIGTERM');
    const { saida, codigo } = await terminar(processo);
    expect([saida, codigo]).toEqual(['', 143]);
  });

  test('um bit trocado no disco: 65, e é o servidor que o acha', async () => {
    using pasta = pastaTemporaria();
    await using servidor = await comecado(pasta.caminho);
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
