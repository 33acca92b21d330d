import { chownSync } from 'node:fs';
import { lerTexto } from '../lib/texto.ts';

/** O texto de um arquivo, sem espaços em volta; vazio se ele ainda não existe, ou já não. */
export function ler(caminho: string): string {
  return lerTexto(caminho)?.trim() ?? '';
}

/** Os processos que um começou, e que ainda há. */
export function filhosDe(pid: number | undefined): number[] {
  return ler(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** O PostgreSQL não aceita ser do root: quem o é cede-o a ninguém. */
const NINGUEM = 65534;
const SOU_ROOT = process.getuid?.() === 0;

/** O que vem antes de um comando que não pode ser do root. */
export const CEDIDO = SOU_ROOT
  ? ['setpriv', `--reuid=${NINGUEM}`, `--regid=${NINGUEM}`, '--clear-groups']
  : [];

/** Deixa uma pasta a quem roda um comando assim. */
export function ceder(pasta: string): void {
  if (SOU_ROOT) chownSync(pasta, NINGUEM, NINGUEM);
}

/** Manda um sinal a um processo que pode já ter acabado. */
export function sinalizar(pid: number, sinal: NodeJS.Signals): void {
  try {
    process.kill(pid, sinal);
  } catch (erro) {
    if (!(erro instanceof Error && 'code' in erro && erro.code === 'ESRCH')) throw erro;
  }
}

/** O mesmo a um processo, e aos que ele começou. */
export function sinalizarFamilia(chefe: number, sinal: NodeJS.Signals): void {
  for (const pid of [chefe, ...filhosDe(chefe)]) sinalizar(pid, sinal);
}

const DADAS = new Set<number>();

/**
 * Uma porta livre, que não se dá duas vezes, abaixo das que o kernel dá a quem liga: com um servidor parado, quem
 * tentasse ligar-se a ele podia receber a porta dele, e ficar com ela.
 */
export function portaLivre(): number {
  for (let vezes = 0; vezes < 100; vezes++) {
    try {
      const port = 20_000 + Math.floor(Math.random() * 12_000);
      if (DADAS.has(port)) continue;
      Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } }).stop(true);
      DADAS.add(port);
      return port;
    } catch {
      // já é de alguém
    }
  }
  throw new Error('não há uma porta livre');
}
