import pacote from '../../package.json' with { type: 'json' };
import { type BancoAberto, estaNoLugar } from '../armazem/abrir.ts';
import { recusarOutrosNomes } from '../armazem/arquivo.ts';
import { lerMudanca } from '../armazem/disco.ts';
import { traduzirErro } from '../armazem/erros.ts';
import { criarTabelas, defeitoDoEsquema, identificarBanco } from '../armazem/esquema.ts';
import { type Banco, esperarVez, valor } from '../armazem/sqlite.ts';
import { contarUsuarios, type Insercao, lerFaixa, prepararInsercao } from '../armazem/usuarios.ts';
import { Falha, opcao } from '../falhas.ts';
import { lerLugar } from '../lugar.ts';
import { Progresso } from '../programa/andamento.ts';
import { respirar } from '../programa/sinais.ts';
import {
  type Execucao,
  iniciarSelo,
  linhaDaExecucao,
  linhaDoUsuario,
  SELO_ZERO,
  type Usuario,
} from '../selo.ts';
import { gerarUsuario } from '../usuarios.ts';
import { adotar, inserirExecucao, recusarIdGrande } from './adocao.ts';

/** Uma execução confirmada. */
export interface Gravacao {
  execucao: Execucao;
  /** Quantos usuários o arquivo tem depois dela. */
  total: number;
  /** Os primeiros usuários dela, relidos do banco. */
  amostra: Usuario[];
  /** A execução que selou, na mesma transação, os usuários que o arquivo já tinha, se não tinha selo. */
  adotada?: Execucao;
}

export interface Pedido {
  /** O caminho do banco, para as mensagens. */
  banco: string;
  /** Usuários por execução. */
  registros: number;
  /** Quantas execuções; 0 é sem fim, até um sinal. */
  execucoes: number;
  /** Quantos usuários de cada execução reler em `amostra`. */
  amostra: number;
}

/** O fim da cadeia: onde a execução seguinte se prende. */
interface Ponta {
  /** `PRAGMA data_version`: muda quando outra conexão confirma algo. */
  versaoDosDados: unknown;
  execucao: number;
  selo: string;
  proximoId: number;
  total: number;
}

/**
 * Insere execuções, uma transação cada, e entrega cada uma depois que o seu COMMIT voltou. Cria as tabelas e
 * adota um banco do programa original, na transação da primeira. Um sinal ou um erro desfaz a execução em
 * curso. Entrega-a só se o caminho ainda leva ao arquivo em que ela foi gravada. Lança `Falha`; com `entradaSaida`, não
 * se sabe se a execução em curso ficou gravada.
 */
export async function* inserirDados(
  banco: BancoAberto,
  pedido: Pedido,
  parada: AbortSignal,
): AsyncGenerator<Gravacao> {
  using progresso = new Progresso(
    'gravando',
    pedido.registros * (pedido.execucoes || Number.POSITIVE_INFINITY),
  );
  const lote = { banco: pedido.banco, container: lerLugar().nome, registros: pedido.registros };
  if (pedido.registros <= LOTE_GRANDE) banco.run('PRAGMA cache_spill = OFF');
  let ponta: Ponta | undefined;
  let inserir: Insercao | undefined;
  for (let feitas = 0; pedido.execucoes === 0 || feitas < pedido.execucoes; feitas++) {
    const gravacao = await emTransacao(banco, pedido, parada, async () => {
      let adotada: Execucao | undefined;
      if (!ponta || ponta.versaoDosDados !== valor(banco, 'PRAGMA data_version')) {
        adotada = await prepararTabelas(banco, pedido.banco, parada);
        if (ponta) exigirUltimoRecibo(banco, pedido.banco, ponta);
        ponta = await acharPonta(banco, pedido.banco, parada);
      }
      inserir ??= prepararInsercao(banco, Math.min(pedido.registros, USUARIOS_POR_PASSO));
      const execucao = await gravarLote(banco, ponta, lote, inserir, progresso, parada);
      const listados = Math.min(pedido.amostra, pedido.registros);
      const amostra = lerFaixa(banco, execucao.primeiro_id, execucao.primeiro_id + listados - 1);
      return { execucao, total: ponta.total + execucao.registros, amostra, ...(adotada && { adotada }) };
    });
    ponta = ponta && {
      ...ponta,
      execucao: gravacao.execucao.id,
      selo: gravacao.execucao.selo,
      proximoId: gravacao.execucao.ultimo_id + 1,
      total: gravacao.total,
    };
    yield gravacao;
  }
}

/** Usuários que ocupam poucos megabytes de memória: o SQLite só passa ao arquivo, antes do COMMIT, um lote maior. */
const LOTE_GRANDE = 10_000;

/**
 * Roda `acao` entre BEGIN e COMMIT; se ela ou o COMMIT falhar, desfaz tudo e lança uma `Falha`. Também a lança se, depois
 * do COMMIT, o caminho já não leva ao arquivo que o recebeu.
 */
async function emTransacao<T>(
  banco: BancoAberto,
  { banco: caminho, registros }: Pedido,
  parada: AbortSignal,
  acao: () => Promise<T>,
): Promise<T> {
  try {
    // Um leitor impede o SQLite de passar páginas da memória ao arquivo: antes de um lote grande, espera-se por ele.
    const grande = registros > LOTE_GRANDE;
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
    if (estaNoLugar(banco, caminho)) return resultado;
  } catch (erro) {
    desfazer(banco);
    if (erro instanceof Falha) throw erro;
    const falha = traduzirErro(erro, caminho);
    if (!(falha instanceof Falha)) throw falha;
    if (!estaNoLugar(banco, caminho)) throw foraDoLugar(caminho, { cause: erro });
    if (falha.motivo !== 'entradaSaida') throw falha;
    throw new Falha(
      'entradaSaida',
      `${falha.message}; o resultado da execução em curso é desconhecido`,
      `${falha.remedio} O leitor dirá se ela ficou gravada; as que têm recibo ficaram.`,
      { cause: erro },
    );
  }
  throw foraDoLugar(caminho);
}

/** Alguém trocou, moveu ou apagou o arquivo com ele aberto: o SQLite segue a gravar num que já não tem esse nome. */
function foraDoLugar(caminho: string, porque?: ErrorOptions): Falha {
  return new Falha(
    'entradaSaida',
    `${caminho} foi trocado, movido ou apagado durante a gravação: o que esta rodada gravou, com recibo ou sem, pode não estar mais ali`,
    'Descubra quem mexeu nele; o leitor, com os recibos exigidos, dirá o que ficou.',
    porque,
  );
}

function desfazer(banco: Banco): void {
  try {
    if (banco.inTransaction) banco.run('ROLLBACK');
    // Com o disco cheio o SQLite só larga a transação: é a leitura seguinte que desfaz o que já foi ao arquivo.
    valor(banco, 'PRAGMA schema_version');
  } catch {
    // O journal fica, e o escritor seguinte desfaz a transação por nós.
  }
}

/**
 * Cria as tabelas que faltam. Num banco do programa original, sela o que encontra como execução 1 e a
 * devolve. Lança `Falha` se o banco é de outra aplicação, de versão mais nova ou tem as tabelas erradas.
 */
async function prepararTabelas(
  banco: Banco,
  caminho: string,
  parada: AbortSignal,
): Promise<Execucao | undefined> {
  const tipo = identificarBanco(banco, caminho);
  if (tipo !== 'nosso') criarTabelas(banco, tipo === 'legado');
  const defeito = defeitoDoEsquema(banco);
  if (defeito) {
    throw new Falha('reprovado', `${caminho}: ${defeito}`, 'Restaure uma cópia ou indique outro caminho.');
  }
  return tipo === 'legado' ? await adotar(banco, caminho, parada) : undefined;
}

/** Outra conexão confirmou algo: a execução do último recibo desta rodada deve estar onde estava. Lança `Falha`. */
function exigirUltimoRecibo(banco: Banco, caminho: string, { execucao, selo }: Ponta): void {
  const gravada = banco
    .query<{ selo: string }, [number]>('SELECT selo FROM execucoes NOT INDEXED WHERE id = ?')
    .get(execucao);
  if (gravada?.selo === selo) return;
  throw new Falha(
    'reprovado',
    `${caminho} já não tem a execução ${execucao} com o selo do recibo que esta rodada deu: alguém a mudou ou trouxe de volta uma cópia antiga`,
    'Descubra quem mexeu nele; o leitor, com os recibos exigidos, dirá o que ficou.',
  );
}

async function acharPonta(banco: Banco, caminho: string, parada: AbortSignal): Promise<Ponta> {
  const ultima = banco
    .query<Pick<Execucao, 'id' | 'selo' | 'ultimo_id'>, []>(
      'SELECT id, selo, ultimo_id FROM execucoes NOT INDEXED ORDER BY id DESC LIMIT 1',
    )
    .get();
  const maiorId = Number(valor(banco, 'SELECT max(id) FROM usuarios NOT INDEXED') ?? 0);
  const proximoId = Math.max(maiorId, ultima?.ultimo_id ?? 0, 0) + 1;
  recusarIdGrande(caminho, proximoId);
  recusarIdGrande(caminho, ultima?.id ?? 0);
  return {
    versaoDosDados: valor(banco, 'PRAGMA data_version'),
    execucao: ultima?.id ?? 0,
    selo: ultima?.selo ?? SELO_ZERO,
    proximoId,
    total: await contarUsuarios(banco, parada),
  };
}

/** Entre um `respirar` e o seguinte; também quantas linhas vão de cada vez para o SHA-256. */
const USUARIOS_POR_PASSO = 1000;

async function gravarLote(
  banco: Banco,
  ponta: Ponta,
  { banco: caminho, container, registros }: Pick<Execucao, 'container' | 'registros'> & Pick<Pedido, 'banco'>,
  inserir: Insercao,
  progresso: Progresso,
  parada: AbortSignal,
): Promise<Execucao> {
  const execucao = {
    id: ponta.execucao + 1,
    container,
    iniciada_em: new Date().toISOString(),
    versao: pacote.version,
    primeiro_id: ponta.proximoId,
    ultimo_id: ponta.proximoId + registros - 1,
    registros,
  };
  const selo = iniciarSelo(ponta.selo, linhaDaExecucao(execucao));
  for (let id = execucao.primeiro_id; id <= execucao.ultimo_id; ) {
    const agora = new Date().toISOString();
    const ultimo = Math.min(id + USUARIOS_POR_PASSO - 1, execucao.ultimo_id);
    const quantos = ultimo - id + 1;
    if (inserir(id, ultimo, agora) !== quantos) throw naoInseridos(caminho, id, ultimo);
    progresso.avancar(quantos);
    let linhas = '';
    for (; id <= ultimo; id++) linhas += `${linhaDoUsuario(gerarUsuario(id, agora))}\n`;
    selo.update(linhas);
    await respirar(parada);
  }
  return inserirExecucao(banco, { ...execucao, selo: selo.digest('hex') });
}

/** Um gatilho ou um ON CONFLICT da tabela pode engolir linhas em silêncio: o recibo diria que elas estão lá. */
function naoInseridos(caminho: string, primeiro: number, ultimo: number): Falha {
  return new Falha(
    'reprovado',
    `${caminho} não aceitou todos os usuários de ${primeiro} a ${ultimo}: um gatilho ou uma regra da tabela usuarios os recusa em silêncio`,
    `Tire essa regra da tabela, ou indique outro caminho com ${opcao('banco')}.`,
  );
}
