import { abrirParaEscrita, abrirParaLeitura, saoOMesmo } from '../armazem/abrir.ts';
import type { Armazem, ArmazemDeEscrita, ArmazemDeLeitura, Selada } from '../armazem/armazem.ts';
import type { Contexto } from '../contexto.ts';
import { Falha, opcao } from '../falhas.ts';
import type { Recibo } from '../recibo.ts';
import { type Elo, SELO_ZERO } from '../selo.ts';
import { lerAssinaturas } from './assinaturas.ts';
import { lerUltima } from './execucoes.ts';
import { doLado, exigirComeco, type Lados, oMesmo } from './lados.ts';
import { Conta } from './selos.ts';

/** O que se levou. */
export interface Levado {
  copiadas: number;
  registros: number;
}

/** Uma execução, com a assinatura que a origem tem dela, se a tem. */
type Levada = Selada & { assinatura: string | undefined };

/** Leva ao destino as execuções que lhe faltam, até a de `meta`, algumas em cada transação. Lança `Falha`. */
export async function levar(
  { de, para, meta }: { de: string; para: string; meta: Recibo },
  contexto: Contexto,
): Promise<Levado> {
  await using origem = await doLado('de', () => abrirParaLeitura(de, contexto));
  // Larga a origem: abrir o destino pode esperar por quem o tem trancado.
  const numInstantaneo = <T>(acao: () => Promise<T>) => doLado('de', () => origem.instantaneo(acao), origem);
  await numInstantaneo(async () => {});
  await using destino = await abrirParaEscrita(para, contexto);
  if (await saoOMesmo(origem, destino)) throw oMesmo(origem.endereco, destino.endereco);
  const lados = { origem, destino };
  const levado: Levado = { copiadas: 0, registros: 0 };
  const estranho = await numInstantaneo(() => origem.acharEstranho(destino.soTexto));
  let ponta: Elo = await acharPonta(destino);
  using _andamento = contexto.comecar('copiando', Number.POSITIVE_INFINITY);
  for (;;) {
    const lote = await numInstantaneo(async () => {
      await exigirComeco(lados, ponta);
      return await lerLote(origem, ponta.id + 1, meta.execucao);
    });
    const ultima = lote.at(-1);
    if (!ultima) return levado;
    const registros = lote.reduce((soma, selada) => soma + selada.registros, 0);
    const gravado = await destino.escrever(registros, async () => {
      if (await destino.mudou()) {
        if ((await destino.preparar(estranho)).legado) throw naoEUmaCopia(destino);
        // Outra cópia da mesma origem passou à frente: continua-se de onde ela chegou.
        if ((await lerUltima(destino)).selo !== ponta.selo) return false;
      }
      await gravar(lados, lote, registros);
      await recalcular(destino, lote, ponta);
      return true;
    });
    ponta = gravado ? ultima : await acharPonta(destino);
    if (!gravado) continue;
    levado.copiadas += lote.length;
    levado.registros += registros;
  }
}

/** Onde o destino acaba. Lança `Falha` se guarda o que não é uma cadeia. */
async function acharPonta(destino: ArmazemDeEscrita): Promise<Elo> {
  const guarda = await doLado('para', () => destino.situar(), destino);
  // Uma transação já seria uma página no arquivo.
  if (guarda === 'vazio') return { id: 0, selo: SELO_ZERO };
  if (guarda === 'legado') throw naoEUmaCopia(destino);
  return await destino.escrever(0, async () => {
    await destino.preparar();
    return await lerUltima(destino);
  });
}

function naoEUmaCopia({ endereco }: Armazem): Falha {
  const oQue = `${endereco} guarda usuários sem selo, e não uma cópia`;
  return new Falha('reprovado', oQue, `Indique outro lugar com ${opcao('para')}; este fica como está.`);
}

/** As execuções de um lote: sempre mais rápido do que uma a uma, e pouco para a memória. */
const USUARIOS_POR_LOTE = 10_000;

/** As primeiras execuções de `de` a `ate`: uma, ou tantas quantas caibam num lote; nenhuma, se já se passou. */
async function lerLote(origem: ArmazemDeLeitura, de: number, ate: number): Promise<Levada[]> {
  const seladas: Selada[] = [];
  if (de > ate) return [];
  let usuarios = 0;
  for (const selada of await origem.lerSeladas(de, ate)) {
    if (typeof selada === 'number') throw mudouDurante(origem);
    usuarios += selada.registros;
    if (seladas.length > 0 && usuarios > USUARIOS_POR_LOTE) break;
    seladas.push(selada);
  }
  const assinaturas = await lerAssinaturas(origem, de, de + seladas.length - 1);
  return seladas.map((selada) => ({ ...selada, assinatura: assinaturas.get(selada.id) }));
}

async function gravar({ origem, destino }: Lados, lote: Levada[], registros: number): Promise<void> {
  const cheias = lote.filter((selada) => selada.registros > 0);
  const [primeira, ultima] = [cheias[0], cheias.at(-1)];
  let lidos = 0;
  if (primeira && ultima) {
    const blocos = origem.blocos(primeira.primeiro, ultima.ultimo);
    for (;;) {
      const { done, value: bloco } = await doLado('de', () => blocos.next(), origem);
      if (done) break;
      await destino.inserirLinhas(bloco);
      lidos += bloco.usuarios;
      await origem.contexto.passo(bloco.usuarios);
    }
  }
  // Um usuário a mais, fora das faixas, passaria pelos selos.
  if (lidos !== registros) throw mudouDurante(origem);
  for (const selada of lote) await destino.registrar(selada, selada.assinatura);
}

/** Os selos do lote, recalculados do que o destino guarda, são os da origem. Lança `Falha`. */
async function recalcular(destino: ArmazemDeEscrita, seladas: Selada[], ponta: Elo): Promise<void> {
  using _andamento = destino.contexto.comecar('conferindo', Number.POSITIVE_INFINITY);
  const percorrer = destino.percorrer();
  let anterior = ponta.selo;
  for (const { id, selo } of seladas) {
    const [gravada] = await destino.lerSeladas(id, id);
    if (typeof gravada !== 'object') throw outroSelo(destino, id);
    const conta = new Conta(gravada, anterior);
    await percorrer(gravada.primeiro, gravada.ultimo, (bloco) => conta.juntar(bloco));
    if (conta.defeito() || gravada.selo !== selo) throw outroSelo(destino, id);
    anterior = selo;
  }
}

function outroSelo({ endereco }: Armazem, id: number): Falha {
  return new Falha(
    'reprovado',
    `a execução ${id}, recalculada do que ${endereco} passaria a guardar, não tem o selo que tem na origem: não foi gravada`,
    'Confira os dois com o leitor antes de tentar de novo.',
  );
}

function mudouDurante({ endereco }: Armazem): Falha {
  const oQue = `${endereco} mudou durante a cópia, e não por um escritor: já não tem o que se conferiu nele`;
  return new Falha('reprovado', oQue, 'Descubra quem mexeu nele; o leitor dirá o que ficou.');
}
