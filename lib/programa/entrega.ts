import { write } from 'node:fs';

/** Quanto uma saída que não anda ainda pode segurar o programa depois de um sinal. */
export const TOLERANCIA_MS = 500;
/** O mesmo para as últimas palavras em stderr: somadas, o programa termina em menos de 1 s. */
const ULTIMAS_PALAVRAS_MS = 300;

/** Quantos bytes o sistema aceitou, dos que há de `inicio` em diante. */
function entregarParte(saida: 1 | 2, bytes: Uint8Array, inicio: number): Promise<number> {
  return new Promise((aceitar, recusar) => {
    write(saida, bytes, inicio, (erro, aceitos) => (erro ? recusar(erro) : aceitar(aceitos)));
  });
}

/**
 * Entrega `bytes` à saída 1 ou 2 sem prender o programa: só a promessa espera por quem lê. Resolve quando o sistema
 * aceitou tudo; rejeita se não aceita. De cada saída, uma entrega de cada vez: uma que não anda ocupa uma thread.
 */
export async function entregar(saida: 1 | 2, bytes: Uint8Array): Promise<void> {
  for (let feitos = 0; feitos < bytes.length; ) {
    try {
      feitos += await entregarParte(saida, bytes, feitos);
    } catch (erro) {
      const codigo = erro instanceof Error && 'code' in erro ? erro.code : undefined;
      // EAGAIN: um cano em modo não bloqueante, que outro processo nos deixou, está cheio. EINTR: um sinal chegou.
      if (codigo !== 'EAGAIN' && codigo !== 'EINTR') throw erro;
      await Bun.sleep(10);
    }
  }
}

let fila = Promise.resolve();
let naFila = 0;

/** Se a saída de erros ainda não aceitou tudo o que lhe foi dado. */
export function temErrosPorEntregar(): boolean {
  return naFila > 0;
}

/** Põe `texto` na fila da saída de erros, que o recebe na ordem. Se ela não aceita, não há mais a quem dizer. */
export function enfileirarErro(texto: string): void {
  naFila++;
  fila = fila
    .then(() => entregar(2, Buffer.from(texto)))
    .catch(() => {})
    .finally(() => {
      naFila--;
    });
}

/** Espera que a saída de erros aceite o que já está na fila, até `limiteMs`; diz se aceitou. */
export async function esperarErros(limiteMs: number): Promise<boolean> {
  if (naFila === 0) return true;
  let relogio: Timer | undefined;
  const desistencia = new Promise<boolean>((resolver) => {
    relogio = setTimeout(() => resolver(false), limiteMs);
  });
  const entregue = await Promise.race([fila.then(() => true), desistencia]);
  clearTimeout(relogio);
  return entregue;
}

/**
 * Antes de sair: espera que a saída de erros aceite tudo, por mais devagar que alguém a leia; depois de um sinal,
 * só pelo tempo das últimas palavras. Diz se aceitou.
 */
export async function despedir(parada: AbortSignal): Promise<boolean> {
  const sinal = Promise.withResolvers<void>();
  if (parada.aborted) sinal.resolve();
  else parada.addEventListener('abort', () => sinal.resolve(), { once: true });
  await Promise.race([fila, sinal.promise]);
  return await esperarErros(ULTIMAS_PALAVRAS_MS);
}
