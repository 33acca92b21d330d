import type { Contexto } from '../contexto.ts';
import { Progresso } from './andamento.ts';
import { respirar } from './sinais.ts';

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
