import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL, type Subprocess } from 'bun';
import { CEDIDO, ceder, filhosDe, ler, portaLivre, sinalizarFamilia } from './maquina.ts';
import { ate, exigir, responde } from './processo.ts';

/** A pasta dos programas do PostgreSQL mais novo que o Debian instalou; `undefined` se nenhum. */
export function acharPostgres(): string | undefined {
  const pasta = '/usr/lib/postgresql';
  try {
    const versoes = [...new Bun.Glob('*/bin/initdb').scanSync(pasta)].map((caminho) =>
      Number.parseInt(caminho, 10),
    );
    return versoes.length > 0 ? join(pasta, `${Math.max(...versoes)}`, 'bin') : undefined;
  } catch {
    return undefined;
  }
}

/** Como um servidor é criado, além do que é igual em todos. */
export interface Feitio {
  /** Linhas de `postgresql.conf`. */
  configuracao?: Record<string, string | number>;
  /** Quem entra e como, em vez de todos sem senha; linhas de `pg_hba.conf`. */
  acesso?: string;
  /** Fala TLS, com um certificado de localhost que ele mesmo assina. */
  tls?: boolean;
  /** Nasce réplica de outro, que já começou, com este nome. */
  replicaDe?: { primario: Postgres; nome: string };
  /** A porta de outro que acabou, e de que toma o lugar. */
  porta?: number;
}

const TODOS = 'local all all trust\nhost all all all trust\nhost replication all all trust';

/** Um servidor numa pasta, com porta e socket seus. Nasce parado. */
export class Postgres {
  readonly porta: number;
  /** Onde estão os dados; ao lado dela, o socket. */
  readonly dados: string;
  readonly #pasta: string;
  readonly #programas: string;
  #processo: Subprocess | undefined;

  /** Cria-o numa pasta vazia. Lança `Error` se não há PostgreSQL. */
  constructor(pasta: string, feitio: Feitio = {}) {
    const { configuracao = {}, acesso = TODOS, tls = false, replicaDe, porta = portaLivre() } = feitio;
    const programas = acharPostgres();
    if (!programas) throw new Error('não há PostgreSQL nesta máquina');
    this.#programas = programas;
    this.#pasta = pasta;
    this.dados = join(pasta, 'dados');
    mkdirSync(this.dados, { mode: 0o700 });
    for (const uma of [pasta, this.dados]) ceder(uma);
    if (replicaDe) {
      const origem = origemDe(replicaDe);
      this.#correr('pg_basebackup', '-D', this.dados, '-d', origem, '-R', '-c', 'fast', '--no-sync');
    } else {
      const opcoes = ['-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--data-checksums'];
      this.#correr('initdb', '-D', this.dados, ...opcoes);
    }
    this.porta = porta;
    if (tls) this.#assinar();
    const linhas = {
      port: this.porta,
      listen_addresses: "'127.0.0.1'",
      unix_socket_directories: `'${pasta}'`,
      shared_buffers: "'32MB'",
      dynamic_shared_memory_type: 'mmap', // na pasta dele: em /dev/shm, ficaria lá depois de um kill -9
      ssl: tls ? 'on' : 'off',
      ...configuracao,
    };
    const texto = Object.entries(linhas).map(([nome, valor]) => `${nome} = ${valor}\n`);
    writeFileSync(join(this.dados, 'postgresql.auto.conf'), texto.join(''), { flag: 'a' });
    writeFileSync(join(this.dados, 'pg_hba.conf'), `${acesso}\n`);
  }

  /** O endereço de um banco de dados dele. */
  endereco(banco = 'postgres'): string {
    return `postgres://postgres@127.0.0.1:${this.porta}/${banco}`;
  }

  /** Começa-o, e espera que aceite conexões. */
  async comecar(): Promise<void> {
    const registro = Bun.file(join(this.#pasta, 'registro'));
    this.#processo = Bun.spawn([...CEDIDO, join(this.#programas, 'postgres'), '-D', this.dados], {
      stdin: 'ignore',
      stdout: registro,
      stderr: registro,
    });
    await ate(async () => {
      if (this.#processo?.exitCode === null) return this.#aceita();
      throw new Error(`o PostgreSQL não começou:\n${await registro.text()}`);
    }, 'o PostgreSQL aceite conexões');
  }

  #aceita(): boolean {
    const [pid, , , , , , , estado] = anotado(this.dados);
    return Number(pid) === this.#processo?.pid && estado?.trim() === 'ready';
  }

  /** De réplica, passa a servidor que aceita escrita; sem `sincronas`, já não espera por réplicas. */
  async promover(sincronas = ''): Promise<void> {
    await this.sql(`ALTER SYSTEM SET synchronous_standby_names = '${sincronas}'`);
    await this.sql('SELECT pg_reload_conf()');
    await this.sql('SELECT pg_promote()');
  }

  /** De réplica de um, passa a réplica de outro. */
  async seguir(primario: Postgres, nome: string): Promise<void> {
    await this.sql(`ALTER SYSTEM SET primary_conninfo = '${origemDe({ primario, nome })}'`);
    await this.sql('SELECT pg_reload_conf()');
  }

  /** Acaba com ele: `SIGINT` é depressa e bem, `SIGQUIT` é como uma queda. */
  async parar(sinal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    this.#processo?.kill(sinal);
    await this.#processo?.exited;
    this.#processo = undefined;
  }

  /** `kill -9` de todos os processos dele, como se a máquina tivesse acabado; os dados não servem para o recomeçar. */
  async matar(): Promise<void> {
    matarServidor(this.dados);
    await this.#processo?.exited;
    this.#processo = undefined;
  }

  /** Para ou retoma o servidor inteiro: parado, aceita conexões e não responde a nada. */
  sinalizarTodos(sinal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#processo) sinalizarFamilia(this.#processo.pid, sinal);
  }

  /** O processo que recebe o que o primário manda, se há um. */
  receptor(): number | undefined {
    return filhosDe(this.#processo?.pid).find((pid) => ler(`/proc/${pid}/cmdline`).includes('walreceiver'));
  }

  /** Roda comandos SQL, e devolve as linhas do último. */
  async sql(comandos: string, banco = 'postgres'): Promise<unknown[][]> {
    // Sem esperar por réplicas, que num ensaio podem não existir.
    const connection = { synchronous_commit: 'local' };
    await using cliente = new SQL({ url: this.endereco(banco), database: banco, max: 1, connection });
    const respostas = await cliente.unsafe(comandos).simple().values();
    // De vários comandos vem uma lista de respostas, que não conta linhas.
    return respostas.count === undefined ? respostas.at(-1) : respostas;
  }

  /** O certificado dele, se fala TLS. */
  get certificado(): string {
    return join(this.dados, 'server.crt');
  }

  #assinar(): void {
    const chave = join(this.dados, 'server.key');
    const pedido = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-days', '2', '-subj', '/CN=localhost'];
    const arquivos = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', chave, '-out', this.certificado];
    exigir(...CEDIDO, 'openssl', ...pedido, ...arquivos);
  }

  #correr(programa: string, ...argumentos: string[]): void {
    exigir(...CEDIDO, join(this.#programas, programa), ...argumentos);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parar('SIGQUIT');
  }
}

function origemDe({ primario, nome }: { primario: Postgres; nome: string }): string {
  return `host=127.0.0.1 port=${primario.porta} user=postgres application_name=${nome}`;
}

/** O que um servidor diz de si num arquivo, linha a linha. */
function anotado(dados: string): string[] {
  return ler(join(dados, 'postmaster.pid')).split('\n');
}

/** `kill -9` de todos os processos do servidor que tem estes dados, se ele está rodando. */
export function matarServidor(dados: string): void {
  const [chefe, , , , , , memoria] = anotado(dados);
  if (!chefe) return;
  sinalizarFamilia(Number(chefe), 'SIGSTOP'); // nenhum filho nasce entre ver os que há e os matar
  sinalizarFamilia(Number(chefe), 'SIGKILL');
  // Ninguém fica para largá-la, senão nós.
  const segmento = memoria?.trim().split(/\s+/)[1];
  if (segmento) responde('ipcrm', '-m', segmento);
}
