import type { Armazem, ArmazemDeEscrita, ArmazemDeLeitura } from '../armazem/armazem.ts';
import { comOpcao, Falha, opcao } from '../falhas.ts';
import { formatarRecibo } from '../recibo.ts';
import type { Elo } from '../selo.ts';

/** De onde se copia e para onde. */
export interface Lados {
  origem: ArmazemDeLeitura;
  destino: ArmazemDeEscrita;
}

/**
 * Faz o que é de um dos lados, ainda que no meio do que se faz no outro: o que ali falha é dele, e o remédio diz a opção
 * dele.
 */
export async function doLado<T>(lado: 'de' | 'para', acao: () => Promise<T>, armazem?: Armazem): Promise<T> {
  try {
    return await acao();
  } catch (erro) {
    throw comOpcao(armazem?.traduzir(erro) ?? erro, lado);
  }
}

/** Copiado para si mesmo seria aprovado, e apagar a origem levaria a cópia. */
export function oMesmo(...nomes: [string, string]): Falha {
  return new Falha('uso', `${nomes.join(' e ')} são o mesmo`, `Indique outro lugar com ${opcao('para')}.`);
}

const RECIBOS_POR_PAGINA = 1000;

/** O que o destino guarda é o começo do que a origem tem agora. Lança `Falha`. */
export async function exigirComeco({ origem, destino }: Lados, ponta: Elo): Promise<void> {
  const [igual] = await lerRecibos(origem, ponta.id, 1);
  if (ponta.id === 0 || igual === formatarRecibo({ id: ponta.id, selo: ponta.selo })) return;
  const comparar = async () => {
    for (let de = 1; ; de += RECIBOS_POR_PAGINA) {
      const daqui = await lerRecibos(destino, de, RECIBOS_POR_PAGINA);
      const dela = await doLado('de', () => lerRecibos(origem, de, RECIBOS_POR_PAGINA), origem);
      const outro = daqui.findIndex((recibo, indice) => recibo !== dela[indice]);
      if (outro >= 0) throw recusar({ origem, destino }, de + outro, dela[outro] === undefined);
      if (daqui.length === 0) return;
    }
  };
  await doLado('para', () => destino.escrever(0, comparar));
}

async function lerRecibos(armazem: Armazem, de: number, quantos: number): Promise<string[]> {
  const recibos = await armazem.consultar<Elo>(
    `SELECT id, selo FROM ${armazem.tabelas.execucoes} WHERE id >= $1 ORDER BY id LIMIT $2`,
    de,
    quantos,
  );
  return recibos.map(formatarRecibo);
}

function recusar({ origem, destino }: Lados, id: number, acabou: boolean): Falha {
  const [de, para] = [origem.endereco, destino.endereco];
  if (!acabou) {
    const oQue = `${para} guarda outra cadeia: a execução ${id} não é a de ${de}`;
    return new Falha('reprovado', oQue, `Indique outro lugar com ${opcao('para')}; este fica como está.`);
  }
  return new Falha(
    'reprovado',
    `${de} perdeu execuções: acaba na ${id - 1}, e ${para} tem as mesmas e mais`,
    `Não apague nenhum dos dois: descubra o que houve, e restaure ${de} a partir de ${para}.`,
  );
}
