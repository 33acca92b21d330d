import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { origemViva } from './copia.ts';
import { type Contagem, type Ensaio, ler, type Plano } from './ensaio.ts';
import { iniciar, terminar } from './programas.ts';

/** Copia muitas vezes, em momentos ao acaso, um banco em que se grava; o leitor diz se a cópia serve. */
async function copiarViva(
  plano: Plano,
  contagem: Contagem,
  copiar: (origem: string, destino: string) => Promise<string | undefined>,
): Promise<void> {
  contagem.previstos = plano.completo ? 100 : 10;
  while (contagem.casos < contagem.previstos) {
    await using origem = await origemViva(plano, ['-e', '50', '-n', '100'], 0);
    for (let vez = 0; vez < 5; vez++) {
      plano.parada.throwIfAborted();
      await Bun.sleep(plano.sortear() * 60);
      const pasta = origem.pasta.em('copia');
      mkdirSync(pasta);
      const falhou = await copiar(origem.caminho, join(pasta, 'desafio2.db'));
      const { motivo } = await ler(join(pasta, 'desafio2.db'), [], plano.parada);
      contagem.contar(true, falhou ?? (motivo === 'feito' ? undefined : `o leitor diz ${motivo}`));
      rmSync(pasta, { recursive: true });
    }
  }
}

/** O que o copiador faz de um banco em que se grava, e o que fazem as ferramentas de sempre. */
export const copiaViva: Ensaio = {
  nome: 'copia-viva',
  oQue: 'cópias de um banco em que se grava, feitas pelo copiador: o leitor aprova todas',
  async ensaiar(plano, contagem) {
    await copiarViva(plano, contagem, async (de, para) => {
      const { codigo, erros } = await terminar(iniciar('copiador', ['-d', de, '-p', para]));
      return codigo === 0 ? undefined : `o copiador sai com ${codigo}: ${erros}`;
    });
  },
  controle: {
    oQue: 'as mesmas, feitas com cp e com tar da pasta',
    async ensaiar(plano, contagem) {
      let vezes = 0;
      await copiarViva(plano, contagem, async (de, para) => {
        const [daqui, dali] = [join(de, '..'), join(para, '..')];
        // O tar sai com 1 se um arquivo mudou enquanto o lia: também isso é uma cópia que não serve.
        const comando =
          vezes++ % 2 ? `cp "${daqui}"/* "${dali}"` : `tar -C "${daqui}" -c . | tar -C "${dali}" -x`;
        Bun.spawnSync(['sh', '-c', comando]);
        return undefined;
      });
    },
  },
};
