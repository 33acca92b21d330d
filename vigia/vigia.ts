import { setTimeout as esperar } from 'node:timers/promises';
import { Cronometro } from '../lib/programa/andamento.ts';
import { executar } from '../lib/programa/programa.ts';
import { imprimir } from '../lib/programa/saida.ts';
import { emJson } from '../lib/texto.ts';
import { Docker } from '../prova/docker.ts';
import { examinarEngine } from '../prova/engine.ts';
import { bancoDe, lerEstado, trocarArquivo } from './estado.ts';
import { VIGIA } from './opcoes.ts';
import { Programas } from './programas.ts';
import { escreverMetricas, fazerRonda } from './ronda.ts';

/** Quantas rondas seguidas com 75 se aturam: a seguinte acaba com o vigia. */
const ATURADAS = 4;

process.exit(
  await executar(VIGIA, async ({ volume, intervaloMs, metricas, maximo, ...opcoes }, { parada }) => {
    const caminho = opcoes.estado ?? `dados/vigia-${volume}.json`;
    let estado = lerEstado(caminho, volume);
    const guardar = () => trocarArquivo(caminho, `${emJson(estado)}\n`);
    // Que não se consiga guardar sabe-se já, e não depois da primeira ronda.
    guardar();
    await examinarEngine(new Docker(parada));
    await using programas = new Programas(volume, parada);
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
      if (!falha) guardar();
      // Só quando já não é a cadeia que se exige.
      if (vista.fechada) await programas.apagar(bancoDe(anterior));
      if (metricas !== undefined) trocarArquivo(metricas, escreverMetricas(feita));
      await imprimir(emJson(vista), parada);
      seguidas = falha?.motivo === 'tenteDeNovo' ? seguidas + 1 : 0;
      if (falha && (seguidas === 0 || seguidas > ATURADAS)) throw falha;
      await esperar(Math.max(0, intervaloMs - (performance.now() - inicio)), undefined, {
        signal: parada,
      }).catch(() => parada.throwIfAborted());
    }
  }),
);
