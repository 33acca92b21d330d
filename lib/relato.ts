import type { Gravacao } from './execucoes.ts';
import { Falha } from './falhas.ts';
import { emJson, emMilhares, escrever, tornarVisivel } from './saida.ts';
import { formatarRecibo } from './selo.ts';
import { listarDados } from './usuarios.ts';

/** Quantos usuários de cada execução o escritor lista. */
export const LISTADOS = 20;

/**
 * Imprime uma execução confirmada, com o seu recibo. Se a saída não a aceita, lança uma `Falha` que leva o
 * recibo consigo: a execução está gravada, e o recibo não se perde.
 */
export async function relatar(
  gravacao: Gravacao,
  banco: string,
  json: boolean,
  parada: AbortSignal,
): Promise<void> {
  try {
    await escrever(json ? emLinhaJson(gravacao, banco) : emTexto(gravacao, banco), parada);
  } catch (erro) {
    if (!(erro instanceof Falha)) throw erro;
    const recibo = formatarRecibo(gravacao.execucao);
    throw new Falha(
      erro.motivo,
      `${erro.message}; gravada, mas não entregue: recibo: ${recibo}`,
      erro.remedio,
      {
        cause: erro,
      },
    );
  }
}

function emLinhaJson({ execucao, total }: Gravacao, banco: string): string {
  const { id, container, iniciada_em, versao, registros } = execucao;
  const recibo = formatarRecibo(execucao);
  return emJson({ execucao: id, recibo, container, iniciada_em, versao, registros, total, banco });
}

function emTexto({ execucao, total, amostra, adotada }: Gravacao, banco: string): string {
  const linhas = [tornarVisivel(`Execução ${execucao.id} em ${banco}, escrita por ${execucao.container}`)];
  if (adotada) {
    linhas.push(
      `O banco não tinha selo. Usuários que já estavam nele: ${emMilhares(adotada.registros)}, selados como`,
      `execução ${adotada.id}, de container ${adotada.container}: recibo: ${formatarRecibo(adotada)}`,
    );
  }
  linhas.push(listarDados(amostra));
  const resto = execucao.registros - amostra.length;
  if (resto > 0) linhas.push(`… e mais ${emMilhares(resto)}.`);
  linhas.push(
    `Usuários gravados: ${emMilhares(execucao.registros)}. No total: ${emMilhares(total)}.`,
    `recibo: ${formatarRecibo(execucao)}`,
  );
  return linhas.join('\n');
}
