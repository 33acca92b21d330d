import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Laudo } from '../lib/cadeia/laudo.ts';
import { verificarBanco } from '../lib/cadeia/verificar.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/contexto.ts';
import { lerRecibo } from '../lib/selo.ts';
import { acharPostgres } from './postgres.ts';
import { type Corrida, escrever } from './programas.ts';

/** Um ensaio: tenta muitas vezes fazer perder ou mudar dados, e um controle que tem de conseguir. */
export interface Ensaio {
  nome: string;
  oQue: string;
  /** O que a máquina precisa ter. */
  precisa?: (keyof typeof CONDICOES)[];
  ensaiar(plano: Plano, contagem: Contagem): Promise<void>;
  /** O mesmo, com algo quebrado de propósito. O ensaio só vale se aqui aparecem violações. */
  controle: {
    oQue: string;
    /** A parte dos casos que tem de ser violação; sem isto, basta um. */
    aoMenos?: number;
    ensaiar(plano: Plano, contagem: Contagem): Promise<void>;
  };
}

/** Se um comando existe e sai com 0. */
export function responde(...comando: string[]): boolean {
  try {
    return Bun.spawnSync(comando, { stdout: 'ignore', stderr: 'ignore' }).success;
  } catch {
    return false;
  }
}

/** O que um ensaio pode pedir da máquina, e o que dizer quando ela não o tem. */
export const CONDICOES = {
  cc: { ha: () => Bun.which('cc') !== null, falta: 'não há compilador C (cc)' },
  root: {
    ha: () =>
      Bun.which('unshare') !== null &&
      Bun.spawnSync(['unshare', '--mount', '--pid', '--fork', 'true']).success,
    falta: 'é preciso ser root, com licença para montar e para criar namespaces',
  },
  xfs: {
    ha: () => ['mkfs.ext4', 'mkfs.xfs'].every((nome) => Bun.which(nome) !== null),
    falta: 'não há mkfs.ext4 e mkfs.xfs',
  },
  docker: {
    ha: () => responde('docker', 'info') && responde('docker', 'compose', 'version'),
    falta: 'não há um engine do Docker com Compose v2 que responda',
  },
  postgres: { ha: () => acharPostgres() !== undefined, falta: 'não há PostgreSQL (o pacote do Debian)' },
};

/** O que um ensaio tem à mão. */
export interface Plano {
  /** Todos os casos, ou uma amostra deles. */
  completo: boolean;
  /** Sorteia um número de 0 (inclusive) a 1 (exclusive), sempre o mesmo para a mesma semente. */
  sortear(): number;
  parada: AbortSignal;
}

/** O que um ensaio viu. */
export class Contagem {
  /** Quantos casos haverá, tanto quanto se sabe; 0 é não se saber. */
  previstos = 0;
  casos = 0;
  /** Em quantos casos o estrago realmente aconteceu. */
  injecoes = 0;
  /** Quantos casos quebraram a invariante, e os primeiros deles. */
  violacoes = 0;
  readonly exemplos: string[] = [];
  readonly #aoContar: (contagem: Contagem) => void;

  constructor(aoContar: (contagem: Contagem) => void = () => {}) {
    this.#aoContar = aoContar;
  }

  contar(injetado: boolean, violacao?: string | undefined): void {
    this.casos++;
    if (injetado) this.injecoes++;
    if (violacao !== undefined) {
      this.violacoes++;
      if (this.exemplos.length < 5) this.exemplos.push(violacao);
    }
    this.#aoContar(this);
  }
}

/** Um gerador congruencial linear: pouco, mas o bastante para repetir um ensaio pela semente. */
export function criarSorteio(semente: number): () => number {
  let estado = semente >>> 0;
  return () => {
    estado = (Math.imul(estado, 1664525) + 1013904223) >>> 0;
    return estado / 2 ** 32;
  };
}

/** Um dos itens, ao acaso. */
export function escolher<const T extends readonly unknown[]>(plano: Plano, itens: T): T[number] {
  return itens[Math.floor(plano.sortear() * itens.length)];
}

/** Uma pasta que some no fim do bloco. */
export function pastaDeEnsaio(dentroDe = tmpdir()) {
  const caminho = mkdtempSync(join(dentroDe, 'desafio2-ensaio-'));
  return {
    caminho,
    em: (nome: string) => join(caminho, nome),
    [Symbol.dispose]: () => rmSync(caminho, { recursive: true, force: true }),
  };
}

/** Espera que `condicao` seja verdadeira; lança `Error` depois de um limite largo. */
export async function ate(condicao: () => boolean, oQue: string, parada: AbortSignal): Promise<void> {
  const limite = performance.now() + 60_000;
  while (!condicao()) {
    parada.throwIfAborted();
    if (performance.now() > limite) throw new Error(`esperei demais que ${oQue}`);
    await Bun.sleep(2);
  }
}

/** O que o leitor diz de um banco, exigindo os recibos: o motivo da recusa, ou `feito`, e o laudo. */
export async function ler(
  caminho: string,
  recibos: string[],
  parada: AbortSignal,
): Promise<{ motivo: string; laudo: Laudo }> {
  const exigidos = recibos.map((recibo) => lerRecibo(recibo, 'ensaio'));
  const { laudo, falhas } = await verificarBanco(
    { banco: caminho, recibos: exigidos, limite: 1000 },
    criarContexto(parada),
  );
  return { motivo: falhas[0]?.motivo ?? 'feito', laudo };
}

/** Os dados de um laudo, sem o que o leitor diz deles. */
export function dadosDe({ registros, execucoes, recibo, ultimas_execucoes, usuarios }: Laudo): string {
  return JSON.stringify({ registros, execucoes, recibo, ultimas_execucoes, usuarios });
}

/** O que um banco tem: quantas execuções e o recibo da última, se há alguma. */
export interface Estado {
  execucoes: number;
  recibo?: string;
}

/** O que há de errado no fim de um programa, ou `undefined`: um código previsto, sem pilha, ou o nosso SIGKILL. */
export function conferirCodigo({
  codigo,
  sinal,
  preso,
  erros,
}: Omit<Corrida, 'recibos'>): string | undefined {
  if (preso) return 'não terminou no prazo';
  if (sinal !== null && sinal !== 'SIGKILL') return `morreu por ${sinal}`;
  if (codigo === CODIGOS.defeito) return `um defeito: ${erros}`;
  if (sinal === null && !Object.values<number | null>(CODIGOS).includes(codigo)) return `código ${codigo}`;
  if (/\n\s+at .*:\d+/.test(erros)) return `uma pilha: ${erros}`;
}

/** Como um escritor pode terminar sobre um banco são, seja qual for a falha do sistema: nunca a dizer que o banco não é. */
const DO_ESCRITOR: number[] = [
  CODIGOS.feito,
  CODIGOS.naoCriado,
  CODIGOS.entradaSaida,
  CODIGOS.tenteDeNovo,
  CODIGOS.semPermissao,
  CODIGOS.SIGHUP,
  CODIGOS.SIGINT,
  CODIGOS.SIGTERM,
];

/**
 * Confere a invariante depois de uma corrida do escritor que algo estragou: o código é previsto; todos os recibos
 * estão no banco, logo e depois que outro escritor o retomou; e há no máximo uma execução a mais do que eles e do que
 * os recibos `incertos`, impressos quando a falha já tinha começado. `antesDeRetomar` desfaz o que impediria a
 * retomada. Devolve também o que o banco passou a ter.
 */
export async function conferirInvariante(
  caminho: string,
  antes: Estado,
  corrida: Corrida & { incertos?: number },
  parada: AbortSignal,
  antesDeRetomar: () => void = () => {},
): Promise<{ depois: Estado; violacao: string | undefined }> {
  const recibos = [...(antes.recibo ? [antes.recibo] : []), ...corrida.recibos];
  const defeitos = [conferirCodigo(corrida)];
  if (corrida.codigo !== null && !DO_ESCRITOR.includes(corrida.codigo)) {
    defeitos.push(`o escritor sai com ${corrida.codigo}: ${corrida.erros}`);
  }
  const aMais = (laudo: Laudo) => (laudo.execucoes ?? 0) - antes.execucoes - corrida.recibos.length;
  const podeHaver = (sobram: number) => sobram >= 0 && sobram <= 1 + (corrida.incertos ?? 0);

  const logo = await ler(caminho, recibos, parada);
  const esperados = ['feito', 'tenteDeNovo', ...(recibos.length === 0 ? ['nadaParaLer'] : [])];
  if (!esperados.includes(logo.motivo)) defeitos.push(`logo depois, o leitor diz ${logo.motivo}`);
  const sobram = aMais(logo.laudo);
  if (logo.motivo === 'feito' && !podeHaver(sobram)) defeitos.push(`${sobram} execuções sem recibo`);

  antesDeRetomar();
  const retomada = await escrever(caminho);
  if (retomada.codigo !== 0)
    defeitos.push(`o escritor seguinte sai com ${retomada.codigo}: ${retomada.erros}`);
  const { motivo, laudo } = await ler(caminho, [...recibos, ...retomada.recibos], parada);
  if (motivo !== 'feito') defeitos.push(`depois da retomada, o leitor diz ${motivo}`);
  const sobraram = aMais(laudo) - retomada.recibos.length;
  if (!podeHaver(sobraram)) defeitos.push(`${sobraram} execuções sem recibo depois da retomada`);

  const depois = { execucoes: laudo.execucoes ?? 0, ...(laudo.recibo && { recibo: laudo.recibo }) };
  const violacao = defeitos.filter((texto) => texto !== undefined).join('; ');
  return { depois, violacao: violacao || undefined };
}
