import { Database } from 'bun:sqlite';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/*
 * Na imagem de um dos programas, como texto de `bun -e`: mexe no arquivo enquanto o programa dela trabalha, e diz, em
 * JSON, com que código ele saiu. Nada espera por um tempo: o sinal é um recibo, ou uma tranca do SQLite.
 */

const [papel = '', bom = ''] = process.argv.slice(1);

function comecar(arquivo: string, ...opcoes: string[]) {
  const comando = [process.execPath, 'programa.js', '-b', arquivo, '--json', ...opcoes];
  return Bun.spawn(comando, { stdout: 'pipe', stderr: 'ignore' });
}

/** Copia em outro processo: fechar um arquivo solta todas as trancas que o processo tem nele. */
function copiar(de: string, para: string): void {
  const codigo = `require('node:fs').copyFileSync(${JSON.stringify(de)}, ${JSON.stringify(para)})`;
  if (Bun.spawnSync([process.execPath, '-e', codigo]).exitCode !== 0) throw new Error(`não copiei ${de}`);
}

/** Se mais ninguém tem o banco trancado; se não, fica com ele trancado. */
function trancar(banco: Database): boolean {
  try {
    banco.run('BEGIN EXCLUSIVE');
    return true;
  } catch {
    return false;
  }
}

/** Um escritor que depois de lhe mexerem no arquivo ainda diz isto não parou, nem vai parar. */
const SEGUIU_BYTES = 200_000;

/** Um escritor sem fim, e o que lhe acontece depois do primeiro recibo. */
async function comEscritor(
  pasta: string,
  mexer: (arquivo: string, vivo: () => boolean) => unknown,
): Promise<number> {
  mkdirSync(pasta, { recursive: true });
  const arquivo = `${pasta}/desafio2.db`;
  const processo = comecar(arquivo, '-e', '0');
  const saida = processo.stdout.getReader();
  await saida.read();
  let depois = Number.NEGATIVE_INFINITY;
  const ler = (async () => {
    for (let lido = await saida.read(); !lido.done; lido = await saida.read()) {
      depois += lido.value.length;
      if (depois > SEGUIU_BYTES) processo.kill('SIGKILL');
    }
  })();
  await mexer(arquivo, () => processo.exitCode === null);
  depois = 0;
  await ler;
  return await processo.exited;
}

/**
 * Espera que o escritor esteja entre duas transações, depois da execução `depoisDe`, e não o deixa começar outra
 * enquanto `acao` roda. Devolve o número da última; se ele acaba antes, nada faz.
 */
async function entreDuas(
  { arquivo, vivo }: { arquivo: string; vivo: () => boolean },
  depoisDe: number,
  acao: () => void,
): Promise<number> {
  using banco = new Database(arquivo, { readwrite: true });
  for (; vivo(); await Bun.sleep(1)) {
    if (!trancar(banco)) continue;
    const [[ultima] = []] = banco.query('SELECT max(id) FROM execucoes').values();
    if (Number(ultima) > depoisDe) acao();
    banco.run('ROLLBACK');
    if (Number(ultima) > depoisDe) return Number(ultima);
  }
  return depoisDe;
}

async function escritores(): Promise<Record<string, number>> {
  return {
    movido: await comEscritor('/data/movido', (arquivo) => renameSync(arquivo, `${arquivo}.outro`)),
    apagado: await comEscritor('/data/apagado', (arquivo) => rmSync(arquivo)),
    voltou: await comEscritor('/data/voltou', async (arquivo, vivo) => {
      const antiga = '/data/voltou/antiga';
      const ultima = await entreDuas({ arquivo, vivo }, 0, () => copiar(arquivo, antiga));
      await entreDuas({ arquivo, vivo }, ultima, () => copiar(antiga, arquivo));
    }),
  };
}

/** Começa um leitor, e espera que ele tenha o banco trancado; se ele acaba antes que se veja, falso. */
async function comecarLeitor(arquivo: string, banco: Database) {
  const processo = comecar(arquivo);
  const saida = processo.stdout.text();
  let aMeio = false;
  while (processo.exitCode === null && !aMeio) {
    aMeio = !trancar(banco);
    if (!aMeio) banco.run('ROLLBACK');
    await Bun.sleep(1);
  }
  return { processo, saida, aMeio };
}

/** Um leitor sob o qual o arquivo é regravado, com os mesmos bytes, desde que o tem trancado até que acaba. */
async function regravar(arquivo: string): Promise<number | undefined> {
  const fd = openSync(arquivo, 'r+');
  const bytes = new Uint8Array(16);
  readSync(fd, bytes, 0, bytes.length, 0);
  using banco = new Database(arquivo, { readwrite: true });
  const { processo, saida, aMeio } = await comecarLeitor(arquivo, banco);
  let sob = false;
  while (processo.exitCode === null) {
    writeSync(fd, bytes, 0, bytes.length, 0);
    // Só conta se ele ainda o tem trancado depois: numa máquina muito ocupada, pode ter acabado entretanto.
    if (trancar(banco)) banco.run('ROLLBACK');
    else sob = aMeio;
    await Bun.sleep(1);
  }
  closeSync(fd);
  await saida;
  return sob ? await processo.exited : undefined;
}

/**
 * Um leitor sob o qual alguém confirma, pelo SQLite, que a última execução se foi. Quem confirma fica esperando a vez,
 * e ninguém mais começa a ler: a um leitor de um só momento nada acontece, e quem lê por partes dá lugar a ele na primeira
 * pausa. Diz o código, e quantas execuções cada parte do laudo viu.
 */
async function confirmar(arquivo: string): Promise<string | undefined> {
  using banco = new Database(arquivo, { readwrite: true });
  const { processo, saida, aMeio } = await comecarLeitor(arquivo, banco);
  if (aMeio) {
    banco.run('PRAGMA busy_timeout = 600000');
    banco.run('BEGIN IMMEDIATE');
    banco.run(
      'DELETE FROM usuarios WHERE id >= (SELECT primeiro_id FROM execucoes ORDER BY id DESC LIMIT 1)',
    );
    banco.run('DELETE FROM execucoes WHERE id = (SELECT max(id) FROM execucoes)');
    banco.run('COMMIT');
  }
  const laudo = await saida;
  const codigo = await processo.exited;
  if (!aMeio) return undefined;
  const { execucoes, recibo, ultimas_execucoes: ultimas = [], verificacoes = [] } = JSON.parse(laudo || '{}');
  const selos = verificacoes.find(({ nome }: { nome: string }) => nome === 'selos')?.detalhe ?? '';
  const partes = [execucoes, Number.parseInt(recibo, 10), ultimas.at(-1)?.execucao, deMilhares(selos)];
  return `código ${codigo}, execuções: ${[...new Set(partes)].join(', ')}`;
}

/** O primeiro número de um texto, escrito como `1.234`. */
function deMilhares(texto: string): number {
  return Number((texto.match(/\d[\d.]*/)?.[0] ?? '').replaceAll('.', ''));
}

/** Sobre uma cópia do banco bom, até que se veja o leitor no meio: numa máquina muito ocupada, pode acabar antes. */
async function insistir<T>(
  pasta: string,
  acao: (arquivo: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  mkdirSync(pasta, { recursive: true });
  const arquivo = `${pasta}/desafio2.db`;
  copyFileSync(bom, arquivo);
  let visto: T | undefined;
  for (let vez = 0; vez < 50 && visto === undefined; vez++) visto = await acao(arquivo);
  return visto;
}

async function leitores(): Promise<Record<string, number | string | undefined>> {
  return {
    regravado: await insistir('/data/lido', regravar),
    confirmado: await insistir('/data/confirmado', confirmar),
  };
}

const vistos = papel === 'escritor' ? await escritores() : await leitores();
await Bun.write(Bun.stdout, `${JSON.stringify(vistos)}\n`);
