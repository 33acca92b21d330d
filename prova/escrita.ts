import { type Diario, foiEntre, foiNoMinuto, usuarioPrevisto } from './diario.ts';
import type { Resposta } from './docker.ts';

export type Forma = 'texto' | 'json';

/** O que o escritor disse de uma execução. */
export interface Relato {
  execucao: number;
  recibo: string;
  container: string;
  banco: string;
  registros: number;
  total: number;
  /** Só em JSON. */
  versao?: string;
  iniciada_em?: string;
  /** Só em texto: as linhas da tabela. */
  listados?: Linha[];
  /** Só em texto: quantos diz que não listou. */
  resto?: number;
}

/** Um usuário, numa tabela dos programas ou num laudo. */
export interface Linha {
  id: number;
  nome: string;
  email: string;
  criado_em: string;
}

/** O que o escritor fez num container: a resposta do engine e o que ele disse de cada execução. */
export interface Escrita extends Resposta {
  forma: Forma;
  relatos: Relato[];
  recibos: string[];
  /** O container da última execução, como o escritor o disse; vazio se não disse nada. */
  container: string;
}

/** O que se pediu ao escritor. */
export interface PedidoDeEscrita {
  registros: number;
  execucoes: number;
  versao: string;
  /** Entre que instantes do engine se pediu e se ouviu a resposta. */
  entreMs: [number, number];
  /** O lugar some com o container: tem de haver um aviso, e só ele. */
  passageiro?: boolean | undefined;
}

const RECIBO = /^([1-9]\d*):([0-9a-f]{64})$/;

/** Lê o que o escritor imprimiu; o que não é um relato inteiro fica de fora. */
export function interpretarEscrita(resposta: Resposta, forma: Forma): Escrita {
  const relatos = forma === 'json' ? lerJson(resposta.saida) : lerTexto(resposta.saida);
  const recibos = relatos.map(({ recibo }) => recibo);
  return { ...resposta, forma, relatos, recibos, container: relatos.at(-1)?.container ?? '' };
}

function lerJson(saida: string): Relato[] {
  const relatos: Relato[] = [];
  for (const linha of saida.split('\n')) {
    try {
      const relato = JSON.parse(linha);
      if (typeof relato === 'object' && RECIBO.test(`${relato?.recibo}`)) relatos.push(relato);
    } catch {} // a última linha de um escritor morto pode estar cortada
  }
  return relatos;
}

function lerTexto(saida: string): Relato[] {
  const relatos: Relato[] = [];
  for (const parte of saida.split(/^(?=Execução [\d.]+ em )/m)) {
    const [, execucao, banco, container] =
      parte.match(/^Execução ([\d.]+) em (.+), escrita por (\S+)$/m) ?? [];
    const [, registros, total] = parte.match(/^Usuários gravados: ([\d.]+)\. No total: ([\d.]+)\.$/m) ?? [];
    const recibo = parte.match(/^recibo: (\S+)\n/m)?.[1] ?? '';
    if (!execucao || !banco || !container || !registros || !total || !RECIBO.test(recibo)) continue;
    relatos.push({
      execucao: deMilhares(execucao),
      recibo,
      container,
      banco,
      registros: deMilhares(registros),
      total: deMilhares(total),
      listados: lerTabela(parte),
      resto: lerResto(parte),
    });
  }
  return relatos;
}

/** `1.000.000`, como os programas o imprimem. */
export function deMilhares(texto: string): number {
  return Number(texto.replaceAll('.', ''));
}

/** As linhas de usuários de uma tabela dos programas. */
export function lerTabela(texto: string): Linha[] {
  return [...texto.matchAll(/^│ +(\d+) │ (.*?) +│ (\S+@\S+) +│ (\S.*?) +│$/gm)].map(
    ([, id = '', nome = '', email = '', criado_em = '']) => ({ id: Number(id), nome, email, criado_em }),
  );
}

/** `… e mais 1.234.`, por baixo de uma tabela de usuários; 0 se não há. */
export function lerResto(texto: string): number {
  return deMilhares(texto.match(/^… e mais ([\d.]+)\.$/m)?.[1] ?? '0');
}

/** Se uma linha mostra o usuário que deve ter este id; numa tabela, o fim de um texto comprido pode faltar. */
export function ePrevisto({ id, nome, email }: Linha, esperado: number): boolean {
  const previsto = usuarioPrevisto(esperado);
  const mesmo = (visto: string, inteiro: string) =>
    visto === inteiro || (visto.length > 8 && visto.endsWith('…') && inteiro.startsWith(visto.slice(0, -1)));
  return id === esperado && mesmo(nome, previsto.nome) && mesmo(email, previsto.email);
}

/** Quantos usuários de cada execução o escritor lista em texto. */
const LISTADOS = 20;

/**
 * Em que o relato de um escritor que terminou com 0 não é o que se pediu, em palavras. `diario` é o do volume antes
 * dele, ou `undefined` se outro escrevia ao mesmo tempo e os números não se podem prever.
 */
export function conferirRelatos(
  escrita: Escrita,
  pedido: PedidoDeEscrita,
  diario: Diario | undefined,
): string[] {
  const defeitos: string[] = [];
  const { relatos, forma, saida, erros } = escrita;
  const { entreMs } = pedido;
  if (relatos.length !== pedido.execucoes) {
    defeitos.push(`pedi ${pedido.execucoes} execuções, e há ${relatos.length} recibos em ${forma}`);
  }
  const citados = new Set([...saida.matchAll(/\d+:[0-9a-f]{64}/g)].map(([recibo]) => recibo));
  if (citados.size !== relatos.length) defeitos.push(`a saída cita ${citados.size} recibos`);
  const queixas = erros.match(/^escritor: .*$/gm) ?? [];
  const avisou = queixas.length === 1 && /não persiste/.test(`${queixas}`);
  if (pedido.passageiro ? !avisou : queixas.length > 0) {
    defeitos.push(`termina com 0, e diz em stderr: ${queixas.join(' ') || 'nada'}`);
  }
  for (const [indice, relato] of relatos.entries()) {
    const acusar = (oQue: string) => defeitos.push(`execução ${relato.execucao}: ${oQue}`);
    if (relato.registros !== pedido.registros) {
      acusar(`pedi ${pedido.registros} usuários, e ele diz ${relato.registros}`);
    }
    if (relato.recibo !== `${relato.execucao}:${relato.recibo.split(':')[1]}`) {
      acusar(`o recibo tem o número ${relato.recibo.split(':')[0]}`);
    }
    if (relato.banco !== '/data/desafio2.db') acusar(`o banco é ${relato.banco}`);
    if (!/^[0-9a-f]{12}$/.test(relato.container) || relato.container !== escrita.container) {
      acusar(`o container é ${relato.container}`);
    }
    if (forma === 'json' && relato.versao !== pedido.versao) acusar(`a versão é ${relato.versao}`);
    if (forma === 'json' && !foiEntre(`${relato.iniciada_em}`, entreMs)) {
      acusar(`a hora é ${relato.iniciada_em}`);
    }
    const alheio = relato.listados?.find(({ criado_em }) => !foiNoMinuto(criado_em, entreMs));
    if (alheio) acusar(`a hora é ${alheio.criado_em}`);
    if (forma === 'texto' && relato.resto !== Math.max(pedido.registros - LISTADOS, 0)) {
      acusar(`diz que não listou ${relato.resto}`);
    }
    if (!diario) continue;
    const [numero, antes] = [diario.execucoes + indice + 1, diario.registros + indice * pedido.registros];
    if (relato.execucao !== numero) acusar(`deveria ser a ${numero}`);
    if (relato.total !== antes + pedido.registros) {
      acusar(`o total deveria ser ${antes + pedido.registros}, e ele diz ${relato.total}`);
    }
    if (forma === 'texto' && diario.antes.execucoes === 0) {
      const listados = relato.listados ?? [];
      const certos = listados.filter((linha, posicao) => ePrevisto(linha, antes + posicao + 1));
      const quantos = Math.min(pedido.registros, LISTADOS);
      if (listados.length !== quantos || certos.length !== quantos)
        acusar(`a tabela tem ${JSON.stringify(listados)}`);
    }
  }
  return defeitos.slice(0, 5);
}
