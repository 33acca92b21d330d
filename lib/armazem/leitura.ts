import { Database } from 'bun:sqlite';
import { closeSync, openSync, type Stats, statSync } from 'node:fs';
import type { Contexto } from '../contexto.ts';
import { aprovar, Falha, opcao, type Resultado, reprovar, reprovarDados } from '../falhas.ts';
import { emMilhares } from '../texto.ts';
import type { ArmazemDeLeitura, Tabela } from './armazem.ts';
import { examinarArquivo } from './arquivo.ts';
import { lerBytes } from './disco.ts';
import { discoFalhou, falhaDeArquivo } from './erros.ts';
import {
  consultarUm,
  defeitoDaTabela,
  defeitoDoEsquema,
  FORMATO,
  identificarBanco,
  mostrarColuna,
  usuariosEstrita,
} from './esquema.ts';
import { fixarInstantaneo, InstantaneoSqlite } from './instantaneo.ts';
import { abrirBanco } from './sqlite.ts';

/**
 * Abre o banco só para leitura e fixa um instantâneo: até o fim do bloco, tudo o que se lê é de um mesmo
 * momento, e os escritores esperam para confirmar. Não cria nem muda nada. Lança `Falha`.
 */
export async function abrirArquivo(caminho: string, contexto: Contexto): Promise<ArmazemDeLeitura> {
  const real = acharArquivo(caminho);
  const abrir = () => new Database(real, { readonly: true, strict: true });
  return await abrirBanco(caminho, abrir, async (banco) => {
    await fixarInstantaneo(banco, contexto.parada);
    return new LeituraSqlite(banco, caminho, contexto);
  });
}

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

class LeituraSqlite extends InstantaneoSqlite implements ArmazemDeLeitura {
  #descritor: number | undefined;

  async conferirArquivo(): Promise<Resultado> {
    const { banco, endereco: caminho } = this;
    const tipo = identificarBanco(banco, caminho);
    if (tipo === 'vazio') return reprovarDados(`${caminho} é um banco SQLite sem tabelas`);
    if (tipo === 'legado') {
      return reprovar(
        'reprovado',
        `${caminho} está sem selo: foi criado pelo programa original do exercício, e não há o que conferir`,
        'Rode o escritor: ele sela o que encontrar e continua a partir dali.',
      );
    }
    const esperado =
      Number(consultarUm(banco, 'PRAGMA page_count')) * Number(consultarUm(banco, 'PRAGMA page_size'));
    const { size: tamanho, nlink: nomes } = medir(caminho, banco.filename);
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
    if (!discoFalhou(this.banco)) return reprovarDados(relato);
    return reprovar('entradaSaida', `erro de entrada e saída: ${relato}`, 'Veja o estado do disco.');
  }

  async conferirEsquema(): Promise<Resultado> {
    const defeito = defeitoDoEsquema(this.banco);
    return defeito
      ? reprovarDados(defeito)
      : aprovar('as tabelas usuarios e execucoes têm as colunas esperadas');
  }

  /** Numa tabela STRICT, só pode haver um U+0000. */
  async acharEstranho(semNulos: boolean): Promise<string | undefined> {
    if (usuariosEstrita(this.banco) && !semNulos) return;
    const semNulo = (coluna: string) => (semNulos ? ` AND instr(${coluna}, char(0)) = 0` : '');
    const deTexto = ['nome', 'email', 'criado_em'].map((um) => `typeof(${um}) = 'text'${semNulo(um)}`);
    const [estranho] = await this.consultar<{ id: string }>(
      `SELECT CAST(id AS TEXT) AS id FROM usuarios NOT INDEXED WHERE NOT (${deTexto.join(' AND ')}) LIMIT 1`,
    );
    return estranho?.id;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      // Fechá-lo largaria a trava do SQLite, que é do processo e do arquivo (fcntl(2)): fica aberto até o fim.
      this.#descritor ??= openSync(this.banco.filename, 'r');
      yield* lerBytes(this.#descritor);
    } catch (erro) {
      throw falhaDeArquivo(erro, this.endereco, 'nadaParaLer');
    }
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    if (this.#descritor !== undefined) closeSync(this.#descritor);
  }

  temTabela(tabela: Tabela): boolean {
    return defeitoDaTabela(this.banco, tabela) === undefined;
  }

  readonly mostrar = mostrarColuna;
}

/** O tamanho de um arquivo, e quantos nomes tem. Lança `Falha` (`tenteDeNovo`) se já não está ali. */
function medir(caminho: string, real: string): Pick<Stats, 'size' | 'nlink'> {
  try {
    return statSync(real);
  } catch (erro) {
    const oQue = `${caminho} foi trocado, movido ou apagado durante a leitura`;
    throw new Falha('tenteDeNovo', oQue, 'Tente de novo.', { cause: erro });
  }
}
