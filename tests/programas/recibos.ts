import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync } from 'node:fs';
import { bancoTemporario } from '../apoio/bancos.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { bancoDeTres, escritor, pedirLaudo, recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('leitor diz não a um recibo que não está na cadeia', () => {
  test('de uma execução que o banco não tem mais: voltou a uma cópia antiga', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    copyFileSync(banco.caminho, banco.pasta.em('antiga'));
    const [segundo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
    copyFileSync(banco.pasta.em('antiga'), banco.caminho);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, codigo: 0 });
    const laudo = await pedirLaudo(banco.caminho, '-r', segundo);
    expect(verificacao(laudo, 'recibos')).toMatchObject({
      resultado: 'reprovada',
      detalhe: 'a execução 2, de um recibo exigido, não está no banco',
    });
    expect(laudo).toMatchObject({ aprovado: false, codigo: 65 });
  });

  test('de outro banco, com o mesmo número de usuários', async () => {
    using banco = await bancoDeTres();
    using outro = bancoTemporario();
    await escritor('-b', outro.caminho, '-e', '3');
    const laudo = await pedirLaudo(outro.caminho, '-r', banco.recibos[2] ?? '');
    expect(verificacao(laudo, 'recibos').detalhe).toBe(
      'a execução 3 tem um selo diferente do recibo exigido',
    );
    expect(verificacao(laudo, 'selos').resultado).toBe('aprovada');
    expect(laudo.codigo).toBe(65);
  });

  test('um entre vários basta', async () => {
    using banco = await bancoDeTres();
    const falso = `2:${'0'.repeat(64)}`;
    const argumentos = [...banco.recibos, falso].flatMap((recibo) => ['-r', recibo]);
    expect((await pedirLaudo(banco.caminho, ...argumentos)).codigo).toBe(65);
  });
});
