import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import './limpeza.ts';

export const RAIZ = resolve(import.meta.dir, '../..');

/**
 * O prazo de um teste, para `setDefaultTimeout` em cada arquivo (o Bun não o guarda para os outros): apanha o que está
 * preso, e não uma máquina ocupada. O do Bun, de 5 s, reprovaria o que só demora.
 */
export const PRAZO_MS = 1_800_000;

export interface Resultado {
  saida: string;
  erros: string;
  codigo: number;
}

/** Antes de um comando, tira ao root os poderes: sem eles obedece às permissões como qualquer usuário. */
export const SEM_PODERES =
  process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];

/** O ambiente de um programa; `undefined` tira dele o que houver. */
export type Ambiente = Record<string, string | undefined>;

/** Roda um comando até o fim. */
export async function executar(
  comando: string[],
  opcoes: { cwd?: string; env?: Ambiente; stdin?: Buffer } = {},
): Promise<Resultado> {
  return await esperar(Bun.spawn(comando, { stdin: 'ignore', ...opcoes, stdout: 'pipe', stderr: 'pipe' }));
}

/** O fim de um processo que tem as duas saídas em canos, e o que disse nelas. */
export async function esperar(
  processo: Bun.Subprocess<Bun.SpawnOptions.Writable, 'pipe', 'pipe'>,
): Promise<Resultado> {
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { saida, erros, codigo: await processo.exited };
}

/**
 * Espera que um programa, que acha trancado o banco, esteja à espera da vez: tem-no aberto e dorme, e abrir e ler
 * um arquivo não dão a vez a nada.
 */
export async function ateEsperarVez(pid: number, caminho: string): Promise<void> {
  const real = realpathSync(caminho);
  await ate(() => temAberto(pid, real) && dorme(pid) && temAberto(pid, real), 'o programa espere a vez');
}

/** Se um processo tem um arquivo aberto. */
export function temAberto(pid: number, real: string): boolean {
  const pasta = `/proc/${pid}/fd`;
  return readdirSync(pasta).some((fd) => {
    try {
      return readlinkSync(join(pasta, fd)) === real;
    } catch {
      return false; // fechou-o entretanto
    }
  });
}

/** Se a linha de execução principal de um processo espera por algo, como um relógio. */
const dorme = (pid: number) => estadoDe(pid) === 'S';

/** O estado de um processo, numa letra (proc_pid_stat(5)); vazio se já não o há. */
export function estadoDe(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
  } catch {
    return '';
  }
}

/** Os bytes que um processo pediu ao sistema para ler (proc_pid_io(5)). */
export function bytesLidos(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/io`, 'utf8').match(/^rchar: (\d+)$/m)?.[1]);
}

/** Uma FIFO cheia, que ninguém lê. */
export function canoCheio(caminho: string) {
  Bun.spawnSync(['mkfifo', caminho]);
  // Aberta nos dois sentidos: de outro modo a abertura esperaria por quem a lesse.
  const descritor = openSync(caminho, constants.O_RDWR | constants.O_NONBLOCK);
  for (const parte of [Buffer.alloc(4096, '.'), Buffer.alloc(1, '.')]) {
    try {
      for (;;) writeSync(descritor, parte);
    } catch (erro) {
      if (!(erro instanceof Error && 'code' in erro && erro.code === 'EAGAIN')) throw erro;
    }
  }
  const pedaco = Buffer.alloc(512);
  return {
    caminho,
    /** O que houver no cano agora, aos poucos. */
    esvaziar(): string {
      try {
        return pedaco.toString('utf8', 0, readSync(descritor, pedaco));
      } catch {
        return '';
      }
    },
    [Symbol.dispose]: () => closeSync(descritor),
  };
}
