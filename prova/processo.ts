/** O que um processo respondeu. */
export interface Corrida {
  /** De um que um sinal matou, 128 e o número do sinal. */
  codigo: number;
  saida: string;
  erros: string;
  /** Se passou do limite, e foi morto. */
  passou: boolean;
}

/** Como rodar um processo. */
export interface Modo {
  pasta?: string;
  /** O que muda no ambiente; `undefined` tira dele o que houver. */
  ambiente?: Record<string, string | undefined>;
  /** A saída de outro comando, como num pipe. */
  entrada?: ReadableStream;
  /** Onde vai o que ele imprime, se ninguém o vai ler. */
  saida?: Bun.BunFile;
  /** Depois disso é interrompido; sem ele, nunca. */
  limiteMs?: number;
  /** Quanto um processo interrompido tem para desfazer o que começou, antes de um SIGKILL. */
  despedidaMs?: number;
  parada?: AbortSignal | undefined;
}

const DESPEDIDA_MS = 5000;

/**
 * Começa um comando num grupo próprio: o Ctrl-C do terminal chega só a nós, que ainda temos o que limpar, e um sinal
 * nosso alcança também o que ele começou. Lança se o comando não existe.
 */
export function comecar(comando: string[], { pasta, ambiente = {}, entrada, saida }: Modo = {}) {
  const env = Object.entries({ ...Bun.env, ...ambiente }).filter(([, texto]) => texto !== undefined);
  return Bun.spawn(comando, {
    ...(pasta !== undefined && { cwd: pasta }),
    stdin: entrada ?? 'ignore',
    stdout: (saida ?? 'pipe') as 'pipe',
    stderr: 'pipe',
    detached: true,
    env: Object.fromEntries(env),
  });
}

/** Um processo começado por `comecar`. */
export type Processo = ReturnType<typeof comecar>;

/** Manda um sinal ao grupo de um processo, se ainda há alguém nele. */
export function sinalizar({ pid }: Pick<Processo, 'pid'>, sinal: NodeJS.Signals): void {
  try {
    process.kill(-pid, sinal);
  } catch {}
}

/** Roda um comando até o fim. `parada` e o limite o interrompem; só a `parada` faz rejeitar, com a razão dela. */
export async function correr(comando: string[], modo: Modo = {}): Promise<Corrida> {
  const { parada, limiteMs, despedidaMs = DESPEDIDA_MS } = modo;
  parada?.throwIfAborted();
  const processo = comecar(comando, modo);
  let passou = false;
  const relogios: Timer[] = [];
  const interromper = () => {
    sinalizar(processo, 'SIGTERM');
    relogios.push(setTimeout(() => sinalizar(processo, 'SIGKILL'), despedidaMs));
  };
  const expirar = () => {
    passou = true;
    interromper();
  };
  if (limiteMs !== undefined) relogios.push(setTimeout(expirar, limiteMs));
  parada?.addEventListener('abort', interromper);
  try {
    const erros = processo.stderr.text();
    const saida = modo.saida ? '' : await processo.stdout.text();
    const resposta = { codigo: await processo.exited, saida, erros: await erros, passou };
    parada?.throwIfAborted();
    return resposta;
  } finally {
    for (const relogio of relogios) clearTimeout(relogio);
    parada?.removeEventListener('abort', interromper);
  }
}

/** O comando como se escreve num terminal, com o que muda no ambiente. */
export function descrever(comando: string[], ambiente: Modo['ambiente'] = {}): string {
  const variaveis = Object.entries(ambiente).flatMap(([nome, texto]) =>
    texto === undefined ? [] : [`${nome}=${Bun.$.escape(texto)}`],
  );
  return [...variaveis, ...comando.map((palavra) => Bun.$.escape(palavra))].join(' ');
}
