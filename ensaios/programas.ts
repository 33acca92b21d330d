import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as processos from '../apoio/processo.ts';
import { RAIZ } from '../apoio/projeto.ts';

/** Como um programa terminou, e o que disse. */
export interface Corrida extends processos.Fim {
  /** Não terminou no prazo, e foi morto. */
  preso: boolean;
  recibos: string[];
}

/** Depois disso um programa está preso: o que mais espera, espera 10 s por uma trava. */
const PRAZO_MS = 60_000;

/** Como rodar um programa, se não do modo comum. */
export interface Modo {
  /** O que vem antes do comando: `prlimit …`, `unshare …`. */
  antes?: string[];
  ambiente?: Record<string, string>;
  /** Onde rodar. */
  pasta?: string;
  /** Outra cópia do projeto. */
  raiz?: string;
}

/** Começa um programa, com as duas saídas em pipes. */
export function iniciar(programa: string, argumentos: string[], modo: Modo = {}) {
  const { antes = [], ambiente = {}, pasta = '.', raiz = RAIZ } = modo;
  return processos.iniciar([...antes, process.execPath, join(raiz, `${programa}.ts`), ...argumentos], {
    cwd: pasta,
    // A pasta dos temporários é a de quem chama, que assim sabe o que é seu.
    env: { PATH: process.env.PATH ?? '', TMPDIR: tmpdir(), ...ambiente },
  });
}

/** Começa o escritor sobre um banco, com `--json`. */
export function iniciarEscritor(caminho: string, opcoes: string[], modo: Modo = {}) {
  return iniciar('escritor', ['-b', caminho, '--json', ...opcoes], modo);
}

/** Espera um programa terminar, ou ser morto. */
export async function terminar(processo: ReturnType<typeof iniciar>): Promise<Corrida> {
  let preso = false;
  const prazo = setTimeout(() => {
    preso = true;
    processo.kill('SIGKILL');
  }, PRAZO_MS);
  const fim = await processos.terminar(processo);
  clearTimeout(prazo);
  return { ...fim, preso, recibos: recibosDe(fim.saida) };
}

/** Os recibos inteiros num texto, sem os repetidos. */
export function recibosDe(texto: string): string[] {
  return [...new Set(texto.match(/\d+:[0-9a-f]{64}/g))];
}

/** Uma função que diz se um banco, ou o -journal dele, mudou desde agora. */
export function vigiar(caminho: string): () => boolean {
  const fotografar = () =>
    [caminho, `${caminho}-journal`]
      .map((nome) => statSync(nome, { throwIfNoEntry: false }))
      .map((estado) => `${estado?.ino} ${estado?.size} ${estado?.mtimeMs}`)
      .join();
  const antes = fotografar();
  return () => fotografar() !== antes;
}

/** Roda o escritor até o fim. */
export async function escrever(caminho: string, ...opcoes: string[]): Promise<Corrida> {
  return await terminar(iniciarEscritor(caminho, opcoes));
}
