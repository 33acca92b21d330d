import { setTimeout as esperar } from 'node:timers/promises';
import { Cronometro } from '../apoio/cronometro.ts';
import { Falha } from '../lib/falhas.ts';
import { imprimir } from '../lib/programa/imprimir.ts';
import type { Valores } from '../lib/programa/opcoes.ts';
import { avisarFalha, executar } from '../lib/programa/programa.ts';
import { emJson } from '../lib/texto.ts';
import { Docker } from '../prova/docker.ts';
import { examinarEngine } from '../prova/engine.ts';
import { comEstado, lerEstado, resolver, trocarArquivo } from './estado.ts';
import { VIGIA } from './opcoes.ts';
import { Programas, recusarNoVolume } from './programas.ts';
import { escreverMetricas, type Feita, fazerRonda } from './ronda.ts';

/** Quantas rondas seguidas com 75 se aturam: a seguinte acaba com o vigia. */
const ATURADAS = 4;

process.exit(
  await executar(VIGIA, async ({ estado, volume, ...opcoes }, { parada }) => {
    const caminho = estado ?? `dados/vigia-${volume}.json`;
    const docker = new Docker(parada);
    await examinarEngine(docker);
    // Antes de lá pôr algo.
    await recusarNoVolume(docker, volume, resolver(caminho));
    return await comEstado(caminho, parada, (real) => vigiar(real, { ...opcoes, volume, parada }));
  }),
);

/** O que se vigia. */
interface Vigia extends Omit<Valores<typeof VIGIA.opcoes>, 'estado'> {
  parada: AbortSignal;
}

/** Vigia até que uma ronda acabe com ele, ou um sinal: só acaba com uma `Falha`. */
async function vigiar(
  caminho: string,
  { volume, intervaloMs, metricas, maximo, parada }: Vigia,
): Promise<never> {
  let estado = lerEstado(caminho, volume);
  const guardar = () => trocarArquivo(caminho, `${emJson(estado)}\n`);
  // Que não se consiga guardar sabe-se já, e não depois da primeira ronda.
  guardar();
  await using programas = new Programas(estado, parada);
  {
    using _cronometro = new Cronometro('construindo as imagens');
    await programas.construir();
  }
  // Um que morreu antes de o fazer pode ter deixado alguma por apagar.
  let porApagar = estado.cadeia > 1;
  for (let numero = 1, seguidas = 0; ; numero++) {
    const inicio = performance.now();
    const feita = await fazerRonda(programas, estado, { numero, maximo });
    parada.throwIfAborted();
    const { vista, falha } = feita;
    const anterior = estado;
    estado = feita.estado;
    // O que a ronda viu diz-se, mesmo que não se consiga guardar: só depois é que o vigia acaba.
    const semEstado = estado === anterior ? undefined : falhaAo(guardar);
    porApagar ||= vista.fechada !== null;
    seguidas = falha?.motivo === 'tenteDeNovo' ? seguidas + 1 : 0;
    const ultima = semEstado ?? (seguidas === 0 || seguidas > ATURADAS ? falha : undefined);
    await dizer(feita, { metricas, ultima, parada });
    if (ultima) throw ultima;
    // Só quando já não é a cadeia que se exige, e o volume é o que devia.
    if (porApagar && !falha) {
      await programas.apagarFechadas(estado);
      porApagar = false;
    }
    await esperar(Math.max(0, intervaloMs - (performance.now() - inicio)), undefined, {
      signal: parada,
    }).catch(() => parada.throwIfAborted());
  }
}

/** A `Falha` que `acao` lança, se lança uma. */
function falhaAo(acao: () => void): Falha | undefined {
  try {
    acao();
    return undefined;
  } catch (erro) {
    if (erro instanceof Falha) return erro;
    throw erro;
  }
}

/** Diz o que uma ronda viu. Rejeita com `Falha` se não consegue, salvo se é a `ultima`: nada esconde a falha dela. */
async function dizer(
  feita: Feita,
  {
    metricas,
    ultima,
    parada,
  }: { metricas: string | undefined; ultima: Falha | undefined; parada: AbortSignal },
): Promise<void> {
  const ditos = await Promise.allSettled([
    (async () => metricas !== undefined && trocarArquivo(metricas, escreverMetricas(feita)))(),
    imprimir(emJson(feita.vista), parada),
  ]);
  parada.throwIfAborted();
  for (const dito of ditos) {
    if (dito.status === 'fulfilled') continue;
    if (!ultima || !(dito.reason instanceof Falha)) throw dito.reason;
    avisarFalha(VIGIA.nome, dito.reason);
  }
}
