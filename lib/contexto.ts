/** O que um trabalho longo pede a quem o começou. É dado uma vez, a quem abre o armazém. */
export interface Contexto {
  /** Dispara, com a `Falha` a lançar, quando é para parar. */
  readonly parada: AbortSignal;
  /** Dá a vez a quem ouve os sinais. Rejeita com a `Falha` do que chegou. */
  respirar(): Promise<void>;
  /** Começa a mostrar um trabalho sobre tantos usuários, `Infinity` se não se sabe; acaba no fim do bloco. */
  comecar(verbo: string, usuarios: number): Disposable;
  /** Estes usuários estão feitos. De mil em mil devolve uma promessa, de `respirar`, que se tem de esperar. */
  passo(usuarios: number): Promise<void> | undefined;
}

/** Espera por uma promessa. Rejeita com a razão da parada, se a promessa não vem até `toleranciaMs` depois da parada. */
export async function esperarAteParar<T>(
  promessa: PromiseLike<T>,
  parada: AbortSignal,
  toleranciaMs = 0,
): Promise<T> {
  const desistencia = Promise.withResolvers<never>();
  let relogio: Timer | undefined;
  const aoParar = () => {
    relogio = setTimeout(() => desistencia.reject(parada.reason), toleranciaMs);
  };
  if (parada.aborted) aoParar();
  else parada.addEventListener('abort', aoParar);
  try {
    return await Promise.race([promessa, desistencia.promise]);
  } finally {
    clearTimeout(relogio);
    parada.removeEventListener('abort', aoParar);
  }
}
