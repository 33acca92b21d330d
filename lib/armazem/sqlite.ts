import { constants, type Database } from 'bun:sqlite';
import type { Contexto } from '../contexto.ts';
import { Falha } from '../falhas.ts';
import { SELADAS_DA_EXECUCAO } from '../selo.ts';
import {
  type Armazem,
  type Bloco,
  contarAosPoucos,
  type Passagem,
  type Selada,
  type Valor,
} from './armazem.ts';
import { identificarArquivo } from './disco.ts';
import { ESPERA_MS, estaOcupado, lerControle, traduzirErro } from './erros.ts';
import { consultarUm } from './esquema.ts';
import { leFaixas, lerLinhas } from './usuarios.ts';

/** De quantas em quantas execuções se espera, e até quantos bytes: os textos delas podem ser enormes. */
const PAGINA = { execucoes: 100, bytes: 1_000_000 };

/** O que há de comum a ler e escrever num arquivo do SQLite. */
export abstract class ArmazemSqlite implements Armazem {
  readonly endereco: string;
  readonly contexto: Contexto;
  /** Um índice alheio poderia dizer outra coisa do que a tabela. */
  readonly tabelas = {
    usuarios: 'usuarios NOT INDEXED',
    execucoes: 'execucoes NOT INDEXED',
    assinaturas: 'assinaturas NOT INDEXED',
  };
  protected readonly banco: Database;
  readonly #arquivo: string;

  /** Lança `Falha` (`tenteDeNovo`) se o caminho já não leva ao arquivo que o SQLite abriu. */
  constructor(banco: Database, caminho: string, contexto: Contexto) {
    this.banco = banco;
    this.endereco = caminho;
    this.contexto = contexto;
    this.#arquivo = fixarArquivo(banco, caminho);
  }

  async consultar<Linha>(sql: string, ...valores: Valor[]): Promise<Linha[]> {
    return this.banco.query<Linha, Valor[]>(sql).all(...valores);
  }

  async contarUsuarios(): Promise<number> {
    if (leFaixas(this.banco)) return await contarAosPoucos(this);
    return Number(consultarUm(this.banco, 'SELECT count(*) FROM usuarios NOT INDEXED'));
  }

  percorrer(): Passagem {
    const blocosDe = lerLinhas(this.banco);
    return (primeiro, ultimo, aoLer) => {
      const blocos = blocosDe(primeiro, ultimo);
      for (let um = blocos.next(); !um.done; um = blocos.next()) {
        aoLer(um.value);
        const vez = this.passo(um.value.usuarios);
        if (vez) return this.#continuar(vez, blocos, aoLer);
      }
    };
  }

  async #continuar(
    vez: Promise<void>,
    blocos: Generator<Bloco>,
    aoLer: (bloco: Bloco) => void,
  ): Promise<void> {
    await vez;
    for (const bloco of blocos) {
      aoLer(bloco);
      await this.passo(bloco.usuarios);
    }
  }

  protected passo(usuarios: number): Promise<void> | undefined {
    return this.contexto.passo(usuarios);
  }

  /** Uma a uma: é a única pergunta que o SQLite responde depressa digam o que disserem as estatísticas do arquivo. */
  async lerSeladas(primeira: number, ultima: number): Promise<(Selada | number)[]> {
    // Os CAST fazem de um valor estragado um limite que ao menos se pode ler.
    const consulta = this.banco.query<Selada, [number]>(
      `SELECT id, selo, registros,
              CAST(coalesce(CAST(primeiro_id AS INTEGER), 0) AS TEXT) AS primeiro,
              CAST(coalesce(CAST(ultimo_id AS INTEGER), 0) AS TEXT) AS ultimo,
              CAST(json_array(${SELADAS_DA_EXECUCAO}) AS BLOB) AS linha
       FROM execucoes WHERE id = ?`,
    );
    const pagina: (Selada | number)[] = [];
    const fim = Math.min(ultima, primeira + PAGINA.execucoes - 1);
    for (let id = primeira, bytes = 0; id <= fim && bytes < PAGINA.bytes; id++) {
      const gravada = consulta.get(id);
      pagina.push(gravada ?? id);
      // Num arquivo estragado, o selo pode nem ser um texto.
      if (gravada) bytes += gravada.linha.length + `${gravada.selo}`.length;
    }
    return pagina;
  }

  traduzir(erro: unknown): unknown {
    return traduzirErro(erro, this.endereco, this.banco);
  }

  /**
   * Se o caminho ainda leva ao arquivo que foi aberto. Fora de uma transação, o que ele diz está no disco: com
   * `synchronous = EXTRA`, o SQLite sincroniza a pasta depois de apagar o journal.
   */
  protected estaNoLugar(): boolean {
    return identificarArquivo(this.endereco) === this.#arquivo;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.banco.close();
  }
}

function fixarArquivo(banco: Database, caminho: string): string {
  const arquivo = identificarArquivo(caminho);
  const movido = lerControle(banco, constants.SQLITE_FCNTL_HAS_MOVED) !== 0;
  if (arquivo && !movido && arquivo === identificarArquivo(banco.filename)) return arquivo;
  throw new Falha('tenteDeNovo', `${caminho} foi trocado, movido ou apagado ao ser aberto`, 'Tente de novo.');
}

/** Abre um arquivo com o SQLite, e faz dele um armazém; fecha-o, se não pode ser. Lança `Falha`. */
export async function abrirBanco<A>(
  caminho: string,
  abrir: () => Database,
  armar: (banco: Database) => Promise<A>,
): Promise<A> {
  let banco: Database | undefined;
  try {
    banco = abrir();
    banco.run('PRAGMA temp_store = MEMORY'); // a raiz do container é somente leitura
    return await armar(banco);
  } catch (erro) {
    const falha = traduzirErro(erro, caminho, banco);
    banco?.close();
    throw falha;
  }
}

/**
 * Tenta `acao` até que o SQLite não a recuse por estar ocupado, por `ESPERA_MS`. A espera é nossa, e não do
 * SQLite (`busy_timeout`), porque a dele prende o processo e com ele a resposta a um sinal.
 */
export async function esperarVez<T>(acao: () => T, parada: AbortSignal): Promise<T> {
  const limite = performance.now() + ESPERA_MS;
  for (let pausaMs = 1; ; pausaMs = Math.min(pausaMs * 2, 50)) {
    parada.throwIfAborted();
    try {
      return acao();
    } catch (erro) {
      if (!estaOcupado(erro) || performance.now() > limite) throw erro;
    }
    await Bun.sleep(pausaMs * (0.5 + Math.random()));
  }
}
