import type { Contexto } from '../../contexto.ts';
import { aprovar, Falha, opcao, pular, type Resultado, reprovar, reprovarDados } from '../../falhas.ts';
import { contar } from '../../texto.ts';
import type { Armazem, ArmazemDeLeitura, Bloco, Tabela } from '../armazem.ts';
import { FORMATO } from '../esquema.ts';
import { type Conexao, INSTANTANEO } from './conexao.ts';
import { lerEndereco } from './endereco.ts';
import { sqlstate } from './erros.ts';
import { defeitoDaTabela, defeitoDoEsquema, EXAMINAR, type Exame, situar, TABELAS } from './esquema.ts';
import { ligar } from './ligar.ts';
import { ArmazemPostgres } from './postgres.ts';

const COMECAR = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const FIXAR = `${COMECAR}; SAVEPOINT ${INSTANTANEO}`;
/** Antes do instantâneo: o que uma tabela é, o servidor vê-o sempre como está agora, e trocá-la não o mudaria. */
const TRANCAR = `LOCK TABLE ${TABELAS.usuarios}, ${TABELAS.execucoes} IN ACCESS SHARE MODE`;

/** Fixa um instantâneo, com as tabelas que ninguém troca até o fim dele; sem elas, se não as há, ou não se podem ler. */
async function fixar(conexao: Conexao): Promise<void> {
  try {
    await conexao.correr(`${COMECAR}; ${TRANCAR}; SAVEPOINT ${INSTANTANEO}`);
  } catch (erro) {
    if (!/^(?:42|3F)/.test(sqlstate(erro) ?? '')) throw erro;
    await conexao.correr(`ROLLBACK; ${FIXAR}`);
  }
}

/** Liga a um servidor e fixa um instantâneo, que não atrapalha quem grava. Lança `Falha`. */
export async function abrirServidor(lugar: string, contexto: Contexto): Promise<ArmazemDeLeitura> {
  const endereco = lerEndereco(lugar);
  const conexao = await ligar(endereco, { uso: 'leitura', parada: contexto.parada });
  try {
    await fixar(conexao);
    const exames = await conexao.perguntar<Exame>(EXAMINAR);
    if (exames.length === 0) throw nadaParaLer(endereco.nome);
    return new LeituraPostgres(endereco.nome, contexto, { conexao, exames });
  } catch (erro) {
    await conexao.fechar();
    throw erro;
  }
}

function nadaParaLer(nome: string): Falha {
  const remedio = `Rode o escritor primeiro, ou indique outro lugar com ${opcao('banco')}.`;
  return new Falha('nadaParaLer', `${nome} não tem nenhuma cadeia`, remedio);
}

class LeituraPostgres extends ArmazemPostgres implements ArmazemDeLeitura {
  protected readonly conexao: Conexao;
  readonly #exames: Exame[];

  constructor(nome: string, contexto: Contexto, aberta: { conexao: Conexao; exames: Exame[] }) {
    super(nome, contexto);
    this.conexao = aberta.conexao;
    this.#exames = aberta.exames;
  }

  async conferirArquivo(): Promise<Resultado> {
    await situar(this.conexao, this.endereco);
    const { motor, fsync, paginas_inteiras } = this.conexao.sessao;
    if (fsync === 'on' && paginas_inteiras === 'on') {
      return aprovar(`${motor}, do escritor, formato ${FORMATO}; fsync e full_page_writes ligados`);
    }
    const qual = fsync === 'on' ? 'full_page_writes' : 'fsync';
    return reprovar(
      'naoPersiste',
      `${motor} com ${qual} desligado: uma queda pode levar o que ele confirmou`,
      `Ponha ${qual} = on no servidor.`,
    );
  }

  async conferirEstrutura(): Promise<Resultado> {
    const [estado] = await this.consultar<{ somas: string; falhas: number | null }>(
      `SELECT current_setting('data_checksums') AS somas,
        (SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()) AS falhas`,
    );
    if (estado?.somas !== 'on') return pular('o servidor não guarda somas das páginas (data_checksums)');
    if (!estado.falhas)
      return aprovar('somas das páginas (data_checksums): nenhuma falha vista pelo servidor');
    const vistas = contar(estado.falhas, 'falha vista', 'falhas vistas');
    return reprovarDados(`somas das páginas (data_checksums): ${vistas} pelo servidor neste banco de dados`);
  }

  async conferirEsquema(): Promise<Resultado> {
    const defeito = defeitoDoEsquema(this.#exames);
    return defeito ? reprovarDados(defeito) : aprovar('as tabelas de desafio2 são as nossas, e nada mais');
  }

  async instantaneo<T>(acao: () => Promise<T>): Promise<T> {
    await this.conexao.correr(`COMMIT; ${FIXAR}`);
    const resultado = await acao();
    await this.conexao.correr('COMMIT');
    return resultado;
  }

  blocos(primeiro: string, ultimo: string): AsyncGenerator<Bloco> {
    return this.lerBlocos(BigInt(primeiro), BigInt(ultimo));
  }

  /** Aqui só há texto. */
  async acharEstranho(): Promise<undefined> {}

  temTabela(tabela: Tabela): boolean {
    return defeitoDaTabela(this.#exames, tabela) === undefined;
  }

  readonly mostrar = (coluna: string) => coluna;
}

/**
 * Se dois armazéns abertos são um só banco de dados, seja qual for o endereço: o que um tranca, o outro não consegue
 * trancar. O número do servidor não o diria: um clone dele tem o mesmo. Solta-se quando se fecha quem trancou.
 */
export async function saoOMesmo(um: Armazem, outro: Armazem): Promise<boolean> {
  const [chave] = crypto.getRandomValues(new BigInt64Array(1));
  const trancar = async (armazem: Armazem) => {
    try {
      const sql = 'SELECT pg_try_advisory_lock($1) AS livre';
      return (await armazem.consultar<{ livre: boolean }>(sql, `${chave}`))[0]?.livre;
    } catch (erro) {
      throw armazem.traduzir(erro);
    }
  };
  return (await trancar(um)) === true && (await trancar(outro)) === false;
}

/** A de uma assinatura lógica (CREATE SUBSCRIPTION) confirma o que lhe mandam, e pode nem ter as nossas tabelas. */
const LOGICA =
  "EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')";

/** `replicas`: ao menos uma réplica síncrona confirma cada COMMIT. */
export async function conferirReplicas(servidor: Armazem): Promise<Resultado> {
  const [visto] = await servidor.consultar<
    Record<'sincronas' | 'logicas' | 'ocultas', number> & { nomes: string }
  >(
    `SELECT current_setting('synchronous_standby_names') AS nomes,
      count(*) FILTER (WHERE sync_state IN ('sync', 'quorum') AND state = 'streaming') AS sincronas,
      count(*) FILTER (WHERE sync_state IN ('sync', 'quorum') AND ${LOGICA}) AS logicas,
      count(*) FILTER (WHERE sync_state IS NULL) AS ocultas
     FROM pg_stat_replication r`,
  );
  const { nomes = '', sincronas = 0, logicas = 0, ocultas = 0 } = visto ?? {};
  if (nomes === '')
    return pular(
      'nenhuma réplica confirma um COMMIT (synchronous_standby_names): os dados dependem de uma máquina',
    );
  if (logicas > 0)
    return pular(
      `entre as réplicas pelas quais um COMMIT espera há uma lógica, que pode não ter estas tabelas: ${nomes}`,
    );
  if (sincronas > 0) {
    const quais = contar(sincronas, 'réplica síncrona conectada', 'réplicas síncronas conectadas');
    return aprovar(`${quais}; cada COMMIT espera por: ${nomes}`);
  }
  if (ocultas > 0) return pular('este usuário não pode ver o estado das réplicas (GRANT pg_monitor)');
  return pular(`nenhuma das réplicas pelas quais um COMMIT espera está conectada: ${nomes}`);
}
