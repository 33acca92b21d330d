import { esperarTodas } from '../apoio/paralelo.ts';
import { ate, emLinhas } from '../apoio/processo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import type { Defeito } from './ensaio.ts';
import { exigirTodos, repetido } from './exigidos.ts';
import { iniciarEscritor } from './programas.ts';

/** Usuários por execução de cada escritor: muitas execuções curtas, e algumas mais compridas. */
const LOTES = ['1', '1', '100'];

type Escrita = ReturnType<typeof escreverSemFim>;

/** Um escritor com `-e 0`, e os recibos que já deu. */
function escreverSemFim(lugar: string, opcoes: string[], raiz: string) {
  const processo = iniciarEscritor(lugar, ['-e', '0', ...opcoes], { raiz });
  const recibos: string[] = [];
  const lida = (async () => {
    // O que ficou pela metade não chegou a quem lê.
    for await (const linha of emLinhas(processo.stdout)) recibos.push(JSON.parse(linha).recibo);
  })();
  const erros = processo.stderr.text();
  return {
    recibos,
    acabou: () => processo.exitCode !== null || processo.signalCode !== null,
    /** Espera que dê mais alguns recibos, ou que acabe. */
    async darMais(quantos: number, parada: AbortSignal): Promise<void> {
      const meta = recibos.length + quantos;
      await ate(() => recibos.length >= meta || this.acabou(), 'o escritor dê recibos', parada);
    },
    /** Manda a ele um SIGTERM, se ainda roda, e espera que acabe. */
    async parar() {
      processo.kill('SIGTERM');
      await lida;
      return { codigo: await processo.exited, erros: await erros };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      processo.kill('SIGKILL');
      await processo.exited;
    },
  };
}

/** Escritores sem fim sobre uma mesma cadeia, e todos os recibos que deram. */
export class Escritores implements AsyncDisposable {
  readonly escritas: Escrita[];
  readonly #lugar: string;

  constructor(lugar: string, raiz: string) {
    this.#lugar = lugar;
    this.escritas = LOTES.map((lote) => escreverSemFim(lugar, ['-n', lote], raiz));
  }

  recibos(): string[] {
    return this.escritas.flatMap(({ recibos }) => recibos);
  }

  async darMais(quantos: number, parada: AbortSignal): Promise<void> {
    await esperarTodas(this.escritas.map((escrita) => escrita.darMais(quantos, parada)));
  }

  /** O que se perdeu, ou há a mais, enquanto eles gravam. */
  async conferir(): Promise<Defeito[]> {
    const recibos = this.recibos();
    const { defeito } = await exigirTodos(this.#lugar, recibos);
    return [
      defeito,
      repetido(recibos),
      this.escritas.some((escrita) => escrita.acabou()) && 'um escritor parou',
    ];
  }

  /** O mesmo, depois de os parar: cada um pode ter deixado uma execução de que não chegou a dar o recibo. */
  async acabar(): Promise<Defeito[]> {
    const fins = await esperarTodas(this.escritas.map((escrita) => escrita.parar()));
    const recibos = this.recibos();
    const { execucoes, defeito } = await exigirTodos(this.#lugar, recibos);
    const sobram = execucoes - recibos.length;
    const mau = fins.find(({ codigo }) => codigo !== CODIGOS.SIGTERM);
    return [
      defeito,
      repetido(recibos),
      (sobram < 0 || sobram > fins.length) && `${sobram} execuções sem recibo`,
      mau && `um escritor sai com ${mau.codigo}: ${mau.erros}`,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const escrita of this.escritas) await escrita[Symbol.asyncDispose]();
  }
}
