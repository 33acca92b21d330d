import { join } from 'node:path';
import type { Laudo } from '../lib/cadeia/laudo.ts';
import { verificarBanco } from '../lib/cadeia/verificar.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/andamento.ts';
import { lerRecibo } from '../lib/recibo.ts';
import type { Defeito } from './ensaio.ts';
import { type Corrida, escrever } from './programas.ts';

/** O que o leitor diz de um banco, exigindo os recibos: o motivo da recusa, ou `feito`, e o laudo. */
export async function ler(
  caminho: string,
  recibos: string[],
  parada: AbortSignal,
): Promise<{ motivo: string; laudo: Laudo }> {
  const exigidos = recibos.map((recibo) => lerRecibo(recibo, 'ensaio'));
  const { laudo, falhas } = await verificarBanco(
    { banco: caminho, recibos: exigidos, limite: 1000 },
    criarContexto(parada),
  );
  return { motivo: falhas[0]?.motivo ?? 'feito', laudo };
}

/** O leitor de uma cópia do projeto, para ler neste processo. */
export async function carregarLeitor(raiz: string): Promise<typeof verificarBanco> {
  return (await import(join(raiz, 'lib/cadeia/verificar.ts'))).verificarBanco;
}

/** O que há de errado no fim de um programa: um código previsto, sem pilha, ou o nosso SIGKILL. */
export function conferirCodigo({ codigo, sinal, preso, erros }: Corrida): Defeito {
  if (preso) return 'não terminou no prazo';
  if (sinal !== null && sinal !== 'SIGKILL') return `morreu por ${sinal}`;
  if (codigo === CODIGOS.defeito) return `um defeito: ${erros}`;
  if (sinal === null && !Object.values<number | null>(CODIGOS).includes(codigo)) return `código ${codigo}`;
  return /\n\s+at .*:\d+/.test(erros) && `uma pilha: ${erros}`;
}

/** Como um escritor pode terminar sobre um banco são, seja qual for a falha do sistema: nunca a dizer que o banco não é. */
const DO_ESCRITOR: (number | null)[] = [
  CODIGOS.feito,
  CODIGOS.naoCriado,
  CODIGOS.entradaSaida,
  CODIGOS.tenteDeNovo,
  CODIGOS.semPermissao,
  CODIGOS.SIGHUP,
  CODIGOS.SIGINT,
  CODIGOS.SIGTERM,
  null, // um sinal o matou
];

/** Uma corrida do escritor que algo estragou. */
export interface Estragada {
  caminho: string;
  /** O recibo da última execução que já estava lá; sem ele, não havia nenhuma. */
  antes: string | undefined;
  corrida: Corrida;
  /** Quantos recibos ele ainda imprimiu quando a falha já tinha começado. */
  incertos?: number;
  /** Desfaz o que impediria outro escritor de retomar o banco. */
  antesDeRetomar?: () => void;
}

/**
 * Confere a invariante: o código é previsto; todos os recibos estão no banco, logo e depois que outro escritor o retomou;
 * e há no máximo uma execução a mais do que eles e do que os incertos. Devolve também o último recibo que ficou.
 */
export async function conferirInvariante(
  { caminho, antes, corrida, incertos = 0, antesDeRetomar }: Estragada,
  parada: AbortSignal,
): Promise<{ depois: string | undefined; defeitos: Defeito[] }> {
  const recibos = [...(antes ? [antes] : []), ...corrida.recibos];
  const havia = antes ? lerRecibo(antes, 'ensaio').execucao : 0;
  const conferirSobras = ({ execucoes }: Laudo, ditos: number): Defeito => {
    const sobram = (execucoes ?? 0) - havia - ditos;
    return (sobram < 0 || sobram > 1 + incertos) && `${sobram} execuções sem recibo`;
  };

  const logo = await ler(caminho, recibos, parada);
  const esperados = ['feito', 'tenteDeNovo', ...(recibos.length === 0 ? ['nadaParaLer'] : [])];
  antesDeRetomar?.();
  const retomada = await escrever(caminho);
  const ditos = [...corrida.recibos, ...retomada.recibos];
  const { motivo, laudo } = await ler(caminho, [...recibos, ...retomada.recibos], parada);
  const defeitos = [
    conferirCodigo(corrida),
    !DO_ESCRITOR.includes(corrida.codigo) && `o escritor sai com ${corrida.codigo}: ${corrida.erros}`,
    !esperados.includes(logo.motivo) && `logo depois, o leitor diz ${logo.motivo}`,
    logo.motivo === 'feito' && conferirSobras(logo.laudo, corrida.recibos.length),
    retomada.codigo !== 0 && `o escritor seguinte sai com ${retomada.codigo}: ${retomada.erros}`,
    motivo !== 'feito' && `depois da retomada, o leitor diz ${motivo}`,
    conferirSobras(laudo, ditos.length),
  ];
  return { depois: laudo.recibo ?? undefined, defeitos };
}
