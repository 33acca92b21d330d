import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Falha, type Motivo, opcao } from '../falhas.ts';
import { caminhoReal, existe, identidadeDe, identificarArquivo, lerComeco, sincronizar } from './disco.ts';
import { falhaDeArquivo, OUTRO_CAMINHO } from './erros.ts';

/** O maior caminho que o SQLite abre no Unix (MAX_PATHNAME), com lugar para `-journal`. */
const CAMINHO_BYTES = 512 - '-journal'.length;

/** O que há no caminho do banco, antes que o SQLite o abra. */
export interface Arquivo {
  /** Caminho absoluto, sem links: é ao lado dele que o SQLite põe o `-journal`. */
  real: string;
  tamanhoBytes: number;
  /** Há um `-journal` ao lado: um escritor trabalha, ou morreu trabalhando. */
  temJournal: boolean;
  /** `application_id` e `user_version` que estão no arquivo; nenhum se ele não começa como um SQLite. */
  marcas: { aplicacao: number; formato: number } | undefined;
}

/**
 * Examina o que há em `caminho` sem mudar nada e sem esperar por ninguém (o SQLite esperaria para sempre
 * numa FIFO). Devolve `undefined` se nada há ali. Lança `Falha`: `naoServe` se não é um arquivo comum,
 * `reprovado` se o que está ao lado mudaria o que o SQLite lê, `semPermissao`, `entradaSaida`.
 */
export function examinarArquivo(caminho: string, naoServe: Motivo): Arquivo | undefined {
  try {
    if (!existe(caminho)) return;
    const estado = statSync(caminho);
    if (!estado.isFile()) {
      throw new Falha(naoServe, `${caminho} não é um arquivo comum`, OUTRO_CAMINHO);
    }
    const real = caminhoReal(caminho);
    recusarVizinhos(caminho, real);
    const temJournal = existe(`${real}-journal`);
    const marcas = lerCabecalho(real);
    if (marcas?.wal) {
      throw new Falha(
        'reprovado',
        `${caminho} está em modo WAL, que um leitor num volume somente leitura não consegue ler`,
        `Volte ao modo do projeto: sqlite3 ${caminho} 'PRAGMA journal_mode=DELETE'`,
      );
    }
    return { real, tamanhoBytes: estado.size, temJournal, marcas };
  } catch (erro) {
    throw falhaDeArquivo(erro, caminho, naoServe);
  }
}

/**
 * Um `-wal` alheio troca em silêncio o que se lê do banco, um `-journal` que é FIFO prende o SQLite, e um sem o
 * seu banco seria apagado por ele: pode ser a metade que falta de um banco movido. Lança `Falha` (`reprovado`), ou o erro do
 * sistema se o caminho é longo demais para o SQLite.
 */
function recusarVizinhos(caminho: string, real: string): void {
  if (Buffer.byteLength(real) > CAMINHO_BYTES) throw Object.assign(new Error(real), { code: 'ENAMETOOLONG' });
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
 * Se o `-journal` pode ser deste banco (sqlite.org/fileformat2.html, 3): está vazio, ou começa pela marca do SQLite, que
 * ele põe por cima de zeros quando o resto está no disco, e que pode ter ficado em parte; e o banco de que fala não tinha
 * páginas, se este está vazio.
 */
function journalPodeSerDele(real: string): boolean {
  try {
    const bytes = lerComeco(`${real}-journal`, 20);
    const marca = bytes.subarray(0, MARCA_DO_JOURNAL.length);
    const doSqlite = marca.every((byte, i) => byte === MARCA_DO_JOURNAL[i] || byte === 0);
    const paginas = bytes.length === 20 ? bytes.readUInt32BE(16) : 0;
    return doSqlite && (paginas === 0 || statSync(real).size > 1);
  } catch {
    return true; // um escritor que trabalha acabou de o apagar, ou não se pode ler: o SQLite dirá
  }
}

/** O que o cabeçalho diz (sqlite.org/fileformat2.html, 1.3), lido sem o SQLite: abrir um WAL criaria arquivos. */
function lerCabecalho(real: string): { wal: boolean; aplicacao: number; formato: number } | undefined {
  const bytes = Buffer.alloc(100);
  lerComeco(real, bytes.length).copy(bytes);
  if (bytes.toString('latin1', 0, 16) !== 'SQLite format 3\0') return;
  return {
    wal: bytes[18] === 2 || bytes[19] === 2,
    aplicacao: bytes.readUInt32BE(68),
    formato: bytes.readUInt32BE(60),
  };
}

/** Recusa o banco como saída padrão: com `>>`, o resultado iria para o fim dele. Lança `Falha` (`uso`). */
export function recusarSaida(caminho: string): void {
  if (!ePadrao(1, caminho)) return;
  throw new Falha('uso', `a saída padrão é o próprio ${caminho}`, 'Mande-a para outro arquivo.');
}

/** Recusa como entrada padrão o arquivo em que se vai gravar: seria copiado para si mesmo. Lança `Falha` (`uso`). */
export function recusarEntrada(caminho: string): void {
  if (!ePadrao(0, caminho)) return;
  throw new Falha(
    'uso',
    `a entrada padrão é o próprio ${caminho}`,
    `Indique outro caminho com ${opcao('para')}.`,
  );
}

/** Se um caminho leva ao arquivo que é a entrada (0) ou a saída (1) padrão. */
function ePadrao(descritor: 0 | 1, caminho: string): boolean {
  return identificarArquivo(caminho) === identidadeDe(fstatSync(descritor, { bigint: true }));
}

/**
 * Recusa um arquivo com mais de um nome: o SQLite põe o `-journal` ao lado do nome que abriu, e quem o abrisse por
 * outro não desfaria uma gravação interrompida. Lança `Falha` (`reprovado`).
 */
export function recusarOutrosNomes(caminho: string): void {
  const nomes = statSync(caminho, { throwIfNoEntry: false })?.nlink ?? 1;
  if (nomes <= 1) return;
  throw new Falha(
    'reprovado',
    `${caminho} é um arquivo com ${nomes} nomes (links), e o -journal só protege quem o abre por este`,
    `Deixe um nome só: cp ${caminho} ${caminho}.novo && mv ${caminho}.novo ${caminho}`,
  );
}

/**
 * Cria o arquivo, vazio, e as pastas que faltarem; cada pasta criada está no disco antes do retorno.
 * Devolve o caminho real. Lança `Falha`: `naoCriado`, `semPermissao`, `entradaSaida`.
 */
export function criarArquivo(caminho: string): string {
  try {
    const real = caminhoReal(caminho);
    const pasta = dirname(real);
    recusarVizinhos(caminho, real);
    const primeira = mkdirSync(pasta, { recursive: true });
    // O SQLite sincroniza a pasta do banco; as acima dela, se são novas, são conosco.
    for (let nova = pasta; primeira !== undefined && nova.length >= primeira.length; nova = dirname(nova)) {
      sincronizar(dirname(nova));
    }
    closeSync(openSync(real, 'a'));
    return real;
  } catch (erro) {
    throw falhaDeArquivo(erro, caminho, 'naoCriado');
  }
}
