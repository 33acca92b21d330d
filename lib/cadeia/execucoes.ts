import { version as VERSAO } from '../../package.json' with { type: 'json' };
import type { ArmazemDeEscrita } from '../armazem/armazem.ts';
import { lerLugar } from '../container.ts';
import { Falha, opcao } from '../falhas.ts';
import type { Assinar } from '../recibo.ts';
import { type Execucao, iniciarSelo, linhaDaExecucao, linhaDoUsuario, SELO_ZERO } from '../selo.ts';
import { gerarUsuario, type Usuario } from '../usuario.ts';
import { adotar, recusarIdGrande, registrar } from './adocao.ts';

/** O que gravar. */
export interface Lotes {
  /** Usuários por execução. */
  registros: number;
  /** Quantas execuções; 0 é sem fim, até um sinal. */
  execucoes: number;
  /** Quantos usuários de cada execução reler em `amostra`. */
  amostra: number;
  /** Com que assinar os recibos, se é para assinar. */
  assinar?: Assinar | undefined;
}

/** Uma execução confirmada. */
export interface Gravacao {
  execucao: Execucao;
  /** Quantos usuários o armazém tem depois dela. */
  total: number;
  /** Os primeiros usuários dela, relidos do armazém. */
  amostra: Usuario[];
  /** A execução que selou, na mesma transação, os usuários que já estavam lá, se não tinham selo. */
  adotada?: Execucao;
}

/** O fim da cadeia: onde a execução seguinte se prende. */
interface Ponta {
  execucao: number;
  selo: string;
  proximoId: number;
  total: number;
}

/**
 * Insere execuções, uma transação cada, e entrega cada uma depois que o seu COMMIT voltou. Cria as tabelas e
 * adota um banco do programa original, na transação da primeira. Um sinal ou um erro desfaz a execução em
 * curso. Lança `Falha`; com `entradaSaida`, não se sabe se a execução em curso ficou gravada.
 */
export async function* inserirDados(armazem: ArmazemDeEscrita, lotes: Lotes): AsyncGenerator<Gravacao> {
  const { registros, execucoes, assinar } = lotes;
  const { nome: container } = lerLugar();
  using _andamento = armazem.contexto.comecar(
    'gravando',
    registros * (execucoes || Number.POSITIVE_INFINITY),
  );
  let ponta: Ponta | undefined;
  for (let feitas = 0; execucoes === 0 || feitas < execucoes; feitas++) {
    // Só o que se confirmou tem recibo: o que se achou numa transação que não ficou pode não ter ficado também.
    const confirmada = ponta;
    const gravacao: Gravacao = await armazem.escrever(registros, async () => {
      let adotada: Execucao | undefined;
      let atual = confirmada;
      if ((await armazem.mudou()) || !atual) {
        if ((await armazem.preparar()).legado) adotada = await adotar(armazem, assinar);
        if (confirmada) await exigirUltimoRecibo(armazem, confirmada);
        atual = await acharPonta(armazem, confirmada);
      }
      const execucao = await gravarLote(armazem, atual, { container, registros, assinar });
      const ultimoDaAmostra = execucao.primeiro_id + Math.min(lotes.amostra, registros) - 1;
      const amostra = await armazem.lerFaixa(execucao.primeiro_id, ultimoDaAmostra);
      return { execucao, total: atual.total + registros, amostra, ...(adotada && { adotada }) };
    });
    const { execucao, total } = gravacao;
    ponta = { execucao: execucao.id, selo: execucao.selo, proximoId: execucao.ultimo_id + 1, total };
    yield gravacao;
  }
}

/** Outro escritor confirmou algo: a execução do último recibo desta rodada deve estar onde estava. Lança `Falha`. */
async function exigirUltimoRecibo(armazem: ArmazemDeEscrita, { execucao, selo }: Ponta): Promise<void> {
  const [gravada] = await armazem.consultar<{ selo: string }>(
    `SELECT selo FROM ${armazem.tabelas.execucoes} WHERE id = $1`,
    execucao,
  );
  if (gravada?.selo === selo) return;
  throw new Falha(
    'reprovado',
    `${armazem.endereco} já não tem a execução ${execucao} com o selo do recibo que esta rodada deu: alguém a mudou ou trouxe de volta uma cópia antiga`,
    'Descubra quem mexeu nele; o leitor, com os recibos exigidos, dirá o que ficou.',
  );
}

/** A ponta de agora; `antes` é a que já se conhecia, e poupa contar outra vez os usuários que já estavam contados. */
async function acharPonta(armazem: ArmazemDeEscrita, antes: Ponta | undefined): Promise<Ponta> {
  const { endereco, tabelas } = armazem;
  const ultima = await lerUltima(armazem);
  const [usuarios] = await armazem.consultar<{ maior: number | null }>(
    `SELECT max(id) AS maior FROM ${tabelas.usuarios}`,
  );
  const proximoId = Math.max(usuarios?.maior ?? 0, ultima.ultimo_id, 0) + 1;
  recusarIdGrande(endereco, proximoId);
  recusarIdGrande(endereco, ultima.id);
  const total = antes
    ? antes.total + (await somarDepois(armazem, antes.execucao))
    : await armazem.contarUsuarios();
  return { execucao: ultima.id, selo: ultima.selo, proximoId, total };
}

/** A última execução; se não há nenhuma, a de número 0, a que a primeira se prende. */
export async function lerUltima(
  armazem: ArmazemDeEscrita,
): Promise<Pick<Execucao, 'id' | 'selo' | 'ultimo_id'>> {
  const sql = `SELECT id, selo, ultimo_id FROM ${armazem.tabelas.execucoes} ORDER BY id DESC LIMIT 1`;
  const [ultima] = await armazem.consultar<Pick<Execucao, 'id' | 'selo' | 'ultimo_id'>>(sql);
  return ultima ?? { id: 0, selo: SELO_ZERO, ultimo_id: 0 };
}

/** Quantos usuários têm as execuções que vieram depois de uma. */
async function somarDepois(armazem: ArmazemDeEscrita, execucao: number): Promise<number> {
  const sql = `SELECT sum(registros) AS soma FROM ${armazem.tabelas.execucoes} WHERE id > $1`;
  const [linha] = await armazem.consultar<{ soma: number | null }>(sql, execucao);
  return Number(linha?.soma ?? 0);
}

/** Também quantas linhas vão de cada vez para o SHA-256. */
const USUARIOS_POR_BLOCO = 1000;

async function gravarLote(
  armazem: ArmazemDeEscrita,
  ponta: Ponta,
  { container, registros, assinar }: Pick<Execucao, 'container' | 'registros'> & Pick<Lotes, 'assinar'>,
): Promise<Execucao> {
  const execucao = {
    id: ponta.execucao + 1,
    container,
    iniciada_em: new Date().toISOString(),
    versao: VERSAO,
    primeiro_id: ponta.proximoId,
    ultimo_id: ponta.proximoId + registros - 1,
    registros,
  };
  const selo = iniciarSelo(ponta.selo, linhaDaExecucao(execucao));
  for (let id = execucao.primeiro_id; id <= execucao.ultimo_id; ) {
    const agora = new Date().toISOString();
    const ultimo = Math.min(id + USUARIOS_POR_BLOCO - 1, execucao.ultimo_id);
    const quantos = ultimo - id + 1;
    if ((await armazem.inserir(id, ultimo, agora)) !== quantos)
      throw naoInseridos(armazem.endereco, id, ultimo);
    let linhas = '';
    for (; id <= ultimo; id++) linhas += `${linhaDoUsuario(gerarUsuario(id, agora))}\n`;
    selo.update(linhas);
    await armazem.contexto.passo(quantos);
  }
  return await registrar(armazem, { ...execucao, selo: selo.digest('hex') }, assinar);
}

/** Um gatilho ou um ON CONFLICT da tabela pode engolir linhas em silêncio: o recibo diria que elas estão lá. */
function naoInseridos(endereco: string, primeiro: number, ultimo: number): Falha {
  return new Falha(
    'reprovado',
    `${endereco} não aceitou todos os usuários de ${primeiro} a ${ultimo}: um gatilho ou uma regra da tabela usuarios os recusa em silêncio`,
    `Tire essa regra da tabela, ou indique outro caminho com ${opcao('banco')}.`,
  );
}
