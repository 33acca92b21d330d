import { existsSync, readFileSync, rmSync } from 'node:fs';
import { emParalelo } from '../apoio/paralelo.ts';
import { ate } from '../apoio/processo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirInvariante } from './invariante.ts';
import { escrever, iniciarEscritor, terminar } from './programas.ts';

const SINAIS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** O prazo que o contrato do escritor dá a um sinal, em tempo de processador: a máquina pode estar ocupada com outros. */
const LIMITE_MS = 1000;
/** O de relógio: quanto o `docker stop` espera por um container. */
const LIMITE_DE_RELOGIO_MS = 10_000;
/** `sysconf(_SC_CLK_TCK)` é 100 em todo Linux. */
const MS_POR_TIQUE = 10;
/** Num namespace só seu, o escritor é o PID 1, como num container sem `init`. */
const COMO_PID_1 = ['unshare', '--pid', '--fork', '--kill-child'];

type Escritor = ReturnType<typeof iniciarEscritor>;

/** Um sinal no meio de uma execução enorme: o código dele, dentro do prazo, e nada pela metade. */
async function interromper(sessao: Sessao, quantos: number): Promise<void> {
  const { raiz, sorte, parada } = sessao;
  using pasta = pastaDeEnsaio();
  await emParalelo(Array.from({ length: quantos }), 2, async (_, indice) => {
    const caminho = pasta.em(`banco-${indice}.db`);
    const sinal = sorte.um(SINAIS);
    const pid1 = indice % 2 === 0;
    const [antes] = (await escrever(caminho)).recibos;
    const modo = { raiz, antes: pid1 ? COMO_PID_1 : [] };
    const processo = iniciarEscritor(caminho, ['-n', '100000000'], modo);
    try {
      await ate(() => existsSync(`${caminho}-journal`), 'o escritor grave', parada);
      await Bun.sleep(sorte.inteiro(0, 700));
      const { respondeu, gastouMs } = await sinalizar(processo, pid1, sinal);
      const corrida = await terminar(processo);
      const sobrou = existsSync(`${caminho}-journal`);
      const { defeitos } = await conferirInvariante({ caminho, antes, corrida }, parada);
      sessao.contar(
        true,
        `${sinal}${pid1 ? ' ao PID 1' : ''}`,
        !respondeu && `não terminou: gastou ${gastouMs} ms`,
        corrida.codigo !== CODIGOS[sinal] && `código ${corrida.codigo}`,
        corrida.recibos.length > 0 && 'deu um recibo',
        sobrou && 'deixou o -journal',
        ...defeitos,
      );
    } finally {
      processo.kill('SIGKILL');
      rmSync(caminho, { force: true });
    }
  });
}

/** Manda um sinal a um escritor e espera que termine dentro dos prazos; depois deles, mata-o. */
async function sinalizar(processo: Escritor, pid1: boolean, sinal: NodeJS.Signals) {
  const pid = pid1 ? filhoDe(processo.pid) : processo.pid;
  const antesMs = gastoDe(pid);
  // Se o escritor já terminou por si, o código dele dirá que não foi o do sinal. O PID 0 seria o nosso grupo.
  if (pid > 0 && processo.exitCode === null) process.kill(pid, sinal);
  let gastouMs = 0;
  const medir = setInterval(() => {
    gastouMs = Math.max(gastouMs, gastoDe(pid) - antesMs);
    if (gastouMs > LIMITE_MS) processo.kill('SIGKILL');
  }, 20);
  await Promise.race([processo.exited, Bun.sleep(LIMITE_DE_RELOGIO_MS)]);
  clearInterval(medir);
  const respondeu = processo.exitCode !== null;
  processo.kill('SIGKILL');
  return { respondeu, gastouMs };
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
export const sinais: Ensaio<number> = {
  nome: 'sinais',
  oQue: 'um sinal no meio de uma execução enorme: o código dele em menos de 1 s de processador, e nada pela metade',
  precisa: ['root'],
  dose: { amostra: 16, completa: 500 },
  ensaiar: interromper,
  controle: {
    oQue: 'um escritor que não dá a vez aos sinais enquanto grava',
    quebra: [['lib/programa/sinais.ts', '  await setImmediate();\n', '']],
    dose: { amostra: 4 },
  },
};
