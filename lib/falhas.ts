/** Por que um programa termina, e o código de saída de cada motivo (de `sysexits.h`, e 128 + sinal). */
export const CODIGOS = {
  feito: 0,
  uso: 64,
  reprovado: 65,
  nadaParaLer: 66,
  naoPersiste: 69,
  indisponivel: 69,
  defeito: 70,
  naoCriado: 73,
  entradaSaida: 74,
  tenteDeNovo: 75,
  semPermissao: 77,
  versaoNova: 78,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

export type Motivo = keyof typeof CODIGOS;

/**
 * No texto de um remédio, o lugar do nome de uma opção: quem acha a falha não conhece a linha de comando, e quem a
 * conhece põe-no ali. Vai entre NULs, que nenhum caminho tem.
 */
export function opcao(nome: string): string {
  return `\0${nome}\0`;
}

/**
 * Uma falha que o usuário pode encontrar: o que falhou, em que caminho e por quê (`message`), o que
 * fazer em seguida (`remedio`) e o código de saída (`motivo`). Qualquer outro erro é um defeito nosso.
 */
export class Falha extends Error {
  readonly motivo: Motivo;
  readonly remedio: string;

  // biome-ignore lint/complexity/useMaxParams: os de Error, mais o motivo e o remédio.
  constructor(motivo: Motivo, mensagem: string, remedio: string, opcoes?: ErrorOptions) {
    super(mensagem, opcoes);
    this.name = 'Falha';
    this.motivo = motivo;
    this.remedio = remedio;
  }
}

/** A mesma falha, onde o lugar se indicou com a opção `nome`, e não com `banco`; outro erro fica como está. */
export function comOpcao<E>(erro: E, nome: string): E | Falha {
  if (!(erro instanceof Falha)) return erro;
  const remedio = erro.remedio.replaceAll(opcao('banco'), opcao(nome));
  return new Falha(erro.motivo, erro.message, remedio, { cause: erro });
}

const REMEDIO = `Restaure uma cópia e exija, com ${opcao('recibo')}, o último recibo que você guardou.`;

/** Uma execução em que uma verificação reprova: falta, ou não é a que devia ser. */
export interface Achado {
  execucao: number;
  falta: boolean;
}

/** De quantos se guarda onde estão; com menos, são todos. */
export const ACHADOS = 12;

/** O que uma verificação concluiu. Nenhuma muda coisa alguma. */
export type Resultado =
  /** Com o que conferiu, ou com a razão de não ter o que conferir. */
  { resultado: 'aprovada' | 'pulada'; detalhe: string } | Reprovada;

interface Reprovada {
  resultado: 'reprovada';
  falha: Falha;
  achados?: Achado[];
}

/** Está como devia: `detalhe` diz o que se conferiu. */
export function aprovar(detalhe: string): Resultado {
  return { resultado: 'aprovada', detalhe };
}

/** Não se aplica, ou não se pode fazer: `detalhe` diz por quê. */
export function pular(detalhe: string): Resultado {
  return { resultado: 'pulada', detalhe };
}

/** Não está como devia: o que, por quê e o que fazer. */
export function reprovar(motivo: Motivo, mensagem: string, remedio: string): Reprovada {
  return { resultado: 'reprovada', falha: new Falha(motivo, mensagem, remedio) };
}

/** Os dados não são os que foram gravados. */
export function reprovarDados(mensagem: string): Reprovada {
  return reprovar('reprovado', mensagem, REMEDIO);
}
