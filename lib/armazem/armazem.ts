import type { Contexto } from '../contexto.ts';
import type { Falha, Resultado } from '../falhas.ts';
import type { Usuario } from '../usuario.ts';

/** As tabelas de uma cadeia; a das assinaturas só existe onde alguém assinou. */
export type Tabela = 'usuarios' | 'execucoes' | 'assinaturas';

/** O que se pode dar a uma consulta. */
export type Valor = string | number | bigint;

/** Linhas do selo de alguns usuários seguidos, como estão gravadas. */
export interface Bloco {
  usuarios: number;
  /** Bytes, e não texto: um byte inválido em UTF-8 trocado por outro também deve mudar o selo. */
  linhas: Uint8Array;
  /** O id de um usuário com um valor que a linha confunde com outro, e que por isso o selo não distingue. */
  ambiguo: string | null;
}

/**
 * Percorre, em ordem e um bloco de cada vez, os usuários com `primeiro <= id <= ultimo`, e diz ao contexto os que já
 * foram. As faixas são pedidas em ordem crescente, sem se cobrirem: o que ficou para trás não volta. Os ids andam em
 * texto porque um inteiro de 64 bits não cabe num número. Só devolve uma promessa se há por que esperar: numa cadeia de
 * execuções pequenas, um `await` em cada uma seria um quinto do tempo.
 */
export type Passagem = (
  primeiro: string,
  ultimo: string,
  aoLer: (bloco: Bloco) => void,
) => Promise<void> | undefined;

/** Onde uma cadeia se guarda: o que ela pede a qualquer lugar. */
export interface Armazem extends AsyncDisposable {
  /** Como se chama nas mensagens. */
  readonly endereco: string;
  readonly contexto: Contexto;
  /** Como cada tabela se chama numa consulta. */
  readonly tabelas: Readonly<Record<Tabela, string>>;
  /** As linhas que respondem a um SQL que todo armazém entende, com os valores em `$1`, `$2`… na ordem em que aparecem. */
  consultar<Linha>(sql: string, ...valores: Valor[]): Promise<Linha[]>;
  contarUsuarios(): Promise<number>;
  percorrer(): Passagem;
  /**
   * As primeiras execuções, ao menos uma, das de `primeira` a `ultima`, tantas quantas caibam bem na memória; no lugar
   * de uma que falta, o número dela.
   */
  lerSeladas(primeira: number, ultima: number): Promise<(Selada | number)[]>;
  /** A `Falha` que corresponde a um erro deste lugar; qualquer outro erro volta como veio. */
  traduzir(erro: unknown): unknown;
}

const CONTADOS_POR_VEZ = 500_000;

/** Conta os usuários aos poucos: um só `count(*)` numa tabela grande prenderia os sinais, ou passaria por um servidor mudo. */
export async function contarAosPoucos(
  armazem: Pick<Armazem, 'consultar' | 'contexto' | 'tabelas'>,
): Promise<number> {
  let total = 0;
  for (let de = '-9223372036854775808'; ; await armazem.contexto.respirar()) {
    const [parte] = await armazem.consultar<{ quantos: number; ultimo: string | null }>(
      `SELECT count(*) AS quantos, CAST(max(id) AS TEXT) AS ultimo
       FROM (SELECT id FROM ${armazem.tabelas.usuarios} WHERE id >= $1 ORDER BY id LIMIT ${CONTADOS_POR_VEZ}) AS parte`,
      de,
    );
    if (!parte?.ultimo) return total;
    total += parte.quantos;
    if (parte.quantos < CONTADOS_POR_VEZ) return total;
    de = `${BigInt(parte.ultimo) + 1n}`;
  }
}

/** Um armazém em que se grava. Só `escrever` e `situar` se chamam fora da transação: tudo o mais é dentro dela. */
export interface ArmazemDeEscrita extends Armazem {
  /**
   * Roda `acao`, que vai inserir tantos usuários, numa transação, uma de cada vez entre todos os escritores; o que ela
   * devolve vem depois do COMMIT. Se ela ou ele falha, tudo é desfeito. Lança `Falha`; com `entradaSaida`, não se sabe
   * o que ficou gravado.
   */
  escrever<T>(usuarios: number, acao: () => Promise<T>): Promise<T>;
  /** Se só guarda texto, e sem U+0000. */
  readonly soTexto: boolean;
  /** Se outro escritor pode ter confirmado algo desde a última vez que se perguntou; da primeira, sim. */
  mudou(): Promise<boolean>;
  /** O que há aqui: nada, usuários que ainda não têm selo, ou uma cadeia. Lança `Falha` se é outra coisa, ou o erro do lugar. */
  situar(): Promise<'vazio' | 'legado' | 'cadeia'>;
  /**
   * Cria as tabelas que faltam; diz se `usuarios` já as tinha antes de haver selos, e é preciso adotá-los. `estranho` é o
   * id de um usuário por vir que tem um valor que não é texto. Lança `Falha` se há ali outra coisa.
   */
  preparar(estranho?: string): Promise<{ legado: boolean }>;
  /** Insere os usuários que `gerarUsuario` dá de `primeiro` a `ultimo`; devolve quantos entraram. */
  inserir(primeiro: number, ultimo: number, criadoEm: string): Promise<number>;
  /** Insere usuários como estão em outro armazém, das linhas do selo: cada valor com o tipo e os bytes que tem lá. */
  inserirLinhas(bloco: Bloco): Promise<void>;
  /** Grava a execução e, se a tem, a assinatura, na tabela delas, que cria se falta. Lança `Falha` se há ali outra coisa. */
  registrar(execucao: Registro, assinatura: string | undefined): Promise<void>;
  /** Os usuários que há de `primeiro` a `ultimo`. */
  lerFaixa(primeiro: number, ultimo: number): Promise<Usuario[]>;
}

/** Uma execução como está gravada, de que se recalcula o selo. */
export interface Selada {
  id: number;
  selo: string;
  registros: number;
  primeiro: string;
  ultimo: string;
  /** A linha dela no selo. */
  linha: Uint8Array;
}

/** O que se grava de uma execução: a linha dela no selo tem tudo o mais. */
export type Registro = Pick<Selada, 'id' | 'selo' | 'linha'>;

/** Um armazém que se lê num só instantâneo, e que sabe conferir o que é só do seu lugar. Não muda nada nele. */
export interface ArmazemDeLeitura extends Armazem {
  /** É nosso, deste formato, e está inteiro por fora. */
  conferirArquivo(): Promise<Resultado>;
  /** Está inteiro por dentro; nada diz do conteúdo. */
  conferirEstrutura(): Promise<Resultado>;
  /** Tem as duas tabelas, e nada que mude ou esconda uma linha delas. */
  conferirEsquema(): Promise<Resultado>;
  /** Se a leitura faz esperar quem escreve: daqui em diante o instantâneo se renova entre alguns blocos e os seguintes. */
  ceder?(): void;
  /** Larga o instantâneo, e lê em outro o que `acao` ler; depois dela não há nenhum. */
  instantaneo<T>(acao: () => Promise<T>): Promise<T>;
  /** As linhas dos usuários de uma faixa, cada bloco num instantâneo seu. */
  blocos(primeiro: string, ultimo: string): AsyncGenerator<Bloco>;
  /** O id de um usuário com um valor que não é texto, se há um; ou, com `semNulos`, que tem um U+0000. */
  acharEstranho(semNulos: boolean): Promise<string | undefined>;
  /** Se é um arquivo, os bytes dele com o que há neste instantâneo. Lança `Falha`. */
  bytes?(): AsyncGenerator<Uint8Array>;
  /** No fim de uma leitura, de um lugar que pode mudar: por que o que se leu já não vale, se não vale. */
  conferirPermanencia?(): Falha | undefined;
  /** Se a tabela existe e se pode ler, ainda que outra verificação reprove. */
  temTabela(tabela: Tabela): boolean;
  /** O que se pede a uma consulta para ver uma coluna, seja o que for que tenha: vai com o nome dela. */
  readonly mostrar: (coluna: string) => string;
}
