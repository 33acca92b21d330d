import { cpSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { emParalelo } from '../apoio/paralelo.ts';
import { ate, exigir } from '../apoio/processo.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirInvariante } from './invariante.ts';
import { escrever, iniciarEscritor, terminar } from './programas.ts';

/** Como cada chamada do SQLite ao sistema pode falhar; com "+", também todas as seguintes. */
const FALHAS = ['EIO', 'EIO+', 'ENOSPC', 'ENOSPC+', 'EDQUOT', 'EDQUOT+', 'morte'];
const MODOS: Record<string, string[]> = {
  pwrite64: [...FALHAS, 'curta', 'curta+', 'rasgada'],
  fsync: FALHAS,
  fdatasync: FALHAS,
  ftruncate64: FALHAS,
  unlink: FALHAS,
  open64: FALHAS,
  pread64: ['EIO', 'EIO+', 'morte'],
};

/** Onde a falha acontece: num banco novo, num que já existe, ou quando o escritor desfaz uma morte. */
const COMECOS = ['novo', 'existente', 'retomada'];

const CASOS = COMECOS.flatMap((comeco) =>
  Object.entries(MODOS).flatMap(([tipo, modos]) => modos.map((modo) => ({ comeco, tipo, modo }))),
);

interface Quanto {
  /** As primeiras tantas chamadas de cada caso, ou todas as que houver. */
  chamadas: number;
  execucoes: number;
  usuarios: number;
}

/** De cada começo, tipo de chamada e modo de falhar, uma chamada de cada vez, até a que já não se faz. */
async function intrometer(sessao: Sessao, { chamadas, execucoes, usuarios }: Quanto): Promise<void> {
  const { raiz, parada } = sessao;
  using pasta = pastaDeEnsaio();
  const intruso = pasta.em('intruso.so');
  exigir('cc', '-shared', '-fPIC', '-O1', '-o', intruso, join(import.meta.dir, 'intruso.c'));
  const jaGravado = await prepararComecos(pasta.em, parada);
  const opcoes = ['-e', `${execucoes}`, '-n', `${usuarios}`];
  await emParalelo(CASOS, 2, async ({ comeco, tipo, modo }, indice) => {
    const onde = pasta.em(`caso-${indice}`);
    const caminho = join(onde, 'desafio2.db');
    const registro = join(onde, 'registro');
    const antes = comeco === 'novo' ? undefined : jaGravado;
    let houve = true;
    for (let n = 1; n <= chamadas && houve; n++) {
      rmSync(onde, { recursive: true, force: true });
      cpSync(pasta.em(comeco), onde, { recursive: true });
      const ambiente = { LD_PRELOAD: intruso, FALHA: `${tipo}:${n}:${modo}`, REGISTRO: registro };
      const corrida = await terminar(iniciarEscritor(caminho, opcoes, { ambiente, raiz }));
      houve = existsSync(registro);
      const { defeitos } = await conferirInvariante({ caminho, antes, corrida }, parada);
      const { length: ditos } = corrida.recibos;
      const incompleta = corrida.codigo === 0 && ditos !== execucoes && `0, com ${ditos} recibos`;
      sessao.contar(houve, `${comeco} ${tipo} ${modo} ${n}`, incompleta, ...defeitos);
    }
  });
}

/** Uma pasta por começo; devolve o recibo da última execução que dois deles têm. */
async function prepararComecos(em: (nome: string) => string, parada: AbortSignal) {
  mkdirSync(em('novo'));
  const { recibos } = await escrever(em('existente/desafio2.db'), '-e', '2');
  cpSync(em('existente'), em('retomada'), { recursive: true });
  const caminho = em('retomada/desafio2.db');
  const processo = iniciarEscritor(caminho, ['-n', '100000000']);
  const vaiAMeio = () => existsSync(`${caminho}-journal`) && statSync(caminho).size > 3_000_000;
  try {
    await ate(vaiAMeio, 'o escritor chegue ao meio de um lote', parada);
  } finally {
    processo.kill('SIGKILL');
    await terminar(processo);
  }
  return recibos[1];
}

/** A n-ésima chamada do SQLite ao sistema falha, fica pela metade ou mata o escritor. */
export const chamadas: Ensaio<Quanto> = {
  nome: 'chamadas',
  oQue: 'cada chamada do SQLite ao sistema falha ou mata o escritor: nenhum recibo se perde',
  precisa: ['cc'],
  dose: {
    amostra: { chamadas: 3, execucoes: 2, usuarios: 3 },
    // Vários COMMIT, de lotes maiores do que uma página, são mais chamadas que fazer falhar.
    completa: { chamadas: 1000, execucoes: 8, usuarios: 60 },
  },
  ensaiar: intrometer,
  controle: {
    oQue: 'um escritor sem journal',
    quebra: [
      ['lib/armazem/escrita.ts', "'PRAGMA journal_mode = DELETE'", "'PRAGMA journal_mode = OFF'"],
      ['lib/armazem/escrita.ts', "journal !== 'delete'", "journal !== 'off'"],
    ],
    dose: { amostra: { chamadas: 2, execucoes: 2, usuarios: 3 } },
  },
};
