import { Database } from 'bun:sqlite';
import { statSync } from 'node:fs';
import type { Contexto } from '../contexto.ts';
import { aprovar, Falha, opcao, type Resultado, reprovar, reprovarDados } from '../falhas.ts';
import { type Execucao, SELADAS_DA_EXECUCAO, type Usuario } from '../selo.ts';
import { emMilhares } from '../texto.ts';
import type { ArmazemDeLeitura, Selada, Tabela } from './armazem.ts';
import { examinarArquivo } from './arquivo.ts';
import { lerMudanca } from './disco.ts';
import { ehEntradaSaida, traduzindo } from './erros.ts';
import {
  consultarUm,
  defeitoDaTabela,
  defeitoDoEsquema,
  FORMATO,
  identificarBanco,
  mostrarColuna,
} from './esquema.ts';
import { ArmazemSqlite, esperarVez } from './sqlite.ts';
import { lerDados } from './usuarios.ts';

/**
 * Abre o banco só para leitura e fixa um instantâneo: até ao fim do bloco, tudo o que se lê é de um mesmo
 * momento, e os escritores esperam para confirmar. Não cria nem muda nada. Lança `Falha`.
 */
export async function abrirArquivo(caminho: string, contexto: Contexto): Promise<ArmazemDeLeitura> {
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

/** De quantas em quantas execuções se espera, e até quantos bytes: os textos delas podem ser enormes. */
const PAGINA = { execucoes: 100, bytes: 1_000_000 };

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
    const { banco, endereco: caminho } = this;
    const tipo = identificarBanco(banco, caminho);
    if (tipo === 'novo') return reprovarDados(`${caminho} é um banco SQLite sem tabelas`);
    if (tipo === 'legado') {
      return reprovar(
        'reprovado',
        `${caminho} está sem selo: foi criado pelo programa original do exercício, e não há o que conferir`,
        'Rode o escritor: ele sela o que encontrar e continua a partir dali.',
      );
    }
    const esperado =
      Number(consultarUm(banco, 'PRAGMA page_count')) * Number(consultarUm(banco, 'PRAGMA page_size'));
    const { tamanho, nomes } = medir(caminho, this.#real);
    if (tamanho !== esperado) {
      return reprovarDados(
        `${caminho} tem ${emMilhares(tamanho)} bytes, e o seu cabeçalho diz ${emMilhares(esperado)}`,
      );
    }
    const aviso = `; tem ${nomes} nomes (links), e uma gravação interrompida por outro deles não se veria daqui`;
    return aprovar(
      `SQLite, do escritor, formato ${FORMATO}, ${emMilhares(tamanho)} bytes${nomes > 1 ? aviso : ''}`,
    );
  }

  async conferirEstrutura(): Promise<Resultado> {
    const [primeiro] = this.banco.query('PRAGMA integrity_check(1)').values();
    if (primeiro?.[0] === 'ok') return aprovar('integrity_check do SQLite: ok');
    const relato = `integrity_check do SQLite: ${primeiro?.[0]}`.replaceAll('\n', ' ');
    // Fora daqui, o SQLite chama de corrompida uma página que o disco não entregou.
    const codigo = Number(relato.match(/error code=(\d+)/)?.[1]);
    if (!ehEntradaSaida(codigo)) return reprovarDados(relato);
    return reprovar('entradaSaida', `erro de entrada e saída: ${relato}`, 'Veja o estado do disco.');
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

  temTabela(tabela: Tabela): boolean {
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
    const pagina: (Selada | number)[] = [];
    const fim = Math.min(ultima, primeira + PAGINA.execucoes - 1);
    for (let id = primeira, bytes = 0; id <= fim && bytes < PAGINA.bytes; id++) {
      const gravada = consulta.get(id);
      pagina.push(gravada ?? id);
      // Num arquivo estragado, o selo pode nem ser um texto.
      if (gravada) bytes += gravada.linha.length + `${gravada.selo}`.length;
    }
    return pagina;
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

/** O tamanho de um arquivo, e quantos nomes tem. Lança `Falha` (`tenteDeNovo`) se já não está ali. */
function medir(caminho: string, real: string): { tamanho: number; nomes: number } {
  try {
    const { size, nlink } = statSync(real);
    return { tamanho: size, nomes: nlink };
  } catch (erro) {
    const oQue = `${caminho} foi trocado, movido ou apagado durante a leitura`;
    throw new Falha('tenteDeNovo', oQue, 'Tente de novo.', { cause: erro });
  }
}
