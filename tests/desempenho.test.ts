import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { desenharCusto } from '../ensaios/custo.ts';
import { alternar, mediana, medir } from '../ensaios/medidas.ts';
import { acharPython, SemPar } from '../ensaios/pares.ts';
import { pastaTemporaria } from './apoio/bancos.ts';
import { PRAZO_MS } from './apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

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

  test('medir() lança se o comando não sai com 0, ou se a parada veio', async () => {
    const nunca = new AbortController().signal;
    expect((await medir(['true'], nunca)).ms).toBeGreaterThan(0);
    await expect(medir(['sh', '-c', 'echo não >&2; exit 3'], nunca)).rejects.toThrow('sai com 3: não');
    await expect(medir(['sleep', '600'], AbortSignal.timeout(1))).rejects.toThrow();
  });

  test('acharPython() passa à frente do que não há e do que não tem sqlite3, e fica com o primeiro que o tem', () => {
    using pasta = pastaTemporaria();
    const fingir = (nome: string, dito: string) => {
      writeFileSync(pasta.em(nome), `#!/bin/sh\n${dito}\n`, { mode: 0o755 });
      return pasta.em(nome);
    };
    const sem = fingir('sem', 'exit 1');
    const um = fingir('um', 'echo /um 3.11.2 3.40.1');
    const outro = fingir('outro', 'echo /outro 3.12.0 3.45.0');
    expect(acharPython([pasta.em('nenhum'), sem, um, outro])).toEqual({
      comando: '/um',
      versao: '3.11.2',
      sqlite: '3.40.1',
    });
    expect(() => acharPython([pasta.em('nenhum'), sem])).toThrow(SemPar);
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
