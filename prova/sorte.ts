import { createHash } from 'node:crypto';

/**
 * Números ao acaso que uma semente repete. Cada assunto tem a sua sequência, para que a ordem em que as coisas
 * acontecem num engine não mude o que se sorteia.
 */
export class Sorte {
  #estado: number;

  constructor(semente: number, assunto: string) {
    this.#estado = createHash('sha256').update(`${semente} ${assunto}`).digest().readUInt32LE();
  }

  /** Um inteiro de `minimo` a `maximo`, os dois incluídos. */
  inteiro(minimo: number, maximo: number): number {
    return minimo + Math.floor(this.#proximo() * (maximo - minimo + 1));
  }

  /** Um dos itens. Lança `RangeError` se não há nenhum. */
  um<T>(itens: readonly T[]): T {
    if (itens.length === 0) throw new RangeError('não há o que sortear');
    return itens[this.inteiro(0, itens.length - 1)] as T;
  }

  /** Os mesmos itens, em outra ordem. */
  embaralhar<T>(itens: readonly T[]): T[] {
    const resto = [...itens];
    return itens.map(() => resto.splice(this.inteiro(0, resto.length - 1), 1)[0] as T);
  }

  /** De 0 a 1, sem o 1 (mulberry32). */
  #proximo(): number {
    this.#estado = (this.#estado + 0x6d2b79f5) | 0;
    let misturado = Math.imul(this.#estado ^ (this.#estado >>> 15), this.#estado | 1);
    misturado = (misturado + Math.imul(misturado ^ (misturado >>> 7), misturado | 61)) ^ misturado;
    return ((misturado ^ (misturado >>> 14)) >>> 0) / 2 ** 32;
  }
}
