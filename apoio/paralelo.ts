/** Espera todas, também quando uma rejeita: nenhuma continua trabalhando depois que quem as começou acabou. */
export async function esperarTodas<T>(promessas: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promessas);
  return await Promise.all(promessas);
}

/** Faz `acao` sobre cada item, no máximo `quantos` de cada vez. */
export async function emParalelo<T>(
  itens: T[],
  quantos: number,
  acao: (item: T, indice: number) => Promise<void>,
): Promise<void> {
  const fila = itens.entries();
  const operarios = Array.from({ length: quantos }, async () => {
    for (const [indice, item] of fila) await acao(item, indice);
  });
  await esperarTodas(operarios);
}
