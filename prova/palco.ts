import { randomBytes } from 'node:crypto';
import { Falha } from '../lib/falhas.ts';
import type { Laudo, Verificacao } from '../lib/laudo.ts';
import { Docker, Projeto, type Resposta } from './docker.ts';

/** O que o escritor fez num container: a resposta do engine, os recibos que imprimiu e quem ele diz que é. */
export interface Escrita extends Resposta {
  recibos: string[];
  container: string;
}

/** O que o leitor disse num container; sem laudo, se a saída dele não é um. */
export interface Leitura extends Resposta {
  laudo: Laudo | undefined;
}

/** O que o engine sabe de um container que terminou. */
export interface Ficha {
  Id: string;
  Mounts: { Name?: string; Destination: string; RW: boolean }[];
}

/**
 * Onde as cenas da prova acontecem: um projeto Compose com nome próprio e o volume principal. Tudo o que elas
 * criam no engine tem esse nome no começo, e só isso é removido.
 */
export class Palco {
  readonly docker: Docker;
  readonly projeto: Projeto;
  /** O volume principal: um da prova ou o que o usuário indicou. */
  readonly volume: string;
  readonly doUsuario: boolean;
  readonly rodadas: number;
  readonly manter: boolean;
  readonly parada: AbortSignal;
  /** Os recibos que o volume principal já deu, do mais antigo ao mais novo. */
  readonly recibos: string[] = [];

  constructor(
    { volume, rodadas, manter }: { volume: string | undefined; rodadas: number; manter: boolean },
    parada: AbortSignal,
  ) {
    this.parada = parada;
    this.docker = new Docker(parada);
    this.projeto = new Projeto(`desafio2-prova-${randomBytes(4).toString('hex')}`, this.docker);
    this.volume = volume ?? this.nome('dados');
    this.doUsuario = volume !== undefined;
    this.rodadas = rodadas;
    this.manter = manter;
  }

  /** O nome de algo só desta prova. */
  nome(sufixo: string): string {
    return `${this.projeto.nome}-${sufixo}`;
  }

  /** `docker compose` sobre um volume. Só o do usuário é externo: os outros o Compose cria, e a prova apaga. */
  async compose(volume: string, ...argumentos: string[]): Promise<Resposta> {
    return await this.projeto.compose(volume, this.doUsuario && volume === this.volume, argumentos);
  }

  /** Roda o escritor, com `--json`, num container que some em seguida. */
  async escritor(volume: string, ...opcoes: string[]): Promise<Escrita> {
    return this.#anotar(
      volume,
      await this.compose(volume, 'run', '--rm', '-T', 'escritor', '--json', ...opcoes),
    );
  }

  /** Como `escritor`, num container com nome dado, que também some em seguida. */
  async escritorChamado(nome: string, volume: string): Promise<Escrita> {
    return this.#anotar(
      volume,
      await this.compose(volume, 'run', '--rm', '-T', '--name', nome, 'escritor', '--json'),
    );
  }

  #anotar(volume: string, resposta: Resposta): Escrita {
    const escrita = interpretarEscrita(resposta);
    if (volume === this.volume) this.recibos.push(...escrita.recibos);
    return escrita;
  }

  /** Roda o leitor, com `--json`, exigindo `recibos`, num container que some em seguida. */
  async leitor(volume: string, recibos: string[]): Promise<Leitura> {
    return interpretarLeitura(await this.compose(volume, 'run', '--rm', ...comandoDoLeitor(recibos)));
  }

  /** Como `leitor`, e traz o que o engine diz do container antes de ele sumir. */
  async leitorComFicha(
    volume: string,
    recibos: string[],
  ): Promise<{ leitura: Leitura; ficha: Ficha | undefined }> {
    const nome = this.nome('leitor-com-ficha');
    const resposta = await this.compose(volume, 'run', '--name', nome, ...comandoDoLeitor(recibos));
    const ficha = await this.docker.inspecionar<Ficha>('container', nome);
    await this.docker.rodar(['rm', '-f', nome]);
    return { leitura: interpretarLeitura(resposta), ficha };
  }

  /** Roda um trecho de JavaScript na imagem do escritor; `montagens` são opções `-v` de `docker run`. */
  async bun(montagens: string[], codigo: string): Promise<Resposta> {
    const nome = this.nome(`bun-${randomBytes(3).toString('hex')}`);
    return await this.docker.rodar(['run', '--rm', ...this.#opcoesDoBun(nome, montagens), '-e', codigo]);
  }

  /** Como `bun`, em segundo plano, até que alguém remova o container; devolve depois que ele começou. */
  async bunEmSegundoPlano(nome: string, montagens: string[], codigo: string): Promise<void> {
    await this.docker.exigir(['run', '-d', ...this.#opcoesDoBun(nome, montagens), '-e', codigo]);
  }

  #opcoesDoBun(nome: string, montagens: string[]): string[] {
    const volumes = montagens.flatMap((montagem) => ['-v', montagem]);
    const comum = ['--init', '--name', nome, '--network', 'none', '--entrypoint', '/usr/local/bin/bun'];
    return [...comum, ...volumes, this.projeto.imagem('escritor')];
  }

  /** Garante que o volume principal tem ao menos uma execução desta prova, para uma cena pedida sozinha. */
  async garantirEscrita(): Promise<void> {
    if (this.recibos.length === 0) await this.escritor(this.volume);
  }

  /** Cria um volume na memória. Devolve por que este engine não monta um, ou `undefined`. */
  async criarNaMemoria(volume: string, tamanho: string): Promise<string | undefined> {
    const opcoes = ['type=tmpfs', 'device=tmpfs', `o=size=${tamanho},uid=65532,gid=65532`];
    await this.docker.exigir(['volume', 'create', ...opcoes.flatMap((opcao) => ['--opt', opcao]), volume]);
    const { codigo, erros } = await this.bun([`${volume}:/v`], '');
    return codigo === 0 ? undefined : erros.trim().split('\n')[0];
  }

  /** Se há no volume um journal que o SQLite ainda tem de desfazer: existe, e não começa com zero. */
  async temJournal(volume: string): Promise<boolean> {
    const { saida } = await this.bun(
      [`${volume}:/v:ro`],
      `const bytes = await Bun.file('/v/desafio2.db-journal').bytes().catch(() => []);
       console.log(bytes.length > 0 && bytes[0] !== 0 ? 'sim' : 'não');`,
    );
    return saida.trim() === 'sim';
  }

  /** SHA-256 de cada arquivo de um volume, lido por uma montagem somente leitura. */
  async impressaoDigital(volume: string): Promise<string> {
    const { codigo, saida } = await this.bun(
      [`${volume}:/v:ro`],
      `const fs = require('node:fs');
       for (const nome of fs.readdirSync('/v').sort()) {
         if (!fs.statSync('/v/' + nome).isFile()) continue;
         const resumo = new Bun.CryptoHasher('sha256');
         for await (const parte of Bun.file('/v/' + nome).stream()) resumo.update(parte);
         console.log(nome, resumo.digest('hex'));
       }`,
    );
    if (codigo === 0 && /^desafio2\.db [0-9a-f]{64}$/m.test(saida)) return saida.trim();
    throw new Falha(
      'reprovado',
      `não achei desafio2.db no volume ${volume}`,
      'Veja se o escritor gravou nele.',
    );
  }

  /** Espera uma condição, por até um minuto. */
  async esperar(condicao: () => Promise<boolean>, oQue: string): Promise<void> {
    const limite = performance.now() + 60_000;
    while (!(await condicao())) {
      this.parada.throwIfAborted();
      if (performance.now() > limite)
        throw new Falha('indisponivel', `esperei 60 s por ${oQue}`, 'Tente de novo.');
      await Bun.sleep(20);
    }
  }
}

function comandoDoLeitor(recibos: string[]): string[] {
  return ['-T', '--no-deps', 'leitor', '--json', ...recibos.flatMap((recibo) => ['-r', recibo])];
}

/** Acha os recibos na saída do escritor, em JSON ou em texto. */
export function interpretarEscrita(resposta: Resposta): Escrita {
  const recibos = [...resposta.saida.matchAll(/recibo"?: ?"?(\d+:[0-9a-f]{64})/g)].map(
    ([, recibo]) => recibo ?? '',
  );
  const containers = [...resposta.saida.matchAll(/"container":"([^"]*)"/g)].map(
    ([, container]) => container ?? '',
  );
  return { ...resposta, recibos, container: containers.at(-1) ?? '' };
}

function interpretarLeitura(resposta: Resposta): Leitura {
  try {
    const laudo = JSON.parse(resposta.saida);
    const listas = [laudo?.verificacoes, laudo?.ultimas_execucoes, laudo?.usuarios];
    return { ...resposta, laudo: listas.every(Array.isArray) ? laudo : undefined };
  } catch {
    return { ...resposta, laudo: undefined };
  }
}

/** O resultado de uma verificação num laudo. */
export function resultadoDe(leitura: Leitura, nome: Verificacao['nome']): string | undefined {
  return leitura.laudo?.verificacoes.find((verificacao) => verificacao?.nome === nome)?.resultado;
}
