import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { RAIZ } from '../apoio/projeto.ts';
import { aplicar } from './compilador.ts';
import type { Mutante } from './pontos.ts';

/** Os que põem à prova a prova, os ensaios e as medidas, e não os programas: levam minutos, ou pedem o Docker. */
const ALHEIOS = /(^|\/)(apoio\/|engine|programas\.test|prova|resistencia|desempenho|mutantes)/;

/** O triplo do que o Bun dá a um teste que não pede mais: com as duas bancadas a trabalhar, há quem precise. */
const PRAZO_DE_UM_TESTE_MS = 15_000;

/** O que os testes fizeram de um mutante. */
export interface Destino {
  mutante: Mutante;
  /** O arquivo de testes que o matou; nenhum se sobreviveu. */
  por?: string;
  /** Morto porque os testes não acabaram no seu prazo. */
  preso: boolean;
  duracaoMs: number;
}

/** Um arquivo de testes, e o que se sabe dele. */
interface Testes {
  nome: string;
  /** Quanto leva com o projeto são. */
  ms: number;
  corridas: number;
  mortes: number;
  /** Quantos mutantes matou em cada arquivo. */
  mortesEm: Map<string, number>;
}

/** Uma cópia do projeto em que os testes rodam, um arquivo de cada vez, sem o Docker. */
export class Bancada {
  readonly #pasta = mkdtempSync(join(tmpdir(), 'desafio2-acaso-'));
  readonly #parada: AbortSignal;

  constructor(parada: AbortSignal) {
    this.#parada = parada;
    chmodSync(this.#pasta, 0o711); // o PostgreSQL dos testes não é do root, e passa por aqui
    const fora = ['node_modules', '.git', 'dados'];
    cpSync(RAIZ, this.#projeto, { recursive: true, filter: (nome) => !fora.includes(basename(nome)) });
    symlinkSync(join(RAIZ, 'node_modules'), join(this.#projeto, 'node_modules'));
  }

  get #projeto(): string {
    return join(this.#pasta, 'projeto');
  }

  /** Roda cada arquivo de testes sobre o projeto são. Lança `Error` se um falha: nenhuma morte diria nada. */
  async controlar(): Promise<Testes[]> {
    const nomes = [...new Bun.Glob('tests/**/*.ts').scanSync(this.#projeto)].filter(
      (nome) => !ALHEIOS.test(nome),
    );
    const todos: Testes[] = [];
    for (const nome of nomes.sort()) {
      const inicio = performance.now();
      const { passou, relato } = await this.#testar(nome, 300_000);
      if (!passou) throw new Error(`${nome} falha sem mutante algum:\n${relato}`);
      todos.push({ nome, ms: performance.now() - inicio, corridas: 0, mortes: 0, mortesEm: new Map() });
    }
    return todos;
  }

  /** Roda os testes sobre um mutante até que um falhe, a começar pelos que mais matam por segundo. */
  async julgar(mutante: Mutante, todos: Testes[]): Promise<Destino> {
    const inicio = performance.now();
    const caminho = join(this.#projeto, mutante.arquivo);
    const texto = readFileSync(caminho, 'utf8');
    writeFileSync(caminho, aplicar(mutante, texto));
    const acabar = (fim: Pick<Destino, 'por' | 'preso'>): Destino => {
      return { mutante, ...fim, duracaoMs: performance.now() - inicio };
    };
    try {
      for (const testes of ordenar(todos, mutante.arquivo)) {
        const { passou, preso } = await this.#testar(testes.nome, 10_000 + 3 * testes.ms);
        testes.corridas++;
        if (passou) continue;
        testes.mortes++;
        testes.mortesEm.set(mutante.arquivo, (testes.mortesEm.get(mutante.arquivo) ?? 0) + 1);
        return acabar({ por: testes.nome, preso });
      }
      return acabar({ preso: false });
    } finally {
      writeFileSync(caminho, texto);
    }
  }

  async #testar(nome: string, prazoMs: number): Promise<{ passou: boolean; preso: boolean; relato: string }> {
    this.#parada.throwIfAborted();
    const temporaria = join(this.#pasta, 'tmp');
    mkdirSync(temporaria);
    // Num grupo próprio: o que os testes deixarem vivo morre com eles.
    const processo = Bun.spawn(
      [process.execPath, 'test', '--bail', '--timeout', `${PRAZO_DE_UM_TESTE_MS}`, `./${nome}`],
      {
        cwd: this.#projeto,
        stdin: 'ignore',
        stdout: 'ignore',
        stderr: 'pipe',
        detached: true,
        env: { ...Bun.env, TMPDIR: temporaria, DOCKER_HOST: 'unix:///dev/null', EXIGIR: 'longos' },
      },
    );
    const relato = processo.stderr.text();
    let preso = false;
    const matar = () => matarGrupo(processo.pid);
    const prazo = setTimeout(() => {
      preso = true;
      matar();
    }, prazoMs);
    this.#parada.addEventListener('abort', matar);
    try {
      const codigo = await processo.exited;
      matar();
      const dito = await relato;
      this.#parada.throwIfAborted();
      return { passou: codigo === 0, preso, relato: dito };
    } finally {
      clearTimeout(prazo);
      this.#parada.removeEventListener('abort', matar);
      rmSync(temporaria, { recursive: true, force: true });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#pasta, { recursive: true, force: true });
  }
}

function matarGrupo(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {} // já não há ninguém
}

/** Os testes, a começar por aquele em que um segundo tem mais probabilidade de matar um mutante do arquivo. */
function ordenar(todos: Testes[], arquivo: string): Testes[] {
  const chance = ({ mortes, corridas, mortesEm, ms }: Testes) => {
    const geral = (mortes + 1) / (corridas + 2);
    return (geral + (mortesEm.get(arquivo) ?? 0)) / ms;
  };
  return todos.toSorted((um, outro) => chance(outro) - chance(um));
}
