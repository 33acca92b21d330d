import { abrirParaLeitura, type BancoLido, estaIntocado, estaNoLugar } from '../armazem/abrir.ts';
import { recusarSaida } from '../armazem/arquivo.ts';
import {
  acharArquivo,
  conferirArquivo,
  conferirEsquema,
  conferirEstrutura,
  Pulada,
} from '../armazem/conferencia.ts';
import { traduzirErro } from '../armazem/erros.ts';
import { defeitoDaTabela } from '../armazem/esquema.ts';
import { type Banco, mostrarColuna, valor } from '../armazem/sqlite.ts';
import { contarUsuarios, lerDados } from '../armazem/usuarios.ts';
import { conferirVolume } from '../armazem/volume.ts';
import { Falha, type Motivo } from '../falhas.ts';
import { lerLugar } from '../lugar.ts';
import { type Execucao, formatarRecibo, type Recibo, type Usuario } from '../selo.ts';
import { conferirAvulsos, conferirOrigem, conferirRecibos, conferirSelos } from './verificacoes.ts';

export interface Verificacao {
  nome: 'volume' | 'arquivo' | 'estrutura' | 'esquema' | 'selos' | 'avulsos' | 'recibos' | 'origem';
  resultado: 'aprovada' | 'reprovada' | 'pulada';
  detalhe: string;
}

/** O documento de `leitor.ts --json`. O que não pôde ser lido é `null` ou uma lista vazia. */
export interface Laudo {
  aprovado: boolean;
  banco: string;
  container: string;
  registros: number | null;
  execucoes: number | null;
  /** O recibo da execução mais nova. */
  recibo: string | null;
  verificacoes: Verificacao[];
  ultimas_execucoes: (Omit<Execucao, 'id' | 'selo'> & { execucao: number; recibo: string })[];
  usuarios: Usuario[];
}

/** O que se pede de uma leitura. */
export interface Exigencias {
  /** O caminho do banco. */
  banco: string;
  /** Os recibos que a cadeia tem de ter. */
  recibos: Recibo[];
  /** Quantos usuários e quantas execuções o laudo mostra. */
  limite: number;
}

/** A que decide primeiro (um disco que não se consegue ler pesa mais do que o que se leu dele), e a do volume. */
function ordenar(falhas: Falha[]): Falha[] {
  const doVolume = falhas.filter(({ motivo }) => motivo === 'naoPersiste');
  const outras = falhas.filter(({ motivo }) => motivo !== 'naoPersiste');
  const decisiva = outras.find(({ motivo }) => motivo === 'entradaSaida') ?? outras[0];
  return [...(decisiva ? [decisiva] : []), ...doVolume];
}

/** Falhas de quem lê, e não do que é lido: a verificação não correu, e o laudo não aprova nem reprova. */
export const SEM_VEREDITO: Motivo[] = ['entradaSaida', 'tenteDeNovo', 'semPermissao'];

/** As verificações, na ordem do laudo. A que pede à sessão o que ela não tem é pulada, com a razão. */
const VERIFICACOES: [Verificacao['nome'], (sessao: Sessao) => string | Promise<string>][] = [
  ['volume', (sessao) => conferirVolume(sessao.caminho, sessao.lugar)],
  ['arquivo', (sessao) => sessao.abrir()],
  ['estrutura', (sessao) => conferirEstrutura(sessao.banco)],
  ['esquema', (sessao) => sessao.acharTabelas()],
  ['selos', (sessao) => conferirSelos(sessao.tabelas, sessao.parada)],
  ['avulsos', (sessao) => conferirAvulsos(sessao.tabelas)],
  ['recibos', (sessao) => conferirRecibos(sessao.tabelas, sessao.recibos)],
  ['origem', (sessao) => conferirOrigem(sessao.tabelas, sessao.container)],
];

/**
 * Confere um banco sem mudar nada nele: faz todas as verificações que puder, mesmo que outra reprove, e lê
 * tudo de um mesmo instantâneo. Devolve o laudo e as falhas a dizer, se houver; a primeira decide o código de
 * saída, e a da verificação `volume` vem sempre, porque o remédio das outras não a cura.
 * Rejeita com a `Falha` de um sinal ou da saída padrão que é o banco, ou com um defeito nosso.
 */
export async function verificarBanco(
  { banco: caminho, recibos, limite }: Exigencias,
  parada: AbortSignal,
): Promise<{ laudo: Laudo; falhas: Falha[] }> {
  recusarSaida(caminho);
  using sessao = new Sessao(caminho, recibos, parada);
  const verificacoes: Verificacao[] = [];
  const falhas: Falha[] = [];
  for (const [nome, conferir] of VERIFICACOES) {
    try {
      verificacoes.push({ nome, resultado: 'aprovada', detalhe: await conferir(sessao) });
    } catch (erro) {
      parada.throwIfAborted();
      const falha = traduzirErro(erro, caminho);
      if (falha instanceof Falha) falhas.push(falha);
      else if (!(falha instanceof Pulada)) throw falha;
      const naoCorreu = falha instanceof Pulada || SEM_VEREDITO.includes(falha.motivo);
      verificacoes.push({ nome, resultado: naoCorreu ? 'pulada' : 'reprovada', detalhe: falha.message });
    }
  }
  const { registros, execucoes, recibo, ...listas } = await lerMostra(sessao, limite, falhas.length > 0);
  falhas.unshift(...sessao.conferirLugar());
  const quem = { aprovado: falhas.length === 0, banco: caminho, container: sessao.container };
  return {
    laudo: { ...quem, registros, execucoes, recibo, verificacoes, ...listas },
    falhas: ordenar(falhas),
  };
}

/** O que as verificações têm à mão. Pedir o que ainda não há, ou não serve, lança `Pulada`. */
class Sessao {
  readonly caminho: string;
  readonly recibos: Recibo[];
  readonly parada: AbortSignal;
  readonly lugar = lerLugar();
  readonly container = this.lugar.nome;
  #aberto: BancoLido | undefined;
  #legivel = false;
  #temTabelas = false;

  constructor(caminho: string, recibos: Recibo[], parada: AbortSignal) {
    this.caminho = caminho;
    this.recibos = recibos;
    this.parada = parada;
  }

  /** Abre o banco e confere o arquivo; de um formato mais novo, nada do resto diria o que parece. */
  async abrir(): Promise<string> {
    const { real } = acharArquivo(this.caminho);
    this.#aberto = await abrirParaLeitura(this.caminho, real, this.parada);
    try {
      const detalhe = conferirArquivo(this.#aberto, this.caminho, real);
      this.#legivel = true;
      return detalhe;
    } catch (erro) {
      this.#legivel = !(erro instanceof Falha && erro.motivo === 'versaoNova');
      throw erro;
    }
  }

  /** No fim: se o caminho já não leva ao que foi lido, ou o que lá está mudou, nada se sabe dele. */
  conferirLugar(): Falha[] {
    if (!this.#aberto) return [];
    const noLugar = estaNoLugar(this.#aberto, this.caminho);
    if (noLugar && estaIntocado(this.#aberto, this.caminho)) return [];
    const como = noLugar ? 'mudado por quem não usa o SQLite' : 'trocado, movido ou apagado';
    const oQue = `${this.caminho} foi ${como} durante a leitura`;
    return [new Falha('tenteDeNovo', oQue, 'Tente de novo: o que foi lido já não está ali.')];
  }

  acharTabelas(): string {
    const detalhe = conferirEsquema(this.banco);
    this.#temTabelas = true;
    return detalhe;
  }

  /** O banco aberto, de qualquer esquema. */
  get banco(): Banco {
    if (!this.#aberto || !this.#legivel) throw new Pulada('depende de "arquivo"');
    return this.#aberto;
  }

  /** O banco aberto, com as tabelas esperadas. */
  get tabelas(): Banco {
    const { banco } = this;
    if (!this.#temTabelas) throw new Pulada('depende de "esquema"');
    return banco;
  }

  [Symbol.dispose](): void {
    this.#aberto?.close();
  }
}

type Mostra = Pick<Laudo, 'registros' | 'execucoes' | 'recibo' | 'ultimas_execucoes' | 'usuarios'>;

const NADA_LIDO: Mostra = {
  registros: null,
  execucoes: null,
  recibo: null,
  ultimas_execucoes: [],
  usuarios: [],
};

/** O que o laudo mostra dos dados. Num banco já reprovado, o que não se consegue ler fica de fora. */
async function lerMostra(sessao: Sessao, limite: number, reprovado: boolean): Promise<Mostra> {
  const mostra = { ...NADA_LIDO };
  try {
    const { banco } = sessao;
    if (!defeitoDaTabela(banco, 'usuarios')) {
      // Num banco aprovado, os usuários são os das execuções, e só eles: as verificações já os contaram.
      mostra.registros = reprovado
        ? await contarUsuarios(banco, sessao.parada)
        : Number(valor(banco, 'SELECT sum(registros) FROM execucoes'));
      mostra.usuarios = lerDados(banco, limite);
    }
    if (!defeitoDaTabela(banco, 'execucoes')) {
      const ultimas = lerUltimasExecucoes(banco, Math.max(limite, 1));
      mostra.execucoes = Number(valor(banco, 'SELECT count(*) FROM execucoes NOT INDEXED'));
      mostra.recibo = ultimas[0] ? formatarRecibo(ultimas[0]) : null;
      mostra.ultimas_execucoes = ultimas.slice(0, limite).reverse().map(comRecibo);
    }
  } catch (erro) {
    sessao.parada.throwIfAborted();
    if (!reprovado) throw traduzirErro(erro, sessao.caminho);
  }
  return mostra;
}

function lerUltimasExecucoes(banco: Banco, limite: number): Execucao[] {
  const colunas = [
    'id',
    'container',
    'iniciada_em',
    'versao',
    'primeiro_id',
    'ultimo_id',
    'registros',
    'selo',
  ];
  return banco
    .query<Execucao, [number]>(
      `SELECT ${colunas.map(mostrarColuna).join(', ')} FROM execucoes NOT INDEXED ORDER BY execucoes.id DESC LIMIT ?`,
    )
    .all(limite);
}

function comRecibo({ id, selo, ...execucao }: Execucao): Laudo['ultimas_execucoes'][number] {
  return { execucao: id, recibo: formatarRecibo({ id, selo }), ...execucao };
}
