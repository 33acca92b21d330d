import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Uma linha de `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export interface Montagem {
  /** A pasta do sistema de arquivos que aparece em `ponto`. */
  raiz: string;
  /** Onde a montagem aparece neste container. */
  ponto: string;
  /** O sistema de arquivos: `ext4`, `overlay`, `tmpfs`… */
  tipo: string;
  somenteLeitura: boolean;
}

/** As montagens deste processo, na ordem do kernel; nenhuma onde não há `/proc` (fora do Linux). */
export function lerMontagens(): Montagem[] {
  try {
    return interpretarMontagens(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return [];
  }
}

/** Interpreta o texto de um `mountinfo`; linhas que não o são ficam de fora. */
export function interpretarMontagens(texto: string): Montagem[] {
  const montagens: Montagem[] = [];
  for (const linha of texto.split('\n')) {
    const [antes = '', depois] = linha.split(' - ');
    const [, , , raiz, ponto, opcoes] = antes.split(' ');
    const [tipo, , doSistema = ''] = depois?.split(' ') ?? [];
    if (!raiz || !ponto || !opcoes || !tipo) continue;
    montagens.push({
      raiz: decodificar(raiz),
      ponto: decodificar(ponto),
      tipo,
      somenteLeitura: [opcoes, doSistema].some((lista) => lista.split(',').includes('ro')),
    });
  }
  return montagens;
}

/** O kernel escreve espaço, tabulação, quebra de linha e `\` em octal. */
function decodificar(caminho: string): string {
  return caminho.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** A montagem em que `pasta` (absoluta, sem links) está: a última de ponto mais longo. */
export function montagemDe(pasta: string, montagens: Montagem[]): Montagem | undefined {
  let melhor: Montagem | undefined;
  for (const montagem of montagens) {
    const contem = montagem.ponto === '/' || `${pasta}/`.startsWith(`${montagem.ponto}/`);
    if (contem && montagem.ponto.length >= (melhor?.ponto.length ?? 0)) melhor = montagem;
  }
  return melhor;
}

/**
 * Os 12 primeiros dígitos do id do container, ou `undefined` fora de um. O id está no caminho do
 * `/etc/hostname` que o engine monta, e ali continua quando `hostname:` troca o nome da máquina.
 */
export function idDoContainer(montagens: Montagem[]): string | undefined {
  const doNome = montagens.find((montagem) => montagem.ponto === '/etc/hostname');
  return doNome?.raiz.match(/\/([0-9a-f]{64})\/(?:.*\/)?hostname$/)?.[1]?.slice(0, 12);
}

/** Quem escreve ou lê: o id do container ou, fora de um, o nome da máquina. */
export function identificar(montagens: Montagem[] = lerMontagens()): string {
  return idDoContainer(montagens) ?? hostname();
}
