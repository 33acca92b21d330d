import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CEDIDO, ceder, portaLivre } from '../apoio/maquina.ts';
import { matarServidor } from '../apoio/postgres.ts';
import { ate } from '../apoio/processo.ts';
import { comandoDoEtcd, configurarPatroni, type Lugar } from './configuracao-patroni.ts';
import { pastaDeEnsaio } from './ensaio.ts';

const NOMES = ['a', 'b', 'c'] as const;

/** O que o grupo diz de um dos seus. */
interface Membro {
  name: string;
  role: string;
  state: string;
}

/** Um dos três: o Patroni, e o PostgreSQL que ele começa e vigia. */
interface No extends Lugar {
  processo?: Bun.Subprocess;
}

/** Três servidores que o Patroni governa, com um etcd em que se entendem. */
export class GrupoPatroni {
  readonly #parada: AbortSignal;
  readonly #pasta = pastaDeEnsaio();
  readonly #nos = new Map<string, No>();
  readonly #dcs = portaLivre();
  #etcd: Bun.Subprocess | undefined;

  private constructor(parada: AbortSignal) {
    this.#parada = parada;
    ceder(this.#pasta.caminho);
    for (const nome of NOMES) {
      const pasta = this.#pasta.em(nome);
      mkdirSync(pasta);
      ceder(pasta);
      this.#nos.set(nome, { porta: portaLivre(), api: portaLivre(), pasta });
    }
  }

  /** Começa-os, e espera que haja um primário e uma réplica síncrona. */
  static async comecar(parada: AbortSignal): Promise<GrupoPatroni> {
    const grupo = new GrupoPatroni(parada);
    try {
      grupo.#etcd = grupo.#correr(...comandoDoEtcd(grupo.#pasta.em('etcd'), grupo.#dcs));
      for (const nome of NOMES) grupo.#comecar(nome);
      await grupo.pronto();
      return grupo;
    } catch (erro) {
      await grupo[Symbol.asyncDispose]();
      throw erro;
    }
  }

  /** Os três, num só endereço. */
  get lugar(): string {
    const hosts = [...this.#nos.values()].map(({ porta }) => `127.0.0.1:${porta}`);
    return `postgres://postgres@${hosts.join()}/postgres`;
  }

  /** Espera que haja um primário e duas réplicas, uma delas síncrona. */
  async pronto(): Promise<void> {
    await ate(
      async () => {
        const membros = (await this.#membros()).filter(({ state }) => /^(?:running|streaming)$/.test(state));
        return (
          membros.length === 3 &&
          ['leader', 'sync_standby'].every((papel) => membros.some(({ role }) => role === papel))
        );
      },
      'o grupo tenha um primário e duas réplicas',
      this.#parada,
    );
  }

  /** `kill -9` do PostgreSQL do primário: o Patroni recomeça-o, ou promove outro. */
  async matarServidor(): Promise<void> {
    matarServidor(join(this.#no(await this.#primario()).pasta, 'dados'));
  }

  /** `kill -9` do primário inteiro, com o Patroni; volta só depois de outro tomar o lugar dele. */
  async matarNo(): Promise<void> {
    const primario = await this.#primario();
    await this.#matar(this.#no(primario));
    await ate(async () => (await this.#primario()) !== primario, 'outro seja primário', this.#parada);
    this.#comecar(primario);
  }

  /** Outro passa a primário, a pedido. */
  async trocar(): Promise<void> {
    const leader = await this.#primario();
    const { api } = this.#no(leader);
    const resposta = await fetch(`http://127.0.0.1:${api}/switchover`, {
      method: 'POST',
      body: JSON.stringify({ leader }),
    });
    if (!resposta.ok) throw new Error(`o Patroni não troca de primário: ${await resposta.text()}`);
  }

  async #primario(): Promise<string> {
    let nome: string | undefined;
    await ate(
      async () => {
        nome = (await this.#membros()).find(({ role }) => role === 'leader')?.name;
        return nome !== undefined;
      },
      'haja um primário',
      this.#parada,
    );
    return nome ?? '';
  }

  /** O que o primeiro que responde diz do grupo. */
  async #membros(): Promise<Membro[]> {
    for (const { api } of this.#nos.values()) {
      try {
        const resposta = await fetch(`http://127.0.0.1:${api}/cluster`, {
          signal: AbortSignal.timeout(5000),
        });
        return ((await resposta.json()) as { members: Membro[] }).members;
      } catch {
        // está morto, ou ainda não atende
      }
    }
    return [];
  }

  #comecar(nome: string): void {
    const no = this.#no(nome);
    const configuracao = join(no.pasta, 'patroni.json');
    writeFileSync(configuracao, JSON.stringify(configurarPatroni(nome, no, this.#dcs)));
    no.processo = this.#correr('patroni', configuracao);
  }

  #correr(...comando: string[]): Bun.Subprocess {
    return Bun.spawn([...CEDIDO, ...comando], {
      cwd: this.#pasta.caminho,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
  }

  async #matar({ processo, pasta }: No): Promise<void> {
    processo?.kill('SIGKILL');
    await processo?.exited;
    matarServidor(join(pasta, 'dados'));
  }

  #no(nome: string): No {
    const no = this.#nos.get(nome);
    if (!no) throw new Error(`não há o nó ${nome}`);
    return no;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const no of this.#nos.values()) await this.#matar(no);
    this.#etcd?.kill('SIGKILL');
    await this.#etcd?.exited;
    this.#pasta[Symbol.dispose]();
  }
}
