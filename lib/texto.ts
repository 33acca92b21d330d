import type { Usuario } from './selo.ts';

/**
 * `texto` sem nada que mova o cursor, mude cores ou inverta a ordem de um terminal: cada caractere de
 * controle ou de formatação vira `\u…`. Dentro de um texto JSON, o valor continua o mesmo.
 */
export function tornarVisivel(texto: string): string {
  return texto.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (caractere) =>
    Array.from({ length: caractere.length }, (_, i) => {
      return `\\u${caractere.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

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
  const tabela = new Map(
    linhas.map((linha) => [
      linha[chave],
      Object.fromEntries(
        colunas.map((coluna) => [coluna, cortar(`${linha[coluna]}`, larguras[coluna] ?? 0)]),
      ),
    ]),
  );
  return Bun.inspect.table(Object.fromEntries(tabela), { colors: false }).trimEnd();
}

function cortar(texto: string, largura: number): string {
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

/** `1 selo`, `2.000 selos`. */
export function contar(quantos: number, singular: string, plural: string): string {
  return `${emMilhares(quantos)} ${quantos === 1 ? singular : plural}`;
}

/** Um inteiro com separadores de milhar: `10.000.000`. */
export function emMilhares(numero: number): string {
  // O mesmo que toLocaleString('pt-BR'), que só para se preparar leva mais do que gravar três usuários.
  return `${numero}`.replace(/\B(?=(?:\d{3})+$)/g, '.');
}

/** Os usuários numa tabela de até 80 colunas. */
export function listarDados(usuarios: Usuario[]): string {
  const larguraDoId = `${usuarios.at(-1)?.id}`.length; // estão em ordem de id
  return emTabela(usuarios, 'id', { nome: 16, email: Math.max(27 - larguraDoId, 8), criado_em: 24 });
}
