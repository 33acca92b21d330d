import { abrirParaLeitura, conferirPersistencia, eServidor, nomearLugar } from '../armazem/abrir.ts';
import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import type { Contexto } from '../contexto.ts';
import { Falha } from '../falhas.ts';
import { lerLugar } from '../lugar.ts';
import { pular, type Resultado } from '../resultado.ts';
import type { Recibo } from '../selo.ts';
import { type Laudo, lerMostra, NADA_LIDO, SEM_VEREDITO, type Verificacao } from './laudo.ts';
import { conferirAvulsos, conferirOrigem, conferirRecibos, conferirSelos } from './verificacoes.ts';

/** O que se pede de uma leitura. */
export interface Exigencias {
  /** O caminho do arquivo, ou o endereço do servidor. */
  banco: string;
  /** Os recibos que a cadeia tem de ter. */
  recibos: Recibo[];
  /** Quantos usuários e quantas execuções o laudo mostra. */
  limite: number;
  /** Não faz esperar quem escreve: as verificações são de vários instantâneos, de uma cadeia que só cresce. */
  cedendo?: boolean;
}

/** O que uma verificação precisa que outra tenha achado antes. */
type Precisa = 'nada' | 'arquivo' | 'esquema';

/** As verificações, na ordem do laudo. */
const VERIFICACOES: [Verificacao['nome'], Precisa, (sessao: Sessao) => Resultado | Promise<Resultado>][] = [
  ['volume', 'nada', (sessao) => sessao.conferirPersistencia()],
  ['arquivo', 'nada', (sessao) => sessao.abrir()],
  ['estrutura', 'arquivo', ({ armazem }) => armazem.conferirEstrutura()],
  ['esquema', 'arquivo', (sessao) => sessao.acharTabelas()],
  ['selos', 'esquema', ({ armazem }) => conferirSelos(armazem)],
  ['avulsos', 'esquema', ({ armazem }) => conferirAvulsos(armazem)],
  ['recibos', 'esquema', ({ armazem, exigencias }) => conferirRecibos(armazem, exigencias.recibos)],
  ['origem', 'esquema', ({ armazem, lugar }) => conferirOrigem(armazem, lugar.nome)],
];

/** Num servidor, as verificações que são do lugar têm outro assunto, e outro nome. */
const NO_SERVIDOR: Partial<Record<string, Verificacao['nome']>> = { volume: 'replicas', arquivo: 'servidor' };

/**
 * Confere um banco sem mudar nada nele: faz todas as verificações que puder, mesmo que outra reprove, e lê
 * tudo de um mesmo instantâneo. Devolve o laudo e as falhas a dizer, se houver; a primeira decide o código de
 * saída, e a do que não persiste vem sempre, porque o remédio das outras não a cura.
 * `depois` roda ainda no mesmo instantâneo, com as falhas que houver. Rejeita com a `Falha` de um sinal, da saída padrão
 * que é o banco ou de um endereço que não se entende, com a de `depois`, ou com um defeito nosso.
 */
export async function verificarBanco(
  exigencias: Exigencias,
  contexto: Contexto,
  depois: (armazem: ArmazemDeLeitura, falhas: Falha[]) => Promise<void> = async () => {},
): Promise<{ laudo: Laudo; falhas: Falha[] }> {
  const banco = await nomearLugar(exigencias.banco);
  const nomear = <Nome extends string>(nome: Nome) =>
    (eServidor(exigencias.banco) && NO_SERVIDOR[nome]) || nome;
  await using sessao = new Sessao(exigencias, contexto);
  const verificacoes: Verificacao[] = [];
  const falhas: Falha[] = [];
  for (const [nome, precisa, conferir] of VERIFICACOES) {
    const falta = sessao.faltaPara(precisa);
    const visto = falta
      ? pular(`depende de "${nomear(falta)}"`)
      : await sessao.concluir(() => conferir(sessao));
    if (visto.resultado === 'reprovada') falhas.push(visto.falha);
    verificacoes.push({ nome: nomear(nome), ...descrever(visto) });
  }
  const { registros, execucoes, recibo, ...listas } = sessao.faltaPara('arquivo')
    ? NADA_LIDO
    : await lerMostra(sessao.armazem, exigencias.limite, falhas.length > 0);
  if (sessao.aberto) await depois(sessao.aberto, falhas);
  const mudado = sessao.aberto?.conferirPermanencia();
  if (mudado) falhas.unshift(mudado);
  const quem = { aprovado: falhas.length === 0, banco, container: sessao.lugar.nome };
  return {
    laudo: { ...quem, registros, execucoes, recibo, verificacoes, ...listas },
    falhas: ordenar(falhas),
  };
}

/** O que o laudo diz de um resultado: o que não se pôde ler não aprova nem reprova. */
function descrever(visto: Resultado): Omit<Verificacao, 'nome'> {
  if (visto.resultado !== 'reprovada') return visto;
  const { motivo, message } = visto.falha;
  return { resultado: SEM_VEREDITO.includes(motivo) ? 'pulada' : 'reprovada', detalhe: message };
}

/** O que as verificações têm à mão. */
class Sessao {
  readonly exigencias: Exigencias;
  readonly contexto: Contexto;
  readonly lugar = lerLugar();
  /** O que se abriu, ainda que não se possa ler. */
  aberto: ArmazemDeLeitura | undefined;
  #abertura: Promise<Resultado> | undefined;
  #legivel = false;
  #temTabelas = false;

  constructor(exigencias: Exigencias, contexto: Contexto) {
    this.exigencias = exigencias;
    this.contexto = contexto;
  }

  /** O que uma verificação já achou e falta a esta, se falta. */
  faltaPara(precisa: Precisa): Precisa | undefined {
    if (precisa === 'nada') return;
    if (!this.aberto || !this.#legivel) return 'arquivo';
    if (precisa === 'esquema' && !this.#temTabelas) return 'esquema';
  }

  /** O resultado de uma verificação, ainda que ela não chegue ao fim. Rejeita com a `Falha` de um sinal, ou um defeito. */
  async concluir(conferir: () => Resultado | Promise<Resultado>): Promise<Resultado> {
    try {
      return await conferir();
    } catch (erro) {
      this.contexto.parada.throwIfAborted();
      const falha = this.aberto?.traduzir(erro) ?? erro;
      if (falha instanceof Falha) return { resultado: 'reprovada', falha };
      throw falha;
    }
  }

  /** Abre o armazém, uma vez, e confere o que há ali. */
  async abrir(): Promise<Resultado> {
    this.#abertura ??= this.concluir(() => this.#abrir());
    return await this.#abertura;
  }

  /** De um formato mais novo, nada do resto diria o que parece. */
  async #abrir(): Promise<Resultado> {
    const aberto = await abrirParaLeitura(this.exigencias.banco, this.contexto);
    this.aberto = aberto;
    if (this.exigencias.cedendo) aberto.ceder();
    const visto = await this.concluir(() => aberto.conferirArquivo());
    this.#legivel = visto.resultado !== 'reprovada' || visto.falha.motivo !== 'versaoNova';
    return visto;
  }

  async conferirPersistencia(): Promise<Resultado> {
    await this.abrir();
    return await conferirPersistencia(this.exigencias.banco, this.aberto);
  }

  async acharTabelas(): Promise<Resultado> {
    const visto = await this.armazem.conferirEsquema();
    this.#temTabelas = visto.resultado === 'aprovada';
    return visto;
  }

  /** O que se abriu, para quem não tem nada que lhe falte. */
  get armazem(): ArmazemDeLeitura {
    if (!this.aberto) throw new Error('o armazém ainda não foi aberto');
    return this.aberto;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.aberto?.[Symbol.asyncDispose]();
  }
}

/** A que decide primeiro (um disco que não se consegue ler pesa mais do que o que se leu dele), e a do volume. */
function ordenar(falhas: Falha[]): Falha[] {
  const doVolume = falhas.filter(({ motivo }) => motivo === 'naoPersiste');
  const outras = falhas.filter(({ motivo }) => motivo !== 'naoPersiste');
  const decisiva = outras.find(({ motivo }) => motivo === 'entradaSaida') ?? outras[0];
  return [...(decisiva ? [decisiva] : []), ...doVolume];
}
