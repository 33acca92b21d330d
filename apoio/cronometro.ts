import { apagarProgresso, mostrarProgresso } from '../lib/programa/imprimir.ts';

/** Diz, de segundo em segundo, que algo está em curso, numa linha da saída de erros, se ela é um terminal. */
export class Cronometro {
  readonly #inicio = performance.now();
  readonly #relogio: Timer;

  constructor(oQue: string) {
    this.#relogio = setInterval(() => {
      const segundos = Math.round((performance.now() - this.#inicio) / 1000);
      mostrarProgresso(`${oQue} · ${segundos} s`);
    }, 1000);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#relogio);
    apagarProgresso();
  }
}
