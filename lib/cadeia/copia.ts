import { eServidor, nomearLugar } from '../armazem/abrir.ts';
import { criarProvisorio } from '../armazem/chegada.ts';
import { identificarArquivo } from '../armazem/disco.ts';
import type { Contexto } from '../contexto.ts';
import { comOpcao, Falha } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../selo.ts';
import { oMesmo } from './lados.ts';
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
  { para, limite, ...origem }: Origem & { para: string; limite: number },
  contexto: Contexto,
): Promise<Copia> {
  await recusarOMesmo(origem.de, para);
  const { levado, recibos } = await trazer(origem, para, contexto);
  try {
    const { laudo, falhas } = await verificarBanco({ banco: para, recibos, limite }, contexto);
    return { ...levado, laudo, falhas: falhas.map((falha) => comOpcao(falha, 'para')) };
  } catch (erro) {
    throw comOpcao(erro, 'para');
  }
}

/** Confere a origem, e leva ao destino o que lhe falta. Devolve também os recibos que agora ele deve ter. */
async function trazer(
  { de, recibos }: Origem,
  para: string,
  contexto: Contexto,
): Promise<{ levado: Levado; recibos: Recibo[] }> {
  const { laudo, falhas } = await verificarBanco({ banco: de, recibos, limite: 0, cedendo: true }, contexto);
  recusarOrigem(falhas);
  const meta = lerRecibo(`${laudo.recibo}`, de);
  try {
    return { levado: await levar({ de, para, meta }, contexto), recibos: [...recibos, meta] };
  } catch (erro) {
    throw comOpcao(erro, 'para');
  }
}

/**
 * Entrega os bytes de um arquivo com a cadeia da origem, depois de conferida: os do que ela é, do instantâneo em que se
 * conferiu; ou, de um servidor, os de uma cópia provisória. Devolve o laudo dela. Lança `Falha`.
 */
export async function exportar(origem: Origem, contexto: Contexto, entregar: Entregar): Promise<Laudo> {
  if (!eServidor(origem.de)) return await entregarArquivo(origem, contexto, entregar);
  using provisorio = criarProvisorio('copia.db');
  const { recibos } = await trazer(origem, provisorio.caminho, contexto);
  const laudo = await entregarArquivo({ de: provisorio.caminho, recibos }, contexto, entregar);
  return { ...laudo, banco: await nomearLugar(origem.de) };
}

type Entregar = (bytes: Uint8Array) => Promise<void>;

async function entregarArquivo(
  { de, recibos }: Origem,
  contexto: Contexto,
  entregar: Entregar,
): Promise<Laudo> {
  const exigencias = { banco: de, recibos, limite: 0 };
  const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (origem, vistas) => {
    recusarOrigem(vistas);
    if (!origem.bytes) throw new TypeError(`${origem.endereco} não é um arquivo`);
    for await (const bytes of origem.bytes()) await entregar(bytes);
  });
  recusarOrigem(falhas);
  return laudo;
}

/** O que os nomes já dizem; de dois servidores, é depois de abertos que se sabe. Lança `Falha` (`uso`). */
async function recusarOMesmo(de: string, para: string): Promise<void> {
  const [um, outro] = [identificarArquivo(de), identificarArquivo(para)];
  const nomes = [await nomearLugar(de), await nomearLugar(para)] as const;
  if (nomes[0] === nomes[1] || (um && Bun.deepEquals(um, outro))) throw oMesmo(...nomes);
}

/** Que a origem esteja onde não persiste é mais uma razão para a copiar; nenhuma outra falha o é. Lança `Falha`. */
function recusarOrigem(falhas: Falha[]): void {
  const falha = falhas.find(({ motivo }) => motivo !== 'naoPersiste');
  if (!falha) return;
  const { motivo, message, remedio } = comOpcao(falha, 'de');
  const oQue = `a origem não foi aprovada, e nada se copiou: ${message}`;
  throw new Falha(motivo, oQue, remedio, { cause: falha });
}
