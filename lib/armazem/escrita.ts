import { Database, SQLiteError } from 'bun:sqlite';
import type { Contexto } from '../contexto.ts';
import { Falha } from '../falhas.ts';
import { type Execucao, SELADAS_DA_EXECUCAO, type Usuario } from '../selo.ts';
import type { ArmazemDeEscrita, Bloco, Selada } from './armazem.ts';
import { criarArquivo, examinarArquivo, recusarOutrosNomes, recusarSaida } from './arquivo.ts';
import { lerMudanca } from './disco.ts';
import { naoESqlite, traduzindo } from './erros.ts';
import { consultarUm, criarTabelas, defeitoDoEsquema, identificarBanco, recusarMarcas } from './esquema.ts';
import { ArmazemSqlite, esperarVez } from './sqlite.ts';
import { type Insercao, lerFaixa, prepararInsercao } from './usuarios.ts';

/**
 * Abre o banco para escrita, criando o que faltar (pasta, arquivo); as tabelas nascem com a primeira
 * execução. Lança `Falha`: tudo o que `recusarSaida`, `examinarArquivo`, `recusarOutrosNomes` e `criarArquivo` lançam.
 */
export async function criarBanco(caminho: string, contexto: Contexto): Promise<ArmazemDeEscrita> {
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
      await exigirDurabilidade(banco, contexto.parada);
      return new EscritaSqlite(banco, caminho, contexto);
    } catch (erro) {
      banco.close();
      throw erro;
    }
  });
}

async function exigirDurabilidade(banco: Database, parada: AbortSignal): Promise<void> {
  banco.run('PRAGMA temp_store = MEMORY'); // a raiz do container é somente leitura
  // DELETE deixa um arquivo só no volume; EXTRA sincroniza a pasta depois de apagar o journal:
  // sem isso, uma queda de energia traz o journal de volta e desfaz o último COMMIT confirmado.
  const journal = await esperarVez(() => consultarUm(banco, 'PRAGMA journal_mode = DELETE'), parada);
  banco.run('PRAGMA synchronous = EXTRA');
  if (journal !== 'delete' || consultarUm(banco, 'PRAGMA synchronous') !== 3) {
    throw new Error(`o SQLite não aceitou journal DELETE e synchronous EXTRA (journal: ${journal})`);
  }
}

/** Usuários que ocupam poucos megabytes de memória: o SQLite só passa ao arquivo, antes do COMMIT, um lote maior. */
const LOTE_GRANDE = 10_000;

class EscritaSqlite extends ArmazemSqlite implements ArmazemDeEscrita {
  /** `PRAGMA data_version`: muda quando outra conexão confirma algo. */
  #versao: unknown;
  #derrama = true;
  #insercao: { cabem: number; inserir: Insercao } | undefined;

  /** Também lança `Falha` se, depois do COMMIT, o caminho já não leva ao arquivo que o recebeu. */
  async escrever<T>(usuarios: number, acao: () => Promise<T>): Promise<T> {
    const { banco, endereco: caminho } = this;
    const { parada } = this.contexto;
    try {
      const grande = usuarios > LOTE_GRANDE;
      if (grande !== this.#derrama) banco.run(`PRAGMA cache_spill = ${grande ? 'ON' : 'OFF'}`);
      this.#derrama = grande;
      // Um leitor impede o SQLite de passar páginas da memória ao arquivo: antes de um lote grande, espera-se por ele.
      await esperarVez(() => banco.run(`BEGIN ${grande ? 'EXCLUSIVE' : 'IMMEDIATE'}`), parada);
      const mudadoNs = lerMudanca(caminho);
      // Num lote pequeno nada passa ao arquivo até o COMMIT: se ele mudou, foi um `cp` por cima.
      const confirmar = () => {
        if (!grande && lerMudanca(caminho) !== mudadoNs) throw foraDoLugar(caminho);
        banco.run('COMMIT');
      };
      recusarOutrosNomes(caminho);
      const resultado = await acao();
      await esperarVez(confirmar, parada);
      if (this.estaNoLugar()) return resultado;
    } catch (erro) {
      desfazer(banco);
      throw this.#explicar(erro);
    }
    throw foraDoLugar(caminho);
  }

  /** O que lançar por um erro no meio de uma transação. */
  #explicar(erro: unknown): unknown {
    const falha = this.traduzir(erro);
    if (!(falha instanceof Falha && falha.cause instanceof SQLiteError)) return falha;
    if (!this.estaNoLugar()) return foraDoLugar(this.endereco, erro);
    if (falha.motivo !== 'entradaSaida') return falha;
    return new Falha(
      'entradaSaida',
      `${falha.message}; o resultado da execução em curso é desconhecido`,
      `${falha.remedio} O leitor dirá se ela ficou gravada; as que têm recibo ficaram.`,
      { cause: erro },
    );
  }

  async mudou(): Promise<boolean> {
    const antes = this.#versao;
    this.#versao = consultarUm(this.banco, 'PRAGMA data_version');
    return this.#versao !== antes;
  }

  readonly soTexto = false;

  async situar(): Promise<'vazio' | 'legado' | 'cadeia'> {
    const { banco, endereco: caminho } = this;
    const identificar = () => identificarBanco(banco, caminho);
    return await traduzindo(caminho, () => esperarVez(identificar, this.contexto.parada));
  }

  async preparar(estranho?: string): Promise<{ legado: boolean }> {
    const { banco, endereco: caminho } = this;
    const tipo = identificarBanco(banco, caminho);
    const legado = tipo === 'legado';
    const nova = estranho === undefined ? 'nossa' : 'livre';
    if (tipo !== 'cadeia') criarTabelas(banco, legado ? 'existe' : nova);
    const defeito = defeitoDoEsquema(banco);
    if (!defeito) return { legado };
    throw new Falha('reprovado', `${caminho}: ${defeito}`, 'Restaure uma cópia ou indique outro caminho.');
  }

  async inserir(primeiro: number, ultimo: number, criadoEm: string): Promise<number> {
    const quantos = ultimo - primeiro + 1;
    if (!this.#insercao || this.#insercao.cabem < quantos) {
      this.#insercao = { cabem: quantos, inserir: prepararInsercao(this.banco, quantos) };
    }
    return this.#insercao.inserir(primeiro, ultimo, criadoEm);
  }

  async registrar(execucao: Execucao): Promise<void> {
    const valores = [...SELADAS_DA_EXECUCAO.map((coluna) => execucao[coluna]), execucao.selo];
    this.banco.query('INSERT OR ABORT INTO execucoes VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(...valores);
  }

  async inserirLinhas({ linhas }: Bloco): Promise<void> {
    // O JSON do SQLite aceita a vírgula no fim (JSON5), e os `\n` são só os que separam as linhas.
    this.banco
      .query<void, [Uint8Array]>(
        `INSERT OR ABORT INTO usuarios SELECT value->>0, value->>1, value->>2, value->>3
         FROM json_each('[' || replace(CAST(?1 AS TEXT), char(10), ',') || ']')`,
      )
      .run(linhas);
  }

  async registrarLinha({ linha, selo }: Selada): Promise<void> {
    const valores = SELADAS_DA_EXECUCAO.map((_, indice) => `linha->>${indice}`);
    this.banco
      .query<void, [Uint8Array, string]>(
        `INSERT OR ABORT INTO execucoes SELECT ${valores}, ?2 FROM (SELECT CAST(?1 AS TEXT) AS linha)`,
      )
      .run(linha, selo);
  }

  async lerFaixa(primeiro: number, ultimo: number): Promise<Usuario[]> {
    return lerFaixa(this.banco, primeiro, ultimo);
  }
}

/** Alguém trocou, moveu ou apagou o arquivo com ele aberto: o SQLite segue a gravar num que já não tem esse nome. */
function foraDoLugar(caminho: string, causa?: unknown): Falha {
  return new Falha(
    'entradaSaida',
    `${caminho} foi trocado, movido ou apagado durante a gravação: o que esta rodada gravou, com recibo ou sem, pode não estar mais ali`,
    'Descubra quem mexeu nele; o leitor, com os recibos exigidos, dirá o que ficou.',
    { cause: causa },
  );
}

function desfazer(banco: Database): void {
  try {
    if (banco.inTransaction) banco.run('ROLLBACK');
    // Com o disco cheio o SQLite só larga a transação: é a leitura seguinte que desfaz o que já foi ao arquivo.
    consultarUm(banco, 'PRAGMA schema_version');
  } catch {
    // O journal fica, e o escritor seguinte desfaz a transação por nós.
  }
}
