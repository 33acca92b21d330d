import { constants, Database } from 'bun:sqlite';
import { Falha } from '../falhas.ts';
import { criarArquivo, examinarArquivo, recusarOutrosNomes, recusarSaida } from './arquivo.ts';
import { type Identidade, identificarArquivo, lerMudanca } from './disco.ts';
import { naoESqlite, traduzindo } from './erros.ts';
import { recusarMarcas } from './esquema.ts';
import { type Banco, esperarVez, valor } from './sqlite.ts';

/** Um banco, e que arquivo ele é. */
export type BancoAberto = Banco & { readonly arquivo: Identidade };

/** Um banco aberto só para leitura, e quando o seu conteúdo tinha mudado. */
export type BancoLido = BancoAberto & { readonly mudadoNs: bigint | undefined };

/**
 * Abre o banco para escrita, criando o que faltar (pasta, arquivo); as tabelas nascem com a primeira
 * execução. Lança `Falha`: tudo o que `recusarSaida`, `examinarArquivo`, `recusarOutrosNomes` e `criarArquivo` lançam.
 */
export async function criarBanco(caminho: string, parada: AbortSignal): Promise<BancoAberto> {
  recusarSaida(caminho);
  const arquivo = examinarArquivo(caminho, 'naoCriado');
  recusarOutrosNomes(caminho);
  // O SQLite toma um arquivo de um byte por um vazio, e gravaria por cima dele.
  if (arquivo?.tamanhoBytes === 1) throw naoESqlite(caminho);
  // Abrir um banco que tem um -journal já o desfaz: antes disso, ele não pode ser de outra aplicação.
  if (arquivo?.temJournal && arquivo.marcas) recusarMarcas(caminho, arquivo.marcas);
  return await traduzindo(caminho, async () => {
    const banco = new Database(arquivo?.real ?? criarArquivo(caminho), { readwrite: true, strict: true });
    try {
      banco.run('PRAGMA temp_store = MEMORY'); // a raiz do container é somente leitura
      // DELETE deixa um arquivo só no volume; EXTRA sincroniza a pasta depois de apagar o journal:
      // sem isso, uma queda de energia traz o journal de volta e desfaz o último COMMIT confirmado.
      const journal = await esperarVez(() => valor(banco, 'PRAGMA journal_mode = DELETE'), parada);
      banco.run('PRAGMA synchronous = EXTRA');
      if (journal !== 'delete' || valor(banco, 'PRAGMA synchronous') !== 3) {
        throw new Error(`o SQLite não aceitou journal DELETE e synchronous EXTRA (journal: ${journal})`);
      }
      return Object.assign(banco, { arquivo: fixarArquivo(banco, caminho) });
    } catch (erro) {
      banco.close();
      throw erro;
    }
  });
}

/** A identidade do arquivo que o SQLite abriu. Lança `Falha` (`tenteDeNovo`) se o caminho já leva a outro. */
function fixarArquivo(banco: Banco, caminho: string): Identidade {
  const arquivo = identificarArquivo(caminho);
  const movido = new Int32Array(2); // o SQLite escreve um inteiro; o Bun quer ao menos 8 bytes
  banco.fileControl(constants.SQLITE_FCNTL_HAS_MOVED, movido);
  if (arquivo && movido[0] === 0) return arquivo;
  throw new Falha('tenteDeNovo', `${caminho} foi trocado, movido ou apagado ao ser aberto`, 'Tente de novo.');
}

/**
 * Se o caminho ainda leva ao arquivo que foi aberto. Fora de uma transação, o que ele diz está no disco: com
 * `synchronous = EXTRA`, o SQLite sincroniza a pasta depois de apagar o journal.
 */
export function estaNoLugar(banco: BancoAberto, caminho: string): boolean {
  return Bun.deepEquals(identificarArquivo(caminho), banco.arquivo);
}

/**
 * Se o que se lê é o que está no arquivo desde que foi aberto: enquanto há um leitor, nenhum escritor o muda, mas um `cp`
 * por cima, que não pergunta ao SQLite, muda.
 */
export function estaIntocado(banco: BancoLido, caminho: string): boolean {
  return lerMudanca(caminho) === banco.mudadoNs;
}

/**
 * Abre o banco só para leitura e fixa um instantâneo: até `close()`, tudo o que se lê é de um mesmo
 * momento, e os escritores esperam para confirmar. Não cria nem muda nada. Lança `Falha`.
 */
export async function abrirParaLeitura(
  caminho: string,
  real: string,
  parada: AbortSignal,
): Promise<BancoLido> {
  return await traduzindo(caminho, async () => {
    const banco = new Database(real, { readonly: true, strict: true });
    try {
      banco.run('PRAGMA temp_store = MEMORY');
      banco.run('BEGIN');
      await esperarVez(() => valor(banco, 'SELECT count(*) FROM sqlite_schema'), parada);
      const arquivo = fixarArquivo(banco, caminho);
      return Object.assign(banco, { arquivo, mudadoNs: lerMudanca(caminho) });
    } catch (erro) {
      banco.close();
      throw erro;
    }
  });
}
