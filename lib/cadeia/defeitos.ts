import { ACHADOS, type Achado } from '../falhas.ts';
import { emMilhares } from '../texto.ts';

/** O que uma verificação achou de errado: diz os três primeiros, conta os outros, e de alguns mais guarda onde estão. */
export class Defeitos {
  readonly achados: Achado[] = [];
  readonly #primeiros: string[] = [];
  #quantos = 0;

  juntar(defeito: string | undefined, achado: Achado): void {
    if (defeito === undefined) return;
    if (++this.#quantos <= 3) this.#primeiros.push(defeito);
    if (this.#quantos <= ACHADOS) this.achados.push(achado);
  }

  /** Todos numa frase; vazia se não há nenhum. */
  get tudo(): string {
    const resto = this.#quantos - this.#primeiros.length;
    return this.#primeiros.join('; ') + (resto > 0 ? `; e mais ${emMilhares(resto)}` : '');
  }
}
