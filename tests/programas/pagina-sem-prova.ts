import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { bancoDeTres, leitor, picoDe } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const selo = (numero: number) => `${numero}`.padStart(64, '0');

describe('leitor --html, do que não se conferiu', () => {
  test('uma execução exigida que a cadeia não tem nunca aparece com o selo conferido', async () => {
    using banco = await bancoDeTres();
    const bifurcados = [`999:${selo(1)}`, `999:${selo(2)}`];
    const muitos = Array.from({ length: 14 }, (_, i) => `${101 + i}:${selo(1)}`);
    for (const recibos of [bifurcados, muitos]) {
      const { saida } = await leitor('-b', banco.caminho, '--html', ...recibos.flatMap((um) => ['-r', um]));
      expect(saida.match(/Execução \d+: o selo confere/g)).toHaveLength(3);
      expect(saida).toMatch(/Execução (?:999|114): falta; recibo exigido: por conferir\. Lido/);
    }
  });

  test('sem um container que escreveu, ou sem usuários à vista, o requisito não está conferido', async () => {
    using banco = await bancoDeTres();
    const { saida } = await leitor('-b', banco.caminho, '--html', '--limite', '0');
    for (const requisito of ['um container cria o banco e a tabela', 'lê os dados, e os mostra']) {
      const linha = saida.split('\n').find((uma) => uma.includes(`>${requisito}<`));
      expect([requisito, linha]).toEqual([requisito, expect.stringContaining('não conferido aqui')]);
    }
  });
});

grupoQuePrecisa('longos', 'a memória de quem faz a página', () => {
  test('um texto de milhões de vírgulas não a enche', async () => {
    using banco = await bancoDeTres();
    banco.sabotar(`UPDATE usuarios SET nome = replace(hex(zeroblob(1000000)), '0', ',') WHERE id = 1`);
    expect(await picoDe('leitor', ['-b', banco.caminho, '--html'], 65)).toBeLessThan(300_000);
  });
});
