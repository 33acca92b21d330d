import { resolve } from 'node:path';
import type { Laudo } from '../../lib/cadeia/laudo.ts';
import { guardarEngine, RODADA } from './limpeza.ts';
import { RAIZ, type Resultado } from './programas.ts';

/** Roda `docker` até o fim. */
export async function docker(
  argumentos: string[],
  ambiente: Record<string, string> = {},
): Promise<Resultado> {
  const processo = Bun.spawn(['docker', ...argumentos], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, RECIBO: undefined, ...ambiente },
  });
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { saida, erros, codigo: await processo.exited };
}

/** Como `docker`, e lança se o código não for 0; devolve o que ele imprimiu. */
export async function dockerOuErro(...argumentos: string[]): Promise<string> {
  const { saida, erros, codigo } = await docker(argumentos);
  if (codigo !== 0) throw new Error(`docker ${argumentos.join(' ')}: ${codigo}\n${erros}`);
  return saida.trim();
}

let projetos = 0;

/**
 * Um projeto Compose com nome, volume e imagens só seus, que some por inteiro no fim do bloco ou com os
 * testes; `outras` são as variáveis que os seus arquivos pedem. Nada do que o usuário tenha no engine é tocado.
 */
export function projetoTemporario(arquivos = ['compose.yaml'], outras: Record<string, string> = {}) {
  guardarEngine();
  // Com algarismos a mais: para o engine, o filtro do projeto 1 acharia também o 10.
  const nome = `${RODADA}-${`${++projetos}`.padStart(3, '0')}`;
  const volume = `${nome}-dados`;
  const ambiente = { VOLUME_DADOS: volume, ...outras };
  const doCompose = ['compose', ...arquivos.flatMap((um) => ['-f', resolve(RAIZ, um)]), '-p', nome];
  const compose = (...argumentos: string[]) => docker([...doCompose, ...argumentos], ambiente);
  const desfazer = () => {
    const correr = (...argumentos: string[]) =>
      Bun.spawnSync(['docker', ...argumentos], {
        env: { ...process.env, ...ambiente },
        stdout: 'pipe',
        stderr: 'pipe',
      });
    const soltos = correr('ps', '-aq', '--filter', `name=${nome}`)
      .stdout.toString()
      .split('\n')
      .filter(Boolean);
    if (soltos.length > 0) correr('rm', '-f', '-v', ...soltos);
    correr(...doCompose, 'down', '-v', '--rmi', 'local', '--remove-orphans', '-t', '0');
    const volumes = correr('volume', 'ls', '-q', '--filter', `name=${nome}`).stdout.toString().split('\n');
    for (const sobra of volumes.filter(Boolean)) correr('volume', 'rm', '-f', sobra);
  };
  return {
    nome,
    volume,
    compose,
    construir: async () => exigirZero(await compose('build', '--quiet')),
    escritor: (...opcoes: string[]) => compose('run', '--rm', 'escritor', ...opcoes),
    leitor: (...opcoes: string[]) => compose('run', '--rm', '--no-deps', 'leitor', ...opcoes),
    /** O código de `leitor --json`, e o laudo. */
    laudo: async (...opcoes: string[]): Promise<Laudo & { codigo: number }> => {
      const { saida, codigo } = await compose('run', '--rm', '--no-deps', 'leitor', '--json', ...opcoes);
      return { ...JSON.parse(saida), codigo };
    },
    [Symbol.dispose]: desfazer,
  };
}

function exigirZero({ codigo, erros }: Resultado): void {
  if (codigo !== 0) throw new Error(`docker compose saiu com ${codigo}:\n${erros}`);
}
