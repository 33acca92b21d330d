import { Falha } from './falhas.ts';

/** Um lote de usuários: o que uma rodada do escritor gravou numa transação. Espelha a tabela `execucoes`. */
export interface Execucao {
  id: number;
  container: string;
  iniciada_em: string;
  versao: string;
  primeiro_id: number;
  ultimo_id: number;
  registros: number;
  selo: string;
  /** A do recibo, se foi assinado; tem uma tabela só sua, e o selo não a cobre. */
  assinatura?: string;
}

/** As colunas de uma execução que o selo dela cobre, na ordem em que estão na tabela; depois delas vem `selo`. */
export const SELADAS_DA_EXECUCAO = [
  'id',
  'container',
  'iniciada_em',
  'versao',
  'primeiro_id',
  'ultimo_id',
  'registros',
] as const;

/** As colunas de um usuário, que o selo cobre todas, na ordem em que estão na tabela. */
export const SELADAS_DO_USUARIO = ['id', 'nome', 'email', 'criado_em'] as const;

/** Um usuário. Espelha a tabela `usuarios`; lido de um banco estragado, o id que não cabe num número vem em texto. */
export interface Usuario {
  id: number | string;
  nome: string;
  email: string;
  criado_em: string;
}

/** Os três primeiros, do exercício original; daí em diante cada usuário é gerado do seu id. */
export const PRIMEIROS = [
  { nome: 'João Silva', email: 'joao@example.com' },
  { nome: 'Maria Santos', email: 'maria@example.com' },
  { nome: 'Pedro Oliveira', email: 'pedro@example.com' },
];

/** O usuário que deve ter este id: o que o escritor sela. */
export function gerarUsuario(id: number, criadoEm: string): Usuario {
  const { nome, email } = PRIMEIROS[id - 1] ?? { nome: `Usuário ${id}`, email: `usuario${id}@example.com` };
  return { id, nome, email, criado_em: criadoEm };
}

/** O container da execução 1 de um banco que o programa original do exercício começou. */
export const DESCONHECIDO = 'desconhecido';

/** O selo que vem antes do da primeira execução. */
export const SELO_ZERO = '0'.repeat(64);

/**
 * O selo de uma execução: SHA-256, em hexadecimal, do selo anterior, da execução e de cada usuário seu em
 * ordem de id, uma linha cada, como em `json_array` do SQLite. O escritor entrega linhas feitas em
 * JavaScript do que quis gravar; o leitor, linhas feitas em SQL do que está gravado.
 */
export function iniciarSelo(anterior: string, linhaDaExecucao: string | Uint8Array): Bun.CryptoHasher {
  return new Bun.CryptoHasher('sha256').update(`${anterior}\n`).update(linhaDaExecucao).update('\n');
}

/** A linha da execução no selo, do lado de quem escreve. */
export function linhaDaExecucao(execucao: Omit<Execucao, 'selo'>): string {
  return linhaJson(SELADAS_DA_EXECUCAO.map((coluna) => execucao[coluna]));
}

/** A linha do usuário no selo, do lado de quem escreve. */
export function linhaDoUsuario({ id, nome, email, criado_em }: Usuario): string {
  return linhaJson([id, nome, email, criado_em]);
}

/** Lança `TypeError` se um texto tem metade de um par substituto: o SQLite gravaria outro no seu lugar. */
function linhaJson(valores: (string | number)[]): string {
  for (const valor of valores) {
    if (typeof valor === 'string' && !valor.isWellFormed())
      throw new TypeError('texto que não é Unicode bem formado');
  }
  return JSON.stringify(valores);
}

/** Prova, guardada fora do volume, de que a cadeia chegou à execução `execucao` com este selo. */
export interface Recibo {
  execucao: number;
  selo: string;
  assinatura?: string;
  /** A opção, a variável ou o arquivo de onde veio. */
  origem: string;
}

/** A assinatura do recibo de uma execução, em base64url. */
export type Assinar = (execucao: Pick<Execucao, 'id' | 'selo'>) => Promise<string>;

/** `N:selo` ou `N:selo:assinatura`, como o escritor o imprime. */
export function formatarRecibo(execucao: Pick<Execucao, 'id' | 'selo' | 'assinatura'>): string {
  const { id, selo, assinatura } = execucao;
  return assinatura === undefined ? `${id}:${selo}` : `${id}:${selo}:${assinatura}`;
}

const RECIBO = /([1-9]\d{0,14}):([0-9a-f]{64})(?::([\w-]{86}))?/;
const SO_RECIBO = new RegExp(`^${RECIBO.source}$`);
const RECIBO_NO_MEIO = new RegExp(`(?<![A-Za-z\\d])${RECIBO.source}(?!:?[\\w-])`, 'g');

/** Lê um recibo; `origem` é de onde veio. Lança `Falha` (`uso`). */
export function lerRecibo(texto: string, origem: string): Recibo {
  const [, execucao, selo, assinatura] = texto.match(SO_RECIBO) ?? [];
  if (!execucao || !selo) {
    throw new Falha(
      'uso',
      `${origem}: "${texto.slice(0, 80)}" não é um recibo`,
      'Um recibo é N:SELO: o número da execução e 64 dígitos hexadecimais, como o escritor o imprimiu.',
    );
  }
  return { execucao: Number(execucao), selo, ...(assinatura && { assinatura }), origem };
}

/**
 * Os recibos inteiros que há num texto qualquer, também com cores ou dentro de um texto JSON, e se nele há um começado, ou
 * uma última linha, que não acaba. Lança `Falha` (`uso`) se algo parece um recibo e não o é: calá-lo seria não o exigir.
 */
export function acharRecibos(texto: string, origem: string): { recibos: Recibo[]; cortado: boolean } {
  const recibos: Recibo[] = [];
  const limpo = Bun.stripANSI(texto).replace(/\\(?:[nrt"]|u[0-9a-f]{4})/gi, '\n');
  const resto = limpo.replace(RECIBO_NO_MEIO, (recibo) => {
    recibos.push(lerRecibo(recibo, origem));
    return '\n';
  });
  const [estranho] = resto.match(/(?<![a-z\d])\d+:[0-9a-f]{64}(?![0-9a-z])/i) ?? [];
  if (estranho !== undefined) lerRecibo(estranho, origem);
  return { recibos, cortado: /(?<!\w)[1-9]\d*:[0-9a-f]{8}|[^\s}]$/.test(resto) };
}

/**
 * Dois recibos da mesma execução com selos diferentes: não há cadeia que tenha os dois, e não é preciso lê-la para o
 * saber.
 */
export function acharBifurcacao(recibos: Recibo[]): Falha | undefined {
  const vistos = new Map<number, Recibo>();
  for (const recibo of recibos) {
    const outro = vistos.get(recibo.execucao) ?? recibo;
    vistos.set(recibo.execucao, outro);
    if (outro.selo === recibo.selo) continue;
    return new Falha(
      'reprovado',
      `dois recibos da execução ${recibo.execucao}, de ${outro.origem} e de ${recibo.origem}, têm selos diferentes: nenhuma cadeia tem os dois`,
      'Ou são de bancos diferentes, e cada um se exige à parte, ou alguém refez a cadeia: o mais antigo é o que vale.',
    );
  }
}
