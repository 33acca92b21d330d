import { eServidor, nomearLugar } from '../armazem/abrir.ts';
import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { criarProvisorio } from '../armazem/chegada.ts';
import { identificarArquivo, sincronizarArquivo } from '../armazem/disco.ts';
import { falhaDeArquivo } from '../armazem/erros.ts';
import type { Contexto } from '../contexto.ts';
import { comOpcao, Falha, opcao } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../recibo.ts';
import { lerAssinatura, lerMaisNova } from './assinaturas.ts';
import { doLado, oMesmo } from './lados.ts';
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
  const { levado, recibos, maisNova } = await trazer(origem, para, contexto);
  return await doLado('para', async () => {
    if (!eServidor(para)) fixarNoDisco(para);
    const exigencias = { banco: para, recibos, limite };
    const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (destino, vistas) => {
      if (vistas.some(impede)) return;
      const falta = await semAssinatura(destino, maisNova, origem.de);
      if (falta) vistas.push(falta);
    });
    return { ...levado, laudo, falhas: falhas.map((falha) => comOpcao(falha, 'para')) };
  });
}

/** O que já estava lá, e não se gravou agora, pode ainda só estar na memória: num `cp` de há pouco. Lança `Falha`. */
function fixarNoDisco(caminho: string): void {
  try {
    sincronizarArquivo(caminho);
  } catch (erro) {
    throw falhaDeArquivo(erro, caminho, 'entradaSaida');
  }
}

/** O que já estava lá pode ter perdido a assinatura, que o selo não cobre: com a origem, apagava-se a única. */
async function semAssinatura(
  destino: ArmazemDeLeitura,
  maisNova: Recibo | undefined,
  de: string,
): Promise<Falha | undefined> {
  if (!maisNova?.assinatura) return;
  const { execucao, assinatura } = maisNova;
  if ((await lerAssinatura(destino, execucao)) === assinatura) return;
  return new Falha(
    'reprovado',
    `em ${destino.endereco}, a execução ${execucao} não tem a assinatura que tem em ${await nomearLugar(de)}`,
    `Não apague a origem; indique outro lugar com ${opcao('banco')}.`,
  );
}

/**
 * Confere a origem, e leva ao destino o que lhe falta. Devolve também o que ele agora deve ter: os recibos, e o mais novo
 * dela, com a assinatura.
 */
async function trazer(
  { de, recibos }: Origem,
  para: string,
  contexto: Contexto,
): Promise<{ levado: Levado; recibos: Recibo[]; maisNova: Recibo | undefined }> {
  let maisNova: Recibo | undefined;
  const exigencias = { banco: de, recibos, limite: 0, cedendo: true };
  const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (origem, vistas) => {
    if (vistas.some(impede)) return;
    maisNova = await lerMaisNova(origem);
  });
  recusarOrigem(falhas);
  const meta = lerRecibo(`${laudo.recibo}`, de);
  const levado = await doLado('para', () => levar({ de, para, meta }, contexto));
  return { levado, recibos: [...recibos, meta], maisNova };
}

/**
 * Entrega os bytes de um arquivo com a cadeia da origem, depois de conferida: os do que ela é, do instantâneo em que se
 * conferiu; ou, de um servidor, os de uma cópia provisória. Devolve o laudo dela. Lança `Falha`.
 */
export async function exportar(origem: Origem, contexto: Contexto, entregar: Entregar): Promise<Laudo> {
  const { de, recibos } = origem;
  if (eServidor(de)) {
    using provisorio = criarProvisorio('copia.db');
    const trazido = await trazer(origem, provisorio.caminho, contexto);
    const copia = { de: provisorio.caminho, recibos: trazido.recibos };
    return { ...(await exportar(copia, contexto, entregar)), banco: await nomearLugar(de) };
  }
  const exigencias = { banco: de, recibos, limite: 0 };
  const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (arquivo, vistas) => {
    recusarOrigem(vistas);
    if (!arquivo.bytes) throw new TypeError(`${arquivo.endereco} não é um arquivo`);
    for await (const bytes of arquivo.bytes()) await entregar(bytes);
  });
  recusarOrigem(falhas);
  return laudo;
}

type Entregar = (bytes: Uint8Array) => Promise<void>;

/** O que os nomes já dizem; de dois servidores, é depois de abertos que se sabe. Lança `Falha` (`uso`). */
async function recusarOMesmo(de: string, para: string): Promise<void> {
  const arquivo = identificarArquivo(de);
  const nomes = [await nomearLugar(de), await nomearLugar(para)] as const;
  if (nomes[0] === nomes[1] || (arquivo && arquivo === identificarArquivo(para))) throw oMesmo(...nomes);
}

/** Que a origem esteja onde não persiste é mais uma razão para copiá-la; nenhuma outra falha o é. */
function impede({ motivo }: Falha): boolean {
  return motivo !== 'naoPersiste';
}

function recusarOrigem(falhas: Falha[]): void {
  const falha = falhas.find(impede);
  if (!falha) return;
  const { motivo, message, remedio } = comOpcao(falha, 'de');
  const oQue = `a origem não foi aprovada, e nada se copiou: ${message}`;
  throw new Falha(motivo, oQue, remedio, { cause: falha });
}
