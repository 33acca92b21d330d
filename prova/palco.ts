import { randomBytes } from 'node:crypto';
import { Falha } from '../lib/falhas.ts';
import pacote from '../package.json' with { type: 'json' };
import type { Apoio } from './cenas/cena.ts';
import { conferirLeitura } from './coerencia.ts';
import type { Visao } from './dentro/olhos.ts';
import { Diario } from './diario.ts';
import { Docker, type Resposta } from './docker.ts';
import { conferirRelatos, type Escrita, type Forma, interpretarEscrita } from './escrita.ts';
import type { Ficha } from './fichas.ts';
import { interpretarLeitura, type Leitura } from './leitura.ts';
import { confrontar } from './olhos.ts';
import { Projeto } from './projeto.ts';
import { Sorte } from './sorte.ts';

/** Como rodar o escritor; o que não é dito é sorteado, ou é o padrão dele. */
export interface ComoEscrever {
  registros?: number;
  execucoes?: number;
  forma?: Forma;
  /** O container fica, com este nome, até que alguém o remova. */
  nome?: string;
  /** Outro escritor trabalha no mesmo volume: os números não se podem prever. */
  acompanhado?: boolean;
}

/** Como rodar o leitor; o que não é dito é sorteado, ou é o padrão dele. */
export interface ComoLer {
  recibos?: string[];
  /** Destes, quantos vão em $RECIBO; os outros vão em `--recibo`. */
  noAmbiente?: number;
  forma?: Forma;
  limite?: number;
  nome?: string;
  /** Alguém escreve no volume ao mesmo tempo, ou o que ele guarda não é o que a prova pediu. */
  semDiario?: boolean;
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
  readonly semente: number;
  readonly manter: boolean;
  readonly parada: AbortSignal;
  /** A versão dos programas que se provam. */
  readonly versao = pacote.version;
  /** O que se pediu e foi respondido em cada volume. */
  readonly #diarios = new Map<string, Diario>();
  /** Os volumes em que se escreveu desde a última vez que a prova olhou. */
  readonly porOlhar = new Set<string>();
  /** Quantas respostas dos programas se conferiram, e os defeitos delas, desde a última vez que se perguntou. */
  #respostas = 0;
  #defeitos: { defeito: string; resposta: Resposta }[] = [];
  #desvioMs = 0;
  #chamadas = 0;

  constructor(
    opcoes: { volume: string | undefined; rodadas: number; semente: number; manter: boolean },
    parada: AbortSignal,
  ) {
    this.parada = parada;
    this.docker = new Docker(parada);
    this.projeto = new Projeto(`desafio2-prova-${randomBytes(4).toString('hex')}`, this.docker);
    this.volume = opcoes.volume ?? this.nome('dados');
    this.doUsuario = opcoes.volume !== undefined;
    this.rodadas = opcoes.rodadas;
    this.semente = opcoes.semente;
    this.manter = opcoes.manter;
  }

  /** O nome de algo só desta prova. */
  nome(sufixo: string): string {
    return `${this.projeto.nome}-${sufixo}`;
  }

  /** Os números que a semente dá a um assunto. */
  sorte(assunto: string): Sorte {
    return new Sorte(this.semente, assunto);
  }

  diario(volume: string): Diario {
    const diario = this.#diarios.get(volume) ?? new Diario();
    this.#diarios.set(volume, diario);
    return diario;
  }

  /** O volume guarda agora o que outro guardava, ou o que havia nele antes da prova. */
  trocarDiario(volume: string, diario: Diario): void {
    this.#diarios.set(volume, diario);
  }

  /** O volume já não existe. */
  esquecer(volume: string): void {
    this.#diarios.delete(volume);
    this.porOlhar.delete(volume);
  }

  /** Os recibos que o volume principal já deu, do mais antigo ao mais novo. */
  get recibos(): string[] {
    return this.diario(this.volume).recibos;
  }

  /** Aprende que horas são no engine, que pode estar noutra máquina. */
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

  /** `docker compose` sobre um volume. Só o do usuário é externo: os outros o Compose cria, e a prova apaga. */
  async compose(volume: string, ...argumentos: string[]): Promise<Resposta> {
    return await this.composeComRecibo(volume, undefined, ...argumentos);
  }

  /** Como `compose`, com $RECIBO no ambiente de quem o chama. */
  async composeComRecibo(
    volume: string,
    recibo: string | undefined,
    ...argumentos: string[]
  ): Promise<Resposta> {
    return await this.projeto.compose(volume, this.doUsuario && volume === this.volume, argumentos, recibo);
  }

  /** Roda o escritor e anota no diário do volume o que ele respondeu. Sem `nome`, o container some em seguida. */
  async escritor(volume: string, como: ComoEscrever = {}): Promise<Escrita> {
    const sorte = this.sorte(`escritor ${++this.#chamadas}`);
    const forma = como.forma ?? sorte.um(['texto', 'json']);
    const { registros = 3, execucoes = 1 } = como;
    const opcoes = [
      ...(como.registros === undefined ? [] : escreverOpcao(sorte, 'n', 'registros', registros)),
      ...(como.execucoes === undefined ? [] : escreverOpcao(sorte, 'e', 'execucoes', execucoes)),
      ...(forma === 'json' ? ['--json'] : []),
    ];
    const container = como.nome ? ['--name', como.nome] : ['--rm'];
    const de = this.agora();
    const resposta = await this.compose(volume, 'run', '-T', ...container, 'escritor', ...opcoes);
    const escrita = interpretarEscrita(resposta, forma);
    const diario = this.diario(volume);
    const pedido = { registros, execucoes, versao: this.versao };
    if (escrita.codigo === 0) {
      this.conferirResposta(escrita, conferirRelatos(escrita, pedido, como.acompanhado ? undefined : diario));
    }
    this.anotar(volume, escrita, registros, de);
    return escrita;
  }

  /** Anota os recibos que um escritor deu, pedidos desde o instante `de` do engine. */
  anotar(volume: string, escrita: Escrita, registros: number, de: number): void {
    const diario = this.diario(volume);
    const entreMs: [number, number] = [de, this.agora()];
    for (const { recibo, container } of escrita.relatos)
      diario.anotar(recibo, { registros, container, entreMs });
    this.porOlhar.add(volume);
  }

  /** Junta os defeitos do que um programa disse aos da cena. */
  conferirResposta(resposta: Resposta, defeitos: string[]): void {
    this.#respostas++;
    for (const defeito of defeitos) this.#defeitos.push({ defeito, resposta });
  }

  /** Quantas respostas se conferiram desde a última vez, os defeitos, e a primeira que os tem. */
  tirarDefeitos(): { respostas: number; defeitos: string[]; resposta: Resposta | undefined } {
    const achados = this.#defeitos;
    const resultado = {
      respostas: this.#respostas,
      defeitos: achados.map(({ defeito }) => defeito),
      resposta: achados[0]?.resposta,
    };
    this.#respostas = 0;
    this.#defeitos = [];
    return resultado;
  }

  /** Roda o leitor e confere se o que ele diz concorda consigo e com o diário. Sem `nome`, o container some. */
  async leitor(volume: string, como: ComoLer = {}): Promise<Leitura> {
    const { opcoes, recibo, ...pedido } = this.prepararLeitura(como);
    const container = como.nome ? ['--name', como.nome] : ['--rm'];
    const argumentos = ['run', '-T', '--no-deps', ...container, 'leitor', ...opcoes];
    const resposta = await this.composeComRecibo(volume, recibo, ...argumentos);
    return this.ouvirLeitor(resposta, pedido, como.semDiario ? undefined : this.diario(volume));
  }

  /** Roda a imagem do leitor, com o seu próprio ENTRYPOINT, sem o Compose: `montagens` são opções de `docker run`. */
  async leitorSolto(montagens: string[], como: ComoLer = {}, ...mais: string[]): Promise<Leitura> {
    const { opcoes, recibo, ...pedido } = this.prepararLeitura(como);
    const nome = como.nome ?? this.nome(`leitor-${randomBytes(3).toString('hex')}`);
    const argumentos = ['run', '--rm', '--name', nome, '--network', 'none', ...montagens];
    if (recibo !== undefined) argumentos.push('-e', `RECIBO=${recibo}`);
    const imagem = this.projeto.imagem('leitor');
    const resposta = await this.docker.rodar([...argumentos, imagem, ...opcoes, ...mais]);
    return this.ouvirLeitor(resposta, pedido, undefined);
  }

  /** As opções do leitor, sorteado o que não foi dito. */
  prepararLeitura(como: ComoLer) {
    const sorte = this.sorte(`leitor ${++this.#chamadas}`);
    const { recibos: exigidos = [], limite = 20 } = como;
    const forma = como.forma ?? sorte.um<Forma>(['texto', 'json']);
    const noAmbiente = como.noAmbiente ?? sorte.inteiro(0, Math.min(exigidos.length, 50));
    const recibo = noAmbiente > 0 ? exigidos.slice(-noAmbiente).join(sorte.um([' ', ',', ', '])) : undefined;
    const opcoes = [
      ...exigidos
        .slice(0, exigidos.length - noAmbiente)
        .flatMap((um) => escreverOpcao(sorte, 'r', 'recibo', um)),
      ...(como.limite === undefined ? [] : ['--limite', `${limite}`]),
      ...(forma === 'json' ? ['--json'] : []),
    ];
    return { opcoes, recibo, forma, exigidos, limite };
  }

  /** O que o leitor disse; os defeitos vão para os da cena. */
  ouvirLeitor(
    resposta: Resposta,
    pedido: Pick<Leitura, 'forma' | 'exigidos' | 'limite'>,
    diario: Diario | undefined,
  ): Leitura {
    const leitura = interpretarLeitura(resposta, pedido);
    this.conferirResposta(leitura, conferirLeitura(leitura, diario));
    return leitura;
  }

  /** O que o engine sabe de um container. */
  async ficha(nome: string): Promise<Ficha | undefined> {
    return await this.docker.inspecionar<Ficha>('container', nome);
  }

  async remover(...nomes: string[]): Promise<void> {
    await this.docker.rodar(['rm', '-f', ...nomes]);
  }

  /** Roda um programa de `prova/dentro` na imagem dos olhos; `montagens` são opções `-v` de `docker run`. */
  async dentro(montagens: string[], programa: string, ...argumentos: string[]): Promise<Resposta> {
    const nome = this.nome(`olhos-${randomBytes(3).toString('hex')}`);
    const opcoes = ['--rm', ...opcoesDosOlhos(nome, montagens), this.projeto.olhos];
    return await this.docker.rodar(['run', ...opcoes, `${programa}.ts`, ...argumentos]);
  }

  /** Como `dentro`, com um trecho de JavaScript. */
  async bun(montagens: string[], codigo: string): Promise<Resposta> {
    const nome = this.nome(`olhos-${randomBytes(3).toString('hex')}`);
    const opcoes = ['--rm', ...opcoesDosOlhos(nome, montagens), this.projeto.olhos];
    return await this.docker.rodar(['run', ...opcoes, '-e', codigo]);
  }

  /** Como `bun`, em segundo plano, até que alguém remova o container; devolve depois que ele começou. */
  async bunEmSegundoPlano(nome: string, montagens: string[], codigo: string): Promise<void> {
    await this.docker.exigir([
      'run',
      '-d',
      ...opcoesDosOlhos(nome, montagens),
      this.projeto.olhos,
      '-e',
      codigo,
    ]);
  }

  /** O que os olhos da prova veem no arquivo de um volume. Lança `Falha` se não conseguem olhar. */
  async ver(volume: string): Promise<{ visao: Visao; resposta: Resposta }> {
    const { antes } = this.diario(volume);
    const desde = [`${antes.execucoes + 1}`, `${antes.ultimoId + 1}`];
    const resposta = await this.dentro([`${volume}:/v:ro,nocopy`], 'olhos', '/v/desafio2.db', ...desde);
    if (resposta.codigo === 0) return { visao: JSON.parse(resposta.saida), resposta };
    const porque = resposta.erros.trim().split('\n').at(-1);
    throw new Falha('reprovado', `os olhos da prova não leem ${volume}: ${porque}`, resposta.comando);
  }

  /** Em que o volume não é o que se pediu e foi respondido. */
  async olhar(volume: string): Promise<{ defeitos: string[]; resposta: Resposta }> {
    const { visao, resposta } = await this.ver(volume);
    this.porOlhar.delete(volume);
    return { defeitos: confrontar(visao, this.diario(volume), this.versao), resposta };
  }

  /** Afirma que o que há no volume, aos olhos da prova, é o que se pediu. */
  async olharEConferir(volume: string, conferir: Apoio['conferir']): Promise<void> {
    const { defeitos, resposta } = await this.olhar(volume);
    const nome = volume.startsWith(this.projeto.nome) ? volume.slice(this.projeto.nome.length + 1) : volume;
    await conferir(`a prova lê ${nome}: é o que foi pedido`, [], defeitos, resposta);
  }

  /** Garante que o volume principal tem ao menos uma execução desta prova, para uma cena pedida sozinha. */
  async garantirEscrita(): Promise<void> {
    if (this.recibos.length === 0) await this.escritor(this.volume);
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

function opcoesDosOlhos(nome: string, montagens: string[]): string[] {
  return [
    '--init',
    '--name',
    nome,
    '--network',
    'none',
    ...montagens.flatMap((montagem) => ['-v', montagem]),
  ];
}

/** Uma opção com o seu valor, por extenso ou não, junto ou separado: tanto faz para quem a lê. */
function escreverOpcao(sorte: Sorte, curta: string, longa: string, valor: string | number): string[] {
  return sorte.um([[`-${curta}`, `${valor}`], [`--${longa}`, `${valor}`], [`--${longa}=${valor}`]]);
}
