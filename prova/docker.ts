import { Falha } from '../lib/falhas.ts';

/** O que um comando `docker` respondeu, e como repeti-lo num terminal. */
export interface Resposta {
  codigo: number;
  saida: string;
  erros: string;
  comando: string;
}

export interface Pedido {
  /** O que muda no ambiente; `undefined` tira dele o que houver. */
  ambiente?: Record<string, string | undefined>;
  /** A saída de outro comando, como num cano. */
  entrada?: ReadableStream;
  /** Depois disto o comando é morto; sem ele, valem 5 minutos: construir imagens sem cache leva segundos. */
  limiteMs?: number;
}

/** Se um container saiu com 0 e nada disse. */
export const foiMudo = ({ codigo, saida }: Resposta) => codigo === 0 && saida === '';

/**
 * Repete, até três vezes, o que ficou mudo: sob carga, o engine perde às vezes a saída de um container que acaba logo.
 * Um programa que se cala continua calado.
 */
export async function ouvir(
  rodar: () => Promise<Resposta>,
  mudo: (resposta: Resposta) => boolean = foiMudo,
): Promise<Resposta> {
  let resposta = await rodar();
  for (let vez = 0; vez < 3 && mudo(resposta); vez++) resposta = await rodar();
  return resposta;
}

const LIMITE_MS = 300_000;
/** Quanto um comando interrompido tem para desfazer o que começou, antes de um SIGKILL. */
const DESPEDIDA_MS = 5000;

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
    tipo: 'container' | 'image' | 'volume' | 'network',
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
  const env = Object.entries({ ...Bun.env, ...ambiente }).filter(([, texto]) => texto !== undefined);
  try {
    // Num grupo próprio: o Ctrl-C do terminal chega só a nós, que ainda temos o que limpar, e um sinal
    // nosso alcança também o plugin do Compose.
    return Bun.spawn(['docker', ...argumentos], {
      stdin: entrada ?? 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      detached: true,
      env: Object.fromEntries(env),
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

function descrever(argumentos: string[], ambiente: Pedido['ambiente'] = {}): string {
  const variaveis = Object.entries(ambiente).flatMap(([nome, texto]) =>
    texto === undefined ? [] : [`${nome}=${texto}`],
  );
  return [...variaveis, 'docker', ...argumentos]
    .map((palavra) => (/^[\w@%+=:,./-]+$/.test(palavra) ? palavra : `'${palavra.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
