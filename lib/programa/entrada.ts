import { Falha } from '../falhas.ts';

/** Os bytes da entrada padrão, até o fim. Lança `Falha`: a da parada, ou `entradaSaida` se não se pode ler. */
export async function* lerEntrada(parada: AbortSignal): AsyncGenerator<Uint8Array> {
  const desistencia = Promise.withResolvers<never>();
  const desistir = () => desistencia.reject(parada.reason);
  parada.addEventListener('abort', desistir);
  try {
    const leitor = Bun.stdin.stream().getReader();
    for (;;) {
      parada.throwIfAborted();
      const { done, value } = await Promise.race([leitor.read(), desistencia.promise]);
      if (done) return;
      yield value;
    }
  } catch (erro) {
    if (erro instanceof Falha) throw erro;
    const oQue = 'não foi possível ler a entrada padrão';
    throw new Falha('entradaSaida', oQue, 'Veja de onde ela está redirecionada.', { cause: erro });
  } finally {
    parada.removeEventListener('abort', desistir);
  }
}
