import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const RAIZ = resolve(import.meta.dir, '..');

export interface Corrida {
  codigo: number | null;
  sinal: NodeJS.Signals | number | null;
  recibos: string[];
  erros: string;
}

/** Começa o escritor de `raiz` sobre um banco, com `--json`. */
export function iniciarEscritor(
  caminho: string,
  opcoes: string[],
  ambiente: Record<string, string> = {},
  raiz = RAIZ,
) {
  return Bun.spawn([process.execPath, join(raiz, 'escritor.ts'), '-b', caminho, '--json', ...opcoes], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', ...ambiente },
  });
}

/** Espera um escritor terminar, ou ser morto. */
export async function terminar(processo: ReturnType<typeof iniciarEscritor>): Promise<Corrida> {
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  await processo.exited;
  const recibos = [...saida.matchAll(/"recibo":"(\d+:[0-9a-f]{64})"/g)].map(([, recibo]) => recibo ?? '');
  return { codigo: processo.exitCode, sinal: processo.signalCode, recibos, erros };
}

export async function escrever(caminho: string, ...opcoes: string[]): Promise<Corrida> {
  return await terminar(iniciarEscritor(caminho, opcoes));
}

/** Uma cópia do projeto com trechos trocados, para um controle. Lança se um trecho já não está lá. */
export function projetoQuebrado(...trocas: [arquivo: string, de: string, para: string][]) {
  const raiz = mkdtempSync(join(tmpdir(), 'desafio2-quebrado-'));
  for (const nome of ['escritor.ts', 'leitor.ts', 'lib', 'package.json', 'bunfig.toml']) {
    cpSync(join(RAIZ, nome), join(raiz, nome), { recursive: true });
  }
  for (const [arquivo, de, para] of trocas) {
    const antes = readFileSync(join(raiz, arquivo), 'utf8');
    if (!antes.includes(de)) throw new Error(`${arquivo} não tem mais "${de}"`);
    writeFileSync(
      join(raiz, arquivo),
      antes.replace(de, () => para),
    );
  }
  return { raiz, [Symbol.dispose]: () => rmSync(raiz, { recursive: true, force: true }) };
}
