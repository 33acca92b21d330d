import { Sorte } from '../../prova/sorte.ts';

/**
 * Um sorteio que se repete: `SEMENTE=N bun test` dá os mesmos números. O rótulo vai no nome do teste, para que uma
 * falha diga como repeti-la.
 */
export function sortearComSemente() {
  const semente = Number(process.env.SEMENTE ?? Math.floor(Math.random() * 2 ** 31));
  return { rotulo: `SEMENTE=${semente}`, sorte: new Sorte(semente, 'testes') };
}
