import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { API, type Project } from 'typescript/unstable/async';
import { acharMutantes, type Mutante } from './pontos.ts';

/** Os erros de um nome que ninguém mais usa, de um comando a que nada chega: o programa mudado roda na mesma. */
const TOLERADOS = [6133, 6138, 6192, 6196, 6198, 7027, 7028];

/** O TypeScript sobre o projeto em `raiz`: acha os pontos que se podem mudar, e diz que mudanças têm sentido. */
export class Compilador {
  readonly #raiz: string;
  readonly #api: API;
  readonly #mudados = new Map<string, string>();

  constructor(raiz: string) {
    this.#raiz = raiz;
    this.#api = new API({ cwd: raiz, fs: { readFile: (nome) => this.#mudados.get(nome) } });
  }

  /** Os mutantes de um arquivo. Lança `Error` se ele não é do projeto. */
  async acharMutantes(arquivo: string): Promise<Mutante[]> {
    const projeto = await this.#projeto();
    const fonte = await projeto.program.getSourceFile(join(this.#raiz, arquivo));
    if (!fonte) throw new Error(`${arquivo} não é do projeto`);
    return acharMutantes(fonte, arquivo);
  }

  /** Se o projeto com o mutante passa na verificação de tipos: um que não passa, `bun run tipos` detectaria. */
  async aceita(mutante: Mutante): Promise<boolean> {
    const nome = join(this.#raiz, mutante.arquivo);
    this.#mudados.set(nome, aplicar(mutante, readFileSync(nome, 'utf8')));
    try {
      const { program } = await this.#projeto(nome);
      const erros = [
        ...(await program.getSyntacticDiagnostics(nome)),
        ...(await program.getSemanticDiagnostics(nome)),
      ];
      return erros.every(({ code }) => TOLERADOS.includes(code));
    } finally {
      this.#mudados.delete(nome);
      await this.#projeto(nome);
    }
  }

  async #projeto(mudado?: string): Promise<Project> {
    const estado = await this.#api.updateSnapshot({
      openProjects: [join(this.#raiz, 'tsconfig.json')],
      ...(mudado && { fileChanges: { changed: [mudado] } }),
    });
    const [projeto] = estado.getProjects();
    if (!projeto) throw new Error('o TypeScript não achou o projeto');
    return projeto;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#api.close();
  }
}

/** O texto do arquivo com o mutante no lugar. */
export function aplicar({ inicio, fim, depois }: Mutante, texto: string): string {
  return texto.slice(0, inicio) + depois + texto.slice(fim);
}
