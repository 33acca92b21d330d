import { readFileSync } from 'node:fs';
import { enfileirarErro, entregar, esperarErros, TOLERANCIA_MS, temErrosPorEntregar } from './entrega.ts';
import { Falha } from './falhas.ts';

/**
 * Entrega `texto` e uma quebra de linha à saída padrão; volta quando o sistema os aceitou por inteiro.
 * Lança `Falha`: `entradaSaida` se não os aceita, ou a da parada se um sinal chega e a saída não anda.
 */
export async function escrever(texto: string, parada: AbortSignal): Promise<void> {
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
    await Promise.race([entregarResultado(`${texto}\n`), desistencia.promise]);
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

async function entregarResultado(texto: string): Promise<void> {
  // O que foi dito antes aparece antes, num terminal que mostra as duas; se a de erros não anda, só uma vez se espera.
  if (!erroParado) erroParado = !(await esperarErros(ORDEM_MS));
  fechada ??= saidaFechada();
  if (fechada) throw new Error('a saída padrão está fechada');
  await entregar(1, Buffer.from(texto));
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

/**
 * `texto` sem nada que mova o cursor, mude cores ou inverta a ordem de um terminal: cada caractere de
 * controle ou de formatação vira `\u…`. Dentro de um texto JSON, o valor continua o mesmo.
 */
export function tornarVisivel(texto: string): string {
  return texto.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (caractere) =>
    Array.from({ length: caractere.length }, (_, i) => {
      return `\\u${caractere.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/** Um documento JSON numa linha, inofensivo num terminal. */
export function emJson(documento: unknown): string {
  return tornarVisivel(JSON.stringify(documento));
}

/** Uma tabela; a primeira coluna é a chave de cada linha, e os textos são cortados em `larguras`. */
export function emTabela<L extends object>(
  linhas: L[],
  chave: keyof L,
  larguras: { [C in keyof L]?: number },
): string {
  const colunas = Object.keys(larguras) as (keyof L)[];
  const tabela = new Map(
    linhas.map((linha) => [
      linha[chave],
      Object.fromEntries(
        colunas.map((coluna) => [coluna, cortar(`${linha[coluna]}`, larguras[coluna] ?? 0)]),
      ),
    ]),
  );
  return Bun.inspect.table(Object.fromEntries(tabela), { colors: false }).trimEnd();
}

function cortar(texto: string, largura: number): string {
  const visivel = tornarVisivel(texto.slice(0, 4 * largura));
  if (Bun.stringWidth(visivel) <= largura && texto.length <= 4 * largura) return visivel;
  let inicio = '';
  for (const { segment } of new Intl.Segmenter('pt-BR').segment(visivel)) {
    if (Bun.stringWidth(inicio + segment) > largura - 1) break;
    inicio += segment;
  }
  return `${inicio}…`;
}

/** `1 selo`, `2.000 selos`. */
export function contar(quantos: number, singular: string, plural: string): string {
  return `${emMilhares(quantos)} ${quantos === 1 ? singular : plural}`;
}

/** Um inteiro com separadores de milhar: `10.000.000`. */
export function emMilhares(numero: number): string {
  return numero.toLocaleString('pt-BR');
}

const COMECO_MS = 1000;
const INTERVALO_MS = 200;

/** O andamento de um trabalho de mais de um segundo, numa linha da saída de erros, se ela é um terminal. */
export class Progresso {
  readonly #verbo: string;
  readonly #total: number;
  readonly #inicio = performance.now();
  #proximaMs = COMECO_MS;
  #feitos = 0;

  /** `total` usuários por fazer; `Infinity` se não se sabe. */
  constructor(verbo: string, total: number) {
    this.#verbo = verbo;
    this.#total = total;
  }

  avancar(usuarios: number): void {
    this.#feitos += usuarios;
    const passouMs = performance.now() - this.#inicio;
    if (passouMs < this.#proximaMs) return;
    this.#proximaMs = passouMs + INTERVALO_MS;
    mostrarProgresso(`${this.#verbo} ${descreverAndamento(this.#feitos, this.#total, passouMs)}`);
  }

  [Symbol.dispose](): void {
    apagarProgresso();
  }
}

/** `42 % · 950.000 usuários/s · faltam 6 s`; sem total conhecido, quantos foram feitos e a velocidade. */
export function descreverAndamento(feitos: number, total: number, passouMs: number): string {
  const porSegundo = feitos / (passouMs / 1000);
  const velocidade = `${emMilhares(Math.round(porSegundo))} usuários/s`;
  if (!Number.isFinite(total)) return `${emMilhares(feitos)} · ${velocidade}`;
  const faltam = porSegundo > 0 ? Math.ceil((total - feitos) / porSegundo) : 0;
  return `${Math.floor((100 * feitos) / Math.max(total, 1))} % · ${velocidade} · faltam ${emMilhares(faltam)} s`;
}

/** Diz, de segundo em segundo, que algo está em curso, numa linha da saída de erros, se ela é um terminal. */
export class Cronometro {
  readonly #inicio = performance.now();
  readonly #relogio: Timer;

  constructor(oQue: string) {
    this.#relogio = setInterval(() => {
      const segundos = Math.round((performance.now() - this.#inicio) / 1000);
      mostrarProgresso(`${oQue} · ${segundos} s`);
    }, 1000);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#relogio);
    apagarProgresso();
  }
}

let haProgresso = false;

/** Mostra uma linha que a seguinte apaga, se a saída de erros é um terminal; num que não anda (Ctrl-S), nenhuma. */
export function mostrarProgresso(texto: string): void {
  if (!process.stderr.isTTY || temErrosPorEntregar()) return;
  haProgresso = true;
  enfileirarErro(`\r\u001b[K${texto}`);
}

function apagarProgresso(): void {
  if (!haProgresso) return;
  haProgresso = false;
  enfileirarErro('\r\u001b[K');
}
