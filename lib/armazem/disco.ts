import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Que arquivo é, seja qual for o seu nome: dois com a mesma identidade são o mesmo. */
export interface Identidade {
  dispositivo: bigint;
  inode: bigint;
}

/** A que arquivo um caminho leva agora; `undefined` se a nenhum, ou se não se consegue saber. */
export function identificarArquivo(caminho: string): Identidade | undefined {
  try {
    const { dev, ino } = statSync(caminho, { bigint: true });
    return { dispositivo: dev, inode: ino };
  } catch {
    return; // quem pergunta já abriu o arquivo: se agora não o alcança, ele não está ali
  }
}

/** Quando o conteúdo do arquivo mudou, em nanossegundos; `undefined` se não se consegue saber. */
export function lerMudanca(caminho: string): bigint | undefined {
  try {
    return statSync(caminho, { bigint: true }).mtimeNs;
  } catch {
    return; // como em `identificarArquivo`
  }
}

/** `lstat` que distingue "não há" de "não se sabe": só o primeiro devolve `false`, e o segundo lança. */
export function existe(caminho: string): boolean {
  return lstatSync(caminho, { throwIfNoEntry: false }) !== undefined;
}

/** Os primeiros bytes de um arquivo; menos, se ele não os tem. Lança o erro do sistema. */
export function lerComeco(caminho: string, quantos: number): Buffer {
  const bytes = Buffer.alloc(quantos);
  const fd = openSync(caminho, 'r');
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, quantos, 0));
  } finally {
    closeSync(fd);
  }
}

const BYTES_POR_VEZ = 1_000_000;

/** Os bytes de um arquivo aberto, do começo ao fim. Lança o erro do sistema. */
export function* lerBytes(descritor: number): Generator<Uint8Array> {
  const bytes = Buffer.alloc(BYTES_POR_VEZ);
  for (let onde = 0; ; ) {
    const lidos = readSync(descritor, bytes, 0, bytes.length, onde);
    if (lidos === 0) return;
    onde += lidos;
    yield bytes.subarray(0, lidos);
  }
}

/** Se as permissões deixam escrever no arquivo e criar outro ao lado dele. */
export function aceitaEscrita(caminho: string): boolean {
  try {
    accessSync(caminho, constants.W_OK);
    accessSync(dirname(resolve(caminho)), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Leva ao disco as entradas de uma pasta. Lança o erro do sistema. */
export function sincronizarPasta(pasta: string): void {
  const fd = openSync(pasta, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
