import { readFileSync } from 'node:fs';
import { Falha } from '../falhas.ts';
import { apagarProgresso } from './andamento.ts';
import { enfileirarErro, entregar, esperarErros, TOLERANCIA_MS } from './entrega.ts';

/**
 * Entrega à saída padrão um texto e uma quebra de linha, ou bytes como estão; volta quando o sistema os aceitou por inteiro.
 * Lança `Falha`: `entradaSaida` se não os aceita, ou a da parada se um sinal chega e a saída não anda.
 */
export async function imprimir(resultado: string | Uint8Array, parada: AbortSignal): Promise<void> {
  apagarProgresso();
  const desistencia = Promise.withResolvers<never>();
  let relogio: Timer | undefined;
  const aoParar = () => {
    relogio = setTimeout(() => desistencia.reject(parada.reason), TOLERANCIA_MS);
  };
  if (parada.aborted) aoParar();
  else parada.addEventListener('abort', aoParar);
  try {
    // Um cano cheio que ninguém lê prende a escrita, mas não o programa.
    await Promise.race([entregarResultado(resultado), desistencia.promise]);
  } catch (erro) {
    if (erro instanceof Falha) throw erro;
    throw new Falha(
      'entradaSaida',
      'a saída padrão não aceitou o resultado',
      'Veja para onde a saída padrão está redirecionada.',
      {
        cause: erro,
      },
    );
  } finally {
    clearTimeout(relogio);
    parada.removeEventListener('abort', aoParar);
  }
}

/** Quanto um resultado espera pelos avisos que vieram antes dele: bem menos que `TOLERANCIA_MS`. */
const ORDEM_MS = 100;
let erroParado = false;

async function entregarResultado(resultado: string | Uint8Array): Promise<void> {
  // O que foi dito antes aparece antes, num terminal que mostra as duas; se a de erros não anda, só uma vez se espera.
  if (!erroParado) erroParado = !(await esperarErros(ORDEM_MS));
  fechada ??= saidaFechada();
  if (fechada) throw new Error('a saída padrão está fechada');
  await entregar(1, typeof resultado === 'string' ? Buffer.from(`${resultado}\n`) : resultado);
}

/** Se a saída já começou fechada; `undefined` até a primeira vez que se escreve. */
let fechada: boolean | undefined;

/**
 * Com a saída fechada (`>&-`) o Bun abre `/dev/null` no lugar dela, e tudo o que se escreve some com êxito.
 * O que o delata é `O_CLOEXEC`: um descritor herdado nunca o tem.
 */
function saidaFechada(): boolean {
  const O_CLOEXEC = 0o2000000;
  try {
    const octal = readFileSync('/proc/self/fdinfo/1', 'utf8').match(/^flags:\s*([0-7]+)$/m)?.[1] ?? '0';
    return (Number.parseInt(octal, 8) & O_CLOEXEC) !== 0;
  } catch {
    return false; // fora do Linux não há como saber
  }
}

/** Diz uma linha na saída de erros, depois das anteriores, sem esperar por quem a lê: isso é com `despedir`. */
export function avisar(texto: string): void {
  apagarProgresso();
  enfileirarErro(`${texto}\n`);
}
