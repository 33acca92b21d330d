import { ehRecibo, usuarioPrevisto } from './diario.ts';
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
      if (typeof relato === 'object' && ehRecibo(`${relato?.recibo}`)) relatos.push(relato);
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
    if (!execucao || !banco || !container || !registros || !total || !ehRecibo(recibo)) continue;
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
