import { describe, test } from 'bun:test';
import { cumpre, CONDICOES as DOS_ENSAIOS, exigida } from '../../apoio/condicoes.ts';
import { responde } from '../../apoio/processo.ts';

/** O que alguns testes pedem da máquina, e o que dizer quando ela não o tem. */
const CONDICOES = {
  ...DOS_ENSAIOS,
  sqlite3: {
    ha: () => responde('sqlite3', '--version') && responde('sha256sum', '--version'),
    falta: 'não há sqlite3 e sha256sum',
  },
  chromium: { ha: () => responde('chromium', '--version'), falta: 'não há chromium' },
  longos: { ha: () => exigida('longos'), falta: 'é dos longos; EXIGIR=longos os roda' },
  python3: { ha: () => responde('python3', '-c', 'import sqlite3'), falta: 'não há python3 com sqlite3' },
} as const;

export type Condicao = keyof typeof CONDICOES;

/**
 * `describe` de um grupo que precisa de algo da máquina. Sem isso o grupo é pulado, com a razão no nome; se
 * `EXIGIR` pede isso, a falta é um teste que falha.
 */
export function grupoQuePrecisa(precisa: Condicao | Condicao[], nome: string, grupo: () => void): void {
  const ausentes = [precisa].flat().filter((condicao) => !cumpre(CONDICOES[condicao]));
  const pedida = ausentes.find(exigida);
  const [ausente] = ausentes;
  if (ausente === undefined) {
    describe(nome, grupo);
  } else if (pedida !== undefined) {
    test(`${nome}: EXIGIR pede ${pedida}`, () => {
      throw new Error(CONDICOES[pedida].falta);
    });
  } else {
    test.skip(`${nome} (pulado: ${CONDICOES[ausente].falta})`, () => {});
  }
}
