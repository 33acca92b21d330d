/** Se um texto é um recibo inteiro. */
export const ehRecibo = (texto: string) => /^[1-9]\d*:[0-9a-f]{64}$/.test(texto);

/** Cada recibo que há num texto. */
export const RECIBOS = /\b[1-9]\d*:[0-9a-f]{64}\b/g;

/** Os recibos que há num texto, sem os repetidos. */
export const acharRecibos = (texto: string) => [...new Set(texto.match(RECIBOS))];

/** Uma execução de que a prova tem o recibo, com o que ela pediu ao escritor. */
export interface Anotada {
  selo: string;
  registros: number;
  /** Quem o escritor disse que era; `undefined` se a prova não o viu. */
  container: string | undefined;
  /** Entre que instantes do engine ela foi pedida e respondida, em milissegundos. */
  entreMs: [number, number];
}

/** O que havia num volume, e o recibo mais novo dele, se havia algum. */
interface Antes {
  execucoes: number;
  registros: number;
  ultimoId: number;
  recibo?: string;
}

/** O que a prova pediu num volume, e o que lhe foi respondido: é com isto que o arquivo tem de concordar. */
export class Diario {
  readonly #anotadas = new Map<number, Anotada>();
  /** Execuções de que ninguém deu recibo, mas que podem estar lá: uma por escritor morto, com tantos usuários. */
  readonly talvez: number[] = [];
  /** O que já estava no volume antes da prova. */
  readonly antes: Antes;
  /** O nome do volume, se se sabe. */
  volume: string | undefined;

  constructor(antes: Antes = { execucoes: 0, registros: 0, ultimoId: 0 }) {
    this.antes = antes;
  }

  anotar(recibo: string, anotada: Omit<Anotada, 'selo'>): void {
    const [numero = '', selo = ''] = recibo.split(':');
    this.#anotadas.set(Number(numero), { selo, ...anotada });
  }

  /** Uma execução que apareceu, confirmada, sem que ninguém tivesse o recibo dela. */
  achar(id: number, anotada: Anotada): void {
    this.#anotadas.set(id, anotada);
  }

  execucao(id: number): Anotada | undefined {
    return this.#anotadas.get(id);
  }

  /** Os números das execuções que têm recibo, em ordem. */
  get numeros(): number[] {
    return [...this.#anotadas.keys()].sort((a, b) => a - b);
  }

  /** Os recibos, do mais antigo ao mais novo; o de antes da prova é o primeiro. */
  get recibos(): string[] {
    const { recibo } = this.antes;
    const dados = this.numeros.map((numero) => `${numero}:${this.#anotadas.get(numero)?.selo}`);
    return recibo === undefined ? dados : [recibo, ...dados];
  }

  /** Quantas execuções o volume tem, se `talvez` está vazio. */
  get execucoes(): number {
    return this.antes.execucoes + this.#anotadas.size;
  }

  /** Quantos usuários o volume tem, se `talvez` está vazio. */
  get registros(): number {
    let soma = this.antes.registros;
    for (const { registros } of this.#anotadas.values()) soma += registros;
    return soma;
  }

  /** A execução que gravou um usuário, se a prova sabe qual foi. */
  doUsuario(id: number): Anotada | undefined {
    let ultimoId = this.antes.ultimoId;
    for (const numero of this.numeros) {
      const anotada = this.#anotadas.get(numero);
      ultimoId += anotada?.registros ?? 0;
      if (id <= ultimoId) return id > this.antes.ultimoId ? anotada : undefined;
    }
    return undefined;
  }

  get autores(): Set<string | undefined> {
    return new Set([...this.#anotadas.values()].map(({ container }) => container));
  }

  /** O mesmo, para uma cópia do volume. */
  copiar(): Diario {
    const copia = new Diario({ ...this.antes });
    for (const [numero, anotada] of this.#anotadas) copia.#anotadas.set(numero, anotada);
    copia.talvez.push(...this.talvez);
    return copia;
  }
}

/** Quanto o relógio de quem escreve pode divergir do que o engine diz ser a hora. */
const FOLGA_MS = 2000;

/** Se uma hora de uma tabela, que é UTC e vai até o minuto, está entre dois instantes do engine. */
export function foiNoMinuto(data: string, [de, ate]: [number, number]): boolean {
  const quando = /^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(data) ? `${data.replace(' ', 'T')}:00.000Z` : data;
  return foiEntre(quando, [de - 60_000, ate]);
}

/** Se uma data é uma hora em UTC, com milissegundos, entre dois instantes do engine. */
export function foiEntre(data: string, [de, ate]: [number, number]): boolean {
  const quando = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(data) ? Date.parse(data) : Number.NaN;
  return quando >= de - FOLGA_MS && quando <= ate + FOLGA_MS;
}

/** O usuário que o escritor deve ter gravado com este id, pela seção "Como funciona" do README. */
export function usuarioPrevisto(id: number): { nome: string; email: string } {
  const fixos = [
    { nome: 'João Silva', email: 'joao@example.com' },
    { nome: 'Maria Santos', email: 'maria@example.com' },
    { nome: 'Pedro Oliveira', email: 'pedro@example.com' },
  ];
  return fixos[id - 1] ?? { nome: `Usuário ${id}`, email: `usuario${id}@example.com` };
}
