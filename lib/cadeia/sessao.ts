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
  readonly lugar = lerLugar();
  /** O que se abriu, ainda que não se possa ler. */
  aberto: ArmazemDeLeitura | undefined;
  readonly #exigencias: Exigencias;
  readonly #contexto: Contexto;
  #abertura: Promise<Resultado> | undefined;
  /** O que ainda não se achou: sem ele, não se faz o que precisa dele. */
  #falta: Exclude<Precisa, 'nada'> | undefined = 'arquivo';

  constructor(exigencias: Exigencias, exigido: Exigido, contexto: Contexto) {
    this.#exigencias = exigencias;
    this.exigido = exigido;
    this.#contexto = contexto;
  }

  /** Como uma verificação se chama, neste lugar. */
  nomear(nome: Verificacao['nome']): Verificacao['nome'] {
    return (eServidor(this.#exigencias.banco) && NO_SERVIDOR[nome]) || nome;
  }

  /** O que uma verificação já achou e falta a esta, se falta. */
  faltaPara(precisa: Precisa): 'arquivo' | 'esquema' | undefined {
    if (precisa !== 'nada' && (this.#falta === 'arquivo' || this.#falta === precisa)) return this.#falta;
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
      this.#contexto.parada.throwIfAborted();
      const falha = this.aberto?.traduzir(erro) ?? erro;
      if (falha instanceof Falha) return { resultado: 'reprovada', falha };
      throw falha;
    }
  }

  /** Abre o armazém, uma vez, e confere o que há ali. */
  async abrir(): Promise<Resultado> {
    this.#abertura ??= this.concluir(async () => {
      const aberto = await abrirParaLeitura(this.#exigencias.banco, this.#contexto);
      this.aberto = aberto;
      if (this.#exigencias.cedendo) aberto.ceder?.();
      const visto = await this.concluir(() => aberto.conferirArquivo());
      // De um formato mais novo, nada do resto diria o que parece.
      if (visto.resultado !== 'reprovada' || visto.falha.motivo !== 'versaoNova') this.#falta = 'esquema';
      return visto;
    });
    return await this.#abertura;
  }

  async conferirPersistencia(): Promise<Resultado> {
    await this.abrir();
    return await conferirPersistencia(this.#exigencias.banco, this.aberto);
  }

  async acharTabelas(): Promise<Resultado> {
    const visto = await this.armazem.conferirEsquema();
    if (visto.resultado === 'aprovada') this.#falta = undefined;
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
