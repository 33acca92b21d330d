import { Cronometro } from '../lib/programa/andamento.ts';
import { presenca } from '../lib/programa/opcoes.ts';
import { executar } from '../lib/programa/programa.ts';
import { imprimir } from '../lib/programa/saida.ts';
import { emJson, emTabela } from '../lib/texto.ts';
import { desenharCusto, medirCusto } from './custo.ts';
import { Bancada, FIGURAS, type Medicao } from './figuras.ts';

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
interface Resultado {
  figura: string;
  par: string;
  meta?: number;
  medicao: Medicao;
}

/** Um número com três algarismos que contam. */
function numero(valor: number, unidade: string): string {
  const [dividido, prefixo] =
    unidade !== 'B' ? [valor, ''] : valor < 1e6 ? [valor / 1e3, 'k'] : [valor / 1e6, 'M'];
  const casas = Math.abs(dividido) < 10 ? 2 : Math.abs(dividido) < 100 ? 1 : 0;
  const texto = dividido.toLocaleString('pt-BR', { maximumFractionDigits: casas });
  return unidade === '' ? texto : `${texto} ${prefixo}${unidade}`;
}

function descrever(resultados: Resultado[], curto: boolean): string {
  const linhas = resultados.map(({ figura, par, meta, medicao }) => {
    const nome = `${figura} / ${par}`;
    if ('pulada' in medicao) return { nome, nosso: '', par: '', valor: 'pulada', meta: '' };
    const { unidade, unidadeDoValor = '', nosso, doPar, valor, aoMenos } = medicao;
    const [alcancada, sinal] = aoMenos ? [valor >= (meta ?? 0), '≥'] : [valor <= (meta ?? 0), '≤'];
    return {
      nome,
      nosso: numero(nosso, unidade),
      par: numero(doPar, unidade),
      valor: numero(valor, unidadeDoValor),
      meta:
        curto || meta === undefined
          ? ''
          : `${alcancada ? '✔' : '✘'} ${sinal} ${numero(meta, unidadeDoValor)}`,
    };
  });
  const larguras = { nosso: 8, par: 8, valor: 8, meta: 9 };
  const notas = resultados.flatMap(({ figura, par, medicao }) =>
    'pulada' in medicao ? [`  ${figura} / ${par}: pulada, ${medicao.pulada}`] : [],
  );
  if (curto) notas.push('  Forma curta: cada 10 é elevado a três a menos, e cada medida é de uma vez só.');
  return [emTabela(linhas, 'nome', larguras), ...notas].join('\n');
}

process.exit(
  await executar(DESEMPENHO, async ({ curto, desenho, json }, { parada }) => {
    if (desenho !== undefined) {
      const custo = await medirCusto(curto, parada);
      await Bun.write(desenho, desenharCusto(custo));
      await imprimir(json ? emJson(custo) : `Desenhado em ${desenho}.`, parada);
      return 'feito';
    }
    await using bancada = await Bancada.montar(curto, parada);
    const resultados: Resultado[] = [];
    for (const { figura, par, meta, medir } of FIGURAS) {
      using _cronometro = new Cronometro(figura);
      resultados.push({ figura, par, ...(meta && { meta }), medicao: await medir(bancada) });
    }
    await imprimir(json ? emJson({ curto, figuras: resultados }) : descrever(resultados, curto), parada);
    return 'feito';
  }),
);
