import { join } from 'node:path';
import { type Ambiente, esperar, RAIZ, type Resultado } from './processos.ts';

export interface Modo {
  antes?: string[];
  ambiente?: Ambiente;
  pasta?: string;
  /** O projeto de que é a prova. */
  raiz?: string;
}

/** Começa a prova; se os testes acabarem antes dela, o SIGTERM do guarda a faz limpar o que criou. */
export function comecarProva(argumentos: string[], modo: Modo = {}) {
  const { antes = [], ambiente = {}, raiz = RAIZ, pasta = raiz } = modo;
  return Bun.spawn([...antes, process.execPath, 'run', join(raiz, 'prova.ts'), ...argumentos], {
    cwd: pasta,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...ambiente },
  });
}

export async function provar(argumentos: string[], modo: Modo = {}): Promise<Resultado> {
  return await esperar(comecarProva(argumentos, modo));
}
