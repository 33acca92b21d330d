import { lstatSync, statSync } from 'node:fs';
import { Falha, type Motivo } from '../falhas.ts';
import { existe, lerComeco } from './disco.ts';
import { falhaDoSistema } from './erros.ts';

/** O maior caminho que o SQLite abre no Unix (MAX_PATHNAME), com lugar para `-journal`. */
const CAMINHO_BYTES = 512 - '-journal'.length;

/**
 * Um `-wal` alheio troca em silêncio o que se lê do banco, um `-journal` que é FIFO prende o SQLite, e um sem o
 * seu banco seria apagado por ele: pode ser a metade que falta de um banco movido. Lança `Falha`: `reprovado`, ou `naoServe` se
 * o caminho é longo demais para o SQLite.
 */
export function recusarVizinhos(caminho: string, real: string, naoServe: Motivo): void {
  if (Buffer.byteLength(real) > CAMINHO_BYTES) throw falhaDoSistema('ENAMETOOLONG', caminho, naoServe);
  for (const sufixo of ['-wal', '-shm', '-journal']) {
    // Uma só pergunta: entre duas, um escritor que trabalha apaga o seu -journal.
    const vizinho = lstatSync(real + sufixo, { throwIfNoEntry: false });
    if (!vizinho) continue;
    if (sufixo === '-journal' && vizinho.isFile() && existe(real)) {
      if (journalPodeSerDele(real)) continue;
      throw new Falha(
        'reprovado',
        `há um -journal ao lado de ${caminho} que não é dele, e o SQLite o apagaria`,
        'Descubra de quem é e tire-o dali; se é de um banco que foi movido, ponha-o de novo ao lado dele.',
      );
    }
    throw new Falha(
      'reprovado',
      `há um ${sufixo} ao lado de ${caminho}, e este projeto não o criou: ele mudaria o que se lê`,
      'Descubra quem o pôs ali e tire-o (com o SQLite fechado) antes de tentar de novo.',
    );
  }
}

const MARCA_DO_JOURNAL = Buffer.from('d9d505f920a163d7', 'hex');

/**
 * Se o `-journal` pode ser deste banco (sqlite.org/fileformat2.html, 3): está vazio, ou começa pela marca do SQLite, ou
 * por zeros enquanto não está inteiro; e o banco de que fala não tinha páginas, se este está vazio.
 */
function journalPodeSerDele(real: string): boolean {
  try {
    const bytes = lerComeco(`${real}-journal`, 20);
    const marca = bytes.subarray(0, MARCA_DO_JOURNAL.length);
    const doSqlite = marca.equals(MARCA_DO_JOURNAL.subarray(0, marca.length)) || !marca.some(Boolean);
    const paginas = bytes.length === 20 ? bytes.readUInt32BE(16) : 0;
    return doSqlite && (paginas === 0 || statSync(real).size > 1);
  } catch {
    return true; // um escritor que trabalha acabou de o apagar, ou não se pode ler: o SQLite dirá
  }
}
