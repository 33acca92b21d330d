import { randomBytes } from 'node:crypto';
import { Docker, Projeto, type Resposta } from './docker.ts';
import type { Laudo, Verificacao } from './laudo.ts';

/** O que o escritor fez num container: a resposta do engine e os recibos que imprimiu. */
export interface Escrita extends Resposta {
  recibos: string[];
  /** O container que escreveu a última execução, segundo o recibo dele. */
  container: string;
}

/** O que o leitor disse num container; sem laudo, se a saída dele não é um. */
export interface Leitura extends Resposta {
  laudo: Laudo | undefined;
}

/**
 * Onde as cenas da prova acontecem: um projeto Compose com nome próprio e o volume principal. Tudo o que elas
 * criam no engine tem esse nome no começo, e só isso é removido.
 */
export class Palco {
  readonly docker: Docker;
  readonly projeto: Projeto;
  /** O volume principal: um da prova ou o que o usuário indicou. */
  readonly volume: string;
  readonly doUsuario: boolean;
  readonly rodadas: number;
  readonly parada: AbortSignal;
  /** Os recibos que o volume principal já deu, do mais antigo ao mais novo. */
  readonly recibos: string[] = [];

  constructor({ volume, rodadas }: { volume: string | undefined; rodadas: number }, parada: AbortSignal) {
    this.parada = parada;
    this.docker = new Docker(parada);
    this.projeto = new Projeto(`desafio2-prova-${randomBytes(4).toString('hex')}`, this.docker);
    this.volume = volume ?? this.nome('dados');
    this.doUsuario = volume !== undefined;
    this.rodadas = rodadas;
  }

  /** O nome de algo só desta prova. */
  nome(sufixo: string): string {
    return `${this.projeto.nome}-${sufixo}`;
  }

  /** `docker compose` sobre o volume principal. */
  async compose(...argumentos: string[]): Promise<Resposta> {
    return await this.projeto.compose(this.volume, this.doUsuario, argumentos);
  }

  /** Roda o escritor, com `--json`, num container que some em seguida. */
  async escritor(volume: string, ...opcoes: string[]): Promise<Escrita> {
    const argumentos = ['run', '--rm', '-T', 'escritor', '--json', ...opcoes];
    const escrita = interpretarEscrita(await this.projeto.compose(volume, this.#externo(volume), argumentos));
    if (volume === this.volume) this.recibos.push(...escrita.recibos);
    return escrita;
  }

  /** Roda o leitor, com `--json`, exigindo `recibos`, num container que some em seguida. */
  async leitor(volume: string, recibos: string[], ...opcoes: string[]): Promise<Leitura> {
    const exigidos = recibos.flatMap((recibo) => ['-r', recibo]);
    const argumentos = ['run', '--rm', '-T', '--no-deps', 'leitor', '--json', ...opcoes, ...exigidos];
    return interpretarLeitura(await this.projeto.compose(volume, this.#externo(volume), argumentos));
  }

  /** Roda um trecho de JavaScript na imagem do escritor; `montagens` são opções `-v` de `docker run`. */
  async bun(montagens: string[], codigo: string): Promise<Resposta> {
    const opcoes = montagens.flatMap((montagem) => ['-v', montagem]);
    const imagem = this.projeto.imagem('escritor');
    const nome = this.nome(`bun-${randomBytes(3).toString('hex')}`);
    const comum = ['run', '--rm', '--name', nome, '--network', 'none', '--entrypoint', '/usr/local/bin/bun'];
    return await this.docker.rodar([...comum, ...opcoes, imagem, '-e', codigo]);
  }

  /** Garante que o volume principal tem ao menos uma execução desta prova, para uma cena pedida sozinha. */
  async garantirEscrita(): Promise<void> {
    if (this.recibos.length === 0) await this.escritor(this.volume);
  }

  /** Só o volume do usuário é externo: os outros o Compose pode criar, e a prova os apaga. */
  #externo(volume: string): boolean {
    return this.doUsuario && volume === this.volume;
  }
}

export function interpretarEscrita(resposta: Resposta): Escrita {
  const recibos = [...resposta.saida.matchAll(/"recibo":"(\d+:[0-9a-f]{64})"/g)].map(
    ([, recibo]) => recibo ?? '',
  );
  const containers = [...resposta.saida.matchAll(/"container":"([^"]*)"/g)].map(
    ([, container]) => container ?? '',
  );
  return { ...resposta, recibos, container: containers.at(-1) ?? '' };
}

export function interpretarLeitura(resposta: Resposta): Leitura {
  try {
    return { ...resposta, laudo: JSON.parse(resposta.saida) };
  } catch {
    return { ...resposta, laudo: undefined };
  }
}

/** O resultado de uma verificação num laudo. */
export function resultadoDe(leitura: Leitura, nome: Verificacao['nome']): string | undefined {
  return leitura.laudo?.verificacoes.find((verificacao) => verificacao.nome === nome)?.resultado;
}
