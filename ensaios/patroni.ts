import type { Ensaio, Sessao } from './ensaio.ts';
import { Escritores } from './escritores.ts';
import { GrupoPatroni } from './grupo-patroni.ts';
import { SEM_CONFIRMAR } from './quebras.ts';

/** O que acontece ao primário. */
const FALTAS = {
  'o PostgreSQL morre': (grupo: GrupoPatroni) => grupo.matarServidor(),
  'outro toma o lugar, a pedido': (grupo: GrupoPatroni) => grupo.trocar(),
  'o nó morre': (grupo: GrupoPatroni) => grupo.matarNo(),
};
type Falta = keyof typeof FALTAS;

/** Faz ao primário, um de cada vez, o que `faltas` diz, sob os mesmos escritores, até que algo se perca. */
async function faltar(sessao: Sessao, faltas: Falta[]): Promise<void> {
  const { sorte, parada, raiz } = sessao;
  await using grupo = await GrupoPatroni.comecar(parada);
  await using escritores = new Escritores(grupo.lugar, raiz);
  for (const falta of faltas) {
    await escritores.darMais(3, parada);
    await Bun.sleep(sorte.inteiro(0, 300));
    await FALTAS[falta](grupo);
    await escritores.darMais(3, parada);
    const defeitos = await escritores.conferir();
    sessao.contar(true, falta, ...defeitos);
    if (defeitos.some(Boolean)) return;
    await grupo.pronto();
  }
  sessao.contar(false, 'no fim', ...(await escritores.acabar()));
}

const CADA_UMA = Object.keys(FALTAS) as Falta[];

/** Três servidores que o Patroni governa. */
export const patroni: Ensaio<Falta[]> = {
  nome: 'patroni',
  oQue: 'o primário de três servidores sob o Patroni morre, ou é trocado: os escritores seguem, e nada se perde',
  precisa: ['patroni'],
  dose: { amostra: CADA_UMA, completa: Array.from({ length: 5 }, () => CADA_UMA).flat() },
  ensaiar: faltar,
  controle: {
    oQue: 'um escritor com synchronous_commit = off',
    quebra: SEM_CONFIRMAR,
    dose: { amostra: ['o nó morre'] },
  },
};
