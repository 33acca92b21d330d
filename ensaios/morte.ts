import { esperarTodas } from '../lib/paralelo.ts';
import {
  ate,
  type Contagem,
  conferirInvariante,
  type Ensaio,
  type Estado,
  escolher,
  type Plano,
  pastaDeEnsaio,
} from './ensaio.ts';
import { iniciarEscritor, projetoQuebrado, RECIBO_ANTES_DO_COMMIT, terminar, vigiar } from './programas.ts';

/** Mortes seguidas sobre um mesmo banco, antes de começar outro. */
const MORTES_POR_BANCO = 25;

/** Mata escritores sobre um mesmo banco, um depois do outro, e confere a invariante depois de cada morte. */
async function matar(plano: Plano, contagem: Contagem, mortes: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  const caminho = pasta.em('desafio2.db');
  let estado: Estado = { execucoes: 0 };
  for (let morte = 0; morte < mortes; morte++) {
    plano.parada.throwIfAborted();
    const lote = escolher(plano, ['1', '50', '20000']);
    const mudou = vigiar(caminho);
    const processo = iniciarEscritor(caminho, ['-e', '0', '-n', lote], { raiz });
    try {
      // Contado de quando ele já grava, para que numa máquina lenta não morra sempre antes.
      await ate(() => mudou() || processo.exitCode !== null, 'o escritor grave', plano.parada);
      await Bun.sleep(plano.sortear() * 80);
    } finally {
      processo.kill('SIGKILL');
    }
    const corrida = await terminar(processo);
    const { depois, violacao } = await conferirInvariante(caminho, estado, corrida, plano.parada);
    estado = depois;
    contagem.contar(corrida.sinal === 'SIGKILL', violacao);
  }
}

/** Duas filas ao mesmo tempo, uma por núcleo das máquinas pequenas. */
async function matarTantos(plano: Plano, contagem: Contagem, mortes: number, raiz?: string): Promise<void> {
  contagem.previstos = mortes;
  let restantes = mortes;
  const fila = async () => {
    while (restantes > 0) {
      const lote = Math.min(restantes, MORTES_POR_BANCO);
      restantes -= lote;
      await matar(plano, contagem, lote, raiz);
    }
  };
  await esperarTodas([fila(), fila()]);
}

/** `kill -9` do escritor em momentos ao acaso. */
export const morte: Ensaio = {
  nome: 'morte',
  oQue: 'kill -9 do escritor: todo recibo impresso está no banco, e no máximo uma execução a mais',
  async ensaiar(plano, contagem) {
    await matarTantos(plano, contagem, plano.completo ? 10_000 : 100);
  },
  controle: {
    oQue: 'um escritor que imprime o recibo antes do COMMIT',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(...RECIBO_ANTES_DO_COMMIT);
      await matarTantos(plano, contagem, 20, quebrado.raiz);
    },
  },
};
