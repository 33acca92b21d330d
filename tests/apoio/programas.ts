import { Database } from 'bun:sqlite';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Laudo, Verificacao } from '../../lib/laudo.ts';
import { aoTerminar } from './limpeza.ts';

export const RAIZ = resolve(import.meta.dir, '../..');

export type Programa = 'escritor' | 'leitor';

export interface Resultado {
  saida: string;
  erros: string;
  codigo: number;
}

export interface Modo {
  /** O que vem antes do comando: `setpriv …`, `sh -c …`. */
  antes?: string[];
  ambiente?: Record<string, string>;
}

/** O comando que roda um dos programas com o mesmo Bun dos testes. */
export function comando(programa: Programa, argumentos: string[], { antes = [] }: Modo = {}): string[] {
  return [...antes, process.execPath, join(RAIZ, `${programa}.ts`), ...argumentos];
}

/** Começa um programa, com as duas saídas em canos; se os testes acabarem antes dele, ele morre com eles. */
export function iniciar(programa: Programa, argumentos: string[], modo: Modo = {}) {
  const processo = Bun.spawn(comando(programa, argumentos, modo), {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...modo.ambiente },
  });
  processo.exited.then(aoTerminar(() => processo.kill('SIGKILL')));
  return processo;
}

/** Roda um programa até o fim. */
export async function rodar(programa: Programa, argumentos: string[], modo: Modo = {}): Promise<Resultado> {
  return await terminar(iniciar(programa, argumentos, modo));
}

export async function terminar(processo: ReturnType<typeof iniciar>): Promise<Resultado> {
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  const codigo = await processo.exited;
  return { saida, erros, codigo };
}

export async function escritor(...argumentos: string[]): Promise<Resultado> {
  return await rodar('escritor', argumentos);
}

export async function leitor(...argumentos: string[]): Promise<Resultado> {
  return await rodar('leitor', argumentos);
}

/** Roda o leitor com `--json` e devolve o laudo com o código. */
export async function pedirLaudo(
  caminho: string,
  ...argumentos: string[]
): Promise<Laudo & { codigo: number; erros: string }> {
  const { saida, erros, codigo } = await leitor('--json', '-b', caminho, ...argumentos);
  return { ...JSON.parse(saida), codigo, erros };
}

/** A verificação `nome` de um laudo. */
export function verificacao(laudo: Laudo, nome: Verificacao['nome']): Verificacao {
  const achada = laudo.verificacoes.find((candidata) => candidata.nome === nome);
  if (!achada) throw new Error(`o laudo não tem a verificação ${nome}`);
  return achada;
}

/** Os recibos que o escritor imprimiu. */
export function recibosDe(saida: string): string[] {
  return [...saida.matchAll(/recibo"?: ?"?(\d+:[0-9a-f]{64})/g)].map(([, recibo]) => recibo ?? '');
}

/** Uma pasta que some no fim do bloco, ou com os testes. */
export function pastaTemporaria() {
  const caminho = mkdtempSync(join(tmpdir(), 'desafio2-teste-'));
  const apagar = aoTerminar(() => rmSync(caminho, { recursive: true, force: true }));
  return { caminho, em: (nome: string) => join(caminho, nome), [Symbol.dispose]: apagar };
}

/** Um caminho de banco numa pasta temporária; ao fim do bloco, o banco deve estar inteiro e sem vizinhos. */
export function bancoTemporario() {
  const pasta = pastaTemporaria();
  const caminho = pasta.em('desafio2.db');
  let conferir = true;
  return {
    caminho,
    pasta,
    /** Para um teste que estraga o banco de propósito. */
    dispensarConferencia(): void {
      conferir = false;
    },
    /** Cria o banco por SQL, como faria outro programa. */
    criar(...comandos: string[]): void {
      using banco = new Database(caminho, { create: true, readwrite: true });
      for (const sql of comandos) banco.run(sql);
    },
    /** Muda o banco por SQL, como faria quem tem acesso ao arquivo. */
    sabotar(...comandos: string[]): void {
      using banco = new Database(caminho, { readwrite: true });
      for (const sql of comandos) banco.run(sql);
    },
    /** Muda os bytes do arquivo. */
    estragar(mudar: (bytes: Buffer) => void): void {
      const bytes = readFileSync(caminho);
      mudar(bytes);
      writeFileSync(caminho, bytes);
    },
    consultar(sql: string): unknown[][] {
      using banco = new Database(caminho, { readonly: true });
      return banco.query(sql).values();
    },
    [Symbol.dispose](): void {
      try {
        if (!conferir || !existsSync(caminho)) return;
        for (const sufixo of ['-journal', '-wal', '-shm']) {
          if (existsSync(caminho + sufixo)) throw new Error(`ficou um ${sufixo} ao lado do banco`);
        }
        using banco = new Database(caminho, { readonly: true });
        const estado = banco.query('PRAGMA integrity_check').values();
        if (estado[0]?.[0] !== 'ok') throw new Error(`o banco ficou estragado: ${estado}`);
      } finally {
        pasta[Symbol.dispose]();
      }
    },
  };
}

/** Espera que `condicao` seja verdadeira; desiste, com erro, depois de um limite largo. */
export async function ate(condicao: () => boolean | Promise<boolean>, oQue: string): Promise<void> {
  const limite = performance.now() + 60_000;
  while (!(await condicao())) {
    if (performance.now() > limite) throw new Error(`esperei demais que ${oQue}`);
    await Bun.sleep(5);
  }
}
