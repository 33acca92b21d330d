import { expect } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import type { Laudo, Verificacao } from '../../lib/cadeia/laudo.ts';
import { bancoTemporario, pastaTemporaria } from './bancos.ts';
import { esperar, estadoDe, PRAZO_MS, RAIZ, type Resultado } from './processos.ts';

export type Programa = 'escritor' | 'leitor' | 'copiador';

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

/** O fim de um programa; lança `Error` se alguma mensagem dele não diz o que fazer. */
export async function terminar(processo: ReturnType<typeof iniciar>): Promise<Resultado> {
  const resultado = await esperar(processo);
  exigirRemedios(resultado.erros);
  return resultado;
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

/** O pico de memória, em kB, de um programa que acaba com `codigo`. */
export async function picoDe(programa: Programa, argumentos: string[], codigo = 0): Promise<number> {
  using pasta = pastaTemporaria();
  const ambiente = {
    BUN_OPTIONS: `--preload ${join(import.meta.dir, 'pico.ts')}`,
    PICO_EM: pasta.em('pico'),
  };
  const { erros, ...visto } = await rodar(programa, argumentos, { ambiente });
  expect([codigo === 0 && erros, visto.codigo]).toEqual([codigo === 0 && '', codigo]);
  return Number(readFileSync(ambiente.PICO_EM, 'utf8'));
}

export async function escritor(...argumentos: string[]): Promise<Resultado> {
  return await rodar('escritor', argumentos);
}

/**
 * Grava `vezes` execuções com `--json`, e devolve as linhas delas. Numa máquina ocupada a vez de escrever pode não vir
 * em 10 s (75): as que faltam gravam-se depois.
 */
export async function gravarInsistindo(banco: string, vezes: number, ...opcoes: string[]): Promise<string[]> {
  const linhas: string[] = [];
  await ate(async () => {
    const faltam = ['-e', `${vezes - linhas.length}`, '--json', ...opcoes];
    const { saida, erros, codigo } = await escritor('-b', banco, ...faltam);
    if (codigo !== 75) expect([erros, codigo]).toEqual(['', 0]);
    linhas.push(...saida.split('\n').filter(Boolean));
    return linhas.length === vezes;
  }, 'as execuções estejam gravadas');
  return linhas;
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

/** Uma falha prevista: nada em stdout além do laudo, e em stderr a mensagem e o que fazer, sem pilha. */
export function esperarFalha(
  programa: Programa,
  { saida, erros, codigo }: Resultado,
  esperado: number,
  texto: string,
): void {
  if (programa === 'escritor') expect(saida).toBe('');
  expect(erros).toStartWith(`${programa}: `);
  expect(erros).toContain(texto);
  expect(erros.trimEnd().split('\n')).toHaveLength(2);
  expect(erros).not.toMatch(/\bat .*:\d+:\d+/);
  expect(codigo).toBe(esperado);
}

/** Um banco com três execuções de três usuários, e os recibos delas: uma cópia do que se gravou da primeira vez. */
export async function bancoDeTres() {
  feitoDeTres ??= gravarTres();
  const { bytes, recibos } = await feitoDeTres;
  const banco = bancoTemporario();
  writeFileSync(banco.caminho, bytes);
  return Object.assign(banco, { recibos });
}

let feitoDeTres: ReturnType<typeof gravarTres> | undefined;

async function gravarTres() {
  using banco = bancoTemporario();
  const { saida } = await escritor('-b', banco.caminho, '-e', '3', '--json');
  return { bytes: readFileSync(banco.caminho), recibos: recibosDe(saida) };
}

/** As verificações de um laudo, na ordem. */
export const VERIFICACOES = [
  'volume',
  'arquivo',
  'estrutura',
  'esquema',
  'selos',
  'avulsos',
  'recibos',
  'assinatura',
  'origem',
];

/** Os recibos que o escritor imprimiu. */
export function recibosDe(saida: string): string[] {
  return [...saida.matchAll(/recibo"?: ?"?(\d+:[0-9a-f]{64})/g)].map(([, recibo]) => recibo ?? '');
}

/**
 * Um programa parado (SIGSTOP) num momento em que `condicao` vale. Se acaba antes que se veja um, começa-se outro, que
 * pode ser maior: `comecar` recebe quantos já acabaram.
 */
export async function pararQuando(
  comecar: (vez: number) => ReturnType<typeof iniciar>,
  condicao: (pid: number) => boolean,
): Promise<ReturnType<typeof iniciar>> {
  const limite = performance.now() + PRAZO_MS / 3;
  for (let vez = 0; performance.now() < limite; vez++) {
    const processo = comecar(vez);
    while (await parar(processo)) {
      if (condicao(processo.pid)) return processo;
      processo.kill('SIGCONT');
      await Bun.sleep(1);
    }
  }
  throw new Error('nenhum programa foi visto a tempo de o parar');
}

/** Para um processo; se ele já acabou, diz `false`. */
async function parar(processo: ReturnType<typeof iniciar>): Promise<boolean> {
  processo.kill('SIGSTOP');
  const acabou = () => processo.exitCode !== null || processo.signalCode !== null;
  await ate(() => acabou() || estadoDe(processo.pid) === 'T', 'o programa pare');
  return !acabou();
}
