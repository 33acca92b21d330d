import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Laudo, verificarBanco } from '../lib/laudo.ts';
import { lerRecibo } from '../lib/selo.ts';

/** Um ensaio: tenta muitas vezes fazer perder ou mudar dados, e um controle que tem de conseguir. */
export interface Ensaio {
  nome: string;
  oQue: string;
  /** O que a máquina precisa ter: um compilador C. */
  precisa?: 'cc';
  ensaiar(plano: Plano, contagem: Contagem): Promise<void>;
  /** O mesmo, com algo quebrado de propósito. O ensaio só vale se aqui aparecem violações. */
  controle: { oQue: string; ensaiar(plano: Plano, contagem: Contagem): Promise<void> };
}

/** O que um ensaio tem à mão. */
export interface Plano {
  /** Todos os casos, ou uma amostra deles. */
  completo: boolean;
  /** Sorteia um número de 0 (inclusive) a 1 (exclusive), sempre o mesmo para a mesma semente. */
  sortear(): number;
  parada: AbortSignal;
}

/** O que um ensaio viu. */
export class Contagem {
  casos = 0;
  /** Em quantos casos o estrago realmente aconteceu. */
  injecoes = 0;
  /** Quantos casos quebraram a invariante, e os primeiros deles. */
  violacoes = 0;
  readonly exemplos: string[] = [];
  readonly #aoContar: (contagem: Contagem) => void;

  constructor(aoContar: (contagem: Contagem) => void = () => {}) {
    this.#aoContar = aoContar;
  }

  contar(injetado: boolean, violacao?: string | undefined): void {
    this.casos++;
    if (injetado) this.injecoes++;
    if (violacao !== undefined) {
      this.violacoes++;
      if (this.exemplos.length < 5) this.exemplos.push(violacao);
    }
    this.#aoContar(this);
  }
}

/** Um gerador congruencial linear: pouco, mas o bastante para repetir um ensaio pela semente. */
export function criarSorteio(semente: number): () => number {
  let estado = semente >>> 0;
  return () => {
    estado = (Math.imul(estado, 1664525) + 1013904223) >>> 0;
    return estado / 2 ** 32;
  };
}

/** Uma pasta que some no fim do bloco. */
export function pastaDeEnsaio() {
  const caminho = mkdtempSync(join(tmpdir(), 'desafio2-ensaio-'));
  return {
    em: (nome: string) => join(caminho, nome),
    [Symbol.dispose]: () => rmSync(caminho, { recursive: true, force: true }),
  };
}

/** O que o leitor diz de um banco, exigindo os recibos: o motivo da recusa, ou `feito`, e o laudo. */
export async function ler(
  caminho: string,
  recibos: string[],
  parada: AbortSignal,
): Promise<{ motivo: string; laudo: Laudo }> {
  const exigidos = recibos.map((recibo) => lerRecibo(recibo, 'ensaio'));
  const { laudo, falhas } = await verificarBanco({ banco: caminho, recibos: exigidos, limite: 1000 }, parada);
  return { motivo: falhas[0]?.motivo ?? 'feito', laudo };
}

/** Os dados de um laudo, sem o que o leitor diz deles. */
export function dadosDe({ registros, execucoes, recibo, ultimas_execucoes, usuarios }: Laudo): string {
  return JSON.stringify({ registros, execucoes, recibo, ultimas_execucoes, usuarios });
}
