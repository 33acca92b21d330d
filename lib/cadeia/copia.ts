import { eServidor, nomearLugar } from '../armazem/abrir.ts';
import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { criarProvisorio } from '../armazem/chegada.ts';
import { identificarArquivo, sincronizarArquivo } from '../armazem/disco.ts';
import { falhaDeArquivo } from '../armazem/erros.ts';
import type { Contexto } from '../contexto.ts';
import { comOpcao, Falha, opcao } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../selo.ts';
import { lerAssinaturas } from './assinaturas.ts';
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
  const { levado, recibos, assinada } = await trazer(origem, para, contexto);
  try {
    if (!eServidor(para)) fixarNoDisco(para);
    const exigencias = { banco: para, recibos, limite };
    const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (destino, vistas) => {
      if (vistas.some(impede)) return;
      const falta = await semAssinatura(destino, assinada, origem.de);
      if (falta) vistas.push(falta);
    });
    return { ...levado, laudo, falhas: falhas.map((falha) => comOpcao(falha, 'para')) };
  } catch (erro) {
    throw comOpcao(erro, 'para');
  }
}

/** O que já estava lá, e não se gravou agora, pode ainda só estar na memória: num `cp` de há pouco. Lança `Falha`. */
function fixarNoDisco(caminho: string): void {
  try {
    sincronizarArquivo(caminho);
  } catch (erro) {
    throw falhaDeArquivo(erro, caminho, 'entradaSaida');
  }
}

/** A execução mais nova de uma cadeia, se está assinada. */
interface Assinada {
  execucao: number;
  assinatura: string;
}

async function lerAssinada(armazem: ArmazemDeLeitura): Promise<Assinada | undefined> {
  const [ultima] = await armazem.lerUltimas(1);
  if (!ultima) return;
  const assinatura = (await lerAssinaturas(armazem, ultima.id, ultima.id)).get(ultima.id);
  return assinatura === undefined ? undefined : { execucao: ultima.id, assinatura };
}

/** O que já estava lá pode ter perdido a assinatura, que o selo não cobre: com a origem, apagava-se a única. */
async function semAssinatura(
  destino: ArmazemDeLeitura,
  assinada: Assinada | undefined,
  de: string,
): Promise<Falha | undefined> {
  if (!assinada) return;
  const { execucao, assinatura } = assinada;
  if ((await lerAssinaturas(destino, execucao, execucao)).get(execucao) === assinatura) return;
  return new Falha(
    'reprovado',
    `em ${destino.endereco}, a execução ${execucao} não tem a assinatura que tem em ${await nomearLugar(de)}`,
    `Não apague a origem; indique outro lugar com ${opcao('banco')}.`,
  );
}

/** Confere a origem, e leva ao destino o que lhe falta. Devolve também os recibos e a assinatura que agora ele deve ter. */
async function trazer(
  { de, recibos }: Origem,
  para: string,
  contexto: Contexto,
): Promise<{ levado: Levado; recibos: Recibo[]; assinada: Assinada | undefined }> {
  let assinada: Assinada | undefined;
  const exigencias = { banco: de, recibos, limite: 0, cedendo: true };
  const { laudo, falhas } = await verificarBanco(exigencias, contexto, async (origem, vistas) => {
    if (vistas.some(impede)) return;
    assinada = await lerAssinada(origem);
  });
  recusarOrigem(falhas);
  const meta = lerRecibo(`${laudo.recibo}`, de);
  try {
    return { levado: await levar({ de, para, meta }, contexto), recibos: [...recibos, meta], assinada };
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

/** Que a origem esteja onde não persiste é mais uma razão para copiá-la; nenhuma outra falha o é. */
function impede({ motivo }: Falha): boolean {
  return motivo !== 'naoPersiste';
}

/** Lança `Falha`, se há uma que impeça a cópia. */
function recusarOrigem(falhas: Falha[]): void {
  const falha = falhas.find(impede);
  if (!falha) return;
  const { motivo, message, remedio } = comOpcao(falha, 'de');
  const oQue = `a origem não foi aprovada, e nada se copiou: ${message}`;
  throw new Falha(motivo, oQue, remedio, { cause: falha });
}
