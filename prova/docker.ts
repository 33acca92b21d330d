import { join } from 'node:path';
import { Falha } from '../lib/falhas.ts';

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
  /** Depois disto o comando é morto; sem ele, valem 5 minutos: construir imagens sem cache leva segundos. */
  limiteMs?: number;
}

const LIMITE_MS = 300_000;
/** Quanto um comando interrompido tem para desfazer o que começou, antes de um SIGKILL. */
const DESPEDIDA_MS = 5000;
const PASTA = join(import.meta.dir, '..');

/** O engine do Docker, pela sua própria linha de comando. */
export class Docker {
  readonly #parada: AbortSignal | undefined;

  /** `parada` interrompe o comando em curso; sem ela, nada o faz (a limpeza não se deixa interromper). */
  constructor(parada?: AbortSignal) {
    this.#parada = parada;
  }

  /** Roda `docker` até o fim. Lança a `Falha` da parada, ou uma se o comando não existe ou passa do limite. */
  async rodar(argumentos: string[], pedido: Pedido = {}): Promise<Resposta> {
    this.#parada?.throwIfAborted();
    const processo = iniciar(argumentos, pedido);
    const comando = descrever(argumentos, pedido.ambiente);
    const limiteMs = pedido.limiteMs ?? LIMITE_MS;
    let passouDoLimite = false;
    const relogios: Timer[] = [];
    const interromper = () => {
      sinalizar(processo.pid, 'SIGTERM');
      relogios.push(setTimeout(() => sinalizar(processo.pid, 'SIGKILL'), DESPEDIDA_MS));
    };
    const expirar = () => {
      passouDoLimite = true;
      interromper();
    };
    relogios.push(setTimeout(expirar, limiteMs));
    this.#parada?.addEventListener('abort', interromper);
    try {
      const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
      const codigo = await processo.exited;
      this.#parada?.throwIfAborted();
      if (!passouDoLimite) return { codigo, saida, erros, comando };
      throw new Falha(
        'indisponivel',
        `"${comando}" passou de ${limiteMs / 1000} s`,
        'Veja se o engine responde.',
      );
    } finally {
      for (const relogio of relogios) clearTimeout(relogio);
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
      `"${comando}" falhou: ${porque}`,
      'Repita o comando para ver o que houve.',
    );
  }

  /** As linhas que um comando imprime, sem as vazias. */
  async listar(argumentos: string[], pedido: Pedido = {}): Promise<string[]> {
    return (await this.exigir(argumentos, pedido)).split('\n').filter((linha) => linha !== '');
  }

  /** `docker inspect`, ou `undefined` se não há nada com esse nome. */
  async inspecionar<Documento>(
    tipo: 'container' | 'image' | 'volume',
    nome: string,
  ): Promise<Documento | undefined> {
    const { codigo, saida } = await this.rodar(['inspect', '--type', tipo, nome]);
    return codigo === 0 ? JSON.parse(saida)[0] : undefined;
  }

  /**
   * `docker cp` de um container para outro, sem passar por um arquivo. Os donos vão no tar; com `-a` também no
   * destino, o engine procuraria na imagem um getent, que uma distroless não tem.
   */
  async copiarEntre(de: string, para: string): Promise<Resposta> {
    const origem = iniciar(['cp', '-a', de, '-']);
    try {
      const destino = await this.rodar(['cp', '-', para], { entrada: origem.stdout });
      // Um destino que recusa a cópia deixa a origem com o cano cheio.
      if (destino.codigo !== 0) sinalizar(origem.pid, 'SIGKILL');
      const codigo = destino.codigo || (await origem.exited);
      return { ...destino, codigo, comando: `docker cp -a ${de} - | docker cp - ${para}` };
    } finally {
      sinalizar(origem.pid, 'SIGKILL');
    }
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
      // Um $RECIBO de quem chama não se exige aqui, e vazio seria um erro de uso.
      env: { ...Bun.env, RECIBO: undefined, ...ambiente },
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

/** Manda um sinal ao grupo de um processo, se ele ainda existe. */
function sinalizar(pid: number, sinal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, sinal);
  } catch {}
}

function descrever(argumentos: string[], ambiente: Record<string, string> = {}): string {
  const variaveis = Object.entries(ambiente).map(([nome, texto]) => `${nome}=${texto}`);
  return [...variaveis, 'docker', ...argumentos]
    .map((palavra) => (/^[\w@%+=:,./-]+$/.test(palavra) ? palavra : `'${palavra.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** Uma pergunta simples, que um engine que responde responde logo. */
const PERGUNTA = { limiteMs: 15_000 };

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
  const versao = await docker.rodar(
    ['version', '--format', '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}'],
    PERGUNTA,
  );
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
      'Inicie-o: sudo systemctl start docker, ou abra o Docker Desktop.',
    );
  }
  const compose = await docker.rodar(['compose', 'version', '--short'], PERGUNTA);
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
      { ambiente: { VOLUME_DADOS: volume } },
    );
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
