import { pastaTemporaria } from './bancos.ts';
import { volumeTemporario } from './docker.ts';

/** Uma pasta com o estado, e um volume com um banco do usuário. */
export async function cenario() {
  const dados = await volumeTemporario();
  const { codigo, erros } = await dados.escritor();
  if (codigo !== 0) throw new Error(`o escritor não gravou: ${codigo}\n${erros}`);
  const pasta = pastaTemporaria();
  return {
    volume: dados.volume,
    nome: dados.nome,
    copia: `${dados.nome}-copia`,
    em: pasta.em,
    estado: pasta.em('estado.json'),
    async [Symbol.asyncDispose](): Promise<void> {
      pasta[Symbol.dispose]();
      await dados[Symbol.asyncDispose]();
    },
  };
}

export type Cenario = Awaited<ReturnType<typeof cenario>>;
