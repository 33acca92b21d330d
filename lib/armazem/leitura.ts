import { Database } from 'bun:sqlite';
import type { Contexto } from '../contexto.ts';
import { Falha, opcao } from '../falhas.ts';
import { aprovar, type Resultado, reprovarDados } from '../resultado.ts';
import { type Execucao, SELADAS_DA_EXECUCAO, type Usuario } from '../selo.ts';
import type { ArmazemDeLeitura, Selada } from './armazem.ts';
import { examinarArquivo } from './arquivo.ts';
import { conferirArquivo, conferirEstrutura } from './conferencia.ts';
import { consultarUm, mostrarColuna } from './consulta.ts';
import { lerMudanca } from './disco.ts';
import { traduzindo } from './erros.ts';
import { defeitoDaTabela, defeitoDoEsquema } from './esquema.ts';
import { ArmazemSqlite, esperarVez } from './sqlite.ts';
import { lerDados } from './usuarios.ts';

/**
 * Abre o banco só para leitura e fixa um instantâneo: até ao fim do bloco, tudo o que se lê é de um mesmo
 * momento, e os escritores esperam para confirmar. Não cria nem muda nada. Lança `Falha`.
 */
export async function abrirParaLeitura(caminho: string, contexto: Contexto): Promise<ArmazemDeLeitura> {
  const real = acharArquivo(caminho);
  return await traduzindo(caminho, async () => {
    const banco = new Database(real, { readonly: true, strict: true });
    try {
      banco.run('PRAGMA temp_store = MEMORY');
      banco.run('BEGIN');
      await esperarVez(() => consultarUm(banco, 'SELECT count(*) FROM sqlite_schema'), contexto.parada);
      return new LeituraSqlite(banco, caminho, { real, contexto });
    } catch (erro) {
      banco.close();
      throw erro;
    }
  });
}

/** O caminho real de um arquivo comum, com algo dentro. */
function acharArquivo(caminho: string): string {
  const remedio = `Rode o escritor primeiro, ou indique o arquivo com ${opcao('banco')}.`;
  const arquivo = examinarArquivo(caminho, 'nadaParaLer');
  if (!arquivo) throw new Falha('nadaParaLer', `${caminho} não existe`, remedio);
  if (arquivo.tamanhoBytes > 0) return arquivo.real;
  if (!arquivo.temJournal) throw new Falha('nadaParaLer', `${caminho} está vazio`, remedio);
  throw new Falha(
    'tenteDeNovo',
    `${caminho} está vazio, com um -journal ao lado: a primeira execução ainda não terminou`,
    'Tente de novo; se nenhum escritor está rodando, rode um: ele desfaz o que ficou pela metade.',
  );
}

class LeituraSqlite extends ArmazemSqlite implements ArmazemDeLeitura {
  readonly #real: string;
  /** Quando o conteúdo tinha mudado, ao abrir. */
  readonly #mudadoNs: bigint | undefined;

  constructor(banco: Database, caminho: string, { real, contexto }: { real: string; contexto: Contexto }) {
    super(banco, caminho, contexto);
    this.#real = real;
    this.#mudadoNs = lerMudanca(caminho);
  }

  async conferirArquivo(): Promise<Resultado> {
    return conferirArquivo(this.banco, this.endereco, this.#real);
  }

  async conferirEstrutura(): Promise<Resultado> {
    return conferirEstrutura(this.banco);
  }

  async conferirEsquema(): Promise<Resultado> {
    const defeito = defeitoDoEsquema(this.banco);
    return defeito
      ? reprovarDados(defeito)
      : aprovar('as tabelas usuarios e execucoes têm as colunas esperadas');
  }

  /** Enquanto há um leitor, nenhum escritor muda o arquivo; mas um `cp` por cima, que não pergunta ao SQLite, muda. */
  conferirPermanencia(): Falha | undefined {
    const noLugar = this.estaNoLugar();
    if (noLugar && lerMudanca(this.endereco) === this.#mudadoNs) return;
    const como = noLugar ? 'mudado por quem não usa o SQLite' : 'trocado, movido ou apagado';
    const oQue = `${this.endereco} foi ${como} durante a leitura`;
    return new Falha('tenteDeNovo', oQue, 'Tente de novo: o que foi lido já não está ali.');
  }

  temTabela(tabela: 'usuarios' | 'execucoes'): boolean {
    return defeitoDaTabela(this.banco, tabela) === undefined;
  }

  /** Uma a uma: é a única pergunta que o SQLite responde depressa digam o que disserem as estatísticas do arquivo. */
  async lerSeladas(primeira: number, ultima: number): Promise<(Selada | number)[]> {
    // Os CAST fazem de um valor estragado um limite que ao menos se pode ler.
    const consulta = this.banco.query<Selada, [number]>(
      `SELECT id, selo, registros,
              CAST(coalesce(CAST(primeiro_id AS INTEGER), 0) AS TEXT) AS primeiro,
              CAST(coalesce(CAST(ultimo_id AS INTEGER), 0) AS TEXT) AS ultimo,
              CAST(json_array(${SELADAS_DA_EXECUCAO}) AS BLOB) AS linha
       FROM execucoes WHERE id = ?`,
    );
    const ids = Array.from({ length: ultima - primeira + 1 }, (_, indice) => primeira + indice);
    return ids.map((id) => consulta.get(id) ?? id);
  }

  async lerDados(limite: number): Promise<Usuario[]> {
    return lerDados(this.banco, limite);
  }

  async lerUltimas(limite: number): Promise<Execucao[]> {
    const colunas = [...SELADAS_DA_EXECUCAO, 'selo'].map(mostrarColuna);
    return this.banco
      .query<Execucao, [number]>(
        `SELECT ${colunas} FROM execucoes NOT INDEXED ORDER BY execucoes.id DESC LIMIT ?`,
      )
      .all(limite);
  }
}
