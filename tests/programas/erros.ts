import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { canoCheio, PRAZO_MS, RAIZ } from '../apoio/processos.ts';
import { comando, iniciar, type Programa, pedirLaudo, recibosDe, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const SINAIS = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const;

/** Um programa com as saídas redirecionadas como um shell as redireciona, e a sua primeira linha em stdout. */
function iniciarRedirecionado(programa: Programa, argumentos: string[], destinos: string) {
  const antes = ['sh', '-c', `exec "$@" ${destinos}`, 'sh'];
  const processo = iniciar(programa, argumentos, { antes });
  const leitor = processo.stdout.getReader();
  const decodificador = new TextDecoder();
  let saida = '';
  const acabou = (async () => {
    for (let parte = await leitor.read(); !parte.done; parte = await leitor.read()) {
      saida += decodificador.decode(parte.value, { stream: true });
    }
  })();
  return {
    processo,
    saida: () => saida,
    /** O código de saída, ou um erro se o programa não termina. */
    async terminar(): Promise<number> {
      const relogio = setTimeout(() => processo.kill('SIGKILL'), PRAZO_MS / 3);
      const codigo = await processo.exited;
      clearTimeout(relogio);
      await acabou;
      return codigo;
    },
  };
}

grupoQuePrecisa('longos', 'com stderr num cano cheio que ninguém lê', () => {
  for (const [sinal, esperado] of SINAIS) {
    test(`${sinal} para o escritor: ${esperado}, e todo recibo impresso está no banco`, async () => {
      using banco = bancoTemporario();
      const cano = banco.pasta.em('cano');
      using _cheio = canoCheio(cano);
      const opcoes = ['-b', banco.caminho, '-e', '0', '--json'];
      const { processo, saida, terminar } = iniciarRedirecionado('escritor', opcoes, `2>"${cano}"`);
      await ate(() => recibosDe(saida()).length > 3, 'haja recibos');
      processo.kill(sinal);
      expect(await terminar()).toBe(esperado);
      const laudo = await pedirLaudo(
        banco.caminho,
        ...recibosDe(saida()).flatMap((recibo) => ['-r', recibo]),
      );
      expect(laudo).toMatchObject({ aprovado: true, execucoes: recibosDe(saida()).length });
    });

    test(`${sinal} para o leitor que já só espera por stderr: ${esperado}`, async () => {
      using pasta = pastaTemporaria();
      using _cheio = canoCheio(pasta.em('cano'));
      const opcoes = ['-b', pasta.em('falta.db'), '--json'];
      const { processo, saida, terminar } = iniciarRedirecionado('leitor', opcoes, `2>"${pasta.em('cano')}"`);
      await ate(() => saida().endsWith('\n'), 'o laudo saia');
      processo.kill(sinal);
      expect(await terminar()).toBe(esperado);
    });

    test(`${sinal} para os dois com as duas saídas no cano: ${esperado}`, async () => {
      for (const programa of ['escritor', 'leitor'] as const) {
        using pasta = pastaTemporaria();
        using _cheio = canoCheio(pasta.em('cano'));
        const banco = pasta.em('x.db');
        await rodar('escritor', ['-b', banco]);
        const destinos = `>"${pasta.em('cano')}" 2>&1`;
        const { processo, terminar } = iniciarRedirecionado(programa, ['-b', banco], destinos);
        await ate(() => ouve(processo.pid, sinal), 'o programa ouça os sinais');
        processo.kill(sinal);
        expect(await terminar()).toBe(esperado);
      }
    });
  }

  test('sem sinal, quem lê devagar recebe tudo, na ordem, e o código é o mesmo', async () => {
    using pasta = pastaTemporaria();
    using cheio = canoCheio(pasta.em('cano'));
    const opcoes = ['-b', pasta.em(`${'n'.repeat(200)}.db`)];
    const { processo, saida, terminar } = iniciarRedirecionado('leitor', opcoes, `2>"${pasta.em('cano')}"`);
    await ate(() => saida().includes('NADA PARA LER'), 'o laudo saia');
    expect(processo.exitCode).toBeNull();
    let erros = '';
    await ate(() => {
      erros += cheio.esvaziar();
      return processo.exitCode !== null;
    }, 'o leitor termine');
    for (let resto = cheio.esvaziar(); resto; resto = cheio.esvaziar()) erros += resto;
    expect(erros.replace(/^\.+/, '')).toMatch(
      /^leitor: .*n\.db não existe\n {8}Rode o escritor primeiro.*\n$/,
    );
    expect(await terminar()).toBe(66);
  });

  test('sem sinal, despedir() não tem prazo', async () => {
    using pasta = pastaTemporaria();
    using cheio = canoCheio(pasta.em('cano'));
    await Bun.write(
      pasta.em('despedida.ts'),
      `import { despedir, enfileirarErro } from ${JSON.stringify(join(RAIZ, 'lib/programa/imprimir.ts'))};
       globalThis.setTimeout = (acao) => setImmediate(acao); // todo prazo já passou
       enfileirarErro('o aviso');
       await Bun.write(Bun.stdout, 'espera ');
       const entregue = await despedir(new AbortController().signal);
       await Bun.write(Bun.stdout, entregue ? 'entregue' : 'desistiu');`,
    );
    const processo = Bun.spawn(
      ['sh', '-c', 'exec "$@" 2>"$0"', pasta.em('cano'), process.execPath, pasta.em('despedida.ts')],
      { stdin: 'ignore', stdout: 'pipe' },
    );
    let saida = '';
    const lendo = (async () => {
      for await (const parte of processo.stdout) saida += Buffer.from(parte).toString();
    })();
    await ate(() => saida !== '', 'o programa espere');
    let erros = '';
    await ate(() => {
      erros += cheio.esvaziar();
      return processo.exitCode !== null;
    }, 'o programa termine');
    for (let resto = cheio.esvaziar(); resto; resto = cheio.esvaziar()) erros += resto;
    await lendo;
    expect(saida).toBe('espera entregue');
    expect(erros.replace(/^\.+/, '')).toBe('o aviso');
  });

  test('o laudo e a mensagem que vem depois dele saem nesta ordem', async () => {
    using pasta = pastaTemporaria();
    const antes = ['sh', '-c', 'exec "$@" 2>&1', 'sh'];
    const { saida, codigo } = await rodar('leitor', ['-b', pasta.em('falta.db')], { antes });
    expect(saida).toMatch(/NADA PARA LER\.\nleitor: .*\n {8}Rode o escritor primeiro.*\n$/);
    expect(codigo).toBe(66);
  });
});

/** Se o processo já tem um ouvinte para o sinal (o bit dele em `SigCgt`, proc_pid_status(5)). */
function ouve(pid: number, sinal: keyof typeof constants.signals): boolean {
  const [, mascara = '0'] =
    readFileSync(`/proc/${pid}/status`, 'utf8').match(/^SigCgt:\s*([0-9a-f]+)$/m) ?? [];
  return ((BigInt(`0x${mascara}`) >> BigInt(constants.signals[sinal] - 1)) & 1n) === 1n;
}

grupoQuePrecisa('longos', 'com um terminal parado por Ctrl-S', () => {
  test('o progresso não segura o escritor, e SIGINT o para: 130', async () => {
    using banco = bancoTemporario();
    let visto = '';
    const processo = Bun.spawn(comando('escritor', ['-b', banco.caminho, '-n', '100000000']), {
      env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), TMPDIR: tmpdir() },
      terminal: { data: (_, dados) => (visto += dados.toString()) },
    });
    await ate(() => visto.includes('gravando'), 'o progresso apareça');
    processo.terminal?.write('\u0013');
    const tamanho = statSync(banco.caminho).size;
    await ate(() => statSync(banco.caminho).size > tamanho + 100_000_000, 'o banco cresça');
    processo.kill('SIGINT');
    const relogio = setTimeout(() => processo.kill('SIGKILL'), PRAZO_MS / 3);
    expect(await processo.exited).toBe(130);
    clearTimeout(relogio);
    expect(existsSync(`${banco.caminho}-journal`)).toBe(false);
    processo.terminal?.close();
  });
});
