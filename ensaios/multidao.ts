import { esperarTodas } from '../apoio/paralelo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { lerRecibo } from '../lib/recibo.ts';
import { type Defeito, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirCodigo, ler } from './invariante.ts';
import { type Corrida, escrever, iniciar, iniciarEscritor, terminar } from './programas.ts';

/** Quanto o escritor e o leitor esperam pela vez antes de desistir. */
const ESPERA_MS = 10_000;
/** Quanto mais se espera, além da duração, por uma morte e por uma leitura aprovada. */
const LIMITE_MS = 60_000;

interface Quanto {
  escritores: number;
  leitores: number;
  duracaoMs: number;
}

/** Um momento que um leitor aprovou: o que ele contou, e até onde a cadeia ia. */
interface Aprovado {
  recibo: string;
  execucoes: number;
  registros: number;
  ultimo_id: number;
}

/** Os que escrevem e leem um mesmo banco ao mesmo tempo, e o que se soube deles. */
class Multidao {
  readonly #sessao: Sessao;
  readonly #caminho: string;
  readonly #duracaoMs: number;
  readonly #inicio = performance.now();
  readonly #recibos: string[] = [];
  readonly #aprovados: Aprovado[] = [];
  #mortes = 0;

  constructor(sessao: Sessao, caminho: string, duracaoMs: number) {
    this.#sessao = sessao;
    this.#caminho = caminho;
    this.#duracaoMs = duracaoMs;
  }

  /** Uma execução, sem ninguém em volta. */
  async escreverSozinho(): Promise<void> {
    this.#recibos.push(...(await escrever(this.#caminho)).recibos);
  }

  /** Numa máquina lenta, segue até que tenha havido o que se quer ver; com um limite, que dirá que não houve. */
  #segue(): boolean {
    const restamMs = this.#inicio + this.#duracaoMs - performance.now();
    const falta = this.#aprovados.length === 0 || this.#mortes === 0;
    return restamMs > 0 || (falta && restamMs > -LIMITE_MS);
  }

  /** Conta a corrida de um programa: um código previsto, e quem diz que esperou demais tem de ter esperado. */
  #contar(corrida: Corrida, duracaoMs: number, ...outros: Defeito[]): void {
    const { codigo, sinal, erros } = corrida;
    const desistiu = codigo === CODIGOS.tenteDeNovo && (duracaoMs >= ESPERA_MS || erros.includes('-journal'));
    const mal = codigo !== 0 && sinal === null ? `código ${codigo}: ${erros}` : conferirCodigo(corrida);
    const sessao = this.#sessao;
    sessao.contar(sinal === 'SIGKILL', 'um programa', !desistiu && mal, ...outros);
  }

  async escritor(): Promise<void> {
    const { sorte, raiz } = this.#sessao;
    while (this.#segue()) {
      const opcoes = ['-n', sorte.um(['1', '3', '50']), '-e', sorte.um(['1', '5'])];
      const inicio = performance.now();
      const processo = iniciarEscritor(this.#caminho, opcoes, { raiz });
      const morre = sorte.inteiro(1, 5) === 1;
      const relogio = morre && setTimeout(() => processo.kill('SIGKILL'), sorte.inteiro(0, 1000));
      const corrida = await terminar(processo);
      if (relogio) clearTimeout(relogio);
      if (corrida.sinal === 'SIGKILL') this.#mortes++;
      this.#recibos.push(...corrida.recibos);
      this.#contar(corrida, performance.now() - inicio);
    }
  }

  async leitor(): Promise<void> {
    while (this.#segue()) {
      const conhecidos = this.#recibos.length;
      const exigido = ['-r', this.#recibos.at(-1) ?? ''];
      const opcoes = ['-b', this.#caminho, '--json', '--limite', '1', ...exigido];
      const inicio = performance.now();
      const corrida = await terminar(iniciar('leitor', opcoes, { raiz: this.#sessao.raiz }));
      const laudo = corrida.codigo === 0 ? JSON.parse(corrida.saida) : undefined;
      if (laudo) this.#aprovados.push({ ...laudo, ultimo_id: laudo.ultimas_execucoes[0].ultimo_id });
      const perdeu =
        laudo?.execucoes < conhecidos && `contou ${laudo.execucoes}, e havia ${conhecidos} recibos`;
      this.#contar(corrida, performance.now() - inicio, perdeu);
    }
  }

  /** Cada cadeia que um leitor aprovou tem de ser um começo da que ficou, e nada falta nem sobra. */
  async conferir(): Promise<void> {
    const exigidos = [...this.#recibos, ...this.#aprovados.map(({ recibo }) => recibo)];
    const { motivo, laudo } = await ler(this.#caminho, exigidos, this.#sessao.parada);
    const semRecibo = (laudo.execucoes ?? 0) - this.#recibos.length;
    const mortes = this.#mortes;
    const errados = this.#aprovados.filter(
      ({ recibo, execucoes, registros, ultimo_id }) =>
        lerRecibo(recibo, 'ensaio').execucao !== execucoes || registros !== ultimo_id,
    );
    this.#sessao.contar(
      false,
      'no fim',
      motivo !== 'feito' && `o leitor diz ${motivo}`,
      (semRecibo < 0 || semRecibo > mortes) && `${semRecibo} execuções sem recibo, com ${mortes} mortes`,
      errados.length > 0 && `${errados.length} contagens erradas aprovadas`,
      this.#aprovados.length === 0 && 'nenhum leitor chegou a aprovar',
    );
  }
}

async function juntar(sessao: Sessao, { escritores, leitores, duracaoMs }: Quanto): Promise<void> {
  using pasta = pastaDeEnsaio();
  const multidao = new Multidao(sessao, pasta.em('desafio2.db'), duracaoMs);
  await multidao.escreverSozinho();
  await esperarTodas([
    ...Array.from({ length: escritores }, () => multidao.escritor()),
    ...Array.from({ length: leitores }, () => multidao.leitor()),
  ]);
  await multidao.escreverSozinho();
  await multidao.conferir();
}

/** Muitos escritores e leitores ao mesmo tempo sobre um banco, e alguns escritores mortos. */
export const multidao: Ensaio<Quanto> = {
  nome: 'multidao',
  oQue: 'escritores e leitores ao mesmo tempo, alguns mortos: recibos = execuções, sem falta nem engano',
  dose: {
    amostra: { escritores: 32, leitores: 8, duracaoMs: 8000 },
    completa: { escritores: 32, leitores: 8, duracaoMs: 60_000 },
  },
  ensaiar: juntar,
  controle: {
    oQue: 'um escritor sem BEGIN IMMEDIATE nem espera',
    quebra: [
      ['lib/armazem/escrita.ts', "? 'EXCLUSIVE' : 'IMMEDIATE'", "? 'DEFERRED' : 'DEFERRED'"],
      ['lib/armazem/erros.ts', 'const ESPERA_MS = 10_000', 'const ESPERA_MS = 0'],
    ],
    dose: { amostra: { escritores: 8, leitores: 2, duracaoMs: 4000 } },
  },
};
