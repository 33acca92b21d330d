import { randomBytes } from 'node:crypto';
import { Falha } from '../lib/falhas.ts';
import { avisar } from '../lib/programa/imprimir.ts';
import { Docker } from '../prova/docker.ts';
import { examinarEngine } from '../prova/engine.ts';
import { Projeto } from '../prova/projeto.ts';
import type { Vez } from './medidas.ts';
import { SemPar } from './pares.ts';

/** As nossas imagens, e o que se mede com elas; no fim do bloco nada fica no engine. */
export class Containers {
  readonly docker: Docker;
  readonly projeto: Projeto;
  readonly #parada: AbortSignal;

  private constructor(parada: AbortSignal) {
    this.#parada = parada;
    this.docker = new Docker(parada);
    this.projeto = new Projeto(`desafio2-desempenho-${randomBytes(4).toString('hex')}`, this.docker);
  }

  /** Constrói as imagens. Lança `SemPar` se não há um engine que as construa. */
  static async montar(parada: AbortSignal): Promise<Containers> {
    const containers = new Containers(parada);
    try {
      await examinarEngine(containers.docker);
    } catch (erro) {
      if (!(erro instanceof Falha) || parada.aborted) throw erro;
      throw new SemPar(erro.message);
    }
    try {
      const { codigo, erros } = await containers.compose('build', '--quiet');
      if (codigo !== 0) throw new SemPar(`as imagens não puderam ser construídas: ${erros.trim()}`);
      return containers;
    } catch (erro) {
      await containers[Symbol.asyncDispose]();
      throw erro;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A limpeza não se deixa interromper.
    const sobras = await new Projeto(this.projeto.nome, new Docker()).remover(this.#parada.aborted);
    for (const sobra of sobras) avisar(`desempenho: não consegui remover ${sobra}`);
  }

  /** `docker compose` sobre o nosso projeto. */
  async compose(...argumentos: string[]) {
    return await this.projeto.compose(`${this.projeto.nome}-dados`, false, argumentos);
  }

  async tamanho(imagem: string): Promise<number> {
    return (await this.docker.inspecionar<{ Size: number }>('image', imagem))?.Size ?? Number.NaN;
  }

  /** Um trabalho que é rodar um comando do Docker. Lança `Falha` se ele não sai com 0. */
  rodar(argumentos: string[], ambiente: Record<string, string> = {}): Vez {
    return async () => {
      const inicio = performance.now();
      await this.docker.exigir(argumentos, { ambiente });
      return performance.now() - inicio;
    };
  }

  /** Um trabalho que é `docker compose up` de um arquivo, do começo ao fim; remover tudo, depois, não conta. */
  subir(arquivo: string, nome: string): Vez {
    const comando = ['compose', '-f', arquivo, '-p', nome];
    const ambiente = { VOLUME_DADOS: `${nome}-dados` };
    return async () => {
      const ms = await this.rodar([...comando, 'up'], ambiente)();
      for (const servico of ['escritor', 'leitor']) {
        const container = `${nome}-${servico}-1`;
        const ficha = await this.docker.inspecionar<{ State: { ExitCode: number } }>('container', container);
        // O Compose sai com 0 ainda que o leitor falhe.
        if (ficha?.State.ExitCode !== 0) throw new Error(`${container} não terminou com 0`);
      }
      await this.docker.exigir([...comando, 'down', '-v', '-t', '0'], { ambiente });
      return ms;
    };
  }
}
