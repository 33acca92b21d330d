import { Cronometro } from '../apoio/cronometro.ts';
import { imprimir } from '../lib/programa/imprimir.ts';
import { presenca } from '../lib/programa/opcoes.ts';
import { executar } from '../lib/programa/programa.ts';
import { emJson, emTabela } from '../lib/texto.ts';
import { Bancada, type Medicao } from './bancada.ts';
import { desenharCusto, medirCusto } from './custo.ts';
import { FIGURAS, type Figura } from './figuras.ts';
import { acharPython, SemPar } from './pares.ts';

const DESEMPENHO = {
  nome: 'desempenho',
  uso: `Uso: bun run desempenho [opções]

Mede o mesmo trabalho, alternado, feito por este projeto e por outros: Python,
o shell sqlite3, Node. O que a máquina não tem é pulado.`,
  opcoes: {
    curto: presenca('uma vez cada, com poucos dados e sem metas (segundos)'),
    desenho: {
      argumento: 'ARQUIVO',
      ajuda: 'mede só como o custo cresce, e o desenha em SVG',
      ler: ([arquivo]: string[]) => arquivo,
    },
    json: presenca('um documento JSON, com todas as medidas'),
  },
};

/** Uma figura medida, ou a razão de não o ter sido. */
type Resultado = Omit<Figura, 'medir'> & { medicao: Medicao | { pulada: string } };

/** Três algarismos que contam, ou todos os que há antes da vírgula. */
const ALGARISMOS = {
  maximumSignificantDigits: 3,
  maximumFractionDigits: 0,
  roundingPriority: 'morePrecision',
} as const;

function numero(valor: number, unidade = ''): string {
  return `${valor.toLocaleString('pt-BR', ALGARISMOS)} ${unidade}`.trimEnd();
}

/** A meta de uma figura, e se foi alcançada. */
function descreverMeta({ meta, aoMenos }: Resultado, { valor, unidadeDoValor }: Medicao): string {
  if (aoMenos !== undefined) return `${valor >= aoMenos ? '✔' : '✘'} ≥ ${numero(aoMenos, unidadeDoValor)}`;
  return meta === undefined ? '' : `${valor <= meta ? '✔' : '✘'} ≤ ${numero(meta, unidadeDoValor)}`;
}

function descrever(resultados: Resultado[], curto: boolean): string {
  const notas = curto
    ? ['  Forma curta: cada 10 é elevado a três a menos, e cada medida é de uma vez só.']
    : [];
  const linhas = resultados.map((resultado) => {
    const { figura, par, medicao } = resultado;
    const nome = `${figura} / ${par}`;
    if ('pulada' in medicao) {
      notas.push(`  ${nome}: pulada, ${medicao.pulada}`);
      return { nome, nosso: '', par: '', valor: 'pulada', meta: '' };
    }
    const { unidade, unidadeDoValor, nosso, doPar, valor } = medicao;
    return {
      nome,
      nosso: numero(nosso, unidade),
      par: numero(doPar, unidade),
      valor: numero(valor, unidadeDoValor),
      meta: curto ? '' : descreverMeta(resultado, medicao),
    };
  });
  return [emTabela(linhas, 'nome', { nosso: 8, par: 8, valor: 8, meta: 9 }), ...notas].join('\n');
}

/** `acao`, ou a razão de a máquina não a poder fazer. */
async function ouPulada<T>(acao: () => T | Promise<T>): Promise<T | { pulada: string }> {
  try {
    return await acao();
  } catch (erro) {
    if (erro instanceof SemPar) return { pulada: erro.message };
    throw erro;
  }
}

process.exit(
  await executar(DESEMPENHO, async ({ curto, desenho, json }, { parada }) => {
    if (desenho !== undefined) {
      const custo = await medirCusto(curto, parada);
      await Bun.write(desenho, desenharCusto(custo));
      await imprimir(json ? emJson(custo) : `Desenhado em ${desenho}.`, parada);
      return 'feito';
    }
    const python = await ouPulada(acharPython);
    if (!json && 'versao' in python)
      await imprimir(`Python ${python.versao} (SQLite ${python.sqlite}): ${python.comando}`, parada);
    await using bancada = new Bancada(curto, parada);
    const resultados: Resultado[] = [];
    for (const { medir, ...figura } of FIGURAS) {
      using _cronometro = new Cronometro(figura.figura);
      resultados.push({ ...figura, medicao: await ouPulada(() => medir(bancada)) });
    }
    const documento = { curto, python, figuras: resultados };
    await imprimir(json ? emJson(documento) : descrever(resultados, curto), parada);
    return 'feito';
  }),
);
