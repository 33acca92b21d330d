import { emLinhas } from '../apoio/processo.ts';
import { Falha } from '../lib/falhas.ts';
import type { Pedido } from './dentro/mao.ts';
import { type Docker, descreverErros } from './docker.ts';
import type { Palco } from './palco.ts';
import { sinalizar } from './processo.ts';

/** Quanto uma mão pode levar a responder: um volume que prende quem o usa também é uma resposta. */
const LIMITE_MS = 60_000;

/** Uma mão da prova, num container com o volume principal: fica aberta até o fim do bloco. */
export class Mao {
  readonly comando: string;
  readonly #processo: Bun.Subprocess<'pipe', 'pipe', 'pipe'>;
  readonly #linhas: AsyncIterator<string>;
  readonly #parada: AbortSignal;

  /** `docker` é o engine em que o container vive. */
  constructor(palco: Palco, docker: Docker) {
    const opcoes = ['--rm', '-i', '--init', '--name', palco.nomeNovo('mao'), '--network', 'none'];
    const montagem = ['-v', `${palco.volume}:/data`];
    const comando = docker.comando(['run', ...opcoes, ...montagem, palco.projeto.olhos, 'mao.ts']);
    this.comando = comando.join(' ');
    this.#parada = palco.parada;
    // Num grupo próprio: o Ctrl-C do terminal chega só à prova, que limpa.
    const canos = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe', detached: true } as const;
    this.#processo = Bun.spawn(comando, canos);
    this.#linhas = emLinhas(this.#processo.stdout);
  }

  /** O que a mão respondeu. Lança `Falha` se o que se lhe pede falha, ou se não responde. */
  async pedir<T>(pedido: Pedido): Promise<T> {
    this.#parada.throwIfAborted();
    try {
      this.#processo.stdin.write(`${JSON.stringify(pedido)}\n`);
      await this.#processo.stdin.flush();
    } catch {} // a mão já acabou: o que disse em stderr vem a seguir
    const matar = () => sinalizar(this.#processo, 'SIGKILL');
    const presa = setTimeout(matar, LIMITE_MS);
    this.#parada.addEventListener('abort', matar);
    const { value: linha } = await this.#linhas.next();
    this.#parada.removeEventListener('abort', matar);
    clearTimeout(presa);
    this.#parada.throwIfAborted();
    const resposta = JSON.parse(linha ?? '{}');
    if ('dito' in resposta) return resposta.dito;
    const dito = () => this.#processo.stderr.text().then(descreverErros);
    const erro = resposta.erro ?? ((await dito()) || 'o container não respondeu');
    throw new Falha('reprovado', `no volume, ${pedido.acao} falha: ${erro}`, `Repita: ${this.comando}`);
  }

  /** Sem mais pedidos, a mão acaba, e o container some. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#processo.stdin.end();
    const presa = setTimeout(() => sinalizar(this.#processo, 'SIGKILL'), LIMITE_MS);
    await this.#processo.exited;
    clearTimeout(presa);
  }
}
