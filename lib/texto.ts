import { readFileSync } from 'node:fs';
import type { Usuario } from './usuario.ts';

/**
 * `texto` sem nada que mova o cursor, mude cores ou inverta a ordem de um terminal: cada caractere de
 * controle ou de formatação, e cada metade de um par, vira `\u…`. Dentro de um texto JSON, o valor continua o mesmo.
 */
export function tornarVisivel(texto: string): string {
  return texto.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (caractere) =>
    caractere.replace(/./gs, (um) => `\\u${um.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

/** O sinal que diz, em qualquer cor, um resultado. */
export const SINAIS = { aprovada: '✔', reprovada: '✘', pulada: '–' };

/** O que sobra num terminal de 80 colunas depois do nome que `docker compose up` põe à frente de cada linha. */
export const COLUNAS = 66;

/** Um documento JSON numa linha, inofensivo num terminal. */
export function emJson(documento: unknown): string {
  return tornarVisivel(JSON.stringify(documento));
}

/** Uma tabela; a primeira coluna é a chave de cada linha, e os textos são cortados em `larguras`. */
export function emTabela<L extends object>(
  linhas: L[],
  chave: keyof L,
  larguras: { [C in keyof L]?: number },
): string {
  const colunas = Object.keys(larguras) as (keyof L)[];
  const cortada = (linha: L) =>
    Object.fromEntries(colunas.map((coluna) => [coluna, cortar(`${linha[coluna]}`, larguras[coluna] ?? 0)]));
  const tabela = Object.fromEntries(linhas.map((linha) => [linha[chave], cortada(linha)]));
  return Bun.inspect.table(tabela, { colors: false }).trimEnd();
}

/** O começo de um texto, visível, em até `largura` colunas. */
export function cortar(texto: string, largura: number): string {
  const visivel = tornarVisivel(texto.slice(0, 4 * largura));
  if (Bun.stringWidth(visivel) <= largura && texto.length <= 4 * largura) return visivel;
  if (/^[ -~]*$/.test(visivel)) return `${visivel.slice(0, largura - 1)}…`; // em ASCII, um caractere é uma coluna
  let inicio = '';
  for (const { segment } of new Intl.Segmenter('pt-BR').segment(visivel)) {
    if (Bun.stringWidth(inicio + segment) > largura - 1) break;
    inicio += segment;
  }
  return `${inicio}…`;
}

/** O texto de um arquivo, se há um que se possa ler; fora do Linux, os de `/proc` não há. */
export function lerTexto(caminho: string): string | undefined {
  try {
    return readFileSync(caminho, 'utf8');
  } catch {
    return;
  }
}

/** `1 selo`, `2.000 selos`. */
export function contar(quantos: number, singular: string, plural: string): string {
  return `${emMilhares(quantos)} ${quantos === 1 ? singular : plural}`;
}

/** Um inteiro com separadores de milhar: `10.000.000`. */
export function emMilhares(numero: number): string {
  // O mesmo que toLocaleString('pt-BR'), que só para se preparar leva mais do que gravar três usuários.
  return `${numero}`.replace(/\B(?=(?:\d{3})+$)/g, '.');
}

/** O que as bordas de uma tabela de quatro colunas ocupam. */
const BORDAS = 13;
const DATA = 16;
/** Uma hora como o escritor a grava. */
const ISO = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z$/;

/** Os usuários numa tabela de até `COLUNAS` colunas; da hora deles, em UTC, aparece até o minuto. */
export function listarDados(usuarios: Usuario[]): string {
  const larguraDoId = `${usuarios.at(-1)?.id}`.length; // estão em ordem de id
  const resto = COLUNAS - BORDAS - DATA - larguraDoId;
  const nome = Math.min(14, Math.floor(resto / 2));
  const linhas = usuarios.map(({ criado_em, ...usuario }) => {
    return { ...usuario, criado_em: `${criado_em}`.replace(ISO, '$1 $2') };
  });
  const larguraDe = (texto: string) => Bun.stringWidth(tornarVisivel(`${texto}`.slice(0, 4 * nome)));
  const maior = Math.max('nome'.length, ...linhas.map((linha) => Math.min(larguraDe(linha.nome), nome)));
  return emTabela(linhas, 'id', { nome, email: resto - maior, criado_em: DATA });
}
