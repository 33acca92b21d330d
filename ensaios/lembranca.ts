import { rmSync } from 'node:fs';
import { esperarTodas } from '../apoio/paralelo.ts';
import { ate } from '../apoio/processo.ts';
import type { Troca } from '../apoio/projeto.ts';
import { type Aprovado, guardar, lembrar, type Memoria } from '../lib/cadeia/memoria.ts';
import { comCadaQuebra, type Defeito, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { iniciar } from './programas.ts';

/** O recibo que a execução `numero` tem neste ensaio. */
export function recibo(numero: number): string {
  return `${numero}:${Bun.SHA256.hash(`${numero}`, 'hex')}`;
}

/** O que um leitor aprovou: aqui, todos leram a mesma cadeia. */
export function aprovado(numero: number): Aprovado {
  return { recibo: recibo(numero), tem: async () => true };
}

/** O que dois processos que guardam, mortos no meio, disseram ter guardado. Lança `Error` se um deles nunca guardou. */
async function matarDois(
  caminho: string,
  primeiros: number[],
  { raiz, sorte, parada }: Pick<Sessao, 'raiz' | 'sorte' | 'parada'>,
) {
  const processos = primeiros.map((primeiro) =>
    iniciar('ensaios/lembrar', [caminho, `${primeiro}`], { raiz }),
  );
  const ditos = processos.map(() => '');
  const fins = processos.map(async ({ stdout, exited }, indice) => {
    for await (const parte of stdout.pipeThrough(new TextDecoderStream())) ditos[indice] += parte;
    await exited;
  });
  const comecaram = () => processos.every(({ exitCode }, indice) => ditos[indice] || exitCode !== null);
  try {
    // Contado de quando os dois já guardam, para que numa máquina lenta não morram sempre antes.
    await ate(comecaram, 'os dois guardem', parada);
    await Bun.sleep(sorte.inteiro(0, 20));
  } finally {
    for (const processo of processos) processo.kill('SIGKILL');
    await esperarTodas(fins);
  }
  return await Promise.all(
    processos.map(async ({ signalCode, stderr }, indice) => {
      const [dito = '', erros] = [ditos[indice], await stderr.text()];
      // Se nem chegou a guardar, nada se ensaia.
      if (dito === '') throw new Error(`um processo acabou sem guardar: ${erros}`);
      // A última linha pode ter ficado pela metade.
      const inteiros = dito.split('\n').slice(0, -1).map(Number);
      return { morto: signalCode === 'SIGKILL', dito: Math.max(0, ...inteiros), erros };
    }),
  );
}

/** O número que a memória guarda, e o que há de errado nela depois que alguém disse ter guardado `dito`. */
async function conferir(memoria: Memoria, dito: number, parada: AbortSignal) {
  let numero = 0;
  let defeito: Defeito;
  try {
    const lembrado = await lembrar(memoria, parada);
    numero = lembrado?.execucao ?? 0;
    if (numero < dito) defeito = `voltou atrás: de ${dito} a ${numero}`;
    else if (recibo(numero) !== `${numero}:${lembrado?.selo}`) defeito = `outro selo em ${numero}`;
  } catch (erro) {
    defeito = `estragada: ${erro}`;
  }
  return { numero, defeito };
}

/** Mata dois a dois processos que guardam numa mesma memória: o que disseram guardado está lá, ou um mais novo. */
async function matarTantos(sessao: Sessao, pares: number, raiz = sessao.raiz): Promise<void> {
  const { sorte, parada } = sessao;
  using pasta = pastaDeEnsaio();
  const memoria = { caminho: pasta.em('memoria.json'), banco: 'ensaio.db' };
  let maior = 0;
  for (let par = 0; par < pares; par++) {
    // Um deles vem muito atrás: guardar o que traz seria voltar.
    const primeiros = [maior + 1, Math.max(1, maior - 1000)];
    const mortes = await matarDois(memoria.caminho, primeiros, { raiz, sorte, parada });
    const dito = Math.max(maior, ...mortes.map((morte) => morte.dito));
    const { numero, defeito } = await conferir(memoria, dito, parada);
    for (const { morto, erros } of mortes) {
      sessao.contar(morto, `a partir de ${maior}`, defeito, !morto && `acabou sozinho: ${erros}`);
    }
    maior = Math.max(dito, numero) + 1;
    if (defeito) rmSync(memoria.caminho, { force: true });
    // Nenhum deles deixou a trava presa; se deixou, isto desiste ao fim de 10 s e o ensaio é reprovado.
    await guardar(memoria, aprovado(maior), parada);
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

/** Uma memória em que se guarda sem olhar para o que já está lá. */
export const SEM_RELER: Troca[] = [
  [
    'lib/cadeia/memoria.ts',
    'if (guardado && guardado.execucao > novo.execucao) throw jaHaMaisNovo(guardado);',
    '',
  ],
];

/** `kill -9` de leitores que guardam numa mesma memória. */
export const lembranca: Ensaio<number> = {
  nome: 'lembranca',
  oQue: 'kill -9 de dois leitores que guardam numa memória: nunca se estraga, volta atrás ou fica presa',
  dose: { amostra: 25, completa: 5000 },
  ensaiar: matarTantos,
  controle: {
    oQue: 'memórias escritas por cima, em duas metades, ou sem reler o que já está lá',
    dose: { amostra: 20 },
    ensaiar: comCadaQuebra([POR_CIMA, SEM_RELER], matarTantos),
  },
};
