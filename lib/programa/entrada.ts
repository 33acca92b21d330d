import { esperarAteParar } from '../contexto.ts';
import { Falha } from '../falhas.ts';

/** Os bytes da entrada padrão, até o fim. Lança `Falha`: a da parada, ou `entradaSaida` se não se pode ler. */
export async function* lerEntrada(parada: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    const leitor = Bun.stdin.stream().getReader();
    for (;;) {
      parada.throwIfAborted();
      const { done, value } = await esperarAteParar(leitor.read(), parada);
      if (done) return;
      yield value;
    }
  } catch (erro) {
    if (erro instanceof Falha) throw erro;
    const oQue = 'não foi possível ler a entrada padrão';
    throw new Falha('entradaSaida', oQue, 'Veja de onde ela está redirecionada.', { cause: erro });
  }
}
