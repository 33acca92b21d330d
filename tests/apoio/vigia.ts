import { pastaTemporaria } from './bancos.ts';
import { dockerOuErro, IMAGEM_BASE, volumeTemporario } from './docker.ts';

/** Uma pasta com o estado, e um volume com um banco do usuário. */
export async function cenario() {
  const dados = await volumeTemporario();
  await dados.escritor();
  const pasta = pastaTemporaria();
  return {
    volume: dados.volume,
    nome: dados.nome,
    em: pasta.em,
    estado: pasta.em('estado.json'),
    async [Symbol.asyncDispose](): Promise<void> {
      pasta[Symbol.dispose]();
      await dados[Symbol.asyncDispose]();
    },
  };
}

/** Roda um trecho de JavaScript como root, com volumes em `/v`, `/copia`…; devolve o que imprime. */
export async function mexer(montagens: Record<string, string>, codigo: string): Promise<string> {
  const volumes = Object.entries(montagens).flatMap(([onde, volume]) => ['-v', `${volume}:/${onde}`]);
  const comum = ['--rm', '--network', 'none', '-u', '0', ...volumes, IMAGEM_BASE];
  return await dockerOuErro('run', ...comum, '-e', `const fs = require('node:fs'); ${codigo}`);
}

export type Cenario = Awaited<ReturnType<typeof cenario>>;
