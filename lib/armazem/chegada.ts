import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { eServidor } from './abrir.ts';
import { caminhoReal } from './disco.ts';
import { falhaDeArquivo } from './erros.ts';

/**
 * Guarda num arquivo, ao lado do que vai ser escrito em `destino`, os bytes que chegam; ele some no fim do bloco, ou se
 * eles não chegam inteiros. Lança `Falha`, ou o que a chegada lançar.
 */
export async function receber(
  chegada: AsyncIterable<Uint8Array>,
  destino: string,
): Promise<{ caminho: string } & Disposable> {
  const pasta = criarPastaPerto(destino);
  const apagar = () => rmSync(pasta, { recursive: true, force: true });
  const caminho = join(pasta, 'stdin');
  try {
    const descritor = openSync(caminho, 'wx');
    try {
      for await (const bytes of chegada) {
        for (let feitos = 0; feitos < bytes.length; ) feitos += writeSync(descritor, bytes, feitos);
      }
    } finally {
      closeSync(descritor);
    }
  } catch (erro) {
    apagar();
    throw falhaDeArquivo(erro, caminho, 'naoCriado');
  }
  return { caminho, [Symbol.dispose]: apagar };
}

/** Uma pasta ao lado de um caminho; se a dele ainda não existe, na primeira acima que existe; de um servidor, a comum. */
function criarPastaPerto(caminho: string): string {
  try {
    if (eServidor(caminho)) return mkdtempSync(join(tmpdir(), 'desafio2-'));
    let pasta = dirname(caminhoReal(caminho));
    while (!existsSync(pasta)) pasta = dirname(pasta);
    return mkdtempSync(join(pasta, `${basename(caminho)}.`));
  } catch (erro) {
    throw falhaDeArquivo(erro, caminho, 'naoCriado');
  }
}
