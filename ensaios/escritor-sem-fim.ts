import { ate } from '../apoio/processo.ts';
import { iniciarEscritor } from './programas.ts';

/** Um escritor com `-e 0`, e os recibos que já deu. */
export function escreverSemFim(lugar: string, opcoes: string[], raiz: string) {
  const processo = iniciarEscritor(lugar, ['-e', '0', ...opcoes], { raiz });
  const recibos: string[] = [];
  const lida = (async () => {
    let resto = '';
    for await (const parte of processo.stdout.pipeThrough(new TextDecoderStream())) {
      const linhas = (resto + parte).split('\n');
      resto = linhas.pop() ?? '';
      // O que ficou pela metade não chegou a quem lê.
      for (const linha of linhas) recibos.push(JSON.parse(linha).recibo);
    }
  })();
  const erros = processo.stderr.text();
  return {
    recibos,
    acabou: () => processo.exitCode !== null || processo.signalCode !== null,
    /** Espera que dê mais alguns recibos, ou que acabe. */
    async darMais(quantos: number, parada: AbortSignal): Promise<void> {
      const meta = recibos.length + quantos;
      await ate(() => recibos.length >= meta || this.acabou(), 'o escritor dê recibos', parada);
    },
    /** Manda-lhe um SIGTERM, se ainda corre, e espera que acabe. */
    async parar() {
      processo.kill('SIGTERM');
      await lida;
      return { codigo: await processo.exited, erros: await erros };
    },
    async [Symbol.asyncDispose](): Promise<void> {
      processo.kill('SIGKILL');
      await processo.exited;
    },
  };
}
