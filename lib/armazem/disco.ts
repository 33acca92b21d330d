import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** O que o sistema diz de um arquivo; `undefined` se não se consegue saber. */
function examinar(caminho: string): BigIntStats | undefined {
  try {
    return statSync(caminho, { bigint: true });
  } catch {
    return;
  }
}

/** A que arquivo um caminho leva agora, seja qual for o nome dele; `undefined` se não se consegue saber. */
export function identificarArquivo(caminho: string): string | undefined {
  const estado = examinar(caminho);
  return estado && identidadeDe(estado);
}

/** Se um caminho sem links está numa pasta, com o nome que lhe deram ou outro: um link, ou ela montada outra vez. */
export function estaDentro(real: string, pasta: string): boolean {
  const id = identificarArquivo(pasta);
  for (let acima = dirname(real); ; acima = dirname(acima)) {
    if (acima === pasta || (id && identificarArquivo(acima) === id)) return true;
    if (acima === '/') return false;
  }
}

/** Dois arquivos com a mesma identidade são o mesmo. */
export function identidadeDe({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * Quando o arquivo mudou, em nanossegundos; `undefined` se não se consegue saber. É a hora que só o kernel escreve: a do
 * conteúdo, quem o muda pode repô-la.
 */
export function lerMudanca(caminho: string): bigint | undefined {
  return examinar(caminho)?.ctimeNs;
}

/**
 * O caminho absoluto, sem links nem `..`, por que o kernel chega ao mesmo arquivo; se ele ainda não existe, por que
 * chegaria. O do Node junta `link/..` sem seguir o link. Lança o erro do sistema; EXDEV se fica em outra raiz, como a de
 * `/proc/1/root`, a que nenhum caminho daqui leva.
 */
export function caminhoReal(caminho: string): string {
  try {
    // Um arquivo que outro processo troca entre as duas perguntas não é outro lugar: pergunta-se de novo.
    for (let vez = 0; vez < 100; vez++) {
      const real = realpathSync.native(caminho);
      if (identificarArquivo(real) === identificarArquivo(caminho)) return real;
    }
    throw Object.assign(new Error(`${caminho} fica em outra raiz`), { code: 'EXDEV' });
  } catch (erro) {
    const falta = erro instanceof Error && 'code' in erro && erro.code === 'ENOENT';
    if (!falta || /(?:^|\/)\.{0,2}$/.test(caminho)) throw erro; // uma pasta, e não um arquivo por criar
    return join(caminhoReal(dirname(caminho)), basename(caminho));
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
    accessSync(dirname(caminhoReal(caminho)), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Leva ao disco um arquivo e o nome dele. Não com o SQLite a usá-lo: fechá-lo largaria as travas. Lança o erro do sistema. */
export function sincronizarArquivo(caminho: string): void {
  const real = caminhoReal(caminho);
  sincronizar(real);
  try {
    sincronizar(dirname(real));
  } catch {} // nem toda pasta se deixa abrir ou sincronizar; o SQLite também não o exige
}

/** Leva ao disco o conteúdo de um arquivo, ou as entradas de uma pasta. Lança o erro do sistema. */
export function sincronizar(caminho: string): void {
  const fd = openSync(caminho, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
