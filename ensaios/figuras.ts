import { randomBytes } from 'node:crypto';
import { cpSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RAIZ } from '../apoio/projeto.ts';
import { Falha } from '../lib/falhas.ts';
import { avisar } from '../lib/programa/saida.ts';
import { Docker } from '../prova/docker.ts';
import { examinarEngine } from '../prova/engine.ts';
import { Projeto } from '../prova/projeto.ts';
import { pastaDeEnsaio } from './ensaio.ts';
import { alternar, doPar, mediana, medir, nosso, type Vez } from './medidas.ts';

/** O que se mediu: as duas medianas, e o valor que se compara com a meta. */
export type Medicao =
  | {
      unidade: string;
      nosso: number;
      doPar: number;
      valor: number;
      unidadeDoValor?: string;
      /** A meta é um mínimo, e não um máximo. */
      aoMenos?: boolean;
      medidas?: { nossas: number[]; doPar: number[] };
    }
  | { pulada: string };

interface Figura {
  figura: string;
  par: string;
  /** O maior valor aceito; o menor, se a medição diz `aoMenos`. Sem ela, só se mede. */
  meta?: number;
  medir(bancada: Bancada): Promise<Medicao>;
}

const IMAGEM_PYTHON = 'python:3-slim';

/** Onde se mede: uma pasta com os bancos, os programas dos pares e, se há um engine, as imagens. */
export class Bancada {
  readonly parada: AbortSignal;
  /** Quantos usuários é "um milhão", e quantas vezes se repete cada medida: menos, na forma curta. */
  readonly milhao: number;
  readonly #curto: boolean;
  readonly #pasta = pastaDeEnsaio();
  readonly docker: Docker;
  readonly projeto: Projeto;
  /** Por que não há containers que medir, se não há. */
  semDocker: string | undefined;
  #temEngine = false;

  private constructor(curto: boolean, parada: AbortSignal) {
    this.#curto = curto;
    this.parada = parada;
    this.milhao = curto ? 1000 : 1_000_000;
    this.docker = new Docker(parada);
    this.projeto = new Projeto(`desafio2-desempenho-${randomBytes(4).toString('hex')}`, this.docker);
  }

  static async montar(curto: boolean, parada: AbortSignal): Promise<Bancada> {
    const bancada = new Bancada(curto, parada);
    try {
      await examinarEngine(bancada.docker);
      bancada.#temEngine = true;
      const { codigo, erros } = await bancada.compose('build', '--quiet');
      if (codigo !== 0) bancada.semDocker = `as imagens não puderam ser construídas: ${erros.trim()}`;
    } catch (erro) {
      if (!(erro instanceof Falha) || parada.aborted) {
        await bancada[Symbol.asyncDispose]();
        throw erro;
      }
      bancada.semDocker = erro.message;
    }
    return bancada;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pasta[Symbol.dispose]();
    if (!this.#temEngine) return;
    // A limpeza não se deixa interromper.
    const sobras = await new Projeto(this.projeto.nome, new Docker()).remover(this.parada.aborted);
    for (const sobra of sobras) avisar(`desempenho: não consegui remover ${sobra}`);
  }

  em(nome: string): string {
    return this.#pasta.em(nome);
  }

  vezes(muitas: number): number {
    return this.#curto ? 1 : muitas;
  }

  /** Um trabalho que é rodar um comando; antes, sem contar, apaga o banco que ele vai criar. */
  comando(comando: string[], novo?: string): Vez {
    return async () => {
      if (novo) rmSync(novo, { force: true });
      return (await medir(comando, this.parada)).ms;
    };
  }

  /** A razão entre as medianas de dois trabalhos. */
  async comparar(nossa: Vez, par: Vez | string, vezes: number): Promise<Medicao> {
    if (typeof par === 'string') return { pulada: par };
    const medidas = await alternar(nossa, par, this.vezes(vezes));
    const [nosso, doPar] = [mediana(medidas.nossas), mediana(medidas.doPar)];
    return { unidade: 'ms', nosso, doPar, valor: nosso / doPar, medidas };
  }

  /** Compara um escritor com um par que escreve um banco novo. */
  async compararEscrita(opcoes: string[], par: (caminho: string) => string[] | string, vezes: number) {
    const [banco, outro] = [this.em('nosso.db'), this.em('do-par.db')];
    const comando = par(outro);
    return await this.comparar(
      this.comando(nosso('escritor', '-b', banco, ...opcoes), banco),
      typeof comando === 'string' ? comando : this.comando(comando, outro),
      vezes,
    );
  }

  /** Compara o leitor com um par que lê o mesmo banco. */
  async compararLeitura(usuarios: number, par: (caminho: string) => string[] | string, vezes: number) {
    const banco = await this.banco(usuarios, 1);
    const comando = par(banco);
    return await this.comparar(
      this.comando(nosso('leitor', '-b', banco)),
      typeof comando === 'string' ? comando : this.comando(comando),
      vezes,
    );
  }

  /** Um banco de tantas execuções de tantos usuários, escrito na primeira vez que se pede. */
  async banco(usuarios: number, execucoes: number): Promise<string> {
    const caminho = this.em(`${usuarios}-${execucoes}.db`);
    if (statSync(caminho, { throwIfNoEntry: false })) return caminho;
    const opcoes = ['-b', caminho, '-n', `${usuarios}`, '-e', `${execucoes}`, '--json'];
    await medir(nosso('escritor', ...opcoes), this.parada);
    return caminho;
  }

  /** O pico de memória de um programa com dez vezes um milhão, sobre o de um milhão. */
  async compararMemoria(programa: 'escritor' | 'leitor'): Promise<Medicao> {
    const pico = async (usuarios: number) => {
      const banco = programa === 'leitor' ? await this.banco(usuarios, 1) : this.em('nosso.db');
      if (programa === 'escritor') rmSync(banco, { force: true });
      const opcoes = programa === 'escritor' ? ['-n', `${usuarios}`] : [];
      return (await medir(nosso(programa, '-b', banco, ...opcoes), this.parada)).memoria / 1e6;
    };
    const [um, dez] = [await pico(this.milhao), await pico(10 * this.milhao)];
    return { unidade: 'MB', nosso: dez, doPar: um, valor: dez / um };
  }

  /** `docker compose` sobre o nosso projeto. */
  async compose(...argumentos: string[]) {
    return await this.projeto.compose(`${this.projeto.nome}-dados`, false, argumentos);
  }

  /** Um trabalho que é rodar um comando do Docker. Lança `Falha` se ele não sai com 0. */
  doDocker(argumentos: string[], ambiente: Record<string, string> = {}): Vez {
    return async () => {
      const inicio = performance.now();
      await this.docker.exigir(argumentos, { ambiente });
      return performance.now() - inicio;
    };
  }
}

/** O interpretador de verdade: o `python3` do PATH pode ser um script que o procura, e o tempo seria o dele. */
function python(nome: string, ...argumentos: string[]): string[] | string {
  if (!Bun.which('python3')) return 'não há python3';
  const achado = Bun.spawnSync(['python3', '-c', 'import sys, sqlite3; print(sys.executable)']);
  if (!achado.success) return 'o python3 não tem sqlite3';
  return [achado.stdout.toString().trim(), doPar(nome), ...argumentos];
}

function shell(comandos: string): string[] | string {
  if (!Bun.which('sqlite3') || !Bun.which('sha256sum')) return 'não há sqlite3 e sha256sum';
  return ['sh', '-c', comandos];
}

function node(nome: string, ...argumentos: string[]): string[] | string {
  if (!Bun.which('node')) return 'não há node';
  const tem = Bun.spawnSync(['node', '-e', 'require("node:sqlite")']).success;
  return tem ? ['node', doPar(nome), ...argumentos] : 'este Node não tem node:sqlite';
}

const TABELAS = `PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA;
CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT;
CREATE TABLE execucoes (id INTEGER PRIMARY KEY, container TEXT NOT NULL, iniciada_em TEXT NOT NULL, versao TEXT NOT NULL,
  primeiro_id INTEGER NOT NULL, ultimo_id INTEGER NOT NULL, registros INTEGER NOT NULL, selo TEXT NOT NULL) STRICT;
`;

/** As mesmas linhas, feitas em SQL numa transação: o chão de quem escreve com o SQLite. */
function escreverEmSql(usuarios: number): string {
  return `${TABELAS}BEGIN;
WITH RECURSIVE n(id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM n WHERE id < ${usuarios})
  INSERT INTO usuarios SELECT id, 'Usuário ' || id, 'usuario' || id || '@example.com', '2026-01-01T00:00:00.000Z' FROM n;
COMMIT;
`;
}

/** Tantas transações de um usuário e de uma execução, com textos do tamanho dos nossos. */
function confirmarEmSql(execucoes: number): string {
  const transacoes = Array.from({ length: execucoes }, (_, i) => {
    const [id, agora] = [i + 1, "'2026-01-01T00:00:00.000Z'"];
    return `BEGIN IMMEDIATE;
INSERT INTO usuarios VALUES (${id}, 'Usuário ${id}', 'usuario${id}@example.com', ${agora});
INSERT INTO execucoes VALUES (${id}, '0123456789ab', ${agora}, '1.0.0', ${id}, ${id}, 1, '${'0'.repeat(64)}');
COMMIT;
`;
  });
  return TABELAS + transacoes.join('');
}

/** O shell sqlite3 a fazer um SQL sobre um banco novo. */
function emSql(bancada: Bancada, sql: string): (caminho: string) => string[] | string {
  const arquivo = bancada.em('par.sql');
  writeFileSync(arquivo, sql);
  return (caminho) => shell(`sqlite3 ${caminho} <${arquivo} >/dev/null`);
}

const LER_EM_SQL = (caminho: string) =>
  shell(`sqlite3 ${caminho} 'SELECT json_array(id, nome, email, criado_em) FROM usuarios' | sha256sum &&
    sqlite3 ${caminho} 'PRAGMA integrity_check'`);

/** As figuras, na ordem da tabela. */
export const FIGURAS: Figura[] = [
  {
    figura: 'escreve 3',
    par: 'Python',
    meta: 0.35,
    medir: (b) => b.compararEscrita([], (caminho) => python('escrever.py', caminho, '3'), 31),
  },
  {
    figura: 'lê 3',
    par: 'Python',
    meta: 0.4,
    medir: (b) => b.compararLeitura(3, (caminho) => python('ler.py', caminho), 31),
  },
  {
    figura: 'escreve 10⁶',
    par: 'Python',
    meta: 0.55,
    medir: (b) =>
      b.compararEscrita(['-n', `${b.milhao}`], (caminho) => python('escrever.py', caminho, `${b.milhao}`), 7),
  },
  {
    figura: 'escreve 10⁶',
    par: 'SQL',
    meta: 1.5,
    medir: (b) => b.compararEscrita(['-n', `${b.milhao}`], emSql(b, escreverEmSql(b.milhao)), 7),
  },
  {
    figura: 'escreve 10⁶',
    par: 'node:sqlite',
    medir: (b) =>
      b.compararEscrita(['-n', `${b.milhao}`], (caminho) => node('escrever.mjs', caminho, `${b.milhao}`), 7),
  },
  {
    figura: 'lê 10⁶',
    par: 'Python',
    meta: 0.5,
    medir: (b) => b.compararLeitura(b.milhao, (caminho) => python('ler.py', caminho), 7),
  },
  {
    figura: 'lê 10⁶',
    par: 'SQL e sha256sum',
    meta: 0.8,
    medir: (b) => b.compararLeitura(b.milhao, LER_EM_SQL, 7),
  },
  {
    figura: 'COMMIT',
    par: 'SQL',
    meta: 0.9,
    medir: async (b) => {
      const execucoes = b.milhao / 500;
      const opcoes = ['-n', '1', '-e', `${execucoes}`, '--json'];
      const tempo = await b.compararEscrita(opcoes, emSql(b, confirmarEmSql(execucoes)), 7);
      if ('pulada' in tempo) return tempo;
      const porSegundo = (ms: number) => execucoes / (ms / 1000);
      const [nosso, doPar] = [porSegundo(tempo.nosso), porSegundo(tempo.doPar)];
      return { ...tempo, unidade: '/s', nosso, doPar, valor: nosso / doPar, aoMenos: true };
    },
  },
  {
    figura: 'lê 10⁵ execuções, cada',
    par: '10⁴',
    meta: 1.2,
    medir: async (b) => {
      const poucas = b.milhao / 100;
      const ler = async (execucoes: number) => b.comando(nosso('leitor', '-b', await b.banco(1, execucoes)));
      const uma = await ler(1);
      const comeco = await b.comparar(uma, uma, 7);
      const tempo = await b.comparar(await ler(10 * poucas), await ler(poucas), 7);
      if ('pulada' in tempo || 'pulada' in comeco) return tempo;
      // Sem o que custa só começar, que em menos execuções pesaria mais em cada uma.
      const muitas = (1000 * (tempo.nosso - comeco.nosso)) / (10 * poucas);
      const menos = (1000 * (tempo.doPar - comeco.nosso)) / poucas;
      return { ...tempo, unidade: 'µs', nosso: muitas, doPar: menos, valor: muitas / menos };
    },
  },
  {
    figura: 'memória, escreve 10⁷',
    par: '10⁶',
    meta: 1.1,
    medir: (b) => b.compararMemoria('escritor'),
  },
  {
    figura: 'memória, lê 10⁷',
    par: '10⁶',
    meta: 1.1,
    medir: (b) => b.compararMemoria('leitor'),
  },
  { figura: 'container do leitor', par: 'base nua', meta: 40, medir: compararContainer },
  { figura: 'imagem, acima da base', par: 'base', meta: 65_536, medir: compararImagem },
  { figura: 'docker compose up', par: 'Python', meta: 1, medir: compararCompose },
];

/** `docker run` do leitor menos o da imagem base nua. */
async function compararContainer(b: Bancada): Promise<Medicao> {
  if (b.semDocker) return { pulada: b.semDocker };
  const { nome } = b.projeto;
  const imagem = b.projeto.imagem('leitor');
  const semear = ['run', '--rm', '--name', `${nome}-escritor`, '-v', `${nome}-leitura:/data`];
  await b.docker.exigir([...semear, b.projeto.imagem('escritor')]);
  const base = await imagemBase(b);
  const medicao = await b.comparar(
    b.doDocker(['run', '--rm', '--name', `${nome}-leitor`, '-v', `${nome}-leitura:/data:ro`, imagem]),
    b.doDocker(['run', '--rm', '--name', `${nome}-base`, base, '--version']),
    21,
  );
  if ('pulada' in medicao) return medicao;
  return { ...medicao, valor: medicao.nosso - medicao.doPar, unidadeDoValor: 'ms' };
}

/** A imagem de que as nossas partem: `IMAGEM_BASE`, ou a do Dockerfile. */
async function imagemBase(b: Bancada): Promise<string> {
  const { saida } = await b.compose('config', '--format', 'json');
  return JSON.parse(saida).services.leitor.build.args.IMAGEM_BASE;
}

async function compararImagem(b: Bancada): Promise<Medicao> {
  if (b.semDocker) return { pulada: b.semDocker };
  const tamanho = async (imagem: string) =>
    (await b.docker.inspecionar<{ Size: number }>('image', imagem))?.Size ?? Number.NaN;
  const [nossa, base] = [await tamanho(b.projeto.imagem('leitor')), await tamanho(await imagemBase(b))];
  return { unidade: 'B', nosso: nossa, doPar: base, valor: nossa - base, unidadeDoValor: 'B' };
}

/** Os dois serviços do começo ao fim, com o volume novo e as imagens prontas; remover tudo, depois, não conta. */
async function compararCompose(b: Bancada): Promise<Medicao> {
  if (b.semDocker) return { pulada: b.semDocker };
  if (!(await b.docker.inspecionar('image', IMAGEM_PYTHON)))
    return { pulada: `não há a imagem ${IMAGEM_PYTHON}` };
  // Numa pasta nossa, porque o engine monta nos containers o caminho de onde o Compose os lê.
  const pares = b.em('pares');
  cpSync(doPar('.'), pares, { recursive: true });
  const doComeco = (arquivo: string, nome: string): Vez => {
    const comando = ['compose', '-f', arquivo, '-p', nome];
    const ambiente = { VOLUME_DADOS: `${nome}-dados` };
    return async () => {
      const ms = await b.doDocker([...comando, 'up'], ambiente)();
      for (const servico of ['escritor', 'leitor']) {
        const container = `${nome}-${servico}-1`;
        const ficha = await b.docker.inspecionar<{ State: { ExitCode: number } }>('container', container);
        // O Compose sai com 0 ainda que o leitor falhe.
        if (ficha?.State.ExitCode !== 0) throw new Error(`${container} não terminou com 0`);
      }
      await b.docker.exigir([...comando, 'down', '-v', '-t', '0'], { ambiente });
      return ms;
    };
  };
  const { nome } = b.projeto;
  return await b.comparar(
    doComeco(join(RAIZ, 'compose.yaml'), nome),
    doComeco(`${pares}/compose.yaml`, `${nome}-par`),
    7,
  );
}
