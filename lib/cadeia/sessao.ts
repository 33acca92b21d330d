import { abrirParaLeitura, conferirPersistencia, eServidor } from '../armazem/abrir.ts';
import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { lerLugar } from '../container.ts';
import type { Contexto } from '../contexto.ts';
import { Falha, pular, type Resultado } from '../falhas.ts';
import type { Exigencias } from './exigencias.ts';
import type { Verificacao } from './laudo.ts';
import { type Exigido, pularAssinatura } from './recibos.ts';

/** O que uma verificação precisa que outra tenha achado antes. */
export type Precisa = 'nada' | 'arquivo' | 'esquema';

/** Num servidor, as verificações que são do lugar têm outro assunto, e outro nome. */
const NO_SERVIDOR: Partial<Record<string, Verificacao['nome']>> = { volume: 'replicas', arquivo: 'servidor' };

/** Uma leitura: o que as verificações têm à mão, e o que já se achou. */
export class Sessao {
  readonly exigido: Exigido;
  readonly contexto: Contexto;
  readonly lugar = lerLugar();
  /** O que se abriu, ainda que não se possa ler. */
  aberto: ArmazemDeLeitura | undefined;
  readonly #banco: string;
  readonly #cede: boolean;
  #abertura: Promise<Resultado> | undefined;
  #legivel = false;
  #temTabelas = false;

  constructor({ banco, cedendo = false }: Exigencias, exigido: Exigido, contexto: Contexto) {
    this.#banco = banco;
    this.#cede = cedendo;
    this.exigido = exigido;
    this.contexto = contexto;
  }

  /** Como uma verificação se chama, neste lugar. */
  nomear(nome: Verificacao['nome']): Verificacao['nome'] {
    return (eServidor(this.#banco) && NO_SERVIDOR[nome]) || nome;
  }

  /** O que uma verificação já achou e falta a esta, se falta. */
  faltaPara(precisa: Precisa): 'arquivo' | 'esquema' | undefined {
    if (precisa === 'nada') return;
    if (!this.aberto || !this.#legivel) return 'arquivo';
    if (precisa === 'esquema' && !this.#temTabelas) return 'esquema';
  }

  /** O resultado de uma verificação, se não lhe falta outra. */
  async verificar(precisa: Precisa, conferir: () => Resultado | Promise<Resultado>): Promise<Resultado> {
    const falta = this.faltaPara(precisa);
    return falta ? pular(`depende de "${this.nomear(falta)}"`) : await this.concluir(conferir);
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
    const aberto = await abrirParaLeitura(this.#banco, this.contexto);
    this.aberto = aberto;
    if (this.#cede) aberto.ceder();
    const visto = await this.concluir(() => aberto.conferirArquivo());
    this.#legivel = visto.resultado !== 'reprovada' || visto.falha.motivo !== 'versaoNova';
    return visto;
  }

  async conferirPersistencia(): Promise<Resultado> {
    await this.abrir();
    return await conferirPersistencia(this.#banco, this.aberto);
  }

  async acharTabelas(): Promise<Resultado> {
    const visto = await this.armazem.conferirEsquema();
    this.#temTabelas = visto.resultado === 'aprovada';
    return visto;
  }

  async conferirAssinatura(): Promise<Resultado> {
    if (this.exigido.chaves.size === 0) return pularAssinatura(this.exigido.recibos);
    return await (await import('./assinaturas.ts')).conferirAssinatura(this.armazem, this.exigido);
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
