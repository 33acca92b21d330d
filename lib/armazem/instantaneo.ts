import type { Database } from 'bun:sqlite';
import { Falha } from '../falhas.ts';
import type { Bloco } from './armazem.ts';
import { lerMudanca } from './disco.ts';
import { consultarUm } from './esquema.ts';
import { ArmazemSqlite, esperarVez } from './sqlite.ts';
import { lerLinhas } from './usuarios.ts';

/** Fixa um instantâneo: até o COMMIT, tudo o que se lê é de um mesmo momento. */
export async function fixarInstantaneo(banco: Database, parada: AbortSignal): Promise<void> {
  banco.run('BEGIN');
  await esperarVez(() => consultarUm(banco, 'SELECT count(*) FROM sqlite_schema'), parada);
}

/** Quem cede larga o instantâneo de tanto em tanto, e por tanto: quem tenta escrever volta a tentar a cada 25 a 75 ms. */
const CADENCIA = { lendoMs: 50, largadoMs: 5 };

/** Cada vez que se consegue a vez, lê-se bastante: com um escritor que não para, ela custa a vir. */
const BYTES_POR_VEZ = 4_000_000;

/** Um arquivo de que se lê um instantâneo, ou vários, um depois do outro. */
export abstract class InstantaneoSqlite extends ArmazemSqlite {
  /** Quando o conteúdo tinha mudado, ao fixar o instantâneo. */
  #mudadoNs = lerMudanca(this.endereco);
  #fixadoMs = performance.now();
  #cede = false;

  /** Enquanto há um leitor, nenhum escritor muda o arquivo; mas um `cp` por cima, que não pergunta ao SQLite, muda. */
  conferirPermanencia(): Falha | undefined {
    const noLugar = this.estaNoLugar();
    if (noLugar && lerMudanca(this.endereco) === this.#mudadoNs) return;
    const como = noLugar ? 'mudado por quem não usa o SQLite' : 'trocado, movido ou apagado';
    const oQue = `${this.endereco} foi ${como} durante a leitura`;
    return new Falha('tenteDeNovo', oQue, 'Tente de novo: o que foi lido já não está ali.');
  }

  ceder(): void {
    this.#cede = true;
  }

  protected override passo(usuarios: number): Promise<void> | undefined {
    const vez = super.passo(usuarios);
    if (!vez || !this.#cede || performance.now() - this.#fixadoMs < CADENCIA.lendoMs) return vez;
    return vez.then(async () => {
      this.#largar();
      await Bun.sleep(CADENCIA.largadoMs);
      await this.#fixar();
    });
  }

  async #fixar(): Promise<void> {
    await fixarInstantaneo(this.banco, this.contexto.parada);
    this.#mudadoNs = lerMudanca(this.endereco);
    this.#fixadoMs = performance.now();
  }

  #largar(): void {
    if (!this.banco.inTransaction) return;
    const mudado = this.conferirPermanencia();
    this.banco.run('COMMIT');
    if (mudado) throw mudado;
  }

  async instantaneo<T>(acao: () => Promise<T>): Promise<T> {
    this.#largar();
    await this.#fixar();
    const resultado = await acao();
    this.#largar();
    return resultado;
  }

  async *blocos(primeiro: string, ultimo: string): AsyncGenerator<Bloco> {
    let blocos: Generator<Bloco> | undefined;
    for (let acabou = false; !acabou; ) {
      const juntos: Bloco[] = [];
      await this.instantaneo(async () => {
        blocos ??= lerLinhas(this.banco)(primeiro, ultimo);
        for (let bytes = 0; bytes < BYTES_POR_VEZ; ) {
          const { done, value } = blocos.next();
          if (done) {
            acabou = true;
            break;
          }
          juntos.push(value);
          bytes += value.linhas.length;
        }
      });
      yield* juntos;
    }
  }
}
