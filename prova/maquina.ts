import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { RAIZ } from '../apoio/projeto.ts';
import type { Resposta } from './docker.ts';
import { comecar, correr, descrever, type Modo, type Processo } from './processo.ts';

type Programa = 'escritor' | 'leitor';

/** Os dois programas nesta máquina, sem container nenhum, numa pasta temporária que some no fim do bloco. */
export class Maquina {
  readonly pasta: string;
  /** O que os programas dizem no lugar do container: o nome da máquina, se não parece o id de um. */
  readonly autor = /^[0-9a-f]{12}$/.test(hostname()) ? `${hostname()} (máquina)` : hostname();
  readonly #parada: AbortSignal;

  constructor(nome: string, parada: AbortSignal) {
    this.pasta = mkdtempSync(join(tmpdir(), `${nome}-`));
    this.#parada = parada;
  }

  /** O caminho de algo na pasta. */
  em(nome: string): string {
    return join(this.pasta, nome);
  }

  /** Roda um programa até o fim, com o Bun que roda a prova. */
  async rodar(programa: Programa, argumentos: string[], modo: Pick<Modo, 'saida'> = {}): Promise<Resposta> {
    const comando = comandoDe(programa, argumentos);
    const resposta = await correr(comando, { ...this.#modo, ...modo, parada: this.#parada });
    return { ...resposta, comando: descrever(comando) };
  }

  /** Começa um programa; quem o chama é que o encerra. */
  comecar(programa: Programa, argumentos: string[]): Processo {
    return comecar(comandoDe(programa, argumentos), this.#modo);
  }

  /** O que o ambiente de quem chamou a prova diz aos programas não é para estes. */
  get #modo(): Modo {
    return { pasta: this.pasta, ambiente: { BANCO: undefined, RECIBO: undefined } };
  }

  [Symbol.dispose](): void {
    rmSync(this.pasta, { recursive: true, force: true });
  }
}

function comandoDe(programa: Programa, argumentos: string[]): string[] {
  return [process.execPath, 'run', join(RAIZ, `${programa}.ts`), ...argumentos];
}

const MARCAS = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'];

/** Se esta máquina pode ser ela própria um container. */
export function podeSerContainer(): boolean {
  const ler = (caminho: string) => (existsSync(caminho) ? readFileSync(caminho, 'utf8') : '');
  const marcada = MARCAS.some((marca) => existsSync(marca));
  return pareceContainer(ler('/proc/self/mountinfo'), ler('/proc/self/cgroup'), marcada);
}

/** Um sinal basta para não se saber, salvo numa máquina que tem por raiz um disco inteiro: essa não é um container. */
export function pareceContainer(montagens: string, grupos: string, marcada: boolean): boolean {
  const raiz = montagens.split('\n').find((linha) => linha.split(' ')[4] === '/') ?? '';
  if (/^\S+ \S+ \S+ \/ \/ .* - \S+ \/dev\//.test(raiz)) return false;
  const agrupada = /docker|kubepods|lxc|libpod|containerd/.test(grupos);
  return marcada || agrupada || / - (overlay|aufs) /.test(raiz);
}
