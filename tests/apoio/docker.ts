import { resolve } from 'node:path';
import type { Laudo } from '../../lib/cadeia/laudo.ts';
import { guardarEngine, RODADA } from './limpeza.ts';
import { type Ambiente, executar, RAIZ, type Resultado } from './processos.ts';

/** O comando do Compose, até ao nome do projeto. */
const composeDe = (arquivos: string[]) => [
  'compose',
  ...arquivos.flatMap((um) => ['-f', resolve(RAIZ, um)]),
  '-p',
];
const COMPOSE = composeDe(['compose.yaml']);

/** Roda `docker` até o fim. */
export async function docker(argumentos: string[], ambiente: Ambiente = {}): Promise<Resultado> {
  return await executar(['docker', ...argumentos], {
    env: { ...process.env, RECIBO: undefined, ...ambiente },
  });
}

/** Como `docker`, e lança se o código não for 0; devolve o que ele imprimiu. */
export async function dockerOuErro(...argumentos: string[]): Promise<string> {
  const { saida, erros, codigo } = await docker(argumentos);
  if (codigo !== 0) throw new Error(`docker ${argumentos.join(' ')}: ${codigo}\n${erros}`);
  return saida.trim();
}

let construcao: Promise<string> | undefined;

/** As imagens dos programas, que o Compose constrói uma vez para todos os testes; duram o que eles durarem. */
export async function imagens(): Promise<Record<'escritor' | 'leitor' | 'copiador', string>> {
  guardarEngine();
  construcao ??= dockerOuErro(...COMPOSE, RODADA, '--profile', 'copia', 'build', '--quiet');
  await construcao;
  return { escritor: `${RODADA}-escritor`, leitor: `${RODADA}-leitor`, copiador: `${RODADA}-copiador` };
}

/** Os containers que têm `nome` no nome. */
export async function containersDe(nome: string): Promise<string[]> {
  return (await dockerOuErro('ps', '-aq', '--filter', `name=${nome}`)).split('\n').filter(Boolean);
}

let reservas = 0;

/** Um nome e um volume que mais ninguém usa. No fim do bloco vão-se os containers com esse nome; o volume, com os testes. */
function reservar() {
  guardarEngine();
  // Com algarismos a mais: para o engine, o filtro do projeto 1 acharia também o 10.
  const nome = `${RODADA}-${`${++reservas}`.padStart(3, '0')}`;
  return {
    nome,
    volume: `${nome}-dados`,
    async [Symbol.asyncDispose](): Promise<void> {
      const containers = await containersDe(nome);
      if (containers.length > 0) await docker(['rm', '-f', '-v', ...containers]);
    },
  };
}

/**
 * Um projeto Compose com nome, volume e redes só seus; `outras` são as variáveis que os seus arquivos pedem. Nada do
 * que o usuário tenha no engine é tocado.
 */
export function projetoTemporario(arquivos = ['compose.yaml'], outras: Ambiente = {}) {
  const reserva = reservar();
  const { nome, volume } = reserva;
  const compose = (argumentos: string[], ambiente: Ambiente = {}) =>
    docker([...composeDe(arquivos), nome, ...argumentos], { VOLUME_DADOS: volume, ...outras, ...ambiente });
  return {
    nome,
    volume,
    compose,
    /** Dá ao projeto as imagens, com os nomes que o Compose procura: assim não constrói outras. */
    async prepararImagens(): Promise<void> {
      for (const [programa, imagem] of Object.entries(await imagens())) {
        await dockerOuErro('tag', imagem, `${nome}-${programa}`);
      }
    },
    escritor: (...opcoes: string[]) => compose(['run', '--rm', 'escritor', ...opcoes]),
    leitor: (...opcoes: string[]) => compose(['run', '--rm', '--no-deps', 'leitor', ...opcoes]),
    async [Symbol.asyncDispose](): Promise<void> {
      await reserva[Symbol.asyncDispose]();
      const redes = await dockerOuErro('network', 'ls', '-q', '--filter', `name=${nome}_`);
      if (redes) await docker(['network', 'rm', ...redes.split('\n')]);
    },
  };
}

/** Um volume só seu, e os dois programas nele, sem o Compose. */
export async function volumeTemporario() {
  const { escritor, leitor } = await imagens();
  const reserva = reservar();
  const escrever = ['run', '--rm', '-v', `${reserva.volume}:/data`, escritor];
  const ler = ['run', '--rm', '-v', `${reserva.volume}:/data:ro`, leitor];
  return {
    ...reserva,
    imagens: { escritor, leitor },
    escritor: (...opcoes: string[]) => docker([...escrever, ...opcoes]),
    leitor: (...opcoes: string[]) => docker([...ler, ...opcoes]),
    /** O código de `leitor --json`, e o laudo. */
    async laudo(...opcoes: string[]): Promise<Laudo & { codigo: number }> {
      const { saida, codigo } = await docker([...ler, '--json', ...opcoes]);
      return { ...JSON.parse(saida), codigo };
    },
  };
}
