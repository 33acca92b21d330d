import type { Usuario } from '../selo.ts';
import { COLUNAS, emTabela, tornarVisivel } from '../texto.ts';

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
  const maior = Math.max(...linhas.map((linha) => Math.min(larguraDe(linha.nome), nome)));
  return emTabela(linhas, 'id', { nome, email: resto - maior, criado_em: DATA });
}
