import { RAIZ } from '../apoio/projeto.ts';
import type { Ensaio, Sessao } from './ensaio.ts';
import { Escritores } from './escritores.ts';
import { SEM_CONFIRMAR } from './quebras.ts';
import { QUALQUER_UMA, Trio } from './trio.ts';

/** Quedas dos mesmos três, antes de começarem outros: cada uma copia tudo o que já se gravou. */
const QUEDAS_POR_TRIO = 15;

/** De que modo cai o primário. */
interface Queda {
  /** Por quem cada COMMIT espera. */
  sincronas: string;
  /** Quantas réplicas deixam de receber um pouco antes: sem isto, nenhuma ou uma, por sorteio. */
  geladas?: number;
  promovida: 'adiantada' | 'atrasada';
  /** O projeto cujo escritor grava. */
  raiz: string;
}

/** Derruba o primário tantas vezes, com os mesmos escritores a gravar, até que algo se perca. */
async function derrubarSeguidas(sessao: Sessao, quedas: number, modo: Queda): Promise<number> {
  const { sorte, parada } = sessao;
  await using trio = await Trio.comecar(modo.sincronas, parada);
  await using escritores = new Escritores(trio.lugar, modo.raiz);
  for (let queda = 1; queda <= quedas; queda++) {
    await escritores.darMais(3, parada);
    const geladas = sorte.embaralhar(trio.replicas).slice(0, modo.geladas ?? sorte.inteiro(0, 1));
    for (const nome of geladas) trio.gelar(nome);
    await Bun.sleep(sorte.inteiro(0, 200));
    if (modo.geladas) await escritores.darMais(3, parada);
    await trio.cair(modo.promovida);
    const defeitos = await escritores.conferir();
    sessao.contar(true, `${queda}.ª queda`, ...defeitos);
    // A que foi mais longe do que o primário já não o pode seguir.
    if (defeitos.some(Boolean) || modo.promovida === 'atrasada') return queda;
    await trio.refazer();
  }
  await escritores.darMais(3, parada);
  sessao.contar(false, 'no fim', ...(await escritores.acabar()));
  return quedas;
}

async function derrubar(sessao: Sessao, quedas: number, modo: Queda): Promise<void> {
  for (let feitas = 0; feitas < quedas; ) {
    feitas += await derrubarSeguidas(sessao, Math.min(quedas - feitas, QUEDAS_POR_TRIO), modo);
  }
}

/** O primário de três servidores cai, e a réplica mais adiantada toma o lugar dele. */
export const replicas: Ensaio<number> = {
  nome: 'replicas',
  oQue: 'kill -9 do primário de três servidores, sob escritores sem fim: nenhum recibo se perde',
  precisa: ['postgres'],
  dose: { amostra: 3, completa: 60 },
  async ensaiar(sessao, quedas) {
    await derrubar(sessao, quedas, { sincronas: QUALQUER_UMA, promovida: 'adiantada', raiz: sessao.raiz });
  },
  controle: {
    oQue: 'um escritor com synchronous_commit = off; réplicas paradas pelas quais ninguém espera; a atrasada promovida',
    quebra: SEM_CONFIRMAR,
    dose: { amostra: 1, completa: 5 },
    async ensaiar(sessao, quedas) {
      const inteiro = { sincronas: QUALQUER_UMA, promovida: 'adiantada', raiz: RAIZ } as const;
      const controles: Record<string, Queda> = {
        'synchronous_commit = off': { ...inteiro, raiz: sessao.raiz },
        'réplicas paradas, pelas quais ninguém espera': { ...inteiro, sincronas: '', geladas: 2 },
        'a réplica atrasada promovida': { ...inteiro, geladas: 1, promovida: 'atrasada' },
      };
      for (const [qual, modo] of Object.entries(controles)) {
        const antes = sessao.violacoes;
        await derrubar(sessao, quedas, modo);
        if (sessao.violacoes === antes) throw new Error(`nada se perde com: ${qual}`);
      }
    },
  },
};
