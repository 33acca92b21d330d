import { randomBytes } from 'node:crypto';
import type { Troca } from '../apoio/projeto.ts';
import { apagarVolumes, guardarCopia, trocarVolume, vigiar, voltarACopia } from '../apoio/vigia.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';

/** Vigia volumes que, num momento sorteado, são trocados ou voltam atrás: só o recibo da ronda anterior o mostra. */
async function enganarVigias(sessao: Sessao, casos: number): Promise<void> {
  const { sorte, parada, raiz } = sessao;
  using pasta = pastaDeEnsaio();
  for (let caso = 0; caso < casos; caso++) {
    const volume = `desafio2-ensaio-${randomBytes(4).toString('hex')}`;
    const copia = `${volume}-copia`;
    const trocado = sorte.inteiro(0, 1) === 1;
    const antes = sorte.inteiro(0, 2);
    try {
      await trocarVolume(volume);
      await using vigia = vigiar(volume, { estado: pasta.em(`${caso}.json`), aCada: 3, raiz });
      using _sinal = aoParar(parada, () => vigia.processo.kill('SIGTERM'));
      for (let ronda = 0; ronda < antes; ronda++) await vigia.ronda();
      await vigia.entreRondas(() => guardarCopia(volume, copia));
      await vigia.entreRondas(() => (trocado ? trocarVolume(volume) : voltarACopia(volume, copia)));
      const { codigo, ronda } = await vigia.ronda();
      const onde = `${trocado ? 'trocado' : 'voltado'} antes da ronda ${ronda}`;
      sessao.contar(true, onde, codigo !== 65 && `${codigo} em vez de 65`);
    } finally {
      await apagarVolumes(volume, copia);
    }
  }
}

function aoParar(parada: AbortSignal, acao: () => void): Disposable {
  parada.addEventListener('abort', acao);
  return { [Symbol.dispose]: () => parada.removeEventListener('abort', acao) };
}

/** Um vigia que só exige o recibo que a ronda acaba de dar. */
export const SEM_LEMBRAR: Troca[] = [['vigia/ronda.ts', '[exigido, recibo]', '[recibo, recibo]']];

/** Volumes trocados, ou voltados a uma cópia antiga, entre duas rondas de um vigia. */
export const vigia: Ensaio<number> = {
  nome: 'vigia',
  oQue: 'um volume vigiado que é trocado, ou volta a uma cópia antiga: a ronda seguinte diz 65',
  precisa: ['docker'],
  dose: { amostra: 2, completa: 20 },
  ensaiar: enganarVigias,
  controle: {
    oQue: 'um vigia que esquece o recibo da ronda anterior',
    aoMenos: 1,
    quebra: SEM_LEMBRAR,
    dose: { amostra: 1, completa: 5 },
  },
};
