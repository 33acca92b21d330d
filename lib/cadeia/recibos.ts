import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { aprovar, pular, type Resultado, reprovar } from '../falhas.ts';
import type { Recibo } from '../recibo.ts';
import { contar } from '../texto.ts';
import { Defeitos } from './laudo.ts';

/** O que se exige da cadeia, já lido dos arquivos em que está. */
export interface Exigido {
  recibos: Recibo[];
  /** O que dizer dos que vieram de arquivos. */
  notas: string[];
  /** Cada chave pública, pelo arquivo dela. */
  chaves: Map<string, CryptoKey>;
}

/** `recibos`: a execução de cada recibo exigido está na cadeia, com o mesmo selo. */
export async function conferirRecibos(
  armazem: ArmazemDeLeitura,
  { recibos, notas }: Exigido,
): Promise<Resultado> {
  const comNotas = (detalhe: string) => [detalhe, ...notas].join('; ');
  if (recibos.length === 0) return pular(comNotas('nenhum recibo foi exigido'));
  const consulta = `SELECT selo FROM ${armazem.tabelas.execucoes} WHERE id = $1`;
  const faltam = new Defeitos();
  for (const { execucao, selo } of recibos) {
    await armazem.contexto.passo(0);
    const [gravada] = await armazem.consultar<{ selo: string }>(consulta, execucao);
    const achado = { execucao, falta: !gravada };
    if (!gravada) faltam.juntar(`a execução ${execucao}, de um recibo exigido, não está no banco`, achado);
    else if (gravada.selo !== selo) {
      faltam.juntar(`a execução ${execucao} tem um selo diferente do recibo exigido`, achado);
    }
  }
  if (!faltam.tudo)
    return aprovar(
      comNotas(contar(recibos.length, 'exigido, e está na cadeia', 'exigidos, todos na cadeia')),
    );
  const remedio =
    'Este não é o volume que deu o recibo, ou voltou a um estado mais antigo: restaure uma cópia mais nova.';
  return { ...reprovar('reprovado', comNotas(faltam.tudo), remedio), achados: faltam.achados };
}

/** `assinatura`, sem chave pública: os recibos assinados são exigidos, e a assinatura deles não é olhada. */
export function pularAssinatura(recibos: Recibo[]): Resultado {
  const assinados = recibos.filter(({ assinatura }) => assinatura !== undefined).length;
  const resto = `, e fica por conferir a assinatura de ${contar(assinados, 'recibo exigido', 'recibos exigidos')}`;
  return pular(`nenhuma chave pública foi dada${assinados > 0 ? resto : ''}`);
}
