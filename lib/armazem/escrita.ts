import { Database, SQLiteError } from 'bun:sqlite';
import type { Contexto } from '../contexto.ts';
import { Falha } from '../falhas.ts';
import { SELADAS_DA_EXECUCAO } from '../selo.ts';
import type { Usuario } from '../usuario.ts';
import type { ArmazemDeEscrita, Bloco, Registro } from './armazem.ts';
import { criarArquivo, examinarArquivo, recusarOutrosNomes, recusarSaida } from './arquivo.ts';
import { lerMudanca } from './disco.ts';
import { explicada, foraDoLugar, MOVIDO, NAO_E_SQLITE } from './erros.ts';
import {
  consultarUm,
  criarTabelas,
  defeitoDaTabela,
  defeitoDoEsquema,
  identificarBanco,
  recusarMarcas,
  TABELA_ASSINATURAS,
} from './esquema.ts';
import { ArmazemSqlite, abrirBanco, esperarVez } from './sqlite.ts';
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
  if (arquivo?.tamanhoBytes === 1) throw explicada(NAO_E_SQLITE, caminho);
  // Abrir um banco que tem um -journal já o desfaz: antes disso, ele não pode ser de outra aplicação.
  if (arquivo?.temJournal && arquivo.marcas) recusarMarcas(caminho, arquivo.marcas);
  const abrir = () => new Database(arquivo?.real ?? criarArquivo(caminho), { readwrite: true, strict: true });
  return await abrirBanco(caminho, abrir, async (banco) => {
    await exigirDurabilidade(banco, contexto.parada);
    return new EscritaSqlite(banco, caminho, contexto);
  });
}

async function exigirDurabilidade(banco: Database, parada: AbortSignal): Promise<void> {
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

/** O JSON do SQLite aceita a vírgula no fim (JSON5), e os `\n` são só os que separam as linhas. */
const INSERIR_LINHAS = `INSERT OR ABORT INTO usuarios SELECT value->>0, value->>1, value->>2, value->>3
  FROM json_each('[' || replace(CAST(?1 AS TEXT), char(10), ',') || ']')`;
const INSERIR_EXECUCAO = `INSERT OR ABORT INTO execucoes
  SELECT ${SELADAS_DA_EXECUCAO.map((_, indice) => `linha->>${indice}`)}, ?2 FROM (SELECT CAST(?1 AS TEXT) AS linha)`;

class EscritaSqlite extends ArmazemSqlite implements ArmazemDeEscrita {
  /** `PRAGMA data_version`: muda quando outra conexão confirma algo. */
  #versao: unknown;
  #mudou = true;
  /** Quando o arquivo mudou, da última vez que se soube o que há nele. */
  #conhecidoNs: bigint | undefined;
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
      const mudadoNs = await this.#comecar(`BEGIN ${grande ? 'EXCLUSIVE' : 'IMMEDIATE'}`);
      // Num lote pequeno nada passa ao arquivo até o COMMIT: se ele mudou, foi um `cp` por cima.
      const confirmar = () => {
        if (!grande && lerMudanca(caminho) !== mudadoNs) {
          recusarOutrosNomes(caminho); // dar-lhe outro nome também é mudá-lo
          throw foraDoLugar(caminho, 'mudado por quem não usa o SQLite');
        }
        banco.run('COMMIT');
      };
      recusarOutrosNomes(caminho);
      const resultado = await acao();
      await esperarVez(confirmar, parada);
      this.#conhecidoNs = lerMudanca(caminho);
      if (this.estaNoLugar()) return resultado;
    } catch (erro) {
      const falha = this.traduzir(erro); // antes que uma leitura apague o que o sistema tinha recusado
      desfazer(banco);
      throw this.#explicar(falha);
    }
    throw foraDoLugar(caminho, MOVIDO);
  }

  /** Começa uma transação; devolve quando o arquivo tinha mudado. */
  async #comecar(sql: string): Promise<bigint | undefined> {
    const { banco, endereco } = this;
    for (;;) {
      await esperarVez(() => banco.run(sql), this.contexto.parada);
      const mudadoNs = lerMudanca(endereco);
      const versao = consultarUm(banco, 'PRAGMA data_version');
      const deOutro = versao !== this.#versao;
      this.#versao = versao;
      this.#mudou ||= deOutro;
      if (deOutro || mudadoNs === this.#conhecidoNs) return mudadoNs;
      // Mudou, e o SQLite não o sabe: um `cp` por cima com o mesmo contador, ou quem desfez o que gravava. O que ele
      // tem na memória já não vale.
      banco.run('ROLLBACK');
      banco.run('PRAGMA shrink_memory');
      this.#conhecidoNs = mudadoNs;
      this.#mudou = true;
    }
  }

  /** O que lançar por uma falha no meio de uma transação. */
  #explicar(falha: unknown): unknown {
    if (!(falha instanceof Falha && falha.cause instanceof SQLiteError)) return falha;
    if (!this.estaNoLugar()) return foraDoLugar(this.endereco, MOVIDO, falha.cause);
    if (falha.motivo !== 'entradaSaida') return falha;
    return new Falha(
      'entradaSaida',
      `${falha.message}; o resultado da execução em curso é desconhecido`,
      `${falha.remedio} O leitor dirá se ela ficou gravada; as que têm recibo ficaram.`,
      { cause: falha.cause },
    );
  }

  async mudou(): Promise<boolean> {
    const mudou = this.#mudou;
    this.#mudou = false;
    return mudou;
  }

  readonly soTexto = false;

  async situar(): Promise<'vazio' | 'legado' | 'cadeia'> {
    return await esperarVez(() => identificarBanco(this.banco, this.endereco), this.contexto.parada);
  }

  async preparar(estranho?: string): Promise<{ legado: boolean }> {
    const { banco, endereco: caminho } = this;
    const tipo = identificarBanco(banco, caminho);
    const legado = tipo === 'legado';
    const nova = estranho === undefined ? 'nossa' : 'livre';
    if (tipo !== 'cadeia') criarTabelas(banco, legado ? 'existe' : nova);
    this.#recusar(defeitoDoEsquema(banco));
    return { legado };
  }

  #recusar(defeito: string | undefined): void {
    if (!defeito) return;
    const remedio = 'Restaure uma cópia ou indique outro caminho.';
    throw new Falha('reprovado', `${this.endereco}: ${defeito}`, remedio);
  }

  async inserir(primeiro: number, ultimo: number, criadoEm: string): Promise<number> {
    const quantos = ultimo - primeiro + 1;
    if (!this.#insercao || this.#insercao.cabem < quantos) {
      this.#insercao = { cabem: quantos, inserir: prepararInsercao(this.banco, quantos) };
    }
    return this.#insercao.inserir(primeiro, ultimo, criadoEm);
  }

  async inserirLinhas({ linhas }: Bloco): Promise<void> {
    this.banco.query(INSERIR_LINHAS).run(linhas);
  }

  async registrar({ id, selo, linha }: Registro, assinatura: string | undefined): Promise<void> {
    this.banco.query(INSERIR_EXECUCAO).run(linha, selo);
    if (assinatura === undefined) return;
    this.banco.run(TABELA_ASSINATURAS);
    this.#recusar(defeitoDaTabela(this.banco, 'assinaturas'));
    this.banco.query('INSERT OR ABORT INTO assinaturas VALUES (?, ?)').run(id, assinatura);
  }

  async lerFaixa(primeiro: number, ultimo: number): Promise<Usuario[]> {
    return lerFaixa(this.banco, primeiro, ultimo);
  }
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
