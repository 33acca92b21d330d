import { ADOCAO } from './adocao.ts';
import { DISCO_CHEIO, MULTIDAO } from './apertos.ts';
import type { Cena } from './cena.ts';
import { UP_E_DOWN } from './compose.ts';
import { CONTROLE } from './controle.ts';
import { COPIA } from './copia.ts';
import { ESCREVE_E_SOME, REEXECUCAO } from './escrita.ts';
import { FORA } from './fora.ts';
import { IMAGENS } from './imagens.ts';
import { NAO_ESCREVE, OUTRO_LE } from './leitura.ts';
import { LIMPEZA } from './limpeza.ts';
import { MEMORIA } from './memoria.ts';
import { MORTE } from './morte.ts';
import { OQUEHA } from './preparo.ts';
import { RECIBOS } from './recibos.ts';
import { AS_DE_SEMPRE, SORTEADAS } from './sabotagens.ts';
import { VOLUME } from './volume.ts';

/** As cenas, na ordem em que se fazem: a limpeza é a última. */
export const CENAS: Cena[] = [
  ...[VOLUME, OQUEHA, CONTROLE, ESCREVE_E_SOME, OUTRO_LE, NAO_ESCREVE, UP_E_DOWN, REEXECUCAO, IMAGENS, MORTE],
  ...[MULTIDAO, DISCO_CHEIO, COPIA, AS_DE_SEMPRE, RECIBOS, SORTEADAS, ADOCAO, FORA, MEMORIA, LIMPEZA],
];
