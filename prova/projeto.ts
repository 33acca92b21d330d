import { join } from 'node:path';
import type { Docker, Resposta } from './docker.ts';

const PASTA = join(import.meta.dir, '..');

/** Um projeto Compose deste repositório, com nome próprio: tudo o que ele cria no engine começa por esse nome. */
export class Projeto {
  readonly nome: string;
  readonly docker: Docker;

  constructor(nome: string, docker: Docker) {
    this.nome = nome;
    this.docker = docker;
  }

  imagem(servico: 'escritor' | 'leitor'): string {
    return `${this.nome}-${servico}`;
  }

  /** `docker compose` sobre `volume`; se ele é `externo`, o Compose não o cria nem o apaga. */
  async compose(volume: string, externo: boolean, argumentos: string[], recibo?: string): Promise<Resposta> {
    const arquivos = ['compose.yaml', ...(externo ? ['compose.externo.yaml'] : [])];
    // O $RECIBO de quem chamou a prova não é para os leitores dela.
    return await this.docker.rodar(
      ['compose', ...arquivos.flatMap((nome) => ['-f', join(PASTA, nome)]), '-p', this.nome, ...argumentos],
      { ambiente: { VOLUME_DADOS: volume, RECIBO: recibo } },
    );
  }

  /** O que o Compose lê em compose.yaml, com VOLUME_DADOS ou sem ela, e sem os nomes que a prova lhe dá. */
  async configuracao(volume: string | undefined): Promise<Resposta> {
    const ambiente = { VOLUME_DADOS: volume, COMPOSE_PROJECT_NAME: undefined, COMPOSE_FILE: undefined };
    return await this.docker.rodar(
      ['compose', '-f', join(PASTA, 'compose.yaml'), '--env-file', '/dev/null', 'config', '--format', 'json'],
      { ambiente },
    );
  }

  /** Constrói a imagem dos olhos da prova, sobre a mesma base das outras, sem nada do que é provado. */
  async construirOlhos(): Promise<Resposta> {
    const base = Bun.env.IMAGEM_BASE;
    const argumento = base ? ['--build-arg', `IMAGEM_BASE=${base}`] : [];
    return await this.docker.rodar([
      'build',
      '-q',
      '-t',
      this.olhos,
      ...argumento,
      join(PASTA, 'prova/dentro'),
    ]);
  }

  get olhos(): string {
    return `${this.nome}-olhos`;
  }

  /** O que há no engine com o nome do projeto. */
  async sobras(): Promise<string[]> {
    const filtro = ['--filter', `name=${this.nome}`];
    const listas = await Promise.all([
      this.docker.listar(['ps', '-a', ...filtro, '--format', 'container {{.Names}}'], LIMPEZA),
      this.docker.listar(['network', 'ls', ...filtro, '--format', 'rede {{.Name}}'], LIMPEZA),
      this.docker.listar(['volume', 'ls', ...filtro, '--format', 'volume {{.Name}}'], LIMPEZA),
      this.docker.listar(
        ['images', '--filter', `reference=${this.nome}*`, '--format', 'imagem {{.Repository}}'],
        LIMPEZA,
      ),
    ]);
    return listas.flat();
  }

  /**
   * Remove do engine tudo o que tem o nome do projeto; devolve o que não conseguiu remover. Um escritor em curso
   * recebe antes um SIGTERM, para não deixar nada pela metade. Depois de uma interrupção, um pedido que o engine
   * já aceitou ainda pode criar algo: só acaba quando nada aparece por dois segundos.
   */
  async remover(interrompida: boolean): Promise<string[]> {
    let sobras = await this.sobras();
    for (let volta = 0, calmas = 0; volta < 10 && calmas < (interrompida ? 2 : 1); volta++) {
      calmas = sobras.length === 0 ? calmas + 1 : 0;
      for (const [tipo, ...comandos] of REMOCOES) {
        const nomes = sobras
          .filter((sobra) => sobra.startsWith(`${tipo} `))
          .map((sobra) => sobra.slice(tipo.length + 1));
        for (const comando of comandos) {
          if (nomes.length > 0) await this.docker.rodar([...comando, ...nomes], LIMPEZA);
        }
      }
      if (interrompida) await Bun.sleep(1000);
      sobras = await this.sobras();
    }
    return sobras;
  }
}

const LIMPEZA = { limiteMs: 60_000 };

const REMOCOES: [tipo: string, ...comandos: string[][]][] = [
  ['container', ['stop', '-t', '5'], ['rm', '-f', '-v']],
  ['rede', ['network', 'rm']],
  ['volume', ['volume', 'rm', '-f']],
  ['imagem', ['image', 'rm', '-f']],
];
