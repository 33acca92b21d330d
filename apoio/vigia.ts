import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ronda } from '../vigia/ronda.ts';
import { ate, emLinhas, rodar } from './processo.ts';
import { imagemBase, RAIZ } from './projeto.ts';

/** Como se começa um vigia, além do volume. */
export interface Modo {
  /** O arquivo do estado. */
  estado: string;
  /** Em segundos. */
  aCada?: number;
  opcoes?: string[];
  ambiente?: Record<string, string>;
  /** O projeto de que é o vigia. */
  raiz?: string;
}

/** Começa um vigia, com uma ronda de tantos em tantos segundos; devolve o processo e as linhas que diz. */
function comecarVigia(volume: string, intervalo: number, { estado, opcoes, ambiente, raiz }: Modo) {
  const argumentos = ['--volume', volume, '--estado', estado, '--a-cada', `${intervalo}s`, ...(opcoes ?? [])];
  const processo = Bun.spawn([process.execPath, join(raiz ?? RAIZ, 'vigia/vigia.ts'), ...argumentos], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...ambiente },
  });
  return { processo, linhas: emLinhas(processo.stdout) };
}

/** Um vigia em curso. Se o bloco acaba antes dele, um SIGTERM o faz limpar. */
export function vigiar(volume: string, modo: Modo) {
  let intervalo = modo.aCada ?? 5;
  let atual = comecarVigia(volume, intervalo, modo);
  /** A ronda seguinte. Lança `Error` se o vigia acaba sem a fazer. */
  const ronda = async (): Promise<Ronda> => {
    const { value } = await atual.linhas.next();
    if (value === undefined) throw new Error(`o vigia acabou: ${await atual.processo.stderr.text()}`);
    return JSON.parse(value);
  };
  const estaParado = () => /^.*\) T /.test(readFileSync(`/proc/${atual.processo.pid}/stat`, 'utf8'));
  const acabar = async () => {
    atual.processo.kill('SIGCONT');
    atual.processo.kill('SIGTERM');
    await atual.processo.exited;
  };
  return {
    get processo() {
      return atual.processo;
    },
    ronda,
    /** Faz `acao` depois de uma ronda aprovada, com o vigia parado (SIGSTOP) antes de começar a seguinte. */
    async entreRondas(acao: (feita: Ronda) => Promise<void>): Promise<void> {
      for (;;) {
        const feita = await ronda();
        if (feita.codigo !== 0) throw new Error(`uma ronda que não foi aprovada: ${feita.mensagem}`);
        atual.processo.kill('SIGSTOP');
        await ate(estaParado, 'o vigia pare');
        if (Date.now() < Date.parse(feita.iniciada_em) + 1000 * intervalo - 100) {
          await acao(feita);
          atual.processo.kill('SIGCONT');
          return;
        }
        // Numa máquina ocupada, uma ronda leva mais do que o intervalo: outro vigia, com o mesmo estado e mais tempo.
        await acabar();
        intervalo *= 2;
        if (intervalo > 600) throw new Error('nem com dez minutos entre rondas há lugar entre duas');
        atual = comecarVigia(volume, intervalo, modo);
      }
    },
    /** O código com que acaba, e o que disse em stderr. */
    async fim(): Promise<{ codigo: number; erros: string }> {
      return { codigo: await atual.processo.exited, erros: await atual.processo.stderr.text() };
    },
    [Symbol.asyncDispose]: acabar,
  };
}

/** Roda `docker`; devolve o que imprime. Lança `Error` se não sai com 0. */
async function docker(...argumentos: string[]): Promise<string> {
  const { codigo, saida, erros } = await rodar(['docker', ...argumentos]);
  if (codigo !== 0) throw new Error(`docker ${argumentos.join(' ')}: ${erros}`);
  return saida.trim();
}

/** Roda um trecho de JavaScript como root, com um volume em `/v`, e talvez outro em `/copia`; devolve o que imprime. */
export async function mexer(volume: string, codigo: string, copia?: string): Promise<string> {
  const volumes = ['-v', `${volume}:/v`, ...(copia ? ['-v', `${copia}:/copia`] : [])];
  const comum = ['--rm', '--network', 'none', '-u', '0', ...volumes, imagemBase()];
  return await docker('run', ...comum, '-e', `const fs = require('node:fs'); ${codigo}`);
}

/** Apaga tudo o que há num volume. */
export const ESVAZIAR = `for (const nome of fs.readdirSync('/v')) fs.rmSync('/v/' + nome, { recursive: true });`;

/** Copia um volume para outro, com o dono que os programas querem. */
const copiar = (de: string, para: string) =>
  `fs.cpSync('/${de}', '/${para}', { recursive: true });
   for (const nome of fs.readdirSync('/${para}', { recursive: true })) fs.chownSync('/${para}/' + nome, 65532, 65532);`;

/** Guarda em outro volume o que este tem. */
export async function guardarCopia(volume: string, copia: string): Promise<void> {
  await mexer(volume, copiar('v', 'copia'), copia);
}

/** Volta ao que se guardou. */
export async function voltarACopia(volume: string, copia: string): Promise<void> {
  await mexer(volume, `${ESVAZIAR} ${copiar('copia', 'v')}`, copia);
}

/** Põe um volume novo no lugar do que tem este nome, se algum o tem. */
export async function trocarVolume(volume: string): Promise<void> {
  await apagarVolumes(volume);
  await docker('volume', 'create', volume);
}

/** Apaga volumes, se os há. */
export async function apagarVolumes(...volumes: string[]): Promise<void> {
  await docker('volume', 'rm', '-f', ...volumes);
}
