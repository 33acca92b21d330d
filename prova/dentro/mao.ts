import { dlopen, read } from 'bun:ffi';
import { Database } from 'bun:sqlite';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/*
 * Uma mão da prova dentro de um container: faz no volume o que lhe pedem em stdin, uma linha de JSON por pedido, e
 * responde com outra. As travas são as do fcntl, byte a byte, como o SQLite as pede: com as do próprio SQLite não se
 * poderia pedir só uma parte, nem saber qual das três foi recusada.
 */

export interface Pedido {
  acao: keyof typeof ACOES;
  arquivo: string;
  trava?: 'exclusiva' | 'compartilhada' | 'nenhuma';
  /** Que bytes travar: onde começam, e quantos são. */
  bytes?: [number, number];
  valor?: number;
  para?: string;
}

const PASTA = '/data/';
const PAGINA = 4096;
const F_SETLK = 6;
const TIPOS = { compartilhada: 0, exclusiva: 1, nenhuma: 2 };

const { symbols } = dlopen('libc.so.6', {
  fcntl: { args: ['int', 'int', 'ptr'], returns: 'int' },
  __errno_location: { args: [], returns: 'ptr' },
});

/** Só se fecham no fim: fechar um arquivo solta todas as travas que o processo tem nele. */
const abertos = new Map<string, number>();

function abrir(arquivo: string): number {
  const fd = abertos.get(arquivo) ?? openSync(PASTA + arquivo, existsSync(PASTA + arquivo) ? 'r+' : 'w+');
  abertos.set(arquivo, fd);
  return fd;
}

/** 0 se a trava foi concedida, ou o errno da recusa. */
function travar({ arquivo, trava = 'nenhuma', bytes: [de, quantos] = [0, 0] }: Omit<Pedido, 'acao'>): number {
  const flock = new DataView(new ArrayBuffer(32)); // struct flock, igual em x86-64 e em arm64
  flock.setInt16(0, TIPOS[trava], true);
  flock.setBigInt64(8, BigInt(de), true);
  flock.setBigInt64(16, BigInt(quantos), true);
  if (symbols.fcntl(abrir(arquivo), F_SETLK, new Uint8Array(flock.buffer)) === 0) return 0;
  const onde = symbols.__errno_location();
  return onde ? read.i32(onde, 0) : -1;
}

/** O número de que uma página está cheia, ou -1 se não é um só. */
function ler({ arquivo }: Pick<Pedido, 'arquivo'>): number {
  const pagina = new Int32Array(PAGINA / 4);
  const lidos = readSync(abrir(arquivo), pagina, 0, PAGINA, 0);
  return lidos === PAGINA && pagina.every((um) => um === pagina[0]) ? (pagina[0] ?? -1) : -1;
}

function gravar(arquivo: string, valor: number): void {
  writeSync(abrir(arquivo), new Int32Array(PAGINA / 4).fill(valor), 0, PAGINA, 0);
}

/** Durante `valor` milissegundos, soma um ao que está na página, de cada vez que consegue a trava. */
function disputar({ arquivo, bytes = [0, 0], valor = 0 }: Pedido): { somas: number; recusas: number } {
  const ate = performance.now() + valor;
  const conta = { somas: 0, recusas: 0 };
  while (performance.now() < ate) {
    if (travar({ arquivo, trava: 'exclusiva', bytes }) !== 0) {
      conta.recusas++;
      continue;
    }
    gravar(arquivo, ler({ arquivo }) + 1);
    conta.somas++;
    travar({ arquivo, bytes });
  }
  return conta;
}

/** Até `valor` execuções, ou cinco segundos delas, cada uma um COMMIT como os do escritor: quantos milissegundos levou. */
function confirmar({ arquivo, valor = 0 }: Pedido): number[] {
  using banco = new Database(PASTA + arquivo, { create: true });
  banco.run('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA');
  banco.run('CREATE TABLE IF NOT EXISTS t (texto TEXT)');
  const inserir = banco.query("INSERT INTO t VALUES ('um usuário')");
  const tempos: number[] = [];
  const inicio = performance.now();
  while (tempos.length < valor && performance.now() - inicio < 5000) {
    const antes = performance.now();
    inserir.run();
    tempos.push(performance.now() - antes);
  }
  return tempos;
}

function contar({ arquivo }: Pedido): unknown {
  using banco = new Database(PASTA + arquivo, { readwrite: true });
  return banco.query('SELECT count(*) FROM t').values()[0]?.[0];
}

const nomes = ({ arquivo }: Pedido) =>
  readdirSync(PASTA)
    .filter((nome) => nome.startsWith(arquivo))
    .sort();

const ACOES = {
  ...{ travar, ler, disputar, confirmar, contar, nomes },
  gravar: ({ arquivo, valor = 0 }: Pedido) => {
    gravar(arquivo, valor);
    fsyncSync(abrir(arquivo));
  },
  alongar: ({ arquivo, valor = 0 }: Pedido) => ftruncateSync(abrir(arquivo), valor),
  tamanho: ({ arquivo }: Pedido) => fstatSync(abrir(arquivo)).size,
  renomear: ({ arquivo, para = '' }: Pedido) => {
    renameSync(PASTA + arquivo, PASTA + para);
    const pasta = openSync(PASTA, 'r');
    fsyncSync(pasta);
    closeSync(pasta);
  },
  apagar: ({ arquivo }: Pedido) => rmSync(PASTA + arquivo),
  /** Apaga tudo o que começa assim. */
  limpar: (pedido: Pedido) => {
    for (const nome of nomes(pedido)) rmSync(PASTA + nome);
  },
};

for await (const linha of console) {
  if (linha === '') break; // stdin fechou-se
  const pedido: Pedido = JSON.parse(linha);
  let resposta: { dito: unknown } | { erro: string };
  try {
    resposta = { dito: ACOES[pedido.acao](pedido) ?? null };
  } catch (erro) {
    resposta = { erro: erro instanceof Error ? erro.message : String(erro) };
  }
  await Bun.write(Bun.stdout, `${JSON.stringify(resposta)}\n`);
}
