import { esperarTodas } from '../apoio/paralelo.ts';
import { ate } from '../apoio/processo.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirInvariante } from './invariante.ts';
import { iniciarEscritor, terminar, vigiar } from './programas.ts';
import { RECIBO_ANTES_DO_COMMIT } from './quebras.ts';

/** Mortes seguidas sobre um mesmo banco, antes de começar outro. */
const MORTES_POR_BANCO = 25;

/** Mata escritores sobre um mesmo banco, um depois do outro, e confere a invariante depois de cada morte. */
async function matar(sessao: Sessao, mortes: number): Promise<void> {
  const { raiz, sorte, parada } = sessao;
  using pasta = pastaDeEnsaio();
  const caminho = pasta.em('desafio2.db');
  let antes: string | undefined;
  for (let morte = 0; morte < mortes; morte++) {
    const lote = sorte.um(['1', '50', '20000']);
    const mudou = vigiar(caminho);
    const processo = iniciarEscritor(caminho, ['-e', '0', '-n', lote], { raiz });
    try {
      // Contado de quando ele já grava, para que numa máquina lenta não morra sempre antes.
      await ate(() => mudou() || processo.exitCode !== null, 'o escritor grave', parada);
      await Bun.sleep(sorte.inteiro(0, 80));
    } finally {
      processo.kill('SIGKILL');
    }
    const corrida = await terminar(processo);
    const { depois, defeitos } = await conferirInvariante({ caminho, antes, corrida }, parada);
    antes = depois;
    sessao.contar(corrida.sinal === 'SIGKILL', `em lotes de ${lote}`, ...defeitos);
  }
}

/** Duas filas ao mesmo tempo, uma por núcleo das máquinas pequenas. */
async function matarTantos(sessao: Sessao, mortes: number): Promise<void> {
  let restantes = mortes;
  const fila = async () => {
    while (restantes > 0) {
      const lote = Math.min(restantes, MORTES_POR_BANCO);
      restantes -= lote;
      await matar(sessao, lote);
    }
  };
  await esperarTodas([fila(), fila()]);
}

/** `kill -9` do escritor em momentos ao acaso. */
export const morte: Ensaio<number> = {
  nome: 'morte',
  oQue: 'kill -9 do escritor: todo recibo impresso está no banco, e no máximo uma execução a mais',
  dose: { amostra: 100, completa: 10_000 },
  ensaiar: matarTantos,
  controle: {
    oQue: 'um escritor que imprime o recibo antes do COMMIT',
    quebra: RECIBO_ANTES_DO_COMMIT,
    dose: { amostra: 20 },
  },
};
