import { nomearLugar } from '../armazem/abrir.ts';
import { identificarArquivo } from '../armazem/disco.ts';
import type { Contexto } from '../contexto.ts';
import { Falha, opcao } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../selo.ts';
import type { Laudo } from './laudo.ts';
import { type Levado, levar } from './levar.ts';
import { verificarBanco } from './verificar.ts';

/** De onde copiar uma cadeia. */
export interface Origem {
  de: string;
  /** Recibos que ela tem de ter, antes de tudo. */
  recibos: Recibo[];
}

/** O que se copiou, e o laudo do destino, relido. */
export interface Copia extends Levado {
  laudo: Laudo;
  falhas: Falha[];
}

/**
 * Acrescenta ao destino as execuções que lhe faltam da origem, e confere-o inteiro, com o recibo mais novo que ela tinha
 * no começo. Cada COMMIT só vem depois de recalculados, do que o destino guarda, os selos que ele confirma: parada a
 * qualquer momento, o destino é um começo da origem. Quem nela escreve não espera. Lança `Falha`: a origem não é
 * aprovada, ou o destino guarda outra coisa, outra cadeia ou uma mais longa, e então nada se muda nele.
 */
export async function copiar(
  { de, para, recibos, limite }: Origem & { para: string; limite: number },
  contexto: Contexto,
): Promise<Copia> {
  await recusarOMesmo(de, para);
  const { laudo, falhas } = await verificarBanco({ banco: de, recibos, limite: 0, cedendo: true }, contexto);
  recusarOrigem(falhas);
  const meta = lerRecibo(`${laudo.recibo}`, de);
  try {
    const levado = await levar({ de, para, meta }, contexto);
    const exigencias = { banco: para, recibos: [...recibos, meta], limite };
    return { ...levado, ...(await verificarBanco(exigencias, contexto)) };
  } catch (erro) {
    throw erro instanceof Falha ? doLado('para', erro) : erro;
  }
}

/** Confere a origem e entrega, do mesmo instantâneo, os bytes do arquivo que ela é. Devolve o laudo. Lança `Falha`. */
export async function exportar(
  { de, recibos }: Origem,
  contexto: Contexto,
  entregar: (bytes: Uint8Array) => Promise<void>,
): Promise<Laudo> {
  const exigencias = { banco: de, recibos, limite: 0 };
  const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (origem, vistas) => {
    recusarOrigem(vistas);
    for await (const bytes of origem.bytes()) await entregar(bytes);
  });
  recusarOrigem(falhas);
  return laudo;
}

/** Copiado para si mesmo seria aprovado, e apagar a origem levaria a cópia. Lança `Falha` (`uso`). */
async function recusarOMesmo(de: string, para: string): Promise<void> {
  const [um, outro] = [identificarArquivo(de), identificarArquivo(para)];
  const nomes = [await nomearLugar(de), await nomearLugar(para)];
  if (nomes[0] !== nomes[1] && !(um && Bun.deepEquals(um, outro))) return;
  throw new Falha('uso', `${nomes.join(' e ')} são o mesmo`, `Indique outro lugar com ${opcao('para')}.`);
}

/** Que a origem esteja onde não persiste é mais uma razão para a copiar; nenhuma outra falha o é. Lança `Falha`. */
function recusarOrigem(falhas: Falha[]): void {
  const falha = falhas.find(({ motivo }) => motivo !== 'naoPersiste');
  if (!falha) return;
  const { motivo, message, remedio } = doLado('de', falha);
  throw new Falha(motivo, `a origem não foi aprovada, e nada se copiou: ${message}`, remedio, {
    cause: falha,
  });
}

/** A mesma falha, onde a opção que nos outros programas é `banco` se chama `de` ou `para`. */
function doLado(lado: 'de' | 'para', { motivo, message, remedio, cause }: Falha): Falha {
  return new Falha(motivo, message, remedio.replaceAll(opcao('banco'), opcao(lado)), { cause });
}
