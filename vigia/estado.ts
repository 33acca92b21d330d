import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { caminhoReal } from '../lib/armazem/disco.ts';
import { comTrava, trocarArquivo as trocar } from '../lib/armazem/indicado.ts';
import { Falha } from '../lib/falhas.ts';
import { ehRecibo } from '../prova/diario.ts';

/** O que um vigia sabe de uma vez para a outra, num arquivo fora do volume. */
export interface Estado {
  /** O formato do arquivo. */
  vigia: 1;
  volume: string;
  /** O que as cadeias deste vigia têm no nome, e as de outro não. */
  id: string;
  /** Quantas já começou, com a que está em uso. */
  cadeia: number;
  /** O último recibo que foi exigido e lá estava; nenhum, antes da primeira ronda. */
  recibo: string | null;
  /** Quando isso foi. */
  aprovada_em: string | null;
  /** Os recibos que se ouviram depois disso, em rondas que ficaram sem resposta, e o arquivo da cadeia de cada um. */
  por_conferir?: { banco: string; recibo: string }[];
}

/** O caminho, num container, do arquivo da cadeia de um estado. */
export function bancoDe({ id, cadeia }: Pick<Estado, 'id' | 'cadeia'>): string {
  return `/data/vigia/${id}-${cadeia}.db`;
}

/** O que ficou da última vez; da primeira, um estado novo. Lança `Falha` se não é o deste volume, ou não se lê. */
export function lerEstado(caminho: string, volume: string): Estado {
  let texto: string;
  try {
    texto = readFileSync(caminho, 'utf8');
  } catch (erro) {
    if ((erro as NodeJS.ErrnoException).code !== 'ENOENT') throw falhaDe(erro, 'ler', caminho);
    const id = randomBytes(4).toString('hex');
    return { vigia: 1, volume, id, cadeia: 1, recibo: null, aprovada_em: null };
  }
  const estado = interpretar(texto);
  if (estado?.volume === volume) return estado;
  const oQue = estado
    ? `é o estado do volume ${estado.volume}, e não de ${volume}`
    : 'não é o estado de um vigia, ou está estragado';
  const remedio = 'Indique o deste volume com --estado: começar outro seria esquecer o que ele confirmou.';
  throw new Falha('reprovado', `${caminho} ${oQue}`, remedio);
}

function interpretar(texto: string): Estado | undefined {
  try {
    const estado: Estado = JSON.parse(texto);
    const { vigia, id, cadeia, recibo, por_conferir = [] } = estado;
    const bons = por_conferir.every((um) => ehRecibo(um.recibo));
    const bom = bons && vigia === 1 && /^[0-9a-f]{8}$/.test(id) && Number.isSafeInteger(cadeia);
    return bom && (recibo === null || ehRecibo(recibo)) ? estado : undefined;
  } catch {
    return undefined; // não é JSON, ou falta algo nele
  }
}

/**
 * Faz `acao` enquanto nenhum outro vigia tem este estado: cada um apagaria a cadeia que o outro exige, ou poria um recibo
 * mais antigo no lugar do seu. Dá a ele o caminho sem links, para que o arquivo fique onde o link leva. Rejeita com `Falha`.
 */
export async function comEstado<T>(
  caminho: string,
  parada: AbortSignal,
  acao: (real: string) => Promise<T>,
): Promise<T> {
  const real = resolver(caminho);
  criarPasta(real);
  return await comTrava(real, parada, () => acao(real));
}

/** O caminho sem links, exista ou não o arquivo. Lança `Falha`. */
export function resolver(caminho: string): string {
  try {
    const real = caminhoReal(caminho);
    // Um link a um arquivo que ainda não existe: é lá que ele vai ficar.
    const link = lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink();
    return link ? resolver(resolve(dirname(real), readlinkSync(real))) : real;
  } catch (erro) {
    if (erro instanceof Falha) throw erro; // a do link já diz tudo
    throw falhaDe(erro, 'gravar', caminho);
  }
}

function criarPasta(caminho: string): void {
  try {
    mkdirSync(dirname(caminho), { recursive: true });
  } catch (erro) {
    throw falhaDe(erro, 'gravar', caminho);
  }
}

/** Põe um texto num arquivo: quem o lê vê o de antes ou este, inteiro, e no fim está no disco. Lança `Falha`. */
export function trocarArquivo(caminho: string, texto: string): void {
  criarPasta(caminho);
  try {
    // Um /dev/stdout deixaria de o ser.
    const troca = statSync(caminho, { throwIfNoEntry: false })?.isFile() ?? true;
    if (!troca) throw Object.assign(new Error('não é um arquivo'), { code: 'EEXIST' });
    trocar(caminho, texto);
  } catch (erro) {
    throw falhaDe(erro, 'gravar', caminho);
  }
}

function falhaDe(erro: unknown, verbo: string, caminho: string): Falha {
  const { code = '' } = erro as NodeJS.ErrnoException;
  const motivo = ['EACCES', 'EPERM'].includes(code) ? 'semPermissao' : 'entradaSaida';
  const oQue = `o vigia não consegue ${verbo} ${caminho} (${code})`;
  return new Falha(motivo, oQue, 'Dê acesso a ele, ou indique outro caminho.', { cause: erro });
}
