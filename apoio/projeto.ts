import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A pasta do projeto. */
export const RAIZ = resolve(import.meta.dir, '..');

/** A imagem de que as nossas partem: `$IMAGEM_BASE`, ou a do Dockerfile. */
export function imagemBase(): string {
  const doArquivo = () =>
    readFileSync(join(RAIZ, 'Dockerfile'), 'utf8').match(/^ARG IMAGEM_BASE=(\S+)$/m)?.[1];
  return process.env.IMAGEM_BASE || doArquivo() || '';
}

/** Uma pasta, de nome começado por `prefixo`, que some no fim do bloco. */
export function pastaTemporaria(prefixo: string, dentroDe = tmpdir()) {
  const caminho = mkdtempSync(join(dentroDe, prefixo));
  return {
    caminho,
    em: (nome: string) => join(caminho, nome),
    [Symbol.dispose]: () => rmSync(caminho, { recursive: true, force: true }),
  };
}

/** Um trecho de um arquivo do projeto, e o que pôr no lugar dele. */
export type Troca = [arquivo: string, de: string, para: string];

/** O que uma cópia do projeto não leva: o que é grande, ou não é dele. */
const FORA_DA_COPIA = ['.git', 'node_modules', 'dados', 'tests'];

/** Uma cópia do projeto, com trechos trocados, que some no fim do bloco. Lança `Error` se uma troca nada muda. */
export function projetoQuebrado(...trocas: Troca[]) {
  const pasta = pastaTemporaria('desafio2-quebrado-');
  try {
    for (const nome of readdirSync(RAIZ)) {
      if (!FORA_DA_COPIA.includes(nome)) cpSync(join(RAIZ, nome), pasta.em(nome), { recursive: true });
    }
    for (const [arquivo, de, para] of trocas) {
      const antes = readFileSync(pasta.em(arquivo), 'utf8');
      const depois = antes.replace(de, () => para);
      if (depois === antes) throw new Error(`${arquivo} não tem mais "${de}"`);
      writeFileSync(pasta.em(arquivo), depois);
    }
  } catch (erro) {
    pasta[Symbol.dispose]();
    throw erro;
  }
  return { raiz: pasta.caminho, [Symbol.dispose]: pasta[Symbol.dispose] };
}

/** As trocas que este projeto, que pode ser já uma cópia quebrada, ainda não tem feitas. */
export function porFazer(trocas: Troca[]): Troca[] {
  return trocas.filter(([arquivo, , para]) => {
    return para === '' || !readFileSync(join(RAIZ, arquivo), 'utf8').includes(para);
  });
}
