import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Falha } from '../lib/falhas.ts';
import type { Visao } from './dentro/olhos.ts';
import type { Diario } from './diario.ts';
import { Docker, descreverErros, ouvir, type Resposta } from './docker.ts';
import type { Comum, Ficha, FichaDaImagem } from './fichas.ts';
import { Projeto } from './projeto.ts';

/** O que a prova põe no engine que não é o que ela prova: nomes seus, e containers com os seus olhos. */
export class Bancada {
  readonly docker: Docker;
  /** O engine de outra máquina, se a prova foi pedida em duas; senão, o mesmo. */
  readonly outroDocker: Docker;
  readonly projeto: Projeto;
  readonly parada: AbortSignal;
  #desvioMs = 0;
  #containerComum: Promise<Ficha> | undefined;

  /** `contextos`: o do engine em que se prova, e o de outro, em que vive a segunda mão; sem eles, o do ambiente. */
  constructor(parada: AbortSignal, [contexto, outro = contexto]: string[] = []) {
    this.parada = parada;
    this.docker = new Docker(parada, contexto);
    this.outroDocker = outro === contexto ? this.docker : new Docker(parada, outro);
    this.projeto = new Projeto(`desafio2-prova-${randomBytes(4).toString('hex')}`, this.docker);
  }

  /** A imagem dos olhos da prova, em cada engine que vai ter um container dela. */
  async construirOlhos(): Promise<Resposta> {
    const resposta = await this.projeto.construirOlhos();
    if (resposta.codigo !== 0 || this.outroDocker === this.docker) return resposta;
    return await new Projeto(this.projeto.nome, this.outroDocker).construirOlhos();
  }

  /** O nome de algo só desta prova. */
  nome(sufixo: string): string {
    return `${this.projeto.nome}-${sufixo}`;
  }

  /** Como `nome`, sempre outro. */
  nomeNovo(sufixo: string): string {
    return this.nome(`${sufixo}-${randomBytes(3).toString('hex')}`);
  }

  /** Aprende que horas são no engine, que pode estar em outra máquina. */
  async acertarRelogio(): Promise<void> {
    const antes = Date.now();
    const noEngine = Date.parse(await this.docker.exigir(['info', '--format', '{{.SystemTime}}']));
    const depois = Date.now();
    this.#desvioMs = noEngine - (antes + depois) / 2;
  }

  /** A hora do engine, em milissegundos. */
  agora(): number {
    return Date.now() + this.#desvioMs;
  }

  /** O que o engine sabe de um container. */
  async ficha(nome: string): Promise<Ficha | undefined> {
    return await this.docker.inspecionar<Ficha>('container', nome);
  }

  /** A imagem de um programa, e um container que o engine cria sem que nada se lhe peça. */
  async comum(programa: 'escritor' | 'leitor'): Promise<Comum> {
    this.#containerComum ??= this.#criarComum();
    const imagem = await this.docker.exigir(['image', 'inspect', this.projeto.imagem(programa)]);
    const [ficha]: FichaDaImagem[] = JSON.parse(imagem);
    if (!ficha) throw new Error(`o engine não descreve a imagem do ${programa}`);
    return { container: await this.#containerComum, imagem: ficha };
  }

  async #criarComum(): Promise<Ficha> {
    const nome = this.nome('comum');
    await this.docker.exigir(['create', '--name', nome, this.projeto.olhos]);
    const [ficha]: Ficha[] = JSON.parse(await this.docker.exigir(['container', 'inspect', nome]));
    await this.remover(nome);
    if (!ficha) throw new Error('o engine não descreve um container que criou');
    return ficha;
  }

  async remover(...nomes: string[]): Promise<void> {
    await this.docker.rodar(['rm', '-f', '-v', ...nomes]);
  }

  /** Roda um programa de `prova/dentro` na imagem dos olhos; `montagens` são opções `-v` de `docker run`. */
  async dentro(montagens: string[], programa: string, ...argumentos: string[]): Promise<Resposta> {
    return await this.#rodar(this.#dePassagem(), montagens, [`${programa}.ts`, ...argumentos]);
  }

  /** Como `dentro`, na imagem de um dos programas, ao lado dele: o programa de `prova/dentro` não importa outro. */
  async naImagem(
    imagem: 'escritor' | 'leitor',
    montagens: string[],
    [programa = '', ...argumentos]: string[],
  ): Promise<Resposta> {
    const codigo = await Bun.file(join(import.meta.dir, `dentro/${programa}.ts`)).text();
    const volumes = montagens.flatMap((montagem) => ['-v', montagem]);
    const container = ['--rm', '--init', '--name', this.nomeNovo(programa), '--network', 'none', ...volumes];
    const bun = ['--entrypoint', '/usr/local/bin/bun', this.projeto.imagem(imagem)];
    return await ouvir(() => this.docker.rodar(['run', ...container, ...bun, '-e', codigo, ...argumentos]));
  }

  /** Como `dentro`, com um trecho de JavaScript. */
  async bun(montagens: string[], codigo: string): Promise<Resposta> {
    return await this.#rodar(this.#dePassagem(), montagens, ['-e', codigo]);
  }

  /** Como `bun`, em segundo plano, até que alguém remova o container. Lança `Falha` se ele não começa. */
  async bunEmSegundoPlano(nome: string, montagens: string[], codigo: string): Promise<void> {
    const resposta = await this.#rodar(['-d', '--name', nome], montagens, ['-e', codigo]);
    if (resposta.codigo === 0) return;
    const oQue = `"${resposta.comando}" falhou: ${descreverErros(resposta.erros)}`;
    throw new Falha('indisponivel', oQue, 'Repita o comando.');
  }

  /** As opções de um container que some assim que acaba. */
  #dePassagem(): string[] {
    return ['--rm', '--name', this.nomeNovo('olhos')];
  }

  async #rodar(container: string[], montagens: string[], argumentos: string[]): Promise<Resposta> {
    const volumes = montagens.flatMap((montagem) => ['-v', montagem]);
    const comum = ['--init', '--network', 'none', ...volumes, this.projeto.olhos];
    return await this.docker.rodar(['run', ...container, ...comum, ...argumentos]);
  }

  /** O que os olhos da prova veem no arquivo de um volume, depois do que já havia nele. Lança `Falha` se não leem. */
  async ver(volume: string, { antes }: Diario): Promise<{ visao: Visao; resposta: Resposta }> {
    const desde = [`${antes.execucoes + 1}`, `${antes.ultimoId + 1}`];
    const resposta = await ouvir(() =>
      this.dentro([`${volume}:/v:ro,nocopy`], 'olhos', '/v/desafio2.db', ...desde),
    );
    if (resposta.codigo === 0 && resposta.saida !== '')
      return { visao: JSON.parse(resposta.saida), resposta };
    const porque = descreverErros(resposta.erros);
    throw new Falha('reprovado', `os olhos da prova não leem ${volume}: ${porque}`, resposta.comando);
  }

  /** Espera uma condição, por até cinco minutos. Lança `Falha` se ela não vem. */
  async esperar(condicao: () => Promise<boolean>, oQue: string): Promise<void> {
    const limite = performance.now() + 300_000;
    while (!(await condicao())) {
      this.parada.throwIfAborted();
      if (performance.now() > limite)
        throw new Falha('indisponivel', `esperei 300 s por ${oQue}`, 'Tente de novo.');
      await Bun.sleep(20);
    }
  }
}
