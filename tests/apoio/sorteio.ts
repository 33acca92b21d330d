import { criarSorteio } from '../../apoio/sorteio.ts';

/**
 * Um sorteio que se repete: `SEMENTE=N bun test` dá os mesmos números. O texto vai no nome do teste, para que uma
 * falha diga como repeti-la.
 */
export function sortearComSemente() {
  const semente = Number(process.env.SEMENTE ?? Math.floor(Math.random() * 2 ** 31));
  const sortear = criarSorteio(semente);
  /** Um inteiro de `de` a `ate`, inclusive. */
  const inteiro = (de: number, ate: number) => de + Math.floor(sortear() * (ate - de + 1));
  return {
    rotulo: `SEMENTE=${semente}`,
    inteiro,
    escolher: <T>(itens: readonly T[]): T => itens[inteiro(0, itens.length - 1)] as T,
  };
}
