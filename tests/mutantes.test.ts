import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Troca } from '../apoio/projeto.ts';
import type { Ensaio } from '../ensaios/ensaio.ts';
import type { Mutante } from '../mutantes/mutante.ts';
import { montarMutante } from '../mutantes/projeto.ts';
import { CONTROLE, MUTANTES } from '../mutantes/tabela.ts';
import { bancoTemporario } from './apoio/bancos.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS, RAIZ } from './apoio/processos.ts';
import { recibosDe } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('mutantes', () => {
  test('ao menos quarenta para a prova, cada um com um nome seu e algo quebrado', () => {
    const nomes = MUTANTES.map(({ nome }) => nome);
    expect(new Set(nomes).size).toBe(nomes.length);
    expect(nomes.filter((nome) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(nome))).toEqual([]);
    expect(MUTANTES.filter(({ prova }) => prova).length).toBeGreaterThanOrEqual(40);
    for (const { nome, viola, prova, ensaio, teste, avesso: _, ...quebrado } of MUTANTES) {
      expect([nome, viola.length > 10]).toEqual([nome, true]);
      expect([nome, [prova, ensaio, teste].filter((juiz) => juiz !== undefined).length]).toEqual([nome, 1]);
      expect([nome, prova?.cenas.length]).not.toEqual([nome, 0]);
      expect([nome, Object.keys(quebrado).length > 0]).toEqual([nome, true]);
    }
  });

  test('cada trecho que trocam ainda está onde estava', () => {
    const trocas = MUTANTES.flatMap(({ nome, trocas = [] }) =>
      trocas.map((troca) => [nome, ...troca] as const),
    );
    expect(trocas.length).toBeGreaterThan(20);
    for (const [nome, arquivo, de] of trocas) {
      expect([nome, readFileSync(join(RAIZ, arquivo), 'utf8').includes(de)]).toEqual([nome, true]);
    }
  });

  test('e cada um dos que trocam os controles dos ensaios', async () => {
    const trocas: Troca[] = [];
    for (const nome of new Bun.Glob('*.ts').scanSync(join(RAIZ, 'ensaios'))) {
      const caminho = join(RAIZ, 'ensaios', nome);
      if (!/: Ensaio<\w+> = \{/.test(readFileSync(caminho, 'utf8'))) continue; // os outros correm ao serem importados
      for (const ensaio of Object.values<Partial<Ensaio<unknown>>>(await import(caminho))) {
        const { quebra = [], ensaiar } = ensaio.controle ?? {};
        trocas.push(...quebra, ...(ensaiar?.quebras?.flat() ?? []));
      }
    }
    expect(trocas.length).toBeGreaterThan(4);
    for (const [arquivo, de, para] of trocas) {
      const texto = readFileSync(join(RAIZ, arquivo), 'utf8');
      expect([de, texto.includes(de)]).toEqual([de, true]);
      // O que já lá está toma-se por quebrado.
      if (para !== '') expect([para, texto.includes(para)]).toEqual([para, false]);
    }
  });

  test('um trecho que já lá está, ou que falta, é um erro, e não um mutante que nada quebra', async () => {
    for (const [de, para] of [
      ['USER 65532', 'USER 65532'],
      ['USER 0:0', 'USER 65532:65532'],
    ] as const) {
      const mutante = { nome: 'nada', viola: 'nada', trocas: [['Dockerfile', de, para]] } satisfies Mutante;
      await expect(montarMutante(mutante)).rejects.toThrow('Dockerfile não tem mais');
    }
  });
});

grupoQuePrecisa('longos', 'os mutantes', () => {
  test('no comum, os programas do controle fazem o mesmo que os de verdade', async () => {
    using banco = bancoTemporario();
    using projeto = await montarMutante(CONTROLE);
    const rodar = (programa: string, ...argumentos: string[]) => {
      const caminho = join(projeto.raiz, `${programa}.ts`);
      const { stdout, stderr, exitCode } = Bun.spawnSync(
        [process.execPath, caminho, '-b', banco.caminho, ...argumentos],
        { env: { PATH: process.env.PATH ?? '' } },
      );
      return { saida: `${stdout}`, erros: `${stderr}`, codigo: exitCode };
    };
    const escrita = rodar('escritor', '-n', '7', '-e', '2');
    expect([escrita.erros, escrita.codigo]).toEqual(['', 0]);
    const recibos = recibosDe(escrita.saida);
    expect(recibos.length).toBe(2);
    const leitura = rodar('leitor', '--json', '-r', recibos[1] ?? '');
    expect(JSON.parse(leitura.saida)).toMatchObject({ aprovado: true, registros: 14, execucoes: 2 });
    expect([leitura.erros, leitura.codigo]).toEqual(['', 0]);
    expect(rodar('leitor', '-r', `3:${'0'.repeat(64)}`)).toMatchObject({ codigo: 65 });
  });

  test('cada um compila, e muda ao menos um arquivo do projeto', async () => {
    const arquivos = ['escritor.ts', 'leitor.ts', 'compose.yaml', 'Dockerfile'];
    for (const mutante of MUTANTES) {
      using projeto = await montarMutante(mutante);
      // Montar um impostor já o compila; o que tem trechos trocados, não.
      const entrypoints = ['escritor.ts', 'leitor.ts', 'copiador.ts'].map((nome) => join(projeto.raiz, nome));
      if (mutante.trocas) await Bun.build({ entrypoints, target: 'bun' });
      const mudados = [...arquivos, ...(mutante.trocas ?? []).map(([arquivo]) => arquivo)].filter(
        (nome) => readFileSync(join(projeto.raiz, nome), 'utf8') !== readFileSync(join(RAIZ, nome), 'utf8'),
      );
      expect([mutante.nome, mudados.length > 0]).toEqual([mutante.nome, true]);
    }
  });
});
