/** Como um processo terminou, e o que disse. */
export interface Fim {
  /** `null` se um sinal o matou. */
  codigo: number | null;
  sinal: NodeJS.Signals | number | null;
  saida: string;
  erros: string;
}

type Processo = Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
type Modo = Pick<Bun.Spawn.SpawnOptions<'ignore', 'pipe', 'pipe'>, 'cwd' | 'env' | 'signal'>;

/** Começa um comando, sem nada na entrada e com as duas saídas em pipes. */
export function iniciar(comando: string[], modo: Modo = {}): Processo {
  return Bun.spawn(comando, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', ...modo });
}

/** Espera que um processo termine, lendo as duas saídas ao mesmo tempo: um pipe cheio o prenderia. */
export async function terminar(processo: Processo): Promise<Fim> {
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text(), processo.exited]);
  return { codigo: processo.exitCode, sinal: processo.signalCode, saida, erros };
}

/** Roda um comando até o fim; com `signal`, leva um SIGTERM quando ele dispara. */
export async function rodar(comando: string[], modo: Modo = {}): Promise<Fim> {
  return await terminar(iniciar(comando, modo));
}

/** Roda um comando até o fim, já. Lança `Error`, com o que ele disse, se não sai com 0; devolve a saída. */
export function exigir(...comando: string[]): string {
  const { success, stdout, stderr } = Bun.spawnSync(comando);
  if (!success) throw new Error(`${comando.join(' ')}: ${stderr}`);
  return stdout.toString();
}

/** As linhas inteiras de um pipe, à medida que chegam. */
export async function* emLinhas(cano: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const emTexto = new TextDecoder();
  let resto = '';
  for await (const parte of cano) {
    const inteiras = (resto + emTexto.decode(parte, { stream: true })).split('\n');
    resto = inteiras.pop() ?? '';
    yield* inteiras;
  }
}

/** Se um comando existe e sai com 0. */
export function responde(...comando: string[]): boolean {
  try {
    return Bun.spawnSync(comando, { stdout: 'ignore', stderr: 'ignore' }).success;
  } catch {
    return false;
  }
}

/** Largo: detecta o que não vai acontecer, e não uma máquina ocupada. */
const LIMITE_MS = 600_000;

/** Espera que `condicao` seja verdadeira. Lança `Error` depois de um limite largo, e o que a `parada` diz se ela vem. */
export async function ate(
  condicao: () => boolean | Promise<boolean>,
  oQue: string,
  parada?: AbortSignal,
): Promise<void> {
  const limite = performance.now() + LIMITE_MS;
  while (!(await condicao())) {
    parada?.throwIfAborted();
    if (performance.now() > limite) throw new Error(`esperei demais que ${oQue}`);
    await Bun.sleep(2);
  }
}
