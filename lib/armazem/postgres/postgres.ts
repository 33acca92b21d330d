import type { Contexto } from '../../contexto.ts';
import { SELADAS_DA_EXECUCAO } from '../../selo.ts';
import { SELADAS_DO_USUARIO } from '../../usuario.ts';
import {
  type Armazem,
  type Bloco,
  contarAosPoucos,
  type Passagem,
  type Selada,
  type Valor,
} from '../armazem.ts';
import type { Conexao } from './conexao.ts';
import { traduzirErro } from './erros.ts';
import { TABELAS } from './esquema.ts';

const INTEIROS = ['id', 'primeiro_id', 'ultimo_id', 'registros'];

/** A linha do selo, feita pelo servidor: os mesmos bytes de `JSON.stringify` para qualquer texto que ele guarde. */
function linhaDe(colunas: readonly string[], tabela: string): string {
  const valores = colunas.map((coluna) => {
    return INTEIROS.includes(coluna) ? `${tabela}.${coluna}` : `to_json(${tabela}.${coluna})::text`;
  });
  return `'[' || ${valores.join(` || ',' || `)} || ']'`;
}

const LINHA_DO_USUARIO = linhaDe(SELADAS_DO_USUARIO, 'u');
const BLOCO_DE = `count(*) AS usuarios, string_agg(${LINHA_DO_USUARIO}, chr(10) ORDER BY u.id) || chr(10) AS linhas`;

/** Ids por bloco, e perto de quantos bytes: blocos maiores não são mais rápidos, e custam memória. */
const BLOCO = { ids: 2000, bytes: 1_000_000 };
/** Até quantas execuções por página. As que cobrem menos ids do que um bloco já trazem com ela as linhas dos usuários. */
const PAGINA = 200;

const PEDIR_BLOCO = `SELECT ${BLOCO_DE} FROM ${TABELAS.usuarios} u WHERE u.id >= $1 AND u.id <= $2`;
const PEDIR_SEGUINTE = `SELECT min(id) AS id FROM ${TABELAS.usuarios} WHERE id > $1`;
/** Se uma execução cobre poucos ids. Em vírgula flutuante, porque numa execução forjada a diferença pode não caber num inteiro. */
const PEQUENA = `CAST(e.ultimo_id AS double precision) - e.primeiro_id < ${BLOCO.ids}`;
const PEDIR_PAGINA = `SELECT e.id, e.selo, e.registros, e.primeiro_id, e.ultimo_id,
    ${linhaDe(SELADAS_DA_EXECUCAO, 'e')} AS linha, CAST(${PEQUENA} AS text), b.usuarios, b.linhas
  FROM ${TABELAS.execucoes} e CROSS JOIN LATERAL (SELECT ${BLOCO_DE} FROM ${TABELAS.usuarios} u
    WHERE u.id >= e.primeiro_id AND u.id <= e.ultimo_id AND ${PEQUENA}) b
  WHERE e.id >= $1 AND e.id <= $2 ORDER BY e.id`;

/** Tipos cujos valores o Bun dá em texto: int8, e o numeric de uma soma. */
const EM_TEXTO = [20, 1700];

type Linhas = (Buffer | null)[][];

/** O que há de comum a ler e a gravar num servidor. */
export abstract class ArmazemPostgres implements Armazem {
  readonly endereco: string;
  readonly contexto: Contexto;
  readonly tabelas = TABELAS;
  #cabem = 10;
  #seguinte: { primeira: number; ultima: number; linhas: Promise<Linhas> } | undefined;
  /** O que veio com a última página, pela faixa de ids que cobre. */
  #vieram = new Map<string, Bloco>();

  constructor(endereco: string, contexto: Contexto) {
    this.endereco = endereco;
    this.contexto = contexto;
  }

  protected abstract get conexao(): Conexao;

  async consultar<Linha>(sql: string, ...valores: Valor[]): Promise<Linha[]> {
    const linhas = await this.conexao.perguntar<Record<string, unknown>>(sql, valores);
    const inteiros = (linhas.columns ?? []).filter(({ type }) => EM_TEXTO.includes(type));
    for (const linha of linhas) for (const { name } of inteiros) linha[name] = comoNumero(linha[name]);
    return linhas as Linha[];
  }

  async contarUsuarios(): Promise<number> {
    return await contarAosPoucos(this);
  }

  percorrer(): Passagem {
    return (primeiro, ultimo, aoLer) => {
      const veio = this.#vieram.get(`${primeiro} ${ultimo}`);
      if (!veio) return this.#percorrerBlocos(BigInt(primeiro), BigInt(ultimo), aoLer);
      if (veio.usuarios > 0) aoLer(veio);
      return this.contexto.passo(veio.usuarios);
    };
  }

  async #percorrerBlocos(primeiro: bigint, ultimo: bigint, aoLer: (bloco: Bloco) => void): Promise<void> {
    for await (const bloco of this.lerBlocos(primeiro, ultimo)) {
      aoLer(bloco);
      await this.contexto.passo(bloco.usuarios);
    }
  }

  /** O servidor faz cada bloco enquanto aqui se trata o anterior. */
  protected async *lerBlocos(primeiro: bigint, ultimo: bigint): AsyncGenerator<Bloco> {
    let ids = BLOCO.ids;
    const pedir = (de: bigint) => {
      const ate = ultimo - de < ids ? ultimo : de + BigInt(ids) - 1n;
      return { ate, bloco: adiantado(this.#pedirBloco(de, ate)) };
    };
    let proximo = primeiro <= ultimo ? pedir(primeiro) : undefined;
    while (proximo) {
      const { ate, bloco } = proximo;
      proximo = ate < ultimo ? pedir(ate + 1n) : undefined;
      const lido = await bloco;
      if (lido.usuarios > 0) {
        ids = Math.max(Math.min((BLOCO.bytes * lido.usuarios) / lido.linhas.length, BLOCO.ids), 1) | 0;
        yield lido;
      } else if (proximo) {
        // Pode haver uma distância enorme até o usuário seguinte.
        const [seguinte] = await this.conexao.perguntar<{ id: string | null }>(PEDIR_SEGUINTE, [`${ate}`]);
        const de = BigInt(seguinte?.id ?? ultimo + 1n);
        proximo = de <= ultimo ? pedir(de) : undefined;
      }
    }
  }

  async #pedirBloco(de: bigint, ate: bigint): Promise<Bloco> {
    const [linha] = await this.conexao.perguntarBytes(PEDIR_BLOCO, [`${de}`, `${ate}`]);
    return blocoDe(linha?.[0], linha?.[1]);
  }

  async lerSeladas(primeira: number, ultima: number): Promise<(Selada | number)[]> {
    const pedida =
      this.#seguinte?.primeira === primeira ? this.#seguinte : this.#pedirPagina(primeira, ultima);
    const linhas = await pedida.linhas;
    const pagina: (Selada | number)[] = Array.from(
      { length: pedida.ultima - primeira + 1 },
      (_, i) => primeira + i,
    );
    this.#vieram = new Map();
    let bytes = 0;
    for (const [id, selo, registros, de, ate, linha, pequena, usuarios, doBloco] of linhas) {
      const [primeiro, ultimo] = [`${de}`, `${ate}`];
      const bloco = blocoDe(usuarios, doBloco);
      if (`${pequena}` === 'true') this.#vieram.set(`${primeiro} ${ultimo}`, bloco);
      const selada = { id: Number(id), selo: `${selo}`, registros: Number(registros), primeiro, ultimo };
      pagina[selada.id - primeira] = { ...selada, linha: linha ?? VAZIO };
      bytes += (linha?.length ?? 0) + bloco.linhas.length;
    }
    const cabem = Math.floor((BLOCO.bytes * linhas.length) / Math.max(bytes, 1));
    this.#cabem = Math.min(Math.max(cabem, 1), this.#cabem * 10, PAGINA);
    const depois = pedida.ultima + 1;
    this.#seguinte = depois <= ultima ? this.#pedirPagina(depois, ultima) : undefined;
    return pagina;
  }

  #pedirPagina(primeira: number, limite: number) {
    const ultima = Math.min(limite, primeira + this.#cabem - 1);
    return {
      primeira,
      ultima,
      linhas: adiantado(this.conexao.perguntarBytes(PEDIR_PAGINA, [primeira, ultima])),
    };
  }

  traduzir(erro: unknown): unknown {
    return traduzirErro(erro, this.endereco);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.conexao.fechar();
  }
}

const VAZIO = new Uint8Array();

function blocoDe(usuarios: Buffer | null | undefined, linhas: Buffer | null | undefined): Bloco {
  return { usuarios: Number(usuarios ?? 0), linhas: linhas ?? VAZIO, ambiguo: null };
}

/** Um inteiro que não cabe num número continua em texto, sem se arredondar. */
function comoNumero(valor: unknown): unknown {
  const numero = Number(valor);
  return typeof valor === 'string' && Number.isSafeInteger(numero) ? numero : valor;
}

/** Uma promessa por que talvez ninguém espere: se rejeita, não é um erro de ninguém. */
function adiantado<T>(promessa: Promise<T>): Promise<T> {
  promessa.catch(() => {});
  return promessa;
}
