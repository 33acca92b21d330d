import type { Socket } from 'node:net';
import { intermediar, type Par } from '../apoio/mediador.ts';
import type { Sorte } from '../prova/sorte.ts';

/** Onde se corta, em relação a uma mensagem. */
const LUGARES = ['antes', 'meio', 'depois', 'tarde'] as const;
/** De onde se contam as mensagens, dos dois lados, até a do corte; e quantas, pouco mais ou menos, uma transação tem. */
const MARCOS = {
  ligação: { passa: () => true, mensagens: 30 },
  BEGIN: { passa: (mensagem: Buffer) => mensagem.includes('BEGIN '), mensagens: 40 },
  COMMIT: { passa: (mensagem: Buffer) => mensagem.includes('COMMIT\0'), mensagens: 3 },
};
/** Metade dos cortes é em volta do COMMIT. A primeira conexão de um programa, se nem se abre, não é das que se perdem. */
const DA_PRIMEIRA = ['COMMIT', 'BEGIN'] as const;
const DAS_OUTRAS = ['COMMIT', 'COMMIT', 'BEGIN', 'ligação'] as const;
/** Quantas transações uma conexão pode fazer antes da que se corta. */
const TRANSACOES = 3;
/** Quanto pode durar o que sobra de uma conexão cortada. */
const DEMORA_MS = 50;
/** Uma em tantas mensagens atrasa-se, até isto. */
const ATRASO = { em: 25, ms: 10 };

/** O que se vai fazer a uma conexão. */
interface Plano {
  marco: keyof typeof MARCOS;
  /** Quantas vezes o marco passa antes da que conta. */
  saltar: number;
  mensagem: number;
  /**
   * Antes dela, com metade entregue, depois dela; ou antes, e ela ainda chega ao servidor mais tarde; ou não se corta, e
   * depois dela nada mais passa.
   */
  lugar: (typeof LUGARES)[number] | 'mudo';
  /** Com um RST, e não um FIN. */
  abrupto: boolean;
  demoraMs: number;
}

/** Nenhuma resposta ao primeiro COMMIT. */
const MUDO: Plano = { marco: 'COMMIT', saltar: 0, mensagem: 0, lugar: 'mudo', abrupto: false, demoraMs: 0 };

function planear(sorte: Sorte, primeira: boolean): Plano {
  const marco = sorte.um<Plano['marco']>(primeira ? DA_PRIMEIRA : DAS_OUTRAS);
  return {
    marco,
    saltar: marco === 'ligação' ? 0 : sorte.inteiro(0, TRANSACOES),
    mensagem: sorte.inteiro(0, MARCOS[marco].mensagens),
    lugar: sorte.um(LUGARES),
    abrupto: sorte.um([true, false]),
    demoraMs: sorte.um([0, sorte.inteiro(1, DEMORA_MS)]),
  };
}

/** As mensagens do protocolo do PostgreSQL: um tipo, que a primeira de um cliente não tem, o tamanho e o resto. */
async function* separar(origem: Socket, doCliente: boolean): AsyncGenerator<Buffer> {
  let resto: Buffer = Buffer.alloc(0);
  let tipo = doCliente ? 0 : 1;
  for await (const parte of origem as AsyncIterable<Buffer>) {
    resto = Buffer.concat([resto, parte]);
    while (resto.length >= tipo + 4) {
      const tamanho = tipo + resto.readUInt32BE(tipo);
      if (resto.length < tamanho) break;
      yield resto.subarray(0, tamanho);
      resto = resto.subarray(tamanho);
      tipo = 1;
    }
  }
}

/** Larga um lado: com um RST, ou depois de lhe entregar o que já se escreveu. */
function largar(lado: Socket, abrupto: boolean): void {
  if (abrupto) lado.resetAndDestroy();
  else lado.end(() => lado.destroy());
}

/** Passa o que vai por uma conexão, umas mensagens com atraso, até a que o plano diz. */
class Ligacao {
  readonly #par: Par;
  readonly #plano: Plano;
  readonly #sorte: Sorte;
  readonly #aoCortar: (onde: string) => void;
  #saltar: number;
  /** Desde que o marco passou, quantas mensagens faltam; até lá, não se sabe. */
  #faltam: number | undefined;
  #cortada = false;

  constructor(par: Par, plano: Plano, { sorte, aoCortar }: { sorte: Sorte; aoCortar(onde: string): void }) {
    this.#par = par;
    this.#plano = plano;
    this.#sorte = sorte;
    this.#aoCortar = aoCortar;
    this.#saltar = plano.saltar;
  }

  async passar(): Promise<void> {
    const { cliente, servidor } = this.#par;
    const acabar = () => {
      if (this.#cortada) return; // quem a cortou é que a larga
      cliente.destroy();
      servidor.destroy();
    };
    for (const lado of [cliente, servidor]) lado.on('error', acabar);
    await Promise.allSettled(
      [this.#levar(cliente, servidor), this.#levar(servidor, cliente)].map((ida) => ida.then(acabar, acabar)),
    );
  }

  async #levar(origem: Socket, destino: Socket): Promise<void> {
    const doCliente = origem === this.#par.cliente;
    for await (const mensagem of separar(origem, doCliente)) {
      if (this.#cortada) continue;
      if (this.#faltam === undefined && doCliente && MARCOS[this.#plano.marco].passa(mensagem)) {
        if (this.#saltar-- === 0) this.#faltam = this.#plano.mensagem;
      }
      if (this.#faltam !== undefined && this.#faltam-- === 0) await this.#cortar(mensagem, destino);
      else await this.#entregar(mensagem, destino);
    }
  }

  async #entregar(mensagem: Buffer, destino: Socket): Promise<void> {
    const { em, ms } = ATRASO;
    if (this.#sorte.inteiro(1, em) === 1) await Bun.sleep(this.#sorte.inteiro(1, ms));
    if (!this.#cortada) destino.write(mensagem);
  }

  async #cortar(mensagem: Buffer, destino: Socket): Promise<void> {
    const { cliente, servidor } = this.#par;
    const { lugar, abrupto, demoraMs } = this.#plano;
    this.#cortada = true;
    const deQuem = destino === servidor ? 'do escritor' : 'do servidor';
    this.#aoCortar(
      `${lugar} de "${String.fromCharCode(mensagem[0] ?? 0)}" ${deQuem}, ${abrupto ? 'RST' : 'FIN'}`,
    );
    if (lugar === 'tarde') largar(cliente, abrupto);
    if (lugar === 'meio') destino.write(mensagem.subarray(0, mensagem.length >> 1));
    if (lugar === 'depois' || lugar === 'mudo') destino.write(mensagem);
    if (lugar === 'mudo') return void cliente.on('close', () => servidor.destroy());
    await Bun.sleep(demoraMs);
    if (lugar === 'tarde' && destino === servidor) servidor.write(mensagem);
    // Um RST podia levar consigo a mensagem que chega tarde.
    largar(servidor, abrupto && lugar !== 'tarde');
    if (lugar !== 'tarde') largar(cliente, abrupto);
  }
}

/**
 * Um intermediário entre um programa e um servidor, que atrasa mensagens e corta todas as conexões, cada uma de seu modo;
 * ou, se `mudo`, deixa a primeira aberta e sem resposta.
 */
export async function cortarTodas(porta: number, sorte: Sorte, mudo: boolean) {
  const cortes: string[] = [];
  let primeira = true;
  const intermediario = await intermediar(porta, (par) => {
    const ligacao = new Ligacao(par, primeira && mudo ? MUDO : planear(sorte, primeira), {
      sorte,
      aoCortar: (onde) => cortes.push(onde),
    });
    primeira = false;
    void ligacao.passar();
  });
  /** `cortes`: onde cortou cada uma. */
  return { ...intermediario, cortes };
}
