import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync } from 'node:fs';
import {
  ate,
  bancoTemporario,
  escritor,
  iniciar,
  leitor,
  pedirLaudo,
  recibosDe,
  terminar,
} from './apoio/programas.ts';

const SINAIS = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const;

describe('um sinal', () => {
  for (const [sinal, esperado] of SINAIS) {
    test.concurrent(`${sinal} no meio de uma execução grande a desfaz por inteiro: ${esperado}`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      const antes = readFileSync(banco.caminho);
      const processo = iniciar('escritor', ['-b', banco.caminho, '-n', '100000000']);
      await ate(() => statSync(banco.caminho).size > 5_000_000, 'a transação cresça');
      processo.kill(sinal);
      const { saida, erros, codigo } = await terminar(processo);
      expect(saida).toBe('');
      expect(erros).toStartWith(`escritor: interrompido por ${sinal}\n`);
      expect(codigo).toBe(esperado);
      expect(existsSync(`${banco.caminho}-journal`)).toBe(false);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    }, 60_000);
  }

  test.concurrent('SIGTERM no meio da primeira de todas não deixa um banco pela metade', async () => {
    using banco = bancoTemporario();
    const processo = iniciar('escritor', ['-b', banco.caminho, '-n', '100000000']);
    await ate(
      () => existsSync(banco.caminho) && statSync(banco.caminho).size > 5_000_000,
      'a transação cresça',
    );
    processo.kill('SIGTERM');
    expect((await terminar(processo)).codigo).toBe(143);
    expect(statSync(banco.caminho).size).toBe(0);
    expect((await leitor('-b', banco.caminho)).codigo).toBe(66);
  }, 60_000);

  test.concurrent('--execucoes 0 segue até o sinal, e todo recibo impresso está no banco', async () => {
    using banco = bancoTemporario();
    const processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '--json']);
    await ate(() => existsSync(banco.caminho) && statSync(banco.caminho).size > 20_000, 'haja execuções');
    processo.kill('SIGINT');
    const { saida, codigo } = await terminar(processo);
    expect(codigo).toBe(130);
    const recibos = recibosDe(saida);
    expect(recibos.length).toBeGreaterThan(5);
    const laudo = await pedirLaudo(banco.caminho, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: recibos.length });
  }, 60_000);

  test.concurrent('durante a espera por um arquivo trancado: 143 nos dois, e não 75', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const outro = new Database(banco.caminho, { readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    for (const programa of ['escritor', 'leitor'] as const) {
      const processo = iniciar(programa, ['-b', banco.caminho]);
      await Bun.sleep(500);
      processo.kill('SIGTERM');
      const { erros, codigo } = await terminar(processo);
      expect(erros).toStartWith(`${programa}: interrompido por SIGTERM`);
      expect(codigo).toBe(143);
    }
    outro.close();
  }, 60_000);

  test.concurrent('com a saída presa num cano cheio que ninguém lê: 143, e o recibo que não saiu está em stderr', async () => {
    using banco = bancoTemporario();
    const cano = banco.pasta.em('cano');
    Bun.spawnSync(['mkfifo', cano]);
    const surdo = Bun.spawn(['sh', '-c', `exec sleep 600 <"${cano}"`]);
    try {
      const antes = ['sh', '-c', `exec "$@" >"${cano}"`, 'sh'];
      const processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '-n', '20'], { antes });
      let tamanho = -1;
      // Com o cano cheio o banco deixa de crescer.
      await ate(async () => {
        await Bun.sleep(500);
        const agora = existsSync(banco.caminho) ? statSync(banco.caminho).size : -1;
        const parou = agora > 8192 && agora === tamanho;
        tamanho = agora;
        return parou;
      }, 'o cano encha');
      processo.kill('SIGTERM');
      const { erros, codigo } = await terminar(processo);
      expect(codigo).toBe(143);
      const ultimo = recibosDe(erros)[0] ?? '';
      expect(await pedirLaudo(banco.caminho, '-r', ultimo)).toMatchObject({ aprovado: true, recibo: ultimo });
    } finally {
      surdo.kill('SIGKILL');
    }
  }, 90_000);

  test.concurrent('SIGTERM no meio de uma leitura grande: 143', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '600000', '--json');
    const processo = iniciar('leitor', ['-b', banco.caminho]);
    await ate(
      () => readFileSync(`/proc/${processo.pid}/cmdline`, 'utf8').includes('leitor'),
      'o leitor comece',
    );
    await Bun.sleep(250);
    processo.kill('SIGTERM');
    const { erros, codigo } = await terminar(processo);
    expect(erros).toStartWith('leitor: interrompido por SIGTERM');
    expect(codigo).toBe(143);
  }, 60_000);

  test.concurrent('SIGHUP que nohup manda ignorar não interrompe', async () => {
    using banco = bancoTemporario();
    const antes = ['sh', '-c', 'trap \'\' HUP; exec "$@"', 'sh'];
    const processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '--json'], { antes });
    await ate(() => existsSync(banco.caminho) && statSync(banco.caminho).size > 20_000, 'haja execuções');
    processo.kill('SIGHUP');
    const tamanho = statSync(banco.caminho).size;
    await ate(() => statSync(banco.caminho).size > tamanho + 20_000, 'haja mais execuções');
    processo.kill('SIGTERM');
    expect((await terminar(processo)).codigo).toBe(143);
  }, 60_000);
});
