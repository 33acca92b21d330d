import { describe, expect, test } from 'bun:test';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { pastaTemporaria, RAIZ } from './apoio/programas.ts';

const LIMITE_MS = 120_000;

/** Roda `resistencia --json` numa cópia do projeto com trechos trocados. */
async function ensaiar(argumentos: string[], ...trocas: [arquivo: string, de: string, para: string][]) {
  using pasta = pastaTemporaria();
  for (const nome of ['escritor.ts', 'leitor.ts', 'lib', 'ensaios', 'package.json', 'bunfig.toml']) {
    cpSync(join(RAIZ, nome), pasta.em(nome), { recursive: true });
  }
  for (const [arquivo, de, para] of trocas) {
    const antes = readFileSync(pasta.em(arquivo), 'utf8');
    if (!antes.includes(de)) throw new Error(`${arquivo} não tem mais "${de}"`);
    writeFileSync(
      pasta.em(arquivo),
      antes.replace(de, () => para),
    );
  }
  const processo = Bun.spawn(
    [process.execPath, pasta.em('ensaios/resistencia.ts'), '--json', ...argumentos],
    {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    },
  );
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  const codigo = await processo.exited;
  return { codigo, erros, ensaios: JSON.parse(saida || '{}').ensaios ?? [] };
}

describe('resistencia', () => {
  test(
    'cortes: aprovado, com violações só no controle',
    async () => {
      const { codigo, ensaios } = await ensaiar(['--ensaio', 'cortes']);
      expect(ensaios).toMatchObject([{ ensaio: 'cortes', resultado: 'aprovado', violacoes: 0 }]);
      expect(ensaios[0].injecoes).toBeGreaterThan(300);
      expect(ensaios[0].controle.violacoes).toBeGreaterThan(0);
      expect(codigo).toBe(0);
    },
    LIMITE_MS,
  );

  test(
    'cortes apanha um leitor que não olha o tamanho do arquivo nem os selos',
    async () => {
      const { codigo, erros, ensaios } = await ensaiar(
        ['--ensaio', 'cortes'],
        ['lib/laudo.ts', "  ['selos', (sessao) => conferirSelos(sessao.tabelas, sessao.parada)],\n", ''],
        ['lib/verificacoes.ts', 'if (tamanho !== esperado)', 'if (tamanho < 0)'],
      );
      expect(ensaios).toMatchObject([{ resultado: 'reprovado' }]);
      expect(erros).toStartWith('resistencia: reprovado em cortes');
      expect(codigo).toBe(65);
    },
    LIMITE_MS,
  );

  test(
    'um ensaio cujo controle passa é reprovado',
    async () => {
      const { ensaios } = await ensaiar(
        ['--ensaio', 'cortes'],
        [
          'ensaios/bits.ts',
          'return { aprovado, dados: JSON.stringify(tabelas) };',
          "return { aprovado: false, dados: '' };",
        ],
      );
      expect(ensaios).toMatchObject([{ resultado: 'reprovado', violacoes: 0, controle: { violacoes: 0 } }]);
    },
    LIMITE_MS,
  );

  test('um ensaio que não existe: 64', async () => {
    const { codigo, erros } = await ensaiar(['--ensaio', 'nada']);
    expect(erros).toContain('não há o ensaio "nada"');
    expect(codigo).toBe(64);
  });
});

grupoQuePrecisa('cc', 'resistencia, com o compilador', () => {
  test(
    'chamadas apanha um escritor que dá recibo mesmo se o COMMIT falha',
    async () => {
      const { ensaios } = await ensaiar(
        ['--ensaio', 'chamadas'],
        [
          'lib/execucoes.ts',
          "await esperarVez(() => banco.run('COMMIT'), parada);",
          "try { await esperarVez(() => banco.run('COMMIT'), parada); } catch {}",
        ],
      );
      expect(ensaios).toMatchObject([{ resultado: 'reprovado' }]);
    },
    LIMITE_MS,
  );
});
