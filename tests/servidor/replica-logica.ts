import { expect, setDefaultTimeout, test } from 'bun:test';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, verificacao } from '../apoio/programas.ts';
import { comecado } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'uma réplica lógica', () => {
  test('que confirma cada COMMIT sem ter as tabelas não conta', async () => {
    using pastaDeUm = pastaTemporaria();
    using pastaDoOutro = pastaTemporaria();
    await using um = await comecado(pastaDeUm.caminho, { configuracao: { wal_level: 'logical' } });
    await using outro = await comecado(pastaDoOutro.caminho);
    await escritor('-b', um.endereco());
    for (const servidor of [um, outro]) await servidor.sql('CREATE TABLE public.alheia (id int PRIMARY KEY)');
    await um.sql('CREATE PUBLICATION p FOR TABLE public.alheia');
    await outro.sql(
      `CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1 port=${um.porta} user=postgres dbname=postgres' PUBLICATION p`,
    );
    await um.sql("ALTER SYSTEM SET synchronous_standby_names = 's'");
    await um.sql('SELECT pg_reload_conf()');
    const sincrona = "SELECT FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'";
    await ate(async () => (await um.sql(sincrona)).length === 1, 'a réplica lógica confirme COMMITs');
    expect((await escritor('-b', um.endereco())).codigo).toBe(0);
    const laudo = await pedirLaudo(um.endereco());
    expect(verificacao(laudo, 'replicas')).toMatchObject({
      resultado: 'pulada',
      detalhe:
        'entre as réplicas pelas quais um COMMIT espera há uma lógica, que pode não ter estas tabelas: s',
    });
    expect(laudo.codigo).toBe(0);
  });
});
