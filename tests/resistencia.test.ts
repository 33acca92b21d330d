import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import {
  COMMIT_SEM_OLHAR,
  projetoQuebrado,
  RECIBO_ANTES_DO_COMMIT,
  SEM_EXTRA,
  type Troca,
} from '../ensaios/programas.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const LIMITE_MS = PRAZO_MS;

/** Roda a amostra de um ensaio, com `--json`, numa cópia do projeto com trechos trocados. */
async function ensaiar(ensaio: string, ...trocas: Troca[]) {
  using projeto = projetoQuebrado(...trocas);
  const programa = join(projeto.raiz, 'ensaios/resistencia.ts');
  const processo = Bun.spawn([process.execPath, programa, '--json', '--ensaio', ensaio], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  const codigo = await processo.exited;
  return { codigo, erros, resultado: saida === '' ? undefined : JSON.parse(saida).ensaios[0] };
}

/** Um programa quebrado, e o ensaio que o tem de reprovar por violações. */
function devemSerApanhados(mutantes: [oQue: string, ensaio: string, trocas: Troca[]][]): void {
  for (const [oQue, ensaio, trocas] of mutantes) {
    test(
      `${ensaio} apanha ${oQue}`,
      async () => {
        const { codigo, erros, resultado } = await ensaiar(ensaio, ...trocas);
        expect(resultado).toMatchObject({ ensaio, resultado: 'reprovado' });
        expect(resultado.violacoes).toBeGreaterThan(0);
        expect(erros).toStartWith(`resistencia: reprovado em ${ensaio}`);
        expect(codigo).toBe(65);
      },
      LIMITE_MS,
    );
  }
}

/** Um leitor que não faz uma das verificações. */
function semVerificacao(linha: string): Troca[] {
  return [['lib/laudo.ts', `  ${linha},\n`, '']];
}

describe('resistencia', () => {
  test(
    'cortes: aprovado, com violações só no controle',
    async () => {
      const { codigo, resultado } = await ensaiar('cortes');
      expect(resultado).toMatchObject({ ensaio: 'cortes', resultado: 'aprovado', violacoes: 0 });
      expect(resultado.injecoes).toBeGreaterThan(300);
      expect(resultado.controle.violacoes).toBeGreaterThan(0);
      expect(codigo).toBe(0);
    },
    LIMITE_MS,
  );

  test(
    'um ensaio cujo controle passa é reprovado',
    async () => {
      const { resultado } = await ensaiar('cortes', [
        'ensaios/bits.ts',
        "const aprovado = banco.query('PRAGMA integrity_check').values()[0]?.[0] === 'ok';",
        'const aprovado = false;',
      ]);
      expect(resultado).toMatchObject({ resultado: 'reprovado', violacoes: 0, controle: { violacoes: 0 } });
    },
    LIMITE_MS,
  );

  test(
    'multidao apanha um leitor que conta errado e um escritor que cala recibos',
    async () => {
      const { resultado } = await ensaiar(
        'multidao',
        [
          'lib/laudo.ts',
          "'SELECT sum(registros) FROM execucoes'",
          "'SELECT sum(registros) + 1 FROM execucoes'",
        ],
        [
          'lib/relato.ts',
          'await escrever(json ?',
          'if (gravacao.execucao.id % 2 === 1) await escrever(json ?',
        ],
      );
      expect(resultado).toMatchObject({ resultado: 'reprovado', violacoes: 1 });
      expect(resultado.exemplos[0]).toMatch(/execuções sem recibo.*contagens erradas aprovadas/);
    },
    LIMITE_MS,
  );

  test('um ensaio que não existe: 64', async () => {
    const { codigo, erros } = await ensaiar('nada');
    expect(erros).toContain('não há o ensaio "nada"');
    expect(codigo).toBe(64);
  });

  devemSerApanhados([
    ['um escritor que dá o recibo antes do COMMIT', 'morte', RECIBO_ANTES_DO_COMMIT],
    [
      'um leitor que só faz "volume", "arquivo" e "estrutura"',
      'cortes',
      semVerificacao("['esquema', (sessao) => sessao.acharTabelas()]"),
    ],
    [
      'um leitor sem "selos"',
      'entradas',
      semVerificacao("['selos', (sessao) => conferirSelos(sessao.tabelas, sessao.parada)]"),
    ],
    [
      'um leitor sem "avulsos"',
      'entradas',
      semVerificacao("['avulsos', (sessao) => conferirAvulsos(sessao.tabelas)]"),
    ],
    [
      'um leitor sem "recibos"',
      'entradas',
      semVerificacao("['recibos', (sessao) => conferirRecibos(sessao.tabelas, sessao.recibos)]"),
    ],
    [
      'programas que não olham o que há ao lado do banco',
      'vizinhos',
      [['lib/arquivo.ts', '    recusarVizinhos(caminho, real, naoServe);\n', '']],
    ],
  ]);
});

grupoQuePrecisa('root', 'resistencia, como root', () => {
  devemSerApanhados([['um escritor que dá o recibo com o disco cheio', 'disco-cheio', COMMIT_SEM_OLHAR]]);
  grupoQuePrecisa('xfs', 'com mkfs.xfs', () => {
    devemSerApanhados([['um escritor com o synchronous padrão do SQLite', 'energia', SEM_EXTRA]]);
  });
});

grupoQuePrecisa('cc', 'resistencia, com o compilador', () => {
  devemSerApanhados([['um escritor que dá o recibo ainda que o COMMIT falhe', 'chamadas', COMMIT_SEM_OLHAR]]);
});
