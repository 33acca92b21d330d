import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, linkSync, statSync, unlinkSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { ateEsperarVez, PRAZO_MS } from '../apoio/processos.ts';
import { escritor, esperarFalha, iniciar, leitor, pedirLaudo, terminar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'um arquivo trancado', () => {
  test('por mais de 10 s: os dois esperam e dizem 75', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    using outro = new Database(banco.caminho, { readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    const inicio = performance.now();
    const [leitura, escrita] = await Promise.all([
      leitor('-b', banco.caminho),
      escritor('-b', banco.caminho),
    ]);
    outro.run('COMMIT');
    expect(performance.now() - inicio).toBeGreaterThan(10_000);
    expect(leitura.saida).toContain('SEM VEREDITO');
    esperarFalha('leitor', leitura, 75, 'ficou ocupado por outro processo por mais de 10 s');
    esperarFalha('escritor', escrita, 75, 'ficou ocupado por outro processo por mais de 10 s');
  });

  test('destrancado antes de 10 s, o escritor segue', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const outro = new Database(banco.caminho, { readwrite: true });
    outro.run('BEGIN EXCLUSIVE');
    using paciente = iniciar('escritor', ['-b', banco.caminho]);
    await ateEsperarVez(paciente.pid, banco.caminho);
    outro.run('COMMIT');
    outro.close();
    expect((await terminar(paciente)).codigo).toBe(0);
  });
});

grupoQuePrecisa('longos', 'um arquivo deixado pela metade', () => {
  test('um escritor morto no meio: o leitor diz 75, e um escritor seguinte recupera', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const antes = await pedirLaudo(banco.caminho);
    await matarNoMeio(banco.caminho);
    const { saida, ...resto } = await leitor('-b', banco.caminho);
    expect(saida).toContain('SEM VEREDITO');
    esperarFalha('leitor', { saida, ...resto }, 75, 'Rode o escritor uma vez');
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    const depois = await pedirLaudo(banco.caminho, '-r', antes.recibo ?? '');
    expect(depois).toMatchObject({ aprovado: true, execucoes: 2, registros: 6 });
  });

  test('um escritor morto no meio, e depois dois nomes: o seguinte diz 65 e não desfaz nada', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    await matarNoMeio(banco.caminho);
    linkSync(banco.caminho, banco.pasta.em('outro.db'));
    const tamanho = statSync(banco.caminho).size;
    const { erros, codigo } = await escritor('-b', banco.caminho);
    expect(erros).toContain('é um arquivo com 2 nomes (links)');
    expect(codigo).toBe(65);
    expect(statSync(banco.caminho).size).toBe(tamanho);
    expect(existsSync(`${banco.caminho}-journal`)).toBe(true);
    unlinkSync(banco.pasta.em('outro.db'));
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
  });

  test('morto no meio da primeira de todas: o leitor diz 75, e um escritor seguinte começa do zero', async () => {
    using banco = bancoTemporario();
    await matarNoMeio(banco.caminho);
    expect((await leitor('-b', banco.caminho)).codigo).toBe(75);
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 1, registros: 3 });
  });

  /** Mata com SIGKILL um escritor que já pôs no arquivo páginas de uma transação sem COMMIT. */
  async function matarNoMeio(caminho: string): Promise<void> {
    using processo = iniciar('escritor', ['-b', caminho, '-n', '100000000']);
    await ate(
      () => existsSync(`${caminho}-journal`) && statSync(caminho).size > 5_000_000,
      'a transação cresça',
    );
    processo.kill('SIGKILL');
    await processo.exited;
    expect(existsSync(`${caminho}-journal`)).toBe(true);
  }
});
