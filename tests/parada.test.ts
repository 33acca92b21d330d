import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ate } from '../apoio/processo.ts';
import { Falha } from '../lib/falhas.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { pastaTemporaria } from './apoio/bancos.ts';
import { PRAZO_MS, RAIZ } from './apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

/** Um programa que diz "pronto", espera por um sinal e diz a `Falha` dele; `trap` é o que o shell faz antes. */
async function esperarSinal(trap = ':') {
  const pasta = pastaTemporaria();
  await Bun.write(
    pasta.em('espera.ts'),
    `import { ouvirSinais } from ${JSON.stringify(join(RAIZ, 'lib/programa/sinais.ts'))};
     const parada = ouvirSinais();
     const relogio = setInterval(() => {}, 1000);
     parada.addEventListener('abort', () => {
       const { motivo, message, remedio } = parada.reason;
       console.log(JSON.stringify({ motivo, message, remedio }));
       clearInterval(relogio);
     });
     await Bun.write(${JSON.stringify(pasta.em('pronto'))}, '');`,
  );
  const processo = Bun.spawn(
    ['sh', '-c', `${trap}; exec "$@"`, 'sh', process.execPath, pasta.em('espera.ts')],
    {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    },
  );
  await ate(() => existsSync(pasta.em('pronto')), 'o programa ouça');
  return {
    sinalizar: (sinal: NodeJS.Signals) => processo.kill(sinal),
    fim: async () => ({ saida: await processo.stdout.text(), codigo: await processo.exited }),
    [Symbol.dispose]() {
      processo.kill('SIGKILL');
      pasta[Symbol.dispose]();
    },
  };
}

describe('ouvirSinais()', () => {
  const falhaDe = (motivo: string) => ({
    saida: `${JSON.stringify({
      motivo,
      message: `interrompido por ${motivo}`,
      remedio: 'Nada ficou pela metade: rode de novo quando quiser.',
    })}\n`,
    codigo: 0,
  });

  for (const sinal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${sinal} dispara a parada com a sua Falha`, async () => {
      using programa = await esperarSinal();
      programa.sinalizar(sinal);
      expect(await programa.fim()).toEqual(falhaDe(sinal));
    });
  }

  test('um SIGHUP que se mandou ignorar continua ignorado, e só ele', async () => {
    using programa = await esperarSinal("trap '' HUP INT");
    programa.sinalizar('SIGHUP');
    programa.sinalizar('SIGINT');
    expect(await programa.fim()).toEqual(falhaDe('SIGINT'));
  });

  test('ignorar outros sinais não tira SIGHUP de ninguém', async () => {
    using programa = await esperarSinal("trap '' QUIT INT TERM USR1");
    programa.sinalizar('SIGHUP');
    expect(await programa.fim()).toEqual(falhaDe('SIGHUP'));
  });
});

describe('respirar()', () => {
  test('dá a vez ao que espera por ela', async () => {
    let vez = false;
    setImmediate(() => {
      vez = true;
    });
    await respirar(new AbortController().signal);
    expect(vez).toBe(true);
  });

  test('lança a Falha da parada, também se ela vem enquanto espera', async () => {
    const falha = new Falha('SIGTERM', 'interrompido por SIGTERM', 'remédio');
    await expect(respirar(AbortSignal.abort(falha))).rejects.toBe(falha);
    const parada = new AbortController();
    setImmediate(() => parada.abort(falha));
    await expect(respirar(parada.signal)).rejects.toBe(falha);
  });
});
