import { sinalizar } from '../apoio/maquina.ts';
import { Postgres } from '../apoio/postgres.ts';
import { ate } from '../apoio/processo.ts';
import { pastaDeEnsaio } from './ensaio.ts';

const NOMES = ['a', 'b', 'c'] as const;
type Nome = (typeof NOMES)[number];

/** Cada COMMIT espera por uma das réplicas, seja qual for o primário: nenhum servidor é réplica de si. */
export const QUALQUER_UMA = `ANY 1 (${NOMES.join(', ')})`;

/** Um dos três servidores. A cada queda o que caiu dá o lugar a outro, novo, com o nome e a porta dele. */
interface No {
  nome: Nome;
  servidor: Postgres;
  pasta: ReturnType<typeof pastaDeEnsaio>;
}

/** Um primário e duas réplicas, que trocam de papel a cada queda. */
export class Trio {
  readonly #sincronas: string;
  readonly #parada: AbortSignal;
  readonly #nos = new Map<Nome, No>();
  #primario: Nome = 'a';
  #caiu: Nome = 'a';
  /** As réplicas que deixaram de receber, e o processo parado de cada uma. */
  readonly #geladas = new Map<Nome, number>();

  private constructor(sincronas: string, parada: AbortSignal) {
    this.#sincronas = sincronas;
    this.#parada = parada;
  }

  /** Começa os três, e espera que as réplicas recebam. `sincronas` é por quem cada COMMIT espera. */
  static async comecar(sincronas: string, parada: AbortSignal): Promise<Trio> {
    const trio = new Trio(sincronas, parada);
    try {
      for (const nome of NOMES) await trio.#criar(nome);
      await trio.#recebam();
      return trio;
    } catch (erro) {
      await trio[Symbol.asyncDispose]();
      throw erro;
    }
  }

  /** Os três, num só endereço, que não muda. */
  get lugar(): string {
    const hosts = NOMES.map((nome) => `127.0.0.1:${this.#servidor(nome).porta}`);
    return `postgres://postgres@${hosts.join()}/postgres`;
  }

  get replicas(): Nome[] {
    return NOMES.filter((nome) => nome !== this.#primario);
  }

  /** Uma réplica deixa de receber o que se grava; continua ligada. */
  gelar(nome: Nome): void {
    const receptor = this.#servidor(nome).receptor();
    if (receptor === undefined) throw new Error(`a réplica ${nome} não recebe nada`);
    sinalizar(receptor, 'SIGSTOP');
    this.#geladas.set(nome, receptor);
  }

  /** `kill -9` do primário inteiro; a réplica mais adiantada, ou a mais atrasada, toma o lugar dele, e a outra segue-a. */
  async cair(promovida: 'adiantada' | 'atrasada'): Promise<void> {
    await this.#servidor(this.#primario).matar();
    for (const receptor of this.#geladas.values()) {
      sinalizar(receptor, 'SIGTERM'); // o que lhe chegou parada não se lê: perde-se, como na rede
      sinalizar(receptor, 'SIGCONT');
    }
    this.#geladas.clear();
    const ordenadas = await this.#ordenar();
    const [nova, outra] = promovida === 'adiantada' ? ordenadas : ordenadas.reverse();
    if (!nova || !outra) throw new Error('faltam réplicas');
    await this.#servidor(nova).promover(this.#sincronas);
    this.#caiu = this.#primario;
    this.#primario = nova;
    await this.#servidor(outra).seguir(this.#servidor(nova), outra);
  }

  /** No lugar do que caiu, outro, réplica do primário de agora. */
  async refazer(): Promise<void> {
    await this.#criar(this.#caiu);
    await this.#recebam();
  }

  /** As réplicas, da que recebeu mais à que recebeu menos, quando nenhuma já recebe nada. */
  async #ordenar(): Promise<Nome[]> {
    const ateOnde = new Map<Nome, number>();
    for (const nome of this.replicas) {
      const servidor = this.#servidor(nome);
      await ate(() => servidor.receptor() === undefined, `${nome} acabe de receber`, this.#parada);
      const [linha] = await servidor.sql("SELECT (pg_last_wal_receive_lsn() - '0/0')::text");
      ateOnde.set(nome, Number(linha?.[0]));
    }
    return this.replicas.sort((um, outro) => (ateOnde.get(outro) ?? 0) - (ateOnde.get(um) ?? 0));
  }

  async #recebam(): Promise<void> {
    const contar = "SELECT count(*)::int FROM pg_stat_replication WHERE state = 'streaming'";
    await ate(
      async () => (await this.#servidor(this.#primario).sql(contar))[0]?.[0] === 2,
      'as réplicas recebam',
      this.#parada,
    );
  }

  /** Um servidor novo, primário se é o primeiro de todos; no lugar do que havia, que acaba, se havia um. */
  async #criar(nome: Nome): Promise<void> {
    const antes = this.#nos.get(nome);
    await antes?.servidor.parar('SIGQUIT');
    antes?.pasta[Symbol.dispose]();
    const primario = this.#nos.get(this.#primario)?.servidor;
    const pasta = pastaDeEnsaio();
    const servidor = new Postgres(pasta.caminho, {
      configuracao: {
        synchronous_standby_names: `'${this.#sincronas}'`,
        // O escritor liga-o na sua sessão; quem não o fizer, perde.
        synchronous_commit: 'off',
        wal_keep_size: "'512MB'",
        // Uma réplica não se demora a procurar outra vez o primário.
        wal_retrieve_retry_interval: "'100ms'",
      },
      ...(primario && { replicaDe: { primario, nome } }),
      ...(antes && { porta: antes.servidor.porta }),
    });
    this.#nos.set(nome, { nome, servidor, pasta });
    await servidor.comecar();
  }

  #servidor(nome: Nome): Postgres {
    const no = this.#nos.get(nome);
    if (!no) throw new Error(`não há o servidor ${nome}`);
    return no.servidor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const receptor of this.#geladas.values()) sinalizar(receptor, 'SIGCONT');
    for (const { servidor, pasta } of this.#nos.values()) {
      await servidor.parar('SIGQUIT');
      pasta[Symbol.dispose]();
    }
  }
}
