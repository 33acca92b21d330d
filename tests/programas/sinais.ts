import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { ateEsperarVez, bytesLidos, canoCheio, executar, PRAZO_MS, RAIZ } from '../apoio/processos.ts';
import { escritor, iniciar, leitor, pedirLaudo, recibosDe, terminar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const SINAIS = [
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const;

grupoQuePrecisa('longos', 'um sinal', () => {
  for (const [sinal, esperado] of SINAIS) {
    test(`${sinal} no meio de uma execução grande a desfaz por inteiro: ${esperado}`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      const antes = readFileSync(banco.caminho);
      using processo = iniciar('escritor', ['-b', banco.caminho, '-n', '100000000']);
      await ate(() => statSync(banco.caminho).size > 5_000_000, 'a transação cresça');
      processo.kill(sinal);
      const { saida, erros, codigo } = await terminar(processo);
      expect(saida).toBe('');
      expect(erros).toStartWith(`escritor: interrompido por ${sinal}\n`);
      expect(codigo).toBe(esperado);
      expect(existsSync(`${banco.caminho}-journal`)).toBe(false);
      expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    });
  }

  test('SIGTERM no meio da primeira de todas não deixa um banco pela metade', async () => {
    using banco = bancoTemporario();
    using processo = iniciar('escritor', ['-b', banco.caminho, '-n', '100000000']);
    await ate(
      () => existsSync(banco.caminho) && statSync(banco.caminho).size > 5_000_000,
      'a transação cresça',
    );
    processo.kill('SIGTERM');
    expect((await terminar(processo)).codigo).toBe(143);
    expect(statSync(banco.caminho).size).toBe(0);
    expect((await leitor('-b', banco.caminho)).codigo).toBe(66);
  });

  test('--execucoes 0 segue até o sinal, e todo recibo impresso está no banco', async () => {
    using banco = bancoTemporario();
    using processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '--json']);
    await ate(() => existsSync(banco.caminho) && statSync(banco.caminho).size > 20_000, 'haja execuções');
    processo.kill('SIGINT');
    const { saida, codigo } = await terminar(processo);
    expect(codigo).toBe(130);
    const recibos = recibosDe(saida);
    expect(recibos.length).toBeGreaterThan(5);
    const laudo = await pedirLaudo(banco.caminho, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: recibos.length });
  });

  test('durante a espera por um arquivo trancado: 143 nos dois, e não 75', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    using outro = new Database(banco.caminho, { readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    for (const programa of ['escritor', 'leitor'] as const) {
      using processo = iniciar(programa, ['-b', banco.caminho]);
      await ateEsperarVez(processo.pid, banco.caminho);
      processo.kill('SIGTERM');
      const { erros, codigo } = await terminar(processo);
      expect(erros).toStartWith(`${programa}: interrompido por SIGTERM`);
      expect(codigo).toBe(143);
    }
  });

  test('com a saída presa num cano cheio que ninguém lê: 143, e o recibo que não saiu está em stderr', async () => {
    using banco = bancoTemporario();
    using cano = canoCheio(banco.pasta.em('cano'));
    const antes = ['sh', '-c', `exec "$@" >"${cano.caminho}"`, 'sh'];
    using processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '-n', '20'], { antes });
    await ate(() => execucoesDe(banco.caminho) === 1, 'a primeira execução esteja gravada');
    processo.kill('SIGTERM');
    const { erros, codigo } = await terminar(processo);
    expect(codigo).toBe(143);
    const [recibo = ''] = recibosDe(erros);
    expect(recibo).toStartWith('1:');
    expect(await pedirLaudo(banco.caminho, '-r', recibo)).toMatchObject({ aprovado: true, recibo });
  });

  test('o que só se diz depois de um sinal também desiste de uma saída que não anda', async () => {
    using pasta = pastaTemporaria();
    using cano = canoCheio(pasta.em('cano'));
    const codigo = `
      import { Falha } from '${RAIZ}/lib/falhas.ts';
      import { imprimir } from '${RAIZ}/lib/programa/imprimir.ts';
      const parada = AbortSignal.abort(new Falha('SIGTERM', 'parou', ''));
      await imprimir('x', parada).catch((erro) => console.error(erro.message));
      process.exit(3);`;
    const comando = ['sh', '-c', `exec "$@" >"${cano.caminho}"`, 'sh', process.execPath, '-e', codigo];
    expect(await executar(comando)).toEqual({ saida: '', erros: 'parou\n', codigo: 3 });
  });

  for (const [sinal, esperado] of SINAIS) {
    test(`${sinal} no meio de uma leitura grande: ${esperado}`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho, '-n', '100000', '--json');
      // Vinte mil execuções que dizem ter, cada uma, os cem mil usuários: horas de leitura.
      banco.sabotar(`WITH RECURSIVE n(i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO execucoes SELECT i, 'x', 'x', 'x', 1, 100000, 100000, printf('%064d', i) FROM n`);
      using processo = iniciar('leitor', ['-b', banco.caminho]);
      // O integrity_check lê o arquivo uma vez; o que vem depois são os selos.
      const tamanho = statSync(banco.caminho).size;
      await ate(() => bytesLidos(processo.pid) > 2 * tamanho, 'o leitor recalcule os selos');
      processo.kill(sinal);
      const { erros, codigo } = await terminar(processo);
      expect(erros).toStartWith(`leitor: interrompido por ${sinal}`);
      expect(codigo).toBe(esperado);
    });
  }

  test('SIGHUP que nohup manda ignorar não interrompe', async () => {
    using banco = bancoTemporario();
    const antes = ['sh', '-c', 'trap \'\' HUP; exec "$@"', 'sh'];
    using processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '--json'], { antes });
    await ate(() => existsSync(banco.caminho) && statSync(banco.caminho).size > 20_000, 'haja execuções');
    processo.kill('SIGHUP');
    const tamanho = statSync(banco.caminho).size;
    await ate(() => statSync(banco.caminho).size > tamanho + 20_000, 'haja mais execuções');
    processo.kill('SIGTERM');
    expect((await terminar(processo)).codigo).toBe(143);
  });
});

/** Quantas execuções há no banco; 0 enquanto não há banco, ou um escritor o tem. */
function execucoesDe(caminho: string): number {
  if (!existsSync(caminho)) return 0;
  using banco = new Database(caminho, { readonly: true });
  try {
    return Number(banco.query('SELECT count(*) FROM execucoes').values()[0]?.[0]);
  } catch {
    return 0;
  }
}
