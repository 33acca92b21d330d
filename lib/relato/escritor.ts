import { conferirPersistencia } from '../armazem/abrir.ts';
import type { Armazem } from '../armazem/armazem.ts';
import type { Gravacao } from '../cadeia/execucoes.ts';
import { Falha } from '../falhas.ts';
import { imprimir } from '../programa/imprimir.ts';
import { ESCRITOR } from '../programa/opcoes-do-escritor.ts';
import { avisarFalha } from '../programa/programa.ts';
import { formatarRecibo } from '../recibo.ts';
import { emJson, emMilhares, listarDados, tornarVisivel } from '../texto.ts';

/** Avisa se o que vai ser gravado some com o container: o escritor grava assim mesmo, mas não em silêncio. */
export async function avisarSeNaoPersiste(lugar: string): Promise<void> {
  const visto = await conferirPersistencia(lugar, undefined);
  if (visto.resultado !== 'reprovada') return;
  const { message, remedio } = visto.falha;
  avisarFalha(ESCRITOR.nome, { message: `aviso: ${message}`, remedio });
}

/** Quantos usuários de cada execução o escritor lista. */
export const LISTADOS = 20;

/**
 * Imprime uma execução confirmada, com o seu recibo. Se a saída não a aceita, lança uma `Falha` que leva o
 * recibo consigo: a execução está gravada, e o recibo não se perde.
 */
export async function relatar(
  gravacao: Gravacao,
  { endereco, contexto }: Pick<Armazem, 'endereco' | 'contexto'>,
  json: boolean,
): Promise<void> {
  try {
    await imprimir(json ? emLinhaJson(gravacao, endereco) : emTexto(gravacao, endereco), contexto.parada);
  } catch (erro) {
    if (!(erro instanceof Falha)) throw erro;
    const recibo = formatarRecibo(gravacao.execucao);
    throw new Falha(
      erro.motivo,
      `${erro.message}; a execução foi gravada, com o recibo: ${recibo}`,
      erro.remedio,
      { cause: erro },
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
      `O banco ainda não tinha selo. Usuários que já estavam nele: ${emMilhares(adotada.registros)}.`,
      `Foram selados como execução ${adotada.id}, de container ${adotada.container}.`,
      `recibo: ${formatarRecibo(adotada)}`,
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
