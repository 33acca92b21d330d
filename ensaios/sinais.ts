import { existsSync, readFileSync, rmSync } from 'node:fs';
import { CODIGOS } from '../lib/falhas.ts';
import { emParalelo } from '../lib/paralelo.ts';
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
import { escrever, iniciarEscritor, projetoQuebrado, terminar } from './programas.ts';

const SINAIS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** O prazo que o contrato do escritor dá a um sinal, em tempo de processador: a máquina pode estar ocupada com outros. */
const LIMITE_MS = 1000;
/** O de relógio: quanto o `docker stop` espera por um container. */
const LIMITE_DE_RELOGIO_MS = 10_000;
/** `sysconf(_SC_CLK_TCK)` é 100 em todo Linux. */
const MS_POR_TIQUE = 10;
/** Num namespace só seu, o escritor é o PID 1, como num container sem `init`. */
const COMO_PID_1 = ['unshare', '--pid', '--fork', '--kill-child'];

/** Um sinal no meio de uma execução enorme: o código dele, dentro do prazo, e nada pela metade. */
async function interromper(plano: Plano, contagem: Contagem, quantos: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  contagem.previstos = quantos;
  await emParalelo(Array.from({ length: quantos }), 2, async (_, indice) => {
    plano.parada.throwIfAborted();
    const caminho = pasta.em(`banco-${indice}.db`);
    const sinal = escolher(plano, SINAIS);
    const pid1 = indice % 2 === 0;
    const { recibos } = await escrever(caminho);
    const antes: Estado = { execucoes: 1, recibo: recibos[0] ?? '' };
    const modo = { raiz, antes: pid1 ? COMO_PID_1 : [] };
    const processo = iniciarEscritor(caminho, ['-n', '100000000'], modo);
    try {
      await ate(() => existsSync(`${caminho}-journal`), 'o escritor grave', plano.parada);
      await Bun.sleep(plano.sortear() * 700);
      const pid = pid1 ? filhoDe(processo.pid) : processo.pid;
      const gasto = pid > 0 ? gastoDe(pid) : 0;
      // Se o escritor já terminou por si, o código dele dirá que não foi o do sinal. O PID 0 seria o nosso grupo.
      if (pid > 0 && processo.exitCode === null) process.kill(pid, sinal);
      let gastou = 0;
      const medir = setInterval(() => {
        gastou = Math.max(gastou, gastoDe(pid) - gasto);
        if (gastou > LIMITE_MS) processo.kill('SIGKILL');
      }, 20);
      await Promise.race([processo.exited, Bun.sleep(LIMITE_DE_RELOGIO_MS)]);
      clearInterval(medir);
      const respondeu = processo.exitCode !== null;
      processo.kill('SIGKILL');
      const corrida = await terminar(processo);
      const sobrou = existsSync(`${caminho}-journal`);
      const { violacao } = await conferirInvariante(caminho, antes, corrida, plano.parada);
      const defeitos = [
        respondeu ? undefined : `não terminou: gastou ${gastou} ms`,
        corrida.codigo === CODIGOS[sinal] ? undefined : `código ${corrida.codigo}`,
        corrida.recibos.length === 0 ? undefined : 'deu um recibo',
        sobrou ? 'deixou o -journal' : undefined,
        violacao,
      ].filter((texto) => texto !== undefined);
      const onde = `${sinal}${pid1 ? ' ao PID 1' : ''}`;
      contagem.contar(true, defeitos.length > 0 ? `${onde}: ${defeitos.join('; ')}` : undefined);
    } finally {
      processo.kill('SIGKILL');
      rmSync(caminho, { force: true });
    }
  });
}

/** O tempo de processador que um processo já gastou, em milissegundos (proc_pid_stat(5)); 0 se já não o há. */
function gastoDe(pid: number): number {
  try {
    const campos = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(campos[11]) + Number(campos[12])) * MS_POR_TIQUE;
  } catch {
    return 0;
  }
}

/** O PID, visto daqui, do processo que o `unshare` começou. */
function filhoDe(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

/** SIGTERM, SIGINT e SIGHUP em momentos ao acaso de uma execução de 100 milhões de usuários. */
export const sinais: Ensaio = {
  nome: 'sinais',
  oQue: 'um sinal no meio de uma execução enorme: o código dele em menos de 1 s de processador, e nada pela metade',
  precisa: ['root'],
  async ensaiar(plano, contagem) {
    await interromper(plano, contagem, plano.completo ? 500 : 16);
  },
  controle: {
    oQue: 'um escritor que não dá a vez aos sinais enquanto grava',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(['lib/programa/sinais.ts', '  await setImmediate();\n', '']);
      await interromper(plano, contagem, 4, quebrado.raiz);
    },
  },
};
