import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, linkSync, readFileSync, statSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, iniciar, pedirLaudo, recibosDe, terminar, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'um arquivo com dois nomes', () => {
  test('o escritor recusa com 65, sem tocar nele; o leitor lê, e diz', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    linkSync(banco.caminho, banco.pasta.em('outro.db'));
    const antes = readFileSync(banco.caminho);
    const { saida, erros, codigo } = await escritor('-b', banco.caminho);
    expect(saida).toBe('');
    expect(erros).toContain(`${banco.caminho} é um arquivo com 2 nomes (links)`);
    expect(erros).toContain(
      `cp ${banco.caminho} ${banco.caminho}.novo && mv ${banco.caminho}.novo ${banco.caminho}`,
    );
    expect(codigo).toBe(65);
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
    const laudo = await pedirLaudo(banco.caminho);
    expect(verificacao(laudo, 'arquivo')).toMatchObject({
      resultado: 'aprovada',
      detalhe: expect.stringContaining('tem 2 nomes (links)'),
    });
    expect(laudo.codigo).toBe(0);
  });

  test('o remédio que a mensagem dá cura', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    linkSync(banco.caminho, banco.pasta.em('outro.db'));
    const { erros } = await escritor('-b', banco.caminho);
    const remedio = erros.match(/cp .*/)?.[0] ?? 'false';
    expect(Bun.spawnSync(['sh', '-c', remedio]).exitCode).toBe(0);
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 2 });
  });

  test('dado durante uma rodada, para-a com 65, e os recibos dados ficam', async () => {
    using banco = bancoTemporario();
    const processo = iniciar('escritor', ['-b', banco.caminho, '-e', '0', '--json']);
    await ate(() => existsSync(banco.caminho) && statSync(banco.caminho).size > 20_000, 'haja execuções');
    linkSync(banco.caminho, banco.pasta.em('outro.db'));
    const { saida, erros, codigo } = await terminar(processo);
    expect(erros).toContain('é um arquivo com 2 nomes (links)');
    expect(codigo).toBe(65);
    const recibos = recibosDe(saida);
    expect(await pedirLaudo(banco.caminho, '-r', recibos.at(-1) ?? '')).toMatchObject({
      aprovado: true,
      execucoes: recibos.length,
    });
  });
});
