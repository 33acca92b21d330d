import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A pasta do projeto. */
export const RAIZ = resolve(import.meta.dir, '..');

/** Como um programa terminou, e o que disse. */
export interface Corrida {
  codigo: number | null;
  sinal: NodeJS.Signals | number | null;
  /** Não terminou no prazo, e foi morto. */
  preso: boolean;
  recibos: string[];
  erros: string;
}

/** Depois disto um programa está preso: o que mais espera, espera 10 s por uma trava. */
const PRAZO_MS = 60_000;

/** Como rodar um programa, se não do modo comum. */
export interface Modo {
  /** O que vem antes do comando: `prlimit …`, `unshare …`. */
  antes?: string[];
  ambiente?: Record<string, string>;
  /** Onde rodar. */
  pasta?: string;
  /** Outra cópia do projeto. */
  raiz?: string | undefined;
}

/** Começa um programa, com as duas saídas em canos. */
export function iniciar(programa: string, argumentos: string[], modo: Modo = {}) {
  const { antes = [], ambiente = {}, pasta = '.', raiz = RAIZ } = modo;
  return Bun.spawn([...antes, process.execPath, join(raiz, `${programa}.ts`), ...argumentos], {
    cwd: pasta,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    // A pasta dos temporários é a de quem chama, que assim sabe o que é seu.
    env: { PATH: process.env.PATH ?? '', TMPDIR: tmpdir(), ...ambiente },
  });
}

/** Começa o escritor sobre um banco, com `--json`. */
export function iniciarEscritor(caminho: string, opcoes: string[], modo: Modo = {}) {
  return iniciar('escritor', ['-b', caminho, '--json', ...opcoes], modo);
}

/** Espera um programa terminar, ou ser morto. */
export async function terminar(processo: ReturnType<typeof iniciar>): Promise<Corrida & { saida: string }> {
  let preso = false;
  const prazo = setTimeout(() => {
    preso = true;
    processo.kill('SIGKILL');
  }, PRAZO_MS);
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  await processo.exited;
  clearTimeout(prazo);
  return {
    codigo: processo.exitCode,
    sinal: processo.signalCode,
    preso,
    recibos: recibosDe(saida),
    saida,
    erros,
  };
}

/** Os recibos inteiros que o escritor imprimiu com `--json`, sem os repetidos. */
export function recibosDe(saida: string): string[] {
  const achados = saida.matchAll(/"recibo":"(\d+:[0-9a-f]{64})"/g);
  return [...new Set(Array.from(achados, ([, recibo]) => recibo ?? ''))];
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

/** Roda um comando do sistema. Lança `Error`, com o que ele disse, se falha. */
export function rodar(...comando: string[]): void {
  const { success, stderr } = Bun.spawnSync(comando);
  if (!success) throw new Error(`${comando.join(' ')}: ${stderr}`);
}

/** Um trecho de um arquivo do projeto, e o que pôr no lugar dele. */
export type Troca = [arquivo: string, de: string, para: string];

/** O que uma cópia do projeto não leva: o que é grande, ou não é dele. */
const FORA_DA_COPIA = ['.git', 'node_modules', 'dados', 'tests'];

/** Uma cópia do projeto com trechos trocados. Lança `Error` se um trecho não está lá, nem o que o trocaria. */
export function projetoQuebrado(...trocas: Troca[]) {
  const raiz = mkdtempSync(join(tmpdir(), 'desafio2-quebrado-'));
  const apagar = () => rmSync(raiz, { recursive: true, force: true });
  try {
    for (const nome of readdirSync(RAIZ)) {
      if (!FORA_DA_COPIA.includes(nome)) cpSync(join(RAIZ, nome), join(raiz, nome), { recursive: true });
    }
    for (const troca of trocas) trocar(raiz, troca);
  } catch (erro) {
    apagar();
    throw erro;
  }
  return { raiz, [Symbol.dispose]: apagar };
}

function trocar(raiz: string, [arquivo, de, para]: Troca): void {
  const antes = readFileSync(join(raiz, arquivo), 'utf8');
  if (para !== '' && antes.includes(para)) return;
  if (!antes.includes(de)) throw new Error(`${arquivo} não tem mais "${de}"`);
  writeFileSync(
    join(raiz, arquivo),
    antes.replace(de, () => para),
  );
}

/** Um escritor que imprime o recibo, demora-se, e só então confirma. */
export const RECIBO_ANTES_DO_COMMIT: Troca[] = [
  [
    'lib/armazem/escrita.ts',
    'await esperarVez(confirmar, parada);',
    `const { execucao } = resultado as any;
     require('node:fs').writeSync(1, JSON.stringify({ recibo: execucao.id + ':' + execucao.selo }) + '\\n');
     await Bun.sleep(200);
     await esperarVez(confirmar, parada);`,
  ],
];

/** Um escritor que dá o recibo ainda que o COMMIT falhe: com o disco cheio, por exemplo. */
export const COMMIT_SEM_OLHAR: Troca[] = [
  [
    'lib/armazem/escrita.ts',
    'await esperarVez(confirmar, parada);',
    'try { await esperarVez(confirmar, parada); } catch {}',
  ],
];

/** Um escritor com o `synchronous` que o SQLite tem por padrão. */
export const SEM_EXTRA: Troca[] = [
  ['lib/armazem/escrita.ts', 'PRAGMA synchronous = EXTRA', 'PRAGMA synchronous = FULL'],
  [
    'lib/armazem/escrita.ts',
    "consultarUm(banco, 'PRAGMA synchronous') !== 3",
    "consultarUm(banco, 'PRAGMA synchronous') !== 2",
  ],
];
