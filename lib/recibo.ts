import { Falha } from './falhas.ts';
import type { Elo, Execucao } from './selo.ts';

/** Prova, guardada fora do volume, de que a cadeia chegou à execução `execucao` com este selo. */
export interface Recibo {
  execucao: number;
  selo: string;
  assinatura?: string;
  /** A opção, a variável ou o arquivo de onde veio. */
  origem: string;
}

/** A assinatura do recibo de uma execução, em base64url. */
export type Assinar = (execucao: Elo) => Promise<string>;

/** `N:selo` ou `N:selo:assinatura`, como o escritor o imprime. */
export function formatarRecibo(execucao: Elo & Pick<Execucao, 'assinatura'>): string {
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
  const limpo = Bun.stripANSI(texto.replace(/\\u001b/gi, '\u001b')).replace(
    /\\(?:[nrt"]|u[0-9a-f]{4})/gi,
    '\n',
  );
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
