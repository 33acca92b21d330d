import { Falha, type Motivo, opcao } from './falhas.ts';

const REMEDIO = `Restaure uma cópia e exija, com ${opcao('recibo')}, o último recibo que você guardou.`;

/** O que uma verificação concluiu. Nenhuma muda coisa alguma. */
export type Resultado =
  /** Com o que conferiu, ou com a razão de não ter o que conferir. */
  { resultado: 'aprovada' | 'pulada'; detalhe: string } | { resultado: 'reprovada'; falha: Falha };

/** Está como devia: `detalhe` diz o que se conferiu. */
export function aprovar(detalhe: string): Resultado {
  return { resultado: 'aprovada', detalhe };
}

/** Não se aplica, ou não se pode fazer: `detalhe` diz por quê. */
export function pular(detalhe: string): Resultado {
  return { resultado: 'pulada', detalhe };
}

/** Não está como devia: o que, por quê e o que fazer. */
export function reprovar(motivo: Motivo, mensagem: string, remedio: string): Resultado {
  return { resultado: 'reprovada', falha: new Falha(motivo, mensagem, remedio) };
}

/** Os dados não são os que foram gravados. */
export function reprovarDados(mensagem: string): Resultado {
  return reprovar('reprovado', mensagem, REMEDIO);
}
