import { arquivo, encurtar, inteiro, type Opcao, usoErrado } from '../lib/programa/opcoes.ts';
import { VOLUME } from '../prova/opcoes.ts';

const SEGUNDOS = { s: 1, m: 60, h: 3600 };

/** De quanto em quanto tempo, em milissegundos. */
const INTERVALO: Opcao<number> = {
  longa: 'a-cada',
  argumento: 'TEMPO',
  ajuda: 'entre o começo de uma ronda e o da seguinte: 1s a\n24h, em s, m ou h (padrão 60s)',
  ler: ([texto = '60s']) => {
    const [, quantos, unidade] = texto.match(/^(\d{1,5})([smh])$/) ?? [];
    const segundos = Number(quantos) * SEGUNDOS[unidade as keyof typeof SEGUNDOS];
    if (segundos >= 1 && segundos <= 24 * SEGUNDOS.h) return 1000 * segundos;
    throw usoErrado(`--a-cada deve ser de 1s a 24h, como 90s, 5m ou 1h; recebi "${encurtar(texto)}"`);
  },
};

/** As opções de `vigia/vigia.ts`. */
export const VIGIA = {
  nome: 'vigia' as const,
  uso: `Uso: bun run vigia [opções]

Vigia um volume em uso: a cada ronda um container grava uma execução numa
cadeia do vigia, e outro confere que ela está lá, e a da ronda anterior, cujo
recibo fica fora do volume. Uma linha de JSON por ronda; a primeira reprovada
encerra o vigia, com 65. A primeira opção não pode faltar.`,
  opcoes: {
    volume: {
      ...VOLUME,
      ajuda: 'o volume; nele só se toca na pasta vigia',
      ler: (textos: string[], longa: string) => VOLUME.ler(textos, longa) ?? faltaVolume(),
    },
    intervaloMs: INTERVALO,
    estado: arquivo({
      ajuda: 'onde fica o último recibo, fora do volume\n(senão dados/vigia-NOME.json)',
    }),
    metricas: arquivo({
      ajuda: 'a cada ronda, métricas para o Prometheus: um\narquivo .prom, para o coletor textfile',
    }),
    maximo: inteiro({
      ...{ longa: 'cadeia', de: 1, ate: 1_000_000, padrao: 10_000 },
      ajuda: 'execuções de uma cadeia, antes que se feche e\ncomece outra ({de} a {ate}; padrão {padrao})',
    }),
  },
  exemplos: ['bun run vigia --volume meu --a-cada 60s >> vigia.jsonl'],
};

function faltaVolume(): never {
  throw usoErrado('falta --volume');
}
