import type { Resposta } from '../docker.ts';
import { descreverLeitura, type Leitura, quais, resultadoDe, type Verificacao } from '../leitura.ts';
import type { Palco } from '../palco.ts';

/** Afirma que o visto é igual ao esperado; a resposta diz como repetir. */
export type Conferir = (
  afirmacao: string,
  [esperado, visto]: [esperado: unknown, visto: unknown],
  resposta?: Resposta,
) => Promise<void>;

/** O que um leitor que diz não deve dizer. */
export interface Recusa {
  codigo: number;
  /** A verificação que deve reprovar; sem ela, serve qualquer uma. */
  verificacao?: Verificacao | undefined;
  /** Nenhuma outra pode reprovar. */
  soEla?: boolean;
}

/** O que uma cena tem à mão, além do palco. */
export interface Apoio {
  conferir: Conferir;
  /** Afirma que o programa termina com este código. */
  conferirCodigo(afirmacao: string, codigo: number, resposta: Resposta): Promise<void>;
  /** Afirma que o leitor sai com 0 e nenhuma verificação reprova; os recibos, se foram exigidos, são conferidos. */
  conferirAprovado(afirmacao: string, leitura: Leitura): Promise<void>;
  /** Afirma que o leitor diz não, com este código e por esta verificação. */
  conferirRecusa(afirmacao: string, recusa: Recusa, leitura: Leitura): Promise<void>;
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

/** O que se afirma dos programas, em termos de `conferir`. */
export function criarApoio(conferir: Conferir, narrar: Apoio['narrar']): Apoio {
  return {
    conferir,
    narrar,
    async conferirCodigo(afirmacao, codigo, resposta) {
      await conferir(afirmacao, [`código ${codigo}`, `código ${resposta.codigo}`], resposta);
    },
    async conferirAprovado(afirmacao, leitura) {
      const recibos = leitura.exigidos.length > 0 ? 'aprovada' : 'pulada';
      const esperado = `código 0, aprovado; recibos: ${recibos}`;
      const certo =
        leitura.codigo === 0 &&
        quais(leitura, 'reprovada').length === 0 &&
        resultadoDe(leitura, 'recibos') === recibos;
      await conferir(afirmacao, [esperado, certo ? esperado : descreverLeitura(leitura)], leitura);
    },
    async conferirRecusa(afirmacao, { codigo, verificacao, soEla = false }, leitura) {
      const reprovadas = quais(leitura, 'reprovada');
      const qual = verificacao
        ? `${soEla ? 'só ' : ''}"${verificacao}" reprovada`
        : 'alguma verificação reprovada';
      const esperado = `código ${codigo}, ${qual}`;
      const certo =
        leitura.codigo === codigo &&
        (verificacao ? reprovadas.includes(verificacao) : reprovadas.length > 0) &&
        (!soEla || reprovadas.length === 1);
      await conferir(afirmacao, [esperado, certo ? esperado : descreverLeitura(leitura)], leitura);
    },
  };
}
