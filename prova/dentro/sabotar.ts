import { copyFileSync, mkdirSync, openSync, readSync, statSync, utimesSync, writeSync } from 'node:fs';
import { ALHEIOS, SO_PARA_O_ESCRITOR } from './alheios.ts';
import type { Lote } from './lote.ts';
import { mudar } from './mudancas.ts';
import { abrir } from './receita.ts';
import { SABOTAGENS } from './sabotagens.ts';

/*
 * Faz em /data uma pasta por sabotagem, cada uma com uma cópia estragada de /de/desafio2.db, e uma pasta "0" com a
 * cópia como era. Sem argumentos, as de sempre; senão, os lotes dados em JSON. Imprime, em JSON, porque falharam as
 * que falharam.
 */

const BOM = '/de/desafio2.db';

function preparar(pasta: string): string {
  mkdirSync(`/data/${pasta}`, { recursive: true });
  const arquivo = `/data/${pasta}/desafio2.db`;
  copyFileSync(BOM, arquivo);
  return arquivo;
}

/** As horas do arquivo e o que o SQLite conta de cada gravação, no cabeçalho, como eram: nada delata a mudança. */
function disfarcar(arquivo: string): void {
  const [de, para] = [openSync(BOM, 'r'), openSync(arquivo, 'r+')];
  for (const [onde, quantos] of [
    [24, 4],
    [92, 8],
  ] as const) {
    const bytes = new Uint8Array(quantos);
    readSync(de, bytes, 0, quantos, onde);
    writeSync(para, bytes, 0, quantos, onde);
  }
  const { atime, mtime } = statSync(BOM);
  utimesSync(arquivo, atime, mtime);
}

const [lotes] = process.argv.slice(2);
const tarefas: ((arquivo: string) => void)[] = lotes
  ? (JSON.parse(lotes) as Lote[]).map((lote) => (arquivo: string) => {
      {
        using banco = abrir(arquivo, 'readwrite');
        mudar(banco, lote);
      }
      disfarcar(arquivo);
    })
  : [...SABOTAGENS, ...ALHEIOS, ...SO_PARA_O_ESCRITOR].map(({ estragar }) => (arquivo: string) => {
      estragar(arquivo, { antiga: '/antiga/desafio2.db', outro: '/outro/desafio2.db' });
    });

preparar('0');
const falhas = tarefas.map((tarefa, indice) => {
  try {
    tarefa(preparar(`${indice + 1}`));
    return null;
  } catch (erro) {
    return String(erro);
  }
});
await Bun.write(Bun.stdout, `${JSON.stringify(falhas)}\n`);
