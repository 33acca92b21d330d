import type { Mutante } from './mutante.ts';
import { COMPOSES } from './tabela/composes.ts';
import { PODERES } from './tabela/composes-poder.ts';
import { CUMPLICES } from './tabela/cumplices.ts';
import { DOCKERFILES } from './tabela/dockerfiles.ts';
import { NO_BANCO } from './tabela/escritores-banco.ts';
import { NO_QUE_DIZEM } from './tabela/escritores-saida.ts';
import { FONTES } from './tabela/fontes.ts';
import { FONTES_DO_ESCRITOR } from './tabela/fontes-escritor.ts';
import { FONTES_DO_LEITOR } from './tabela/fontes-leitor.ts';
import { NOS_DETALHES } from './tabela/leitores-detalhes.ts';
import { NO_JSON } from './tabela/leitores-json.ts';
import { DOS_RECIBOS } from './tabela/leitores-recibos.ts';
import { DA_SAIDA } from './tabela/leitores-saida.ts';
import { DAS_VERIFICACOES } from './tabela/leitores-verificacoes.ts';
import { DO_LUGAR } from './tabela/leitores-volume.ts';
import { MEMORIAS } from './tabela/memorias.ts';
import { PAGINAS } from './tabela/paginas.ts';
import { SERVIDORES } from './tabela/servidores.ts';

/** Todos os projetos quebrados. */
export const MUTANTES: Mutante[] = [
  ...DAS_VERIFICACOES,
  ...DOS_RECIBOS,
  ...DA_SAIDA,
  ...NO_JSON,
  ...DO_LUGAR,
  ...NOS_DETALHES,
  ...NO_BANCO,
  ...NO_QUE_DIZEM,
  ...CUMPLICES,
  ...COMPOSES,
  ...PODERES,
  ...DOCKERFILES,
  ...FONTES,
  ...FONTES_DO_ESCRITOR,
  ...FONTES_DO_LEITOR,
  ...MEMORIAS,
  ...SERVIDORES,
  ...PAGINAS,
];

/** Nada está quebrado: os impostores só repassam. A prova o tem de aprovar, ou detectaria qualquer um. */
export const CONTROLE: Mutante = {
  nome: 'controle',
  viola: 'nada: tem de ser aprovado',
  escritor: { depois: (resposta) => resposta },
  leitor: { depois: (resposta) => resposta },
};
