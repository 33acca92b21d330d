import { SINAIS, tornarVisivel } from '../../texto.ts';
import { ESTILO } from './estilo.ts';

/** HTML já inofensivo: só este arquivo o faz, e só `html` põe nele o que vem de fora. */
class Trecho {
  readonly texto: string;

  constructor(texto: string) {
    this.texto = texto;
  }
}

export type { Trecho };
export type Parte = Trecho | string | number | undefined | null | false | Parte[];

/** Um trecho de página. O que não é já um trecho é texto, seja o que for: aparece, e nada comanda. */
export function html(fixas: TemplateStringsArray, ...partes: Parte[]): Trecho {
  return new Trecho(String.raw({ raw: fixas }, ...partes.map(inserir)));
}

function inserir(parte: Parte): string {
  if (parte instanceof Trecho) return parte.texto;
  if (Array.isArray(parte)) return parte.map(inserir).join('');
  if (parte === undefined || parte === null || parte === false) return '';
  return tornarVisivel(`${parte}`).replace(/[&<>"']/g, (sinal) => `&#${sinal.charCodeAt(0)};`);
}

/** Um texto que se parte nas vírgulas também onde não há estilos; de uma vez, porque pode ter milhões delas. */
export function partivel(texto: string): Trecho {
  return new Trecho(inserir(texto).split(',').join(',<wbr>'));
}

/** O que `fazer` dá ou, se lança, a razão no lugar dele: o resto da página, e o veredito, ficam. */
export function tentar(oQue: string, fazer: () => Trecho): Trecho {
  try {
    return fazer();
  } catch (erro) {
    return html`<p>${oQue} não pôde ser desenhada: ${String(erro)}</p>`;
  }
}

/** Uma parte da página, com o seu título. */
export function secao(titulo: string, fazer: () => Parte): Trecho {
  return html`<section><h2>${titulo}</h2>${tentar('Esta parte', () => html`${fazer()}`)}</section>\n`;
}

/** Uma tabela; a primeira coluna dá nome a cada linha. */
export function tabela(titulo: string, colunas: string[], linhas: Parte[][]): Trecho {
  const cabecas = colunas.map((coluna) => html`<th scope="col">${coluna}</th>`);
  const corpo = linhas.map(([nome, ...celulas]) => {
    return html`<tr><th scope="row">${nome}</th>${celulas.map((celula) => html`<td>${celula}</td>`)}</tr>\n`;
  });
  return html`<table><caption>${titulo}</caption><thead><tr>${cabecas}</tr></thead><tbody>\n${corpo}</tbody></table>`;
}

const CORES = { aprovada: 'sim', reprovada: 'nao', pulada: 'talvez' };

/** Um resultado: o sinal e a palavra, que a cor só repete. */
export function marca(resultado: keyof typeof CORES, palavra: string = resultado): Trecho {
  return html`<b class="${CORES[resultado]}">${SINAIS[resultado]} ${palavra}</b>`;
}

/** O que se quer ver primeiro. */
export interface Cabeca {
  /** De que é a página. */
  sobre: string;
  situacao: keyof typeof CORES;
  veredito: string;
  frases: Parte[];
  fatos: [nome: string, valor: Parte][];
}

/** A página inteira, num só arquivo: sem roteiros, sem pedir nada a ninguém, e com uma política que os proíbe. */
export function pagina({ sobre, situacao, veredito, frases, fatos }: Cabeca, corpo: Parte): string {
  const estilo = new Bun.CryptoHasher('sha256').update(ESTILO).digest('base64');
  return html`<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${estilo}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${veredito} · ${sobre}</title><style>${new Trecho(ESTILO)}</style></head>
<body><header class="${CORES[situacao]}"><div><p>${sobre}</p>
<h1><span aria-hidden="true">${SINAIS[situacao]} </span>${veredito}</h1>
${frases.map((frase) => html`<p>${frase}</p>`)}
<dl>${fatos.map(([nome, valor]) => html`<div><dt>${nome}</dt><dd>${valor}</dd></div>\n`)}</dl></div></header>
<main>${corpo}</main></body></html>`.texto;
}

/** Uma hora, com o fuso. */
export function hora(data: Date): Trecho {
  const iso = data.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}
