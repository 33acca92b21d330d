import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { eServidor } from './abrir.ts';
import { caminhoReal } from './disco.ts';
import { falhaDeArquivo } from './erros.ts';

/** O caminho de um arquivo por criar, numa pasta só dele; no fim do bloco, some com ela. */
export type Provisorio = { caminho: string } & Disposable;

/** Guarda num arquivo, ao lado do que vai ser escrito em `destino`, os bytes que chegam. Lança `Falha`, ou o que a chegada lançar. */
export async function receber(chegada: AsyncIterable<Uint8Array>, destino: string): Promise<Provisorio> {
  const provisorio = criarProvisorio('stdin', destino);
  try {
    await writeFile(provisorio.caminho, chegada, { flag: 'wx' });
    return provisorio;
  } catch (erro) {
    provisorio[Symbol.dispose]();
    throw falhaDeArquivo(erro, provisorio.caminho, 'naoCriado');
  }
}

/**
 * Ao lado de um caminho; se a pasta dele ainda não existe, na primeira acima que existe; de um servidor, ou de nenhum
 * lugar, na dos temporários. Lança `Falha`.
 */
export function criarProvisorio(nome: string, perto?: string): Provisorio {
  const vizinho = perto !== undefined && !eServidor(perto) ? perto : undefined;
  try {
    const pasta = mkdtempSync(vizinho ? inicioAoLado(vizinho) : join(tmpdir(), 'desafio2-'));
    const apagar = () => rmSync(pasta, { recursive: true, force: true });
    return { caminho: join(pasta, nome), [Symbol.dispose]: apagar };
  } catch (erro) {
    throw falhaDeArquivo(erro, vizinho ?? tmpdir(), 'naoCriado');
  }
}

function inicioAoLado(caminho: string): string {
  let pasta = dirname(caminhoReal(caminho));
  while (!existsSync(pasta)) pasta = dirname(pasta);
  return join(pasta, `${basename(caminho)}.`);
}
