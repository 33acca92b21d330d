import type { Resposta } from '../docker.ts';
import { descreverLeitura, type Leitura, quais, resultadoDe, type Verificacao } from '../leitura.ts';
import type { Palco } from '../palco.ts';

/** O que uma cena tem à mão, além do palco. */
export interface Apoio {
  /** Confere uma afirmação: aprovada se `visto` é igual a `esperado`; a resposta diz como repetir. */
  conferir(afirmacao: string, esperado: unknown, visto: unknown, resposta?: Resposta): Promise<void>;
  /** Diz algo que se viu e que não é uma afirmação. */
  narrar(texto: string): Promise<void>;
}

export interface Cena {
  numero: number;
  titulo: string;
  encenar(palco: Palco, apoio: Apoio): Promise<void>;
}

/** A cena não pode ser feita neste engine; a mensagem diz por quê. */
export class CenaPulada extends Error {}

type Conferir = Apoio['conferir'];

/** O programa termina com este código. */
export async function conferirCodigo(
  conferir: Conferir,
  resposta: Resposta,
  codigo: number,
  afirmacao: string,
): Promise<void> {
  await conferir(afirmacao, `código ${codigo}`, `código ${resposta.codigo}`, resposta);
}

/** O leitor sai com 0, e nenhuma verificação reprova; os recibos, se foram exigidos, são conferidos. */
export async function conferirAprovado(
  conferir: Conferir,
  leitura: Leitura,
  afirmacao: string,
): Promise<void> {
  const recibos = leitura.exigidos.length > 0 ? 'aprovada' : 'pulada';
  const esperado = `código 0, aprovado; recibos: ${recibos}`;
  const certo =
    leitura.codigo === 0 &&
    quais(leitura, 'reprovada').length === 0 &&
    resultadoDe(leitura, 'recibos') === recibos;
  await conferir(afirmacao, esperado, certo ? esperado : descreverLeitura(leitura), leitura);
}

/** O que um leitor que diz não deve dizer. */
export interface Recusa {
  codigo: number;
  /** A verificação que deve reprovar; sem ela, serve qualquer uma. */
  verificacao?: Verificacao | undefined;
  /** Nenhuma outra pode reprovar. */
  soEla?: boolean;
}

/** O leitor diz não, com este código e por esta verificação. */
export async function conferirRecusa(
  conferir: Conferir,
  leitura: Leitura,
  { codigo, verificacao, soEla = false }: Recusa,
  afirmacao: string,
): Promise<void> {
  const reprovadas = quais(leitura, 'reprovada');
  const qual = verificacao
    ? `${soEla ? 'só ' : ''}"${verificacao}" reprovada`
    : 'alguma verificação reprovada';
  const esperado = `código ${codigo}, ${qual}`;
  const certo =
    leitura.codigo === codigo &&
    (verificacao ? reprovadas.includes(verificacao) : reprovadas.length > 0) &&
    (!soEla || reprovadas.length === 1);
  await conferir(afirmacao, esperado, certo ? esperado : descreverLeitura(leitura), leitura);
}
