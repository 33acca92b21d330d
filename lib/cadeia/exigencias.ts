import { lerIndicado } from '../armazem/indicado.ts';
import { Falha } from '../falhas.ts';
import { acharRecibos, type Recibo } from '../recibo.ts';
import { contar } from '../texto.ts';
import { lerChave } from './assinaturas.ts';
import { lembrar, recusarLugar } from './memoria.ts';
import type { Exigido } from './recibos.ts';

/** O que se pede de uma leitura. */
export interface Exigencias {
  /** O caminho do arquivo, ou o endereço do servidor. */
  banco: string;
  /** Os recibos que a cadeia tem de ter. */
  recibos: Recibo[];
  /** Quantos usuários e quantas execuções o laudo mostra. */
  limite: number;
  /** Um texto com mais recibos. */
  recibosEm?: string | undefined;
  /** Onde o leitor guarda o recibo do que aprova, e o exige da próxima vez. */
  memoria?: string | undefined;
  /** Chaves de que uma tem de ter assinado a execução mais nova. */
  chavesPublicas?: string[];
  /** Não faz esperar quem escreve: as verificações são de vários instantâneos, de uma cadeia que só cresce. */
  cedendo?: boolean;
}

/** Lê dos arquivos o que se exige. Rejeita com `Falha` se um não serve. */
export async function reunirExigido(exigencias: Exigencias, parada: AbortSignal): Promise<Exigido> {
  const { banco, recibosEm, memoria, chavesPublicas = [] } = exigencias;
  const recibos = [...exigencias.recibos];
  const notas: string[] = [];
  if (recibosEm !== undefined) {
    const achados = acharRecibos(await lerIndicado(recibosEm, 'recibos', parada), recibosEm);
    if (achados.recibos.length === 0) throw semRecibos(recibosEm);
    for (const recibo of achados.recibos) recibos.push(recibo);
    const cortado = achados.cortado ? ', onde uma linha está cortada' : '';
    notas.push(`${contar(achados.recibos.length, 'vem', 'vêm')} de ${recibosEm}${cortado}`);
  }
  if (memoria !== undefined) {
    recusarLugar({ caminho: memoria, banco });
    const lembrado = await lembrar({ caminho: memoria, banco }, parada);
    if (lembrado) recibos.push(lembrado);
    notas.push(
      lembrado ? `1 vem da memória ${memoria}` : `a memória ${memoria} começa agora e não exige nada`,
    );
  }
  const chaves = new Map<string, CryptoKey>();
  for (const arquivo of chavesPublicas) chaves.set(arquivo, await lerChave(arquivo, 'chave-publica', parada));
  return { recibos, notas, chaves };
}

function semRecibos(arquivo: string): Falha {
  const remedio = 'Se um comando devia tê-lo preenchido, veja por que não o fez.';
  return new Falha('uso', `${arquivo} não tem nenhum recibo inteiro`, remedio);
}
