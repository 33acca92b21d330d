import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { acharPostgres, Postgres } from '../apoio/postgres.ts';
import { Containers } from './containers.ts';
import { pastaDeEnsaio } from './ensaio.ts';
import { type Alternadas, alternar, mediana, medir, nosso, type Vez } from './medidas.ts';
import { emSql, type Par, SemPar } from './pares.ts';

/** O que se mediu: as duas medianas, e o valor que se compara com a meta. */
export interface Medicao {
  unidade: string;
  nosso: number;
  doPar: number;
  valor: number;
  unidadeDoValor?: string;
  medidas?: Alternadas;
}

/** Onde se mede: uma pasta com os bancos e, quando se precisa delas, as imagens. */
export class Bancada {
  readonly parada: AbortSignal;
  /** Quantos usuários é "um milhão": menos, na forma curta. */
  readonly milhao: number;
  readonly #curta: boolean;
  readonly #pasta = pastaDeEnsaio();
  #containers: Promise<Containers> | undefined;
  readonly #doServidor = new AsyncDisposableStack();
  #servidor: Promise<Postgres> | undefined;

  constructor(curta: boolean, parada: AbortSignal) {
    this.#curta = curta;
    this.parada = parada;
    this.milhao = curta ? 1000 : 1_000_000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#doServidor.disposeAsync();
    this.#pasta[Symbol.dispose]();
    const containers = await this.#containers?.catch(() => undefined);
    await containers?.[Symbol.asyncDispose]();
  }

  /** Constrói as imagens da primeira vez que se pede. Lança `SemPar` se não pode. */
  async containers(): Promise<Containers> {
    this.#containers ??= Containers.montar(this.parada);
    return await this.#containers;
  }

  /** O endereço de um banco de dados novo, sem os que houver com o mesmo nome. Lança `SemPar` se não há PostgreSQL. */
  async bancoNovo(nome: string): Promise<string> {
    if (!acharPostgres()) throw new SemPar('não há PostgreSQL');
    this.#servidor ??= this.#comecarServidor();
    const servidor = await this.#servidor;
    // Um de cada vez: nenhum dos dois pode ir numa transação.
    for (const sql of [`DROP DATABASE IF EXISTS ${nome}`, `CREATE DATABASE ${nome}`]) await servidor.sql(sql);
    return servidor.endereco(nome);
  }

  async #comecarServidor(): Promise<Postgres> {
    const pasta = this.#doServidor.use(pastaDeEnsaio());
    // O resto é o que o PostgreSQL tem por padrão, com fsync.
    const configuracao = { shared_buffers: "'128MB'" };
    const servidor = this.#doServidor.use(new Postgres(pasta.caminho, { configuracao }));
    await servidor.comecar();
    return servidor;
  }

  em(nome: string): string {
    return this.#pasta.em(nome);
  }

  /** A razão entre as medianas de dois trabalhos, feitos `vezes` vezes; uma só, na forma curta. */
  async comparar(nossa: Vez, par: Vez, vezes: number): Promise<Medicao> {
    const medidas = await alternar(nossa, par, this.#curta ? 1 : vezes);
    const [nosso, doPar] = [mediana(medidas.nossas), mediana(medidas.doPar)];
    return { unidade: 'ms', nosso, doPar, valor: nosso / doPar, medidas };
  }

  /** Compara um escritor com um par que escreve um banco novo. */
  async compararEscrita(opcoes: string[], par: Par, vezes: number): Promise<Medicao> {
    const [banco, outro] = [this.em('nosso.db'), this.em('do-par.db')];
    const nossa = this.rodar(nosso('escritor', banco, ...opcoes), banco);
    return await this.comparar(nossa, this.rodar(par(outro), outro), vezes);
  }

  /** Compara o leitor com um par que lê o mesmo banco. */
  async compararLeitura(usuarios: number, par: Par, vezes: number): Promise<Medicao> {
    const banco = await this.escrever(usuarios, 1);
    return await this.comparar(this.ler(banco), this.rodar(par(banco)), vezes);
  }

  /** O pico de memória de um programa com dez vezes um milhão, sobre o de um milhão. */
  async compararMemoria(programa: 'escritor' | 'leitor'): Promise<Medicao> {
    const pico = async (usuarios: number) => {
      const banco = programa === 'leitor' ? await this.escrever(usuarios, 1) : this.em(`pico-${usuarios}.db`);
      const opcoes = programa === 'escritor' ? ['-n', `${usuarios}`] : [];
      return (await medir(nosso(programa, banco, ...opcoes), this.parada)).memoria / 1e6;
    };
    const [doPar, dez] = [await pico(this.milhao), await pico(10 * this.milhao)];
    return { unidade: 'MB', nosso: dez, doPar, valor: dez / doPar };
  }

  /** Um banco de tantas execuções de tantos usuários, escrito na primeira vez que se pede. */
  async escrever(usuarios: number, execucoes: number): Promise<string> {
    const banco = this.em(`${usuarios}-${execucoes}.db`);
    const opcoes = ['-n', `${usuarios}`, '-e', `${execucoes}`, '--json'];
    if (!existsSync(banco)) await medir(nosso('escritor', banco, ...opcoes), this.parada);
    return banco;
  }

  /** Um trabalho que é ler um banco. */
  ler(banco: string): Vez {
    return this.rodar(nosso('leitor', banco));
  }

  /** O shell sqlite3 a fazer um SQL. */
  emSql(sql: string): Par {
    const arquivo = this.em('par.sql');
    writeFileSync(arquivo, sql);
    return emSql(arquivo);
  }

  /** Um trabalho que é rodar um comando; antes, sem contar, apaga o banco que ele vai criar. */
  rodar(comando: string[], novo?: string): Vez {
    return async () => {
      if (novo) rmSync(novo, { force: true });
      return (await medir(comando, this.parada)).ms;
    };
  }
}
