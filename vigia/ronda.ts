import { CODIGOS, Falha } from '../lib/falhas.ts';
import { bancoDe, type Estado } from './estado.ts';
import type { Programas } from './programas.ts';

/** O que uma ronda viu: uma linha de JSON. */
export interface Ronda {
  ronda: number;
  iniciada_em: string;
  volume: string;
  banco: string;
  codigo: number;
  /** O recibo da ronda anterior, exigido nesta. */
  exigido: string | null;
  /** O da execução que ela gravou. */
  recibo: string | null;
  /** O último da cadeia que ela fechou, se fechou uma. */
  fechada: string | null;
  /** Quanto levou cada container, do pedido ao fim, fosse qual fosse; `null` se não se chegou a pedi-lo. */
  escrita_ms: number | null;
  leitura_ms: number | null;
  /** Por que não foi aprovada. */
  mensagem: string | null;
}

/** O que uma ronda deixa: o que viu, o estado para a seguinte, e a falha, se não foi aprovada. */
export interface Feita {
  vista: Ronda;
  estado: Estado;
  falha?: Falha;
}

/**
 * Grava uma execução e lê-a, com o recibo da ronda anterior exigido, e os que ficaram por conferir. Se algo falha, o
 * estado só ganha o recibo desta, quando não houve resposta. De `maximo` execuções em diante, a cadeia é fechada: grava-se
 * a primeira de outra, e só depois se lê a que acaba, para que não haja um instante sem recibo exigido. Rejeita só com o
 * que não é de um programa, do engine nem do volume.
 */
export async function fazerRonda(
  programas: Programas,
  estado: Estado,
  { numero, maximo }: { numero: number; maximo: number },
): Promise<Feita> {
  const exigido = estado.recibo;
  const fechar = exigido !== null && Number.parseInt(exigido, 10) >= maximo;
  const seguinte = fechar ? { ...estado, cadeia: estado.cadeia + 1 } : estado;
  const banco = bancoDe(seguinte);
  const { por_conferir = [], ...semEles } = seguinte;
  const porConferir = (qual: string) => por_conferir.flatMap((um) => (um.banco === qual ? um.recibo : []));
  const dela = porConferir(banco);
  const aprovada_em = new Date().toISOString();
  const vista: Ronda = {
    ...{ ronda: numero, iniciada_em: aprovada_em, volume: estado.volume, banco, codigo: 0 },
    ...{ exigido, recibo: null, fechada: null, escrita_ms: null, leitura_ms: null, mensagem: null },
  };
  try {
    await programas.exigirVolume(exigido === null && dela.length === 0 ? 'nadaParaLer' : 'reprovado');
    const { recibo, falha } = await medir(vista, 'escrita_ms', () => programas.gravar(banco));
    vista.recibo = recibo;
    if (falha) throw falha;
    const exigidos = exigido === null || fechar ? [recibo] : [exigido, recibo];
    await medir(vista, 'leitura_ms', () => programas.ler(banco, [...dela, ...exigidos]));
    if (fechar) {
      await programas.ler(bancoDe(estado), [...porConferir(bancoDe(estado)), exigido]);
      vista.fechada = exigido;
    }
    // Ficam os de uma cadeia que não se leu: `maximo` pode ter mudado de uma vez para a outra.
    const lidas = fechar ? [banco, bancoDe(estado)] : [banco];
    const restam = por_conferir.filter((um) => !lidas.includes(um.banco));
    const ficam = restam.length > 0 ? { por_conferir: restam } : {};
    return { vista, estado: { ...semEles, ...ficam, recibo, aprovada_em } };
  } catch (erro) {
    if (!(erro instanceof Falha)) throw erro;
    vista.codigo = CODIGOS[erro.motivo];
    vista.mensagem = `${erro.message}. ${erro.remedio}`;
    const { recibo } = vista;
    const semResposta = erro.motivo === 'tenteDeNovo' && recibo !== null;
    // O de uma reprovada pode ser do volume errado, que ninguém vai exigir ao certo.
    const deixa = semResposta ? { ...estado, por_conferir: [...por_conferir, { banco, recibo }] } : estado;
    return { vista, estado: deixa, falha: erro };
  }
}

/** O que `acao` dá, com o tempo que levou anotado na ronda, acabe como acabar. */
async function medir<T>(vista: Ronda, qual: 'escrita_ms' | 'leitura_ms', acao: () => Promise<T>): Promise<T> {
  const inicio = performance.now();
  try {
    return await acao();
  } finally {
    vista[qual] = Math.round(performance.now() - inicio);
  }
}

/** As métricas de uma ronda, no formato de texto do Prometheus. */
export function escreverMetricas({ vista, estado }: Feita): string {
  const { volume, iniciada_em, codigo, escrita_ms, leitura_ms } = vista;
  const segundos = (ms: number | null) => (ms === null ? undefined : ms / 1000);
  const instante = (data: string | null) => (data === null ? undefined : Date.parse(data) / 1000);
  const medidas: [nome: string, oQue: string, valor: number | undefined][] = [
    ['codigo', 'O código da última ronda; 0 é aprovada.', codigo],
    ['ronda_timestamp_seconds', 'Quando começou a última ronda.', instante(iniciada_em)],
    ['aprovada_timestamp_seconds', 'Quando começou a última aprovada.', instante(estado.aprovada_em)],
    ['escrita_seconds', 'Quanto levou o container do escritor.', segundos(escrita_ms)],
    ['leitura_seconds', 'Quanto levou o container do leitor.', segundos(leitura_ms)],
  ];
  const linhas = medidas.map(([sufixo, oQue, valor]) => {
    const nome = `desafio2_vigia_${sufixo}`;
    const dita = `# HELP ${nome} ${oQue}\n# TYPE ${nome} gauge\n${nome}{volume="${volume}"} ${valor}\n`;
    return valor === undefined ? '' : dita;
  });
  return linhas.join('');
}
