import type { Contexto } from '../../contexto.ts';
import { CODIGOS, Falha } from '../../falhas.ts';
import { formatarRecibo } from '../../recibo.ts';
import type { Elo } from '../../selo.ts';
import { type Conexao, SILENCIO_MS } from './conexao.ts';
import type { Endereco } from './endereco.ts';
import { ePassageiro, SemResposta, sqlstate } from './erros.ts';
import {
  CRIAR_ESQUEMA,
  CRIAR_TABELAS,
  EXAMINAR,
  type Exame,
  exigirEsquema,
  situar,
  TABELAS,
} from './esquema.ts';
import { soTexto } from './insercao.ts';
import { ligar } from './ligar.ts';
import { ArmazemPostgres } from './postgres.ts';

/** Quanto se espera por um servidor que substitua o que faltou. */
const FALTA_MS = 60_000;
/** O SQLSTATE de quem esperou demais pela tranca. */
const TRANCADA = '55P03';

/** Pede outra vez o que a sessão já pediu: um intermediário pode dar a cada transação outra sessão do servidor. */
const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = on';
/**
 * Numa ida e volta: a transação; as tabelas, que ninguém muda até o fim dela; o que elas são; a tranca da cadeia, que é
 * a linha da execução 1; e, só depois, a ponta. Antes de haver execução 1, é a chave primária que decide quem é o primeiro.
 */
const COMECAR = `${BEGIN};
  LOCK TABLE ${TABELAS.usuarios}, ${TABELAS.execucoes} IN ROW EXCLUSIVE MODE;
  ${EXAMINAR};
  SELECT id FROM ${TABELAS.execucoes} WHERE id = 1 FOR UPDATE;
  SELECT id, selo FROM ${TABELAS.execucoes} ORDER BY id DESC LIMIT 1`;
/** As últimas respostas de `COMECAR`. */
type Comeco = [exames: Exame[], tranca: unknown[], ponta: Elo[]];

/** As transações de quem grava num servidor: começá-las, confirmá-las, e saber o que ficou quando a resposta se perde. */
export abstract class TransacaoPostgres extends ArmazemPostgres {
  readonly #lugar: Endereco;
  #conexao: Conexao | undefined;
  /** Se nesta conexão já se viu que a cadeia é deste formato. */
  #situada = false;
  /** O recibo da última execução que havia quando a transação começou, e o da última que este escritor confirmou. */
  #ponta: string | undefined;
  #ultimo: string | undefined;
  /** A última execução que a transação registrou. */
  protected registrada: Elo | undefined;

  constructor(lugar: Endereco, contexto: Contexto) {
    super(lugar.nome, contexto);
    this.#lugar = lugar;
  }

  /** Liga a um servidor, se não o está; até `limite` (`performance.now()`), espera que um sirva. Lança `Falha`. */
  async ligar(limite?: number): Promise<void> {
    this.#conexao ??= await ligar(this.#lugar, { uso: 'escrita', parada: this.contexto.parada }, limite);
  }

  protected get conexao(): Conexao {
    if (!this.#conexao) throw new Error('não há conexão com o servidor');
    return this.#conexao;
  }

  /**
   * Perdida a conexão, refaz a execução em outra, talvez com outro servidor do endereço. Se a perdeu com o COMMIT já
   * pedido, procura-a antes ali, com a tranca da cadeia: o COMMIT dessa procura espera que as réplicas tenham o que achou.
   */
  async escrever<T>(_usuarios: number, acao: () => Promise<T>): Promise<T> {
    const { parada } = this.contexto;
    // O que está feito, e só falta confirmar: a execução é a que se procura se a resposta ao COMMIT não vem.
    let feito: { resultado: T; execucao: Elo | undefined } | undefined;
    for (let limite: number | undefined; ; ) {
      try {
        parada.throwIfAborted();
        await this.ligar(limite);
        const trancada = await this.#comecar();
        const ficou = feito?.execucao && (await this.#tem(feito.execucao));
        if (!feito || !ficou) {
          if (trancada) feito = undefined; // quem tem a tranca sabe que ela não ficou
          const resultado = await acao();
          parada.throwIfAborted();
          feito = { resultado, execucao: this.registrada };
        }
        if (!(await this.conexao.confirmar())) {
          if (!ficou) feito = undefined; // nada há nela de incerto
          throw new Falha(
            'tenteDeNovo',
            `${this.endereco} desfez a transação em vez de a confirmar`,
            'Tente de novo.',
          );
        }
        if (feito.execucao) this.#ultimo = formatarRecibo(feito.execucao);
        return feito.resultado;
      } catch (erro) {
        await this.largar();
        limite ??= performance.now() + FALTA_MS - (erro instanceof SemResposta ? SILENCIO_MS.escrita : 0);
        // Se a tranca não vem, quem a tem pode ser o COMMIT de que não se sabe.
        const insistir = ePassageiro(erro) || (feito?.execucao && sqlstate(erro) === TRANCADA);
        if (!insistir || performance.now() > limite) throw this.#explicar(erro, feito?.execucao);
      }
    }
  }

  /** Começa a transação e toma a tranca da cadeia; diz se a há, o que só não é assim antes da execução 1. */
  async #comecar(): Promise<boolean> {
    this.registrada = undefined;
    try {
      const respostas = await this.conexao.correr<unknown[][]>(COMECAR);
      const [exames, tranca, [ponta]] = respostas.slice(-3) as Comeco;
      exigirEsquema(exames, this.endereco);
      this.#ponta = ponta && formatarRecibo(ponta);
      return tranca.length > 0;
    } catch (erro) {
      // Se faltam tabelas, ou são outra coisa, é com `preparar`.
      if (!/^(?:42(?!501)|3F)/.test(sqlstate(erro) ?? '')) throw erro;
      await this.conexao.correr(`ROLLBACK; ${BEGIN}`);
      this.#ponta = undefined;
      this.#situada = false;
      return false;
    }
  }

  async #tem({ id, selo }: Elo): Promise<boolean> {
    const sql = `SELECT id FROM ${TABELAS.execucoes} WHERE id = $1 AND selo = $2`;
    return this.#ponta !== undefined && (await this.conexao.perguntar(sql, [id, selo])).length > 0;
  }

  async mudou(): Promise<boolean> {
    return !this.#situada || this.#ponta !== this.#ultimo;
  }

  readonly soTexto = true;

  async situar(): Promise<'vazio' | 'cadeia'> {
    return (await situar(this.conexao, this.endereco)) === 'cadeia' ? 'cadeia' : 'vazio';
  }

  async preparar(estranho?: string): Promise<{ legado: boolean }> {
    if (estranho !== undefined) throw soTexto(estranho, this.endereco);
    if (!this.#situada) {
      const achado = await situar(this.conexao, this.endereco);
      if (achado === 'nada') await this.conexao.correr(CRIAR_ESQUEMA);
      if (achado !== 'cadeia') await this.conexao.correr(CRIAR_TABELAS);
      exigirEsquema(await this.conexao.perguntar<Exame>(EXAMINAR), this.endereco);
      this.#situada = true;
    }
    return { legado: false };
  }

  /** O que lançar por um erro, e por um COMMIT de que ainda não se sabe. */
  #explicar(erro: unknown, incerta: Elo | undefined): unknown {
    const falha = this.traduzir(erro);
    if (!incerta || !(falha instanceof Falha)) return falha;
    return new Falha(
      CODIGOS[falha.motivo] > 128 ? falha.motivo : 'entradaSaida',
      `${falha.message}; o COMMIT da execução ${incerta.id} ficou sem resposta, e o resultado dela é desconhecido`,
      'Quando o servidor responder, o leitor dirá se ela ficou gravada.',
      { cause: erro },
    );
  }

  protected async largar(): Promise<void> {
    await this.#conexao?.fechar();
    this.#conexao = undefined;
    this.#situada = false;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.largar();
  }
}
