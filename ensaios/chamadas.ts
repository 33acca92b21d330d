import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { emParalelo } from '../lib/paralelo.ts';
import {
  ate,
  type Contagem,
  conferirInvariante,
  type Ensaio,
  type Estado,
  type Plano,
  pastaDeEnsaio,
} from './ensaio.ts';
import { escrever, iniciarEscritor, projetoQuebrado, rodar, terminar } from './programas.ts';

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
const COMECOS = ['novo', 'existente', 'retomada'] as const;

interface Caso {
  comeco: (typeof COMECOS)[number];
  tipo: string;
  modo: string;
}

/** De cada começo, tipo de chamada e modo de falhar: as primeiras `limite` chamadas, ou todas as que houver. */
async function intrometer(plano: Plano, contagem: Contagem, limite: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  const intruso = pasta.em('intruso.so');
  rodar('cc', '-shared', '-fPIC', '-O1', '-o', intruso, join(import.meta.dir, 'intruso.c'));
  const modelos = await prepararModelos(pasta.em, plano.parada);
  // Vários COMMIT, de lotes maiores do que uma página, são mais chamadas que fazer falhar.
  const opcoes = plano.completo ? ['-e', '8', '-n', '60'] : ['-e', '2'];

  /** Uma corrida do escritor com a `n`-ésima chamada a falhar; com 0, `registro` fica com um byte por chamada. */
  const correr = async (onde: string, { comeco, tipo, modo }: Caso, n: number) => {
    const caminho = join(onde, 'desafio2.db');
    const registro = join(onde, 'registro');
    rmSync(onde, { recursive: true, force: true });
    mkdirSync(onde);
    if (comeco !== 'novo') copyFileSync(modelos[comeco], caminho);
    if (comeco === 'retomada') copyFileSync(`${modelos.retomada}-journal`, `${caminho}-journal`);
    const ambiente = { LD_PRELOAD: intruso, FALHA: `${tipo}:${n}:${modo}`, REGISTRO: registro };
    const corrida = await terminar(iniciarEscritor(caminho, opcoes, { ambiente, raiz }));
    return { caminho, corrida, registrados: existsSync(registro) ? statSync(registro).size : 0 };
  };

  const casos = COMECOS.flatMap((comeco) =>
    Object.entries(MODOS).flatMap(([tipo, modos]) => modos.map((modo) => ({ comeco, tipo, modo }))),
  );
  const chamadas = new Map<string, number>();
  for (const caso of casos) {
    const chave = `${caso.comeco} ${caso.tipo}`;
    if (!chamadas.has(chave)) {
      chamadas.set(chave, (await correr(pasta.em('conta'), caso, 0)).registrados);
    }
    contagem.previstos += Math.min(chamadas.get(chave) ?? 0, limite);
  }
  await emParalelo(casos, 2, async (caso, indice) => {
    for (let n = 1; n <= limite; n++) {
      plano.parada.throwIfAborted();
      const { caminho, corrida, registrados } = await correr(pasta.em(`caso-${indice}`), caso, n);
      const antes: Estado = caso.comeco === 'novo' ? { execucoes: 0 } : modelos.estado;
      const { violacao } = await conferirInvariante(caminho, antes, corrida, plano.parada);
      const incompleta = corrida.codigo === 0 && corrida.recibos.length !== Number(opcoes[1]);
      const defeito = incompleta ? `0, com ${corrida.recibos.length} recibos` : violacao;
      contagem.contar(registrados > 0, defeito && `${Object.values(caso).join(' ')} ${n}: ${defeito}`);
      if (registrados === 0) break;
    }
  });
}

/** Um banco com duas execuções, e o mesmo com uma terceira que morreu no meio. */
async function prepararModelos(em: (nome: string) => string, parada: AbortSignal) {
  const existente = em('existente.db');
  const { recibos } = await escrever(existente, '-e', '2');
  const retomada = em('retomada.db');
  copyFileSync(existente, retomada);
  const processo = iniciarEscritor(retomada, ['-n', '100000000']);
  try {
    await ate(
      () => existsSync(`${retomada}-journal`) && statSync(retomada).size > 3_000_000,
      'o escritor chegue ao meio de um lote',
      parada,
    );
  } finally {
    processo.kill('SIGKILL');
    await terminar(processo);
  }
  const estado: Estado = { execucoes: 2, recibo: recibos[1] ?? '' };
  return { existente, retomada, estado };
}

/** A n-ésima chamada do SQLite ao sistema falha, fica pela metade ou mata o escritor. */
export const chamadas: Ensaio = {
  nome: 'chamadas',
  oQue: 'cada chamada do SQLite ao sistema falha ou mata o escritor: nenhum recibo se perde',
  precisa: ['cc'],
  async ensaiar(plano, contagem) {
    await intrometer(plano, contagem, plano.completo ? 1000 : 1);
  },
  controle: {
    oQue: 'um escritor sem journal',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(
        ['lib/armazem/escrita.ts', "'PRAGMA journal_mode = DELETE'", "'PRAGMA journal_mode = OFF'"],
        ['lib/armazem/escrita.ts', "journal !== 'delete'", "journal !== 'off'"],
      );
      await intrometer({ ...plano, completo: false }, contagem, 2, quebrado.raiz);
    },
  },
};
