import { emMilhares } from '../texto.ts';
import { enfileirarErro, temErrosPorEntregar } from './entrega.ts';

const COMECO_MS = 1000;
const INTERVALO_MS = 200;

/** O andamento de um trabalho de mais de um segundo, numa linha da saída de erros, se ela é um terminal. */
export class Progresso {
  readonly #verbo: string;
  readonly #total: number;
  readonly #inicio = performance.now();
  #proximaMs = COMECO_MS;
  #feitos = 0;

  /** `total` usuários por fazer; `Infinity` se não se sabe. */
  constructor(verbo: string, total: number) {
    this.#verbo = verbo;
    this.#total = total;
  }

  avancar(usuarios: number): void {
    this.#feitos += usuarios;
    const passouMs = performance.now() - this.#inicio;
    if (passouMs < this.#proximaMs) return;
    this.#proximaMs = passouMs + INTERVALO_MS;
    mostrarProgresso(`${this.#verbo} ${descreverAndamento(this.#feitos, this.#total, passouMs)}`);
  }

  [Symbol.dispose](): void {
    apagarProgresso();
  }
}

/** `42 % · 950.000 usuários/s · faltam 6 s`; sem total conhecido, quantos foram feitos e a velocidade. */
export function descreverAndamento(feitos: number, total: number, passouMs: number): string {
  const porSegundo = feitos / (passouMs / 1000);
  const velocidade = `${emMilhares(Math.round(porSegundo))} usuários/s`;
  if (!Number.isFinite(total)) return `${emMilhares(feitos)} · ${velocidade}`;
  const faltam = porSegundo > 0 ? Math.ceil((total - feitos) / porSegundo) : 0;
  return `${Math.floor((100 * feitos) / Math.max(total, 1))} % · ${velocidade} · faltam ${emMilhares(faltam)} s`;
}

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

let haProgresso = false;

/** Mostra uma linha que a seguinte apaga, se a saída de erros é um terminal; num que não anda (Ctrl-S), nenhuma. */
export function mostrarProgresso(texto: string): void {
  if (!process.stderr.isTTY || temErrosPorEntregar()) return;
  haProgresso = true;
  enfileirarErro(`\r\u001b[K${texto}`);
}

/** Apaga a linha de `mostrarProgresso`, antes que outra coisa apareça no lugar dela. */
export function apagarProgresso(): void {
  if (!haProgresso) return;
  haProgresso = false;
  enfileirarErro('\r\u001b[K');
}
