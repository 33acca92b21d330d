import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { origemViva } from './copia.ts';
import type { Defeito, Ensaio, Sessao } from './ensaio.ts';
import { ler } from './invariante.ts';
import { iniciar, terminar } from './programas.ts';

/** Copia tantas vezes, em momentos ao acaso, um banco em que se grava; o leitor diz se a cópia serve. */
async function copiarViva(
  sessao: Sessao,
  copias: number,
  copiar: (origem: string, destino: string) => Promise<Defeito>,
): Promise<void> {
  const { sorte, parada } = sessao;
  for (let feitas = 0; feitas < copias; ) {
    await using origem = await origemViva(sessao, ['-e', '50', '-n', '100'], 0);
    for (let vez = 0; vez < 5 && feitas < copias; vez++, feitas++) {
      await Bun.sleep(sorte.inteiro(0, 60));
      const pasta = origem.pasta.em('copia');
      mkdirSync(pasta);
      const falhou = await copiar(origem.caminho, join(pasta, 'desafio2.db'));
      const { motivo } = await ler(join(pasta, 'desafio2.db'), [], parada);
      sessao.contar(true, `${feitas + 1}.ª cópia`, falhou, motivo !== 'feito' && `o leitor diz ${motivo}`);
      rmSync(pasta, { recursive: true });
    }
  }
}

/** O que o copiador faz de um banco em que se grava, e o que fazem as ferramentas de sempre. */
export const copiaViva: Ensaio<number> = {
  nome: 'copia-viva',
  oQue: 'cópias de um banco em que se grava, feitas pelo copiador: o leitor aprova todas',
  dose: { amostra: 10, completa: 100 },
  async ensaiar(sessao, copias) {
    await copiarViva(sessao, copias, async (de, para) => {
      const { codigo, erros } = await terminar(iniciar('copiador', ['-d', de, '-p', para]));
      return codigo !== 0 && `o copiador sai com ${codigo}: ${erros}`;
    });
  },
  controle: {
    oQue: 'as mesmas, feitas com cp e com tar da pasta',
    dose: { amostra: 20, completa: 100 },
    async ensaiar(sessao, copias) {
      let vezes = 0;
      await copiarViva(sessao, copias, async (de, para) => {
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
