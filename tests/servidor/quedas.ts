import { expect, setDefaultTimeout, test } from 'bun:test';
import { mediar } from '../../apoio/mediador.ts';
import type { Postgres } from '../../apoio/postgres.ts';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import {
  escritor,
  gravarInsistindo,
  iniciar,
  leitor,
  pedirLaudo,
  recibosDe,
  terminar,
  verificacao,
} from '../apoio/programas.ts';
import { comecado, servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

/** Um escritor sem fim, e os recibos que já deu. */
function escreverSemFim(lugar: string) {
  const processo = iniciar('escritor', ['-b', lugar, '-e', '0', '--json']);
  let saida = '';
  const lida = (async () => {
    for await (const parte of processo.stdout) saida += Buffer.from(parte).toString();
  })();
  return {
    processo,
    recibos: () => recibosDe(saida),
    parar: async (sinal: NodeJS.Signals = 'SIGTERM') => {
      processo.kill(sinal);
      await lida;
      return { erros: await processo.stderr.text(), codigo: await processo.exited };
    },
    [Symbol.dispose]: () => processo[Symbol.dispose](),
  };
}

/** Os recibos, como o leitor os quer. */
const exigir = (recibos: string[]) => recibos.flatMap((recibo) => ['-r', recibo]);

grupoQuePrecisa(['postgres', 'longos'], 'um COMMIT cuja resposta não chega', () => {
  const servidor = servidorDoGrupo();

  for (const corte of ['antes', 'durante', 'depois'] as const) {
    test(`a conexão cai ${corte}: cada execução tem um recibo, e nenhuma dois`, async () => {
      const banco = await servidor.banco();
      // O primeiro de todos, quando ainda não há o que trancar, e depois um em cada três.
      using mediador = await mediar(servidor.agora().porta, {
        cortar: (commit) => (commit % 3 === 1 ? corte : undefined),
      });
      const lugar = banco.lugar.replace(/:\d+\//, `:${mediador.porta}/`);
      const { saida, erros, codigo } = await escritor('-b', lugar, '-e', '20', '--json');
      expect([erros, codigo]).toEqual(['', 0]);
      expect(mediador.cortes()).toBeGreaterThan(5);
      const recibos = recibosDe(saida);
      expect(recibos.map((recibo) => Number(recibo.split(':')[0]))).toEqual(
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      const laudo = await pedirLaudo(banco.lugar, ...exigir(recibos));
      expect(laudo).toMatchObject({ aprovado: true, execucoes: 20, registros: 60 });
    });
  }

  test('um COMMIT a que se responde ROLLBACK: 75, sem recibo nem execução', async () => {
    const banco = await servidor.banco();
    const trocar = (bytes: Buffer) =>
      bytes.includes('COMMIT\0') ? Buffer.from('Q\0\0\0\rROLLBACK\0') : bytes;
    using mediador = await mediar(servidor.agora().porta, { trocar });
    const lugar = banco.lugar.replace(/:\d+\//, `:${mediador.porta}/`);
    const { saida, erros, codigo } = await escritor('-b', lugar);
    expect([saida, codigo]).toEqual(['', 75]);
    expect(erros).toContain('desfez a transação em vez de a confirmar');
    expect((await leitor('-b', banco.lugar)).codigo).toBe(66);
  });

  test('com quatro escritores, e cortes de todas as maneiras', async () => {
    const banco = await servidor.banco();
    const cortes = ['depois', undefined, 'durante', undefined, 'antes'] as const;
    using mediador = await mediar(servidor.agora().porta, { cortar: (commit) => cortes[commit % 5] });
    const lugar = banco.lugar.replace(/:\d+\//, `:${mediador.porta}/`);
    const linhas = await Promise.all(Array.from({ length: 4 }, () => gravarInsistindo(lugar, 10)));
    const recibos = recibosDe(linhas.join());
    expect(new Set(recibos).size).toBe(40);
    expect(await pedirLaudo(banco.lugar, ...exigir(recibos))).toMatchObject({
      aprovado: true,
      execucoes: 40,
    });
  });
});

grupoQuePrecisa(['postgres', 'longos'], 'um COMMIT que espera por uma réplica que não há', () => {
  const servidor = servidorDoGrupo({ configuracao: { synchronous_standby_names: "'ninguem'" } });

  /** Os COMMIT que esperam por uma réplica num banco de dados. */
  const esperam = async (nome: string) => {
    const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = '${nome}' AND wait_event = 'SyncRep'`;
    return (await servidor.agora().sql(sql))[0]?.[0];
  };

  for (const [sinal, esperado] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    test(`${sinal} acaba com o escritor, que diz que não sabe; o COMMIT continua à espera`, async () => {
      const banco = await servidor.banco();
      using processo = iniciar('escritor', ['-b', banco.lugar]);
      await ate(async () => (await esperam(banco.nome)) === 1, 'o COMMIT espere');
      processo.kill(sinal);
      const { saida, erros, codigo } = await terminar(processo);
      expect([saida, codigo]).toEqual(['', esperado]);
      expect(erros).toStartWith(
        `escritor: interrompido por ${sinal}; o COMMIT da execução 1 ficou sem resposta, e o resultado dela é desconhecido\n`,
      );
      expect(await esperam(banco.nome)).toBe(1);
      // Quem o cancelasse confirmava-o sem réplica.
      expect((await leitor('-b', banco.lugar)).codigo).toBe(66);
    });
  }
});

grupoQuePrecisa(['postgres', 'longos'], 'uma réplica síncrona', () => {
  test('o primário cai, ela é promovida, e o escritor continua; nenhum recibo se perde', async () => {
    using pastas = { a: pastaTemporaria(), b: pastaTemporaria(), [Symbol.dispose]() {} };
    await using primario = await comecado(pastas.a.caminho, {
      configuracao: { synchronous_standby_names: "'ANY 1 (b)'" },
    });
    await using replica = await comecado(pastas.b.caminho, { replicaDe: { primario, nome: 'b' } });
    const lugar = `postgres://postgres@127.0.0.1:${primario.porta},127.0.0.1:${replica.porta}/postgres`;
    using escrita = escreverSemFim(lugar);
    await ate(() => escrita.recibos().length > 20, 'haja recibos');
    const comReplica = await pedirLaudo(lugar, ...exigir(escrita.recibos()));
    expect(verificacao(comReplica, 'replicas')).toMatchObject({
      resultado: 'aprovada',
      detalhe: '1 réplica síncrona conectada; cada COMMIT espera por: ANY 1 (b)',
    });
    // Quem só pode chegar à réplica não lê dela: podia estar atrasada.
    const daReplica = await leitor('-b', replica.endereco());
    expect(daReplica.erros).toContain('só aceita leituras: é uma réplica, e pode estar atrasada');
    expect(daReplica.codigo).toBe(75);
    await primario.parar('SIGQUIT');
    const antes = escrita.recibos().length;
    await replica.promover();
    await ate(() => escrita.recibos().length > antes + 20, 'haja recibos do que era réplica');
    const { codigo } = await escrita.parar();
    expect(codigo).toBe(143);
    const recibos = escrita.recibos();
    expect(new Set(recibos.map((recibo) => recibo.split(':')[0])).size).toBe(recibos.length);
    const laudo = await pedirLaudo(lugar, ...exigir(recibos));
    expect(laudo).toMatchObject({ aprovado: true, codigo: 0 });
    expect((laudo.execucoes ?? 0) - recibos.length).toBeLessThanOrEqual(1);
  });
});

grupoQuePrecisa('longos', 'um servidor que deixa de responder', () => {
  grupoQuePrecisa('postgres', 'nada fica à espera para sempre', () => {
    for (const [oQue, faltar] of [
      ['é parado', async (servidor: Postgres) => servidor.sinalizarTodos('SIGSTOP')],
      ['acaba de vez', async (servidor: Postgres) => await servidor.parar('SIGQUIT')],
    ] as const) {
      test(`${oQue} sob um escritor sem fim: 75, ou 74 se um COMMIT ficou sem resposta`, async () => {
        using pasta = pastaTemporaria();
        await using servidor = await comecado(pasta.caminho);
        using escrita = escreverSemFim(servidor.endereco());
        await ate(() => escrita.recibos().length > 5, 'haja recibos');
        const desde = performance.now();
        await faltar(servidor);
        const codigo = await escrita.processo.exited;
        const { erros } = await escrita.parar();
        expect([74, 75]).toContain(codigo);
        expect(/o COMMIT da execução \d+ ficou sem resposta, e o resultado dela é desc/.test(erros)).toBe(
          codigo === 74,
        );
        expect(performance.now() - desde).toBeGreaterThan(50_000);
        for (const programa of [escritor, leitor])
          expect((await programa('-b', servidor.endereco())).codigo).toBe(75);
        servidor.sinalizarTodos('SIGCONT');
      });
    }

    test('um COMMIT que réplica nenhuma confirma: 74, e diz que não sabe', async () => {
      using pasta = pastaTemporaria();
      const configuracao = { synchronous_standby_names: "'ninguem'" };
      await using servidor = await comecado(pasta.caminho, { configuracao });
      const { saida, erros, codigo } = await escritor('-b', servidor.endereco());
      expect([saida, codigo]).toEqual(['', 74]);
      expect(erros).toContain('o COMMIT da execução 1 ficou sem resposta, e o resultado dela é desconhecido');
    });
  });
});
