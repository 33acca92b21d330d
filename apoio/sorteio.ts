/** Um gerador congruencial linear, de 0 (inclusive) a 1 (exclusive): pouco, mas o bastante para repetir um sorteio. */
export function criarSorteio(semente: number): () => number {
  let estado = semente >>> 0;
  return () => {
    estado = (Math.imul(estado, 1664525) + 1013904223) >>> 0;
    return estado / 2 ** 32;
  };
}
