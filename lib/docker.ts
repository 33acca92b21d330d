import { join } from 'node:path';
import { Falha } from './falhas.ts';

/** O que um comando `docker` respondeu, e como repeti-lo num terminal. */
export interface Resposta {
  codigo: number;
  saida: string;
  erros: string;
  comando: string;
}

export interface Pedido {
  ambiente?: Record<string, string>;
  /** A saída de outro comando, como num cano. */
  entrada?: ReadableStream;
}

/** Nenhum comando do engine passa disto; uma construção de imagens sem cache leva segundos. */
const LIMITE_MS = 300_000;
const PASTA = join(import.meta.dir, '..');

/** O engine do Docker, pela sua própria linha de comando. */
export class Docker {
  readonly #parada: AbortSignal | undefined;

  /** `parada` interrompe o comando em curso; sem ela, nada o faz (a limpeza não se deixa interromper). */
  constructor(parada?: AbortSignal) {
    this.#parada = parada;
  }

  /** Roda `docker` até o fim. Lança a `Falha` da parada, ou uma se o comando não existe ou não termina. */
  async rodar(argumentos: string[], pedido: Pedido = {}): Promise<Resposta> {
    this.#parada?.throwIfAborted();
    const processo = iniciar(argumentos, pedido);
    const interromper = () => process.kill(-processo.pid, 'SIGKILL');
    this.#parada?.addEventListener('abort', interromper);
    const relogio = setTimeout(interromper, LIMITE_MS);
    try {
      const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
      const codigo = await processo.exited;
      this.#parada?.throwIfAborted();
      return { codigo, saida, erros, comando: descrever(argumentos, pedido.ambiente) };
    } finally {
      clearTimeout(relogio);
      this.#parada?.removeEventListener('abort', interromper);
    }
  }

  /** Como `rodar`, e devolve só o que foi impresso. Lança `Falha` se o código não é 0. */
  async exigir(argumentos: string[], pedido: Pedido = {}): Promise<string> {
    const { codigo, saida, erros, comando } = await this.rodar(argumentos, pedido);
    if (codigo === 0) return saida.trim();
    const porque = erros.trim().split('\n').slice(-3).join(' | ');
    throw new Falha(
      'indisponivel',
      `o engine recusou "${comando}": ${porque}`,
      'Repita o comando para ver o que houve.',
    );
  }

  /** As linhas que um comando imprime, sem as vazias. */
  async listar(argumentos: string[]): Promise<string[]> {
    return (await this.exigir(argumentos)).split('\n').filter((linha) => linha !== '');
  }

  /** O documento que um comando imprime com `--format json`. */
  async ler<Documento>(argumentos: string[]): Promise<Documento> {
    return JSON.parse(await this.exigir(argumentos));
  }

  /**
   * `docker cp` de um container para outro, sem passar por um arquivo. Os donos vão no tar; com `-a` também no
   * destino, o engine procuraria na imagem um getent, que uma distroless não tem.
   */
  async copiarEntre(de: string, para: string): Promise<Resposta> {
    const origem = iniciar(['cp', '-a', de, '-']);
    const destino = await this.rodar(['cp', '-', para], { entrada: origem.stdout });
    const codigo = (await origem.exited) || destino.codigo;
    return { ...destino, codigo, comando: `docker cp -a ${de} - | docker cp - ${para}` };
  }
}

function iniciar(argumentos: string[], { ambiente = {}, entrada }: Pedido = {}) {
  try {
    // Num grupo próprio: o Ctrl-C do terminal chega só a nós, que ainda temos o que limpar, e um sinal
    // nosso alcança também o plugin do Compose.
    return Bun.spawn(['docker', ...argumentos], {
      stdin: entrada ?? 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
      env: { ...Bun.env, ...ambiente },
    });
  } catch (erro) {
    throw new Falha(
      'indisponivel',
      'o comando docker não está no PATH',
      'Instale o Docker: https://docs.docker.com/engine/install/',
      { cause: erro },
    );
  }
}

function descrever(argumentos: string[], ambiente: Record<string, string> = {}): string {
  const variaveis = Object.entries(ambiente).map(([nome, texto]) => `${nome}=${texto}`);
  return [...variaveis, 'docker', ...argumentos]
    .map((palavra) => (/^[\w@%+=:,./-]+$/.test(palavra) ? palavra : `'${palavra.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** O que o engine diz de si. */
export interface Engine {
  versao: string;
  sistema: string;
  compose: string;
}

/**
 * Pergunta ao engine e ao Compose as suas versões. Lança `Falha`: `indisponivel` se um deles não há ou não
 * responde, `semPermissao` se o socket do engine recusa este usuário.
 */
export async function examinarEngine(docker: Docker): Promise<Engine> {
  const versao = await docker.rodar([
    'version',
    '--format',
    '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}',
  ]);
  if (versao.codigo !== 0) {
    if (/permission denied/i.test(versao.erros)) {
      throw new Falha(
        'semPermissao',
        'o engine do Docker recusa este usuário no seu socket',
        'Rode como root, ou entre no grupo docker: sudo usermod -aG docker "$USER" (vale no próximo login).',
      );
    }
    throw new Falha(
      'indisponivel',
      `o engine do Docker não responde: ${versao.erros.trim().split('\n')[0]}`,
      'Comece-o: sudo systemctl start docker, ou abra o Docker Desktop.',
    );
  }
  const compose = await docker.rodar(['compose', 'version', '--short']);
  if (compose.codigo !== 0 || !/^v?[2-9]/.test(compose.saida)) {
    throw new Falha(
      'indisponivel',
      'o Docker Compose v2 ("docker compose") não responde',
      'Instale-o: https://docs.docker.com/compose/install/linux/',
    );
  }
  const [numero = '', sistema = ''] = versao.saida.trim().split(' ');
  return { versao: numero, sistema, compose: compose.saida.trim() };
}

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
  async compose(volume: string, externo: boolean, argumentos: string[]): Promise<Resposta> {
    const arquivos = ['compose.yaml', ...(externo ? ['compose.externo.yaml'] : [])];
    return await this.docker.rodar(
      ['compose', ...arquivos.flatMap((nome) => ['-f', join(PASTA, nome)]), '-p', this.nome, ...argumentos],
      { ambiente: { VOLUME_DADOS: volume, RECIBO: '' } },
    );
  }

  /** O que há no engine com o nome do projeto. */
  async sobras(): Promise<string[]> {
    const filtro = ['--filter', `name=${this.nome}`];
    const [containers, redes, volumes, imagens] = await Promise.all([
      this.docker.listar(['ps', '-a', ...filtro, '--format', 'container {{.Names}}']),
      this.docker.listar(['network', 'ls', ...filtro, '--format', 'rede {{.Name}}']),
      this.docker.listar(['volume', 'ls', ...filtro, '--format', 'volume {{.Name}}']),
      this.docker.listar([
        'images',
        '--filter',
        `reference=${this.nome}*`,
        '--format',
        'imagem {{.Repository}}',
      ]),
    ]);
    return [...containers, ...redes, ...volumes, ...imagens];
  }

  /** Remove do engine tudo o que tem o nome do projeto; devolve o que não conseguiu remover. */
  async remover(): Promise<string[]> {
    const comandos = {
      container: ['rm', '-f', '-v'],
      rede: ['network', 'rm'],
      volume: ['volume', 'rm', '-f'],
      imagem: ['image', 'rm', '-f'],
    };
    let sobras = await this.sobras();
    // Um comando interrompido pode ainda estar criando algo: por isso mais de uma volta.
    for (let volta = 0; volta < 5 && sobras.length > 0; volta++) {
      for (const [tipo, comando] of Object.entries(comandos)) {
        const nomes = sobras
          .filter((sobra) => sobra.startsWith(`${tipo} `))
          .map((sobra) => sobra.slice(tipo.length + 1));
        if (nomes.length > 0) await this.docker.rodar([...comando, ...nomes]);
      }
      await Bun.sleep(volta * 200);
      sobras = await this.sobras();
    }
    return sobras;
  }
}
