import { write } from 'node:fs';
import { esperarAteParar } from '../contexto.ts';
import { Falha } from '../falhas.ts';
import { lerTexto } from '../texto.ts';

/**
 * Entrega à saída padrão um texto e uma quebra de linha, ou bytes como estão; volta quando o sistema os aceitou por inteiro.
 * Lança `Falha`: `entradaSaida` se não os aceita, ou a da parada se um sinal chega e a saída não anda.
 */
export async function imprimir(resultado: string | Uint8Array, parada: AbortSignal): Promise<void> {
  apagarProgresso();
  try {
    // Um pipe cheio que ninguém lê prende a escrita, mas não o programa.
    await esperarAteParar(entregarResultado(resultado), parada, TOLERANCIA_MS);
  } catch (erro) {
    if (erro instanceof Falha) throw erro;
    throw new Falha(
      'entradaSaida',
      'a saída padrão não aceitou o resultado',
      'Veja para onde a saída padrão está redirecionada.',
      { cause: erro },
    );
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
  const [, octal = '0'] = lerTexto('/proc/self/fdinfo/1')?.match(/^flags:\s*([0-7]+)$/m) ?? [];
  return (Number.parseInt(octal, 8) & O_CLOEXEC) !== 0;
}

/** Diz uma linha na saída de erros, depois das anteriores, sem esperar por quem a lê: isso é com `despedir`. */
export function avisar(texto: string): void {
  apagarProgresso();
  enfileirarErro(`${texto}\n`);
}

let haProgresso = false;

/** Mostra uma linha que a seguinte apaga, se a saída de erros é um terminal; num que não anda (Ctrl-S), nenhuma. */
export function mostrarProgresso(texto: string): void {
  if (!process.stderr.isTTY || temErrosPorEntregar()) return;
  haProgresso = true;
  enfileirarErro(`\r\u001b[K${texto}`);
}

/** Apaga a linha de `mostrarProgresso`, antes que outra coisa apareça no lugar dela. */
export function apagarProgresso(): void {
  if (!haProgresso) return;
  haProgresso = false;
  enfileirarErro('\r\u001b[K');
}

/** Quanto uma saída que não anda ainda pode segurar o programa depois de um sinal. */
const TOLERANCIA_MS = 500;
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
      // EAGAIN: um pipe em modo não bloqueante, que outro processo nos deixou, está cheio. EINTR: um sinal chegou.
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
async function esperarErros(limiteMs: number): Promise<boolean> {
  if (naFila === 0) return true;
  return await Promise.race([fila.then(() => true), Bun.sleep(limiteMs).then(() => false)]);
}

/**
 * Antes de sair: espera que a saída de erros aceite tudo, por mais devagar que alguém a leia; depois de um sinal,
 * só pelo tempo das últimas palavras. Diz se aceitou.
 */
export async function despedir(parada: AbortSignal): Promise<boolean> {
  await esperarAteParar(fila, parada).catch(() => {});
  return await esperarErros(ULTIMAS_PALAVRAS_MS);
}
