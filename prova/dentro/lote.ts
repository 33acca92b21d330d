/** Uma sabotagem sorteada: o que se muda, e onde. Só dados: quem sorteia está fora do container, quem faz, dentro. */
export interface Lote {
  especie: Especie;
  /** A execução em que se mexe. */
  execucao: number;
  /** Qual dos usuários dela. */
  usuario: 'primeiro' | 'de dentro' | 'último';
  coluna: 'nome' | 'email' | 'criado_em';
  /** O campo da execução em que se mexe. */
  campo: 'container' | 'iniciada_em' | 'versao' | 'primeiro_id' | 'ultimo_id' | 'registros';
  mudanca: (typeof MUDANCAS)[number];
  /** Que algarismo do selo se muda. */
  algarismo: number;
  /** Decide o que ainda faltar: a posição num texto, o novo valor. */
  acaso: number;
}

/** As mudanças de um texto que o deixam quase igual. */
export const MUDANCAS = ['letra', 'caixa', 'espaço', 'forma Unicode', 'corte'] as const;

export type Especie =
  | 'texto'
  | 'troca'
  | 'campo'
  | 'selo'
  | 'apaga'
  | 'insere'
  | 'tira'
  | 'muda o id'
  | 'jsonb em usuarios'
  | 'jsonb em execucoes'
  | 'número por texto'
  | 'selada de novo'
  | 'sobreposta'
  | 'conta errada'
  | 'encurtada';
