import { setTimeout as esperar } from 'node:timers/promises';
import { Falha } from '../lib/falhas.ts';
import { Cronometro } from '../lib/programa/andamento.ts';
import type { Valores } from '../lib/programa/opcoes.ts';
import { avisarFalha, executar } from '../lib/programa/programa.ts';
import { imprimir } from '../lib/programa/saida.ts';
import { emJson } from '../lib/texto.ts';
import { Docker } from '../prova/docker.ts';
import { examinarEngine } from '../prova/engine.ts';
import { bancoDe, comEstado, lerEstado, resolver, trocarArquivo } from './estado.ts';
import { VIGIA } from './opcoes.ts';
import { Programas } from './programas.ts';
import { escreverMetricas, type Feita, fazerRonda } from './ronda.ts';

/** Quantas rondas seguidas com 75 se aturam: a seguinte acaba com o vigia. */
const ATURADAS = 4;

process.exit(
  await executar(VIGIA, async ({ estado, volume, ...opcoes }, { parada }) => {
    const caminho = estado ?? `dados/vigia-${volume}.json`;
    await examinarEngine(new Docker(parada));
    await using programas = new Programas(volume, parada);
    // Antes de lá pôr algo.
    await programas.recusarNoVolume(resolver(caminho));
    return await comEstado(caminho, parada, async (real) => {
      return await vigiar(real, { ...opcoes, volume, programas, parada });
    });
  }),
);

/** O que se vigia, e com quê. */
interface Vigia extends Omit<Valores<typeof VIGIA.opcoes>, 'estado'> {
  programas: Programas;
  parada: AbortSignal;
}

/** Vigia até que uma ronda acabe com ele, ou um sinal: só acaba com uma `Falha`. */
async function vigiar(
  caminho: string,
  { volume, intervaloMs, metricas, maximo, programas, parada }: Vigia,
): Promise<never> {
  let estado = lerEstado(caminho, volume);
  const guardar = () => trocarArquivo(caminho, `${emJson(estado)}\n`);
  // Que não se consiga guardar sabe-se já, e não depois da primeira ronda.
  guardar();
  {
    using _cronometro = new Cronometro('construindo as imagens');
    await programas.construir();
  }
  for (let numero = 1, seguidas = 0; ; numero++) {
    const inicio = performance.now();
    const feita = await fazerRonda(programas, estado, { numero, maximo });
    parada.throwIfAborted();
    const { vista, falha } = feita;
    const anterior = estado;
    estado = feita.estado;
    // O que a ronda viu diz-se, mesmo que não se consiga guardar: só depois é que o vigia acaba.
    const semEstado = estado === anterior ? undefined : falhaAo(guardar);
    // Só quando já não é a cadeia que se exige.
    if (vista.fechada && !semEstado) await programas.apagar(bancoDe(anterior));
    seguidas = falha?.motivo === 'tenteDeNovo' ? seguidas + 1 : 0;
    const ultima = semEstado ?? (seguidas === 0 || seguidas > ATURADAS ? falha : undefined);
    await dizer(feita, { metricas, ultima, parada });
    if (ultima) throw ultima;
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
