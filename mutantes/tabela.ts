import { COMPOSES } from './composes.ts';
import { CUMPLICES, ESCRITORES } from './escritores.ts';
import { FONTES } from './fontes.ts';
import { LEITORES } from './leitores.ts';
import type { Mutante } from './mutante.ts';

/** Todos os projetos quebrados. */
export const MUTANTES: Mutante[] = [...LEITORES, ...ESCRITORES, ...CUMPLICES, ...COMPOSES, ...FONTES];

/** Nada está quebrado: os impostores só repassam. A prova o tem de aprovar, ou apanharia qualquer um. */
export const CONTROLE: Mutante = {
  nome: 'controle',
  viola: 'nada: tem de ser aprovado',
  escritor: { depois: (resposta) => resposta },
  leitor: { depois: (resposta) => resposta },
};
