import type { ReservedSQL, SQL } from 'bun';
import { esperarAteParar } from '../../contexto.ts';
import type { Valor } from '../armazem.ts';
import type { Host } from './endereco.ts';
import { SemResposta, sqlstate } from './erros.ts';

/**
 * Quanto se espera por uma resposta. Quem grava desiste mais cedo, para ainda achar outro servidor; mais tarde, porém, do
 * que o servidor desiste da tranca da cadeia (`lock_timeout`).
 */
export const SILENCIO_MS = { escrita: 20_000, leitura: 60_000 };
/** Depois de um sinal, quanto ainda se espera por um COMMIT: com o resto, o programa termina em menos de 1 s. */
const DESPEDIDA_MS = 500;

/** O ponto a que uma leitura volta depois de um erro. */
export const INSTANTANEO = 'instantaneo';

/** Para que se quer uma conexão. */
export interface Pedido {
  uso: 'escrita' | 'leitura';
  parada: AbortSignal;
}

/** O que um servidor diz de si ao abrir uma sessão. */
export interface Sessao {
  motor: string;
  /** Está em recuperação: repete outro, talvez atrasado. */
  replica: boolean;
  so_leitura: string;
  fsync: string;
  paginas_inteiras: string;
  confirma: string;
  codificacao: string;
}

/**
 * Nada do que o servidor, o banco de dados ou o usuário tenham por padrão decide por nós. Sem `jit`, que, com estatísticas
 * que ainda não viram a tabela crescer, levaria dez vezes mais tempo do que as perguntas.
 */
const ABRIR_SESSAO = `SET search_path = pg_catalog; SET client_encoding = 'UTF8'; SET synchronous_commit = on; SET jit = off;
  SET quote_all_identifiers = off; SET lock_timeout = '10s'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
  SELECT split_part(version(), ' on ', 1) AS motor, pg_is_in_recovery() AS replica,
    current_setting('transaction_read_only') AS so_leitura, current_setting('fsync') AS fsync,
    current_setting('full_page_writes') AS paginas_inteiras, current_setting('synchronous_commit') AS confirma,
    current_setting('server_encoding') AS codificacao`;

/** Uma sessão num servidor, que não se refaz sozinha: se a conexão cai, tudo o que se pergunte rejeita. */
export class Conexao {
  readonly sessao: Sessao;
  readonly #cliente: SQL;
  readonly #reservada: ReservedSQL;
  readonly #pedido: Pedido;

  private constructor({ cliente, reservada, sessao }: Aberta, pedido: Pedido) {
    this.sessao = sessao;
    this.#cliente = cliente;
    this.#reservada = reservada;
    this.#pedido = pedido;
  }

  static async abrir(host: Host, pedido: Pedido): Promise<Conexao> {
    const cliente = host.criar();
    try {
      // Reservada, porque o Bun trocaria em silêncio uma conexão que caiu por outra, fora da transação.
      const reservada = await esperar(cliente.reserve(), pedido);
      const respostas = await esperar(reservada.unsafe<Sessao[][]>(ABRIR_SESSAO).simple(), pedido);
      const sessao = respostas.at(-1)?.[0];
      if (!sessao) throw new Error('o servidor não disse o que é');
      return new Conexao({ cliente, reservada, sessao }, pedido);
    } catch (erro) {
      await cliente.close({ timeout: 0 });
      throw erro;
    }
  }

  /** As linhas de uma pergunta. */
  async perguntar<Linha>(sql: string, valores: Valor[] = []): Promise<Linha[] & SQL.ResultMetadata> {
    return await this.esperar(this.#reservada.unsafe<Linha[]>(sql, valores));
  }

  /** Os bytes de cada valor, como o servidor os mandou. */
  async perguntarBytes(sql: string, valores: Valor[]): Promise<(Buffer | null)[][]> {
    return await this.esperar(this.#reservada.unsafe<(Buffer | null)[][]>(sql, valores).raw());
  }

  /** Vários comandos numa ida e volta; as linhas de cada um. */
  async correr<Linhas extends unknown[]>(sql: string): Promise<Linhas> {
    return await this.esperar(this.#reservada.unsafe<Linhas>(sql).simple());
  }

  /** Começa um COPY que recebe o que se escreve. */
  copiar(sql: string) {
    const pedido = this.#reservada.unsafe(sql);
    return { pedido, escritor: pedido.writable().getWriter() };
  }

  /**
   * Se o servidor confirmou a transação: a uma que já falhou ele responde ROLLBACK, sem erro. Nunca se cancela: um COMMIT
   * cancelado enquanto espera por uma réplica responde que sim, sem ter esperado.
   */
  async confirmar(): Promise<boolean> {
    const pedido = this.#reservada.unsafe<SQL.ResultMetadata>('COMMIT').simple();
    return (await this.esperar(pedido, DESPEDIDA_MS)).command === 'COMMIT';
  }

  async esperar<T>(resposta: PromiseLike<T>, toleranciaMs = 0): Promise<T> {
    try {
      return await esperar(resposta, this.#pedido, toleranciaMs);
    } catch (erro) {
      if (erro instanceof SemResposta) await this.fechar(); // o que se perguntasse a seguir também esperaria
      if (this.#pedido.uso === 'leitura' && sqlstate(erro)) this.#voltarAoInstantaneo();
      throw erro;
    }
  }

  /** Um erro não acaba com o instantâneo: o que se pergunte a seguir ainda é dele. */
  #voltarAoInstantaneo(): void {
    this.#reservada
      .unsafe(`ROLLBACK TO SAVEPOINT ${INSTANTANEO}`)
      .simple()
      .catch(() => {});
  }

  /** Larga a conexão; o servidor desfaz a transação que nela estivesse aberta. */
  async fechar(): Promise<void> {
    await this.#cliente.close({ timeout: 0 });
  }
}

interface Aberta {
  cliente: SQL;
  reservada: ReservedSQL;
  sessao: Sessao;
}

/** Espera por uma resposta, até parar. Rejeita também com `SemResposta`, se ela não vem. */
export async function esperar<T>(
  resposta: PromiseLike<T>,
  { uso, parada }: Pedido,
  toleranciaMs = 0,
): Promise<T> {
  const limiteMs = SILENCIO_MS[uso];
  const silencio = Promise.withResolvers<never>();
  const relogio = setTimeout(() => silencio.reject(new SemResposta(limiteMs)), limiteMs);
  try {
    return await esperarAteParar(Promise.race([resposta, silencio.promise]), parada, toleranciaMs);
  } finally {
    clearTimeout(relogio);
  }
}
