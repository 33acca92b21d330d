import type { Contexto } from '../contexto.ts';
import { emMilhares } from '../texto.ts';
import { apagarProgresso, mostrarProgresso } from './saida.ts';
import { respirar } from './sinais.ts';

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

/** O contexto de um programa: para com o sinal, e mostra o andamento na saída de erros. */
export function criarContexto(parada: AbortSignal): Contexto {
  return new ContextoDoPrograma(parada);
}

/** Entre um `respirar` e o seguinte; um passo sem usuários conta como um. */
const USUARIOS_POR_PASSO = 1000;

class ContextoDoPrograma implements Contexto {
  readonly parada: AbortSignal;
  #progresso: Progresso | undefined;
  #semRespirar = 0;

  constructor(parada: AbortSignal) {
    this.parada = parada;
  }

  async respirar(): Promise<void> {
    await respirar(this.parada);
  }

  /** Um trabalho dentro de outro toma o lugar dele até acabar. */
  comecar(verbo: string, usuarios: number): Disposable {
    const deFora = this.#progresso;
    const progresso = new Progresso(verbo, usuarios);
    this.#progresso = progresso;
    const acabar = () => {
      progresso[Symbol.dispose]();
      this.#progresso = deFora;
    };
    return { [Symbol.dispose]: acabar };
  }

  passo(usuarios: number): Promise<void> | undefined {
    this.#progresso?.avancar(usuarios);
    this.#semRespirar += Math.max(usuarios, 1);
    if (this.#semRespirar < USUARIOS_POR_PASSO) return;
    this.#semRespirar = 0;
    return this.respirar();
  }
}
