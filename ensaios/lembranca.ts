import { join } from 'node:path';
import { guardar, lembrar } from '../lib/cadeia/memoria.ts';
import { type Contagem, type Ensaio, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { projetoQuebrado, RAIZ, type Troca } from './programas.ts';

/** O recibo que a execução `numero` tem neste ensaio. */
export function recibo(numero: number): string {
  return `${numero}:${Bun.SHA256.hash(`${numero}`, 'hex')}`;
}

/** O que dois processos que guardam, mortos a meio, disseram ter guardado. */
async function matarDois(caminho: string, primeiros: number[], plano: Plano, raiz: string) {
  const processos = primeiros.map((primeiro) =>
    Bun.spawn([process.execPath, join(raiz, 'ensaios/lembrar.ts'), caminho, `${primeiro}`], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    }),
  );
  const ditos = processos.map(() => '');
  const comecaram = processos.map(() => Promise.withResolvers<void>());
  const lidos = processos.map(async ({ stdout }, indice) => {
    for await (const parte of stdout.pipeThrough(new TextDecoderStream())) {
      ditos[indice] += parte;
      comecaram[indice]?.resolve();
    }
    comecaram[indice]?.resolve();
  });
  // Contado de quando os dois já guardam, para que numa máquina lenta não morram sempre antes.
  await Promise.all(comecaram.map(({ promise }) => promise));
  await Bun.sleep(plano.sortear() * 20);
  for (const processo of processos) processo.kill('SIGKILL');
  await Promise.all([...processos.map(({ exited }) => exited), ...lidos]);
  return processos.map(({ signalCode }, indice) => ({
    morto: signalCode === 'SIGKILL',
    // A última linha pode ter ficado pela metade.
    dito: Math.max(0, ...(ditos[indice] ?? '').split('\n').slice(0, -1).map(Number)),
  }));
}

/** Mata dois a dois processos que guardam numa mesma memória: o que disseram guardado está lá, ou um mais novo. */
async function matarTantos(plano: Plano, contagem: Contagem, pares: number, raiz = RAIZ): Promise<void> {
  using pasta = pastaDeEnsaio();
  const memoria = { caminho: pasta.em('memoria.json'), banco: 'ensaio.db' };
  contagem.previstos = 2 * pares;
  let maior = 0;
  for (let par = 0; par < pares; par++) {
    plano.parada.throwIfAborted();
    // Um deles vem muito atrás: guardar o que traz seria voltar.
    const primeiros = [maior + 1, Math.max(1, maior - 1000)];
    const mortes = await matarDois(memoria.caminho, primeiros, plano, raiz);
    const lembrado = await lembrar(memoria, plano.parada).catch(({ message }) => `${message}`);
    const numero = typeof lembrado === 'object' ? lembrado.execucao : 0;
    const dito = Math.max(maior, ...mortes.map((morte) => morte.dito));
    const defeito =
      typeof lembrado === 'string'
        ? `estragada: ${lembrado}`
        : numero < dito
          ? `voltou atrás: de ${dito} a ${numero}`
          : lembrado?.selo !== recibo(numero).split(':')[1]
            ? `outro selo em ${numero}`
            : undefined;
    for (const { morto } of mortes) contagem.contar(morto, defeito);
    maior = Math.max(dito, numero) + 1;
    if (typeof lembrado === 'string') await Bun.file(memoria.caminho).delete();
    // Nenhum deles deixou a trava presa; se deixou, isto desiste ao fim de 10 s e o ensaio é reprovado.
    await guardar(memoria, recibo(maior), plano.parada);
  }
}

/** Uma memória escrita no próprio lugar, em duas metades. */
export const POR_CIMA: Troca[] = [
  [
    'lib/armazem/indicado.ts',
    "  writeFileSync(temporario, texto, { flag: 'wx', flush: true });\n  renameSync(temporario, caminho);",
    "  writeFileSync(caminho, texto.slice(0, 40), { flush: true });\n  writeFileSync(caminho, texto.slice(40), { flag: 'a', flush: true });",
  ],
];

/** Uma memória em que se guarda sem olhar para o que já lá está. */
export const SEM_RELER: Troca[] = [
  ['lib/cadeia/memoria.ts', 'if (guardado && guardado.execucao >= novo.execucao) return;', ''],
];

/** `kill -9` de leitores que guardam numa mesma memória. */
export const lembranca: Ensaio = {
  nome: 'lembranca',
  oQue: 'kill -9 de dois leitores que guardam numa memória: nunca se estraga, volta atrás ou fica presa',
  async ensaiar(plano, contagem) {
    await matarTantos(plano, contagem, plano.completo ? 5000 : 50);
  },
  controle: {
    oQue: 'memórias escritas por cima, em duas metades, ou sem reler o que já lá está',
    async ensaiar(plano, contagem) {
      for (const trocas of [POR_CIMA, SEM_RELER]) {
        const antes = contagem.violacoes;
        using quebrada = projetoQuebrado(...trocas);
        await matarTantos(plano, contagem, 20, quebrada.raiz);
        if (contagem.violacoes === antes) throw new Error('um dos controles não teve violações');
      }
    },
  },
};
