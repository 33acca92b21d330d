import { CONDICOES, type Condicao, cumpre, exigida } from '../apoio/condicoes.ts';
import { Cronometro } from '../apoio/cronometro.ts';
import { pastaTemporaria, porFazer, projetoQuebrado, RAIZ, type Troca } from '../apoio/projeto.ts';
import { Sorte } from '../prova/sorte.ts';

/** Quanto se tenta: por amostra, e com todos os casos se não for o mesmo. */
export interface Dose<Quanto> {
  amostra: Quanto;
  completa?: Quanto;
}

/** `quebras`: o que se troca no projeto, se ele mesmo o quebra. */
type Ensaiar<Quanto> = ((sessao: Sessao, quanto: Quanto) => Promise<void>) & { quebras?: Troca[][] };

/** Um ensaio: tenta muitas vezes fazer perder ou mudar dados, e um controle que tem de conseguir. */
export interface Ensaio<Quanto> {
  nome: string;
  oQue: string;
  /** O que a máquina precisa ter. */
  precisa?: Condicao[];
  dose: Dose<Quanto>;
  ensaiar: Ensaiar<Quanto>;
  /** O mesmo, com algo quebrado de propósito. O ensaio só vale se aqui aparecem violações. */
  controle: {
    oQue: string;
    /** A parte dos casos que tem de ser violação; sem isto, basta um. */
    aoMenos?: number;
    /** O que se quebra nos programas. */
    quebra?: Troca[];
    dose: Dose<Quanto>;
    /** Como se ensaia, se não do mesmo modo. */
    ensaiar?: Ensaiar<Quanto>;
  };
}

/** O que se pediu à resistência. */
export interface Pedido {
  /** Todos os casos, e não uma amostra. */
  completo: boolean;
  semente: number;
  parada: AbortSignal;
}

/** Uma vez que um ensaio, ou o controle dele, roda: o que tem à mão, e o que viu. */
export class Sessao {
  readonly parada: AbortSignal;
  /** Começa igual em cada sessão: um ensaio sozinho, com --ensaio, sorteia o mesmo. */
  readonly sorte: Sorte;
  /** O projeto cujos programas se ensaiam. */
  readonly raiz: string;
  casos = 0;
  /** Em quantos casos o estrago realmente aconteceu. */
  injecoes = 0;
  /** Quantos casos quebraram a invariante, e os primeiros deles. */
  violacoes = 0;
  readonly exemplos: string[] = [];

  constructor({ semente, parada }: Pedido, raiz = RAIZ) {
    this.parada = parada;
    this.sorte = new Sorte(semente, 'ensaio');
    this.raiz = raiz;
  }

  /** Conta um caso, que é uma violação se há defeitos. Lança o que a parada diz, se ela já veio. */
  contar(injetado: boolean, onde: string, ...defeitos: Defeito[]): void {
    this.parada.throwIfAborted();
    this.casos++;
    if (injetado) this.injecoes++;
    const havidos = defeitos.filter((defeito) => defeito);
    if (havidos.length === 0) return;
    this.violacoes++;
    if (this.exemplos.length < 5) this.exemplos.push(`${onde}: ${havidos.join('; ')}`);
  }
}

/** Um controle de várias quebras: ensaia com cada uma por si. Lança `Error` se uma delas não mostra violações. */
export function comCadaQuebra<Quanto>(
  quebras: Troca[][],
  ensaiar: (sessao: Sessao, quanto: Quanto, raiz: string) => Promise<void>,
): Ensaiar<Quanto> {
  const comTodas: Ensaiar<Quanto> = async (sessao, quanto) => {
    for (const trocas of quebras) {
      const antes = sessao.violacoes;
      using quebrado = projetoQuebrado(...porFazer(trocas));
      await ensaiar(sessao, quanto, quebrado.raiz);
      if (sessao.violacoes === antes) throw new Error(`sem violações com ${JSON.stringify(trocas)}`);
    }
  };
  return Object.assign(comTodas, { quebras });
}

/** O que um caso tem de errado, se algo tem. */
export type Defeito = string | false | undefined;

/** Uma pasta para os bancos de um ensaio; é pelo nome dela que o `intruso.c` sabe que chamadas estragar. */
export function pastaDeEnsaio(dentroDe?: string) {
  return pastaTemporaria('desafio2-ensaio-', dentroDe);
}

export type Resultado = Awaited<ReturnType<typeof correr>>;

/** Roda um ensaio e o seu controle: aprovado sem violações em um, e com elas no outro. */
export async function correr<Quanto>(ensaio: Ensaio<Quanto>, pedido: Pedido) {
  const inicio = performance.now();
  const { nome, controle, precisa = [] } = ensaio;
  const faltam = precisa.filter((condicao) => !cumpre(CONDICOES[condicao]));
  const visto = new Sessao(pedido);
  let noControle = new Sessao(pedido);
  let parou: string | undefined;
  if (faltam.length === 0) {
    const quanto = ({ amostra, completa = amostra }: Dose<Quanto>) => (pedido.completo ? completa : amostra);
    using _cronometro = new Cronometro(nome);
    try {
      await ensaio.ensaiar(visto, quanto(ensaio.dose));
      // Num mutante, o que o controle quebraria pode já estar quebrado.
      using quebrado = projetoQuebrado(...porFazer(controle.quebra ?? []));
      noControle = new Sessao(pedido, quebrado.raiz);
      await (controle.ensaiar ?? ensaio.ensaiar)(noControle, quanto(controle.dose));
    } catch (erro) {
      // Um ensaio que não consegue ensaiar é reprovado, e não leva consigo o resultado dos outros.
      pedido.parada.throwIfAborted();
      parou = erro instanceof Error ? (erro.stack ?? erro.message) : String(erro);
    }
  }
  const { casos, injecoes, violacoes, exemplos } = visto;
  const bastam = Math.max(1, (controle.aoMenos ?? 0) * noControle.casos);
  const aprovado = !parou && injecoes > 0 && violacoes === 0 && noControle.violacoes >= bastam;
  const pulado = faltam.length > 0 && !faltam.some(exigida);
  const motivo = parou ?? faltam.map((condicao) => CONDICOES[condicao].falta).join('; ');
  return {
    ensaio: nome,
    resultado: pulado ? 'pulado' : aprovado ? 'aprovado' : 'reprovado',
    ...(motivo && { motivo }),
    ...{ casos, injecoes, violacoes, exemplos },
    controle: { o_que: controle.oQue, casos: noControle.casos, violacoes: noControle.violacoes },
    duracao_ms: Math.round(performance.now() - inicio),
  };
}
