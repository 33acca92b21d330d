import type { Copia } from '../cadeia/copia.ts';
import type { Laudo } from '../cadeia/laudo.ts';
import { avisar } from '../programa/imprimir.ts';
import { contar, emJson, emMilhares, tornarVisivel } from '../texto.ts';
import { descreverLaudo } from './leitor.ts';

/** Quantos usuários e quantas execuções o laudo mostra, no documento JSON: tantos quantos o leitor. */
export const MOSTRADOS = 20;

/** O documento de `copiador.ts --json`. */
export function emDocumento(de: string, { copiadas, registros, laudo }: Copia): string {
  return emJson({ copiadas, registros, recibo: laudo.recibo, de, para: laudo.banco, laudo });
}

/** O que se copiou, e o laudo do destino. */
export function descreverCopia(de: string, { copiadas, registros, laudo, falhas }: Copia): string {
  const execucoes = contar(copiadas, 'execução copiada', 'execuções copiadas');
  const oQue =
    copiadas === 0
      ? 'Nada a copiar: o destino já tinha tudo.'
      : `${execucoes}, com ${contar(registros, 'usuário', 'usuários')}.`;
  return [tornarVisivel(`De ${de} para ${laudo.banco}`), oQue, '', descreverLaudo(laudo, falhas[0])].join(
    '\n',
  );
}

/** Depois de entregue um arquivo, o que ele é, e como quem o recebeu o confere: na saída de erros. */
export function anunciarEntrega({ banco, execucoes, registros, recibo }: Laudo): void {
  const quantas = `execuções, ${emMilhares(execucoes ?? 0)}; usuários, ${emMilhares(registros ?? 0)}`;
  avisar(
    `${tornarVisivel(banco)} foi entregue na saída padrão: ${quantas}.
recibo: ${recibo}
Não é prova de que chegou: exija este recibo do arquivo, com o leitor.`,
  );
}
