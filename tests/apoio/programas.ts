import { Database } from 'bun:sqlite';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Laudo, Verificacao } from '../../lib/cadeia/laudo.ts';
import './limpeza.ts';

export const RAIZ = resolve(import.meta.dir, '../..');

/**
 * O prazo de um teste, para `setDefaultTimeout` em cada arquivo (o Bun não o guarda para os outros): apanha o que está
 * preso, e não uma máquina ocupada. O do Bun, de 5 s, reprovaria o que só demora.
 */
export const PRAZO_MS = 600_000;

export type Programa = 'escritor' | 'leitor' | 'copiador';

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

/** Começa um programa, com as duas saídas em canos; com `using`, morre no fim do bloco, e senão com os testes. */
export function iniciar(programa: Programa, argumentos: string[], modo: Modo = {}) {
  const pasta = tmpdir();
  const processo = Bun.spawn(comando(programa, argumentos, modo), {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', HOME: pasta, TMPDIR: pasta, ...modo.ambiente },
  });
  return Object.assign(processo, { [Symbol.dispose]: () => processo.kill('SIGKILL') });
}

/** Roda um programa até o fim. */
export async function rodar(programa: Programa, argumentos: string[], modo: Modo = {}): Promise<Resultado> {
  return await terminar(iniciar(programa, argumentos, modo));
}

export async function terminar(processo: ReturnType<typeof iniciar>): Promise<Resultado> {
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  const codigo = await processo.exited;
  exigirRemedios(erros);
  return { saida, erros, codigo };
}

/** Toda mensagem de um programa diz o que falhou e, na linha seguinte, o que fazer. */
function exigirRemedios(erros: string): void {
  const linhas = erros.split('\n');
  for (const [indice, linha] of linhas.entries()) {
    if (!/^(escritor|leitor|copiador):/.test(linha) || linha.includes('isto é um defeito')) continue;
    if (!/: \S/.test(linha) || !/^ +\S/.test(linhas[indice + 1] ?? '')) {
      throw new Error(`uma mensagem sem o que falhou ou sem o que fazer: ${JSON.stringify(erros)}`);
    }
  }
}

export async function escritor(...argumentos: string[]): Promise<Resultado> {
  return await rodar('escritor', argumentos);
}

export async function leitor(...argumentos: string[]): Promise<Resultado> {
  return await rodar('leitor', argumentos);
}

export async function copiador(...argumentos: string[]): Promise<Resultado> {
  return await rodar('copiador', argumentos);
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
  const caminho = mkdtempSync(join(tmpdir(), 'pasta-'));
  const apagar = () => rmSync(caminho, { recursive: true, force: true });
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
  const limite = performance.now() + PRAZO_MS / 3;
  while (!(await condicao())) {
    if (performance.now() > limite) throw new Error(`esperei demais que ${oQue}`);
    await Bun.sleep(5);
  }
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

/** Se a linha de execução principal de um processo espera por algo, como um relógio (proc_pid_stat(5)). */
function dorme(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('S') ?? false;
}
