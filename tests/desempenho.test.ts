import { describe, expect, test } from 'bun:test';
import { desenharCusto } from '../ensaios/custo.ts';
import { alternar, mediana } from '../ensaios/medidas.ts';

describe('desempenho', () => {
  test('mediana() é o do meio, ou a média dos dois do meio', () => {
    expect(mediana([3, 1, 2])).toBe(2);
    expect(mediana([4, 1, 3, 2])).toBe(2.5);
    expect(mediana([])).toBeNaN();
  });

  test('alternar() alterna também quem começa, e não conta a primeira vez', async () => {
    const ordem: string[] = [];
    const fazer = (quem: string) => async () => ordem.push(quem);
    const { nossas, doPar } = await alternar(fazer('n'), fazer('p'), 2);
    expect(ordem.join('')).toBe('pnnppn');
    expect([nossas, doPar]).toEqual([
      [3, 6],
      [4, 5],
    ]);
  });

  test('desenharCusto() põe em linha reta um custo que cresce com os dados', () => {
    const ponto = (quantos: number) => {
      const gasto = { ms: quantos / 10, memoria: 60e6 };
      return { quantos, escritor: gasto, leitor: gasto };
    };
    const svg = desenharCusto({
      usuarios: [1e3, 1e4, 1e5].map(ponto),
      execucoes: [1e2, 1e3, 1e4].map(ponto),
    });
    expect(svg).toStartWith('<svg ');
    const linhas = [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, pontos = '']) =>
      pontos.split(' ').map((par) => par.split(',').map(Number)),
    );
    expect(linhas).toHaveLength(8);
    for (const [[x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = [], [x3 = 0, y3 = 0] = []] of linhas) {
      expect(x3 - x2).toBeCloseTo(x2 - x1, 0);
      expect(y3 - y2).toBeCloseTo(y2 - y1, 0);
    }
  });
});
