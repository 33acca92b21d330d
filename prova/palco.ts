import pacote from '../package.json' with { type: 'json' };
import { Bancada } from './bancada.ts';
import type { Apoio } from './cenas/cena.ts';
import { conferirLeitura } from './coerencia.ts';
import { Diario } from './diario.ts';
import { foiMudo, ouvir, type Resposta } from './docker.ts';
import { type Escrita, interpretarEscrita } from './escrita.ts';
import { interpretarLeitura, type Leitura, type PedidoDeLeitura } from './leitura.ts';
import { confrontar } from './olhos.ts';
import type { OpcoesDoPalco } from './opcoes.ts';
import {
  type ComoEscrever,
  type ComoLer,
  type PedidoAoLeitor,
  pedirEscrita,
  pedirLeitura,
} from './pedidos.ts';
import { conferirRelatos } from './relatos.ts';
import { Sorte } from './sorte.ts';
import type { Prova } from './veredito.ts';

/**
 * Onde as cenas da prova acontecem: um projeto Compose com nome próprio e o volume principal. Tudo o que elas
 * criam no engine tem esse nome no começo, e só isso é removido. Guarda o que se pediu em cada volume, e confere
 * cada resposta dos programas com isso.
 */
export class Palco extends Bancada {
  /** O volume principal: um da prova ou o que o usuário indicou. */
  readonly volume: string;
  readonly doUsuario: boolean;
  readonly opcoes: OpcoesDoPalco;
  /** A versão dos programas que se provam. */
  readonly versao = pacote.version;
  /** Quanto levou um COMMIT no volume principal, se se mediu. */
  commit_ms: Prova['commit_ms'];
  /** Os volumes em que se escreveu desde a última vez que a prova olhou. */
  readonly porOlhar = new Set<string>();
  readonly #diarios = new Map<string, Diario>();
  #respostas = 0;
  #defeitos: { defeito: string; resposta: Resposta }[] = [];
  #chamadas = 0;

  constructor(opcoes: OpcoesDoPalco, parada: AbortSignal) {
    super(parada, opcoes.contextos);
    this.volume = opcoes.volume ?? this.nome('dados');
    this.doUsuario = opcoes.volume !== undefined;
    this.opcoes = opcoes;
  }

  /** Os números que a semente dá a um assunto. */
  sorte(assunto: string): Sorte {
    return new Sorte(this.opcoes.semente, assunto);
  }

  /** O que se pediu e foi respondido num volume. */
  diario(volume: string): Diario {
    const diario = this.#diarios.get(volume) ?? new Diario();
    this.trocarDiario(volume, diario);
    return diario;
  }

  /** O volume guarda agora o que outro guardava, ou o que havia nele antes da prova. */
  trocarDiario(volume: string, diario: Diario): void {
    diario.volume = volume;
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
    const externo = this.doUsuario && volume === this.volume;
    return await this.projeto.composeComRecibo({ volume, externo, recibo }, argumentos);
  }

  /** Roda o escritor e anota no diário do volume o que ele respondeu. Sem `nome`, o container some em seguida. */
  async escritor(volume: string, como: ComoEscrever = {}): Promise<Escrita> {
    const { opcoes, forma, ...pedido } = pedirEscrita(this.sorte(`escritor ${++this.#chamadas}`), como);
    const container = como.nome ? ['--name', como.nome] : ['--rm'];
    const de = this.agora();
    const fuso = como.fuso ? ['-e', `TZ=${como.fuso}`] : [];
    const argumentos = ['run', '-T', ...container, ...fuso, 'escritor', ...opcoes];
    const escrever = () => this.compose(volume, ...argumentos);
    // O que um escritor gravou, e o engine não deixou ouvir, fica no diário como o de um que foi morto.
    const perdida = (resposta: Resposta) => {
      if (!foiMudo(resposta) || como.nome) return false;
      this.diario(volume).talvez.push(...Array<number>(pedido.execucoes).fill(pedido.registros));
      return true;
    };
    const resposta = await ouvir(escrever, perdida);
    const escrita = interpretarEscrita(resposta, forma);
    if (escrita.codigo === 0) {
      const diario = como.acompanhado ? undefined : this.diario(volume);
      const entreMs: [number, number] = [de, this.agora()];
      const pedida = { ...pedido, versao: this.versao, entreMs, passageiro: como.passageiro };
      this.conferirResposta(escrita, conferirRelatos(escrita, pedida, diario));
    }
    this.anotar(volume, escrita, { registros: pedido.registros, de });
    return escrita;
  }

  /** Anota os recibos que um escritor deu, pedidos desde o instante `de` do engine. */
  anotar(volume: string, escrita: Escrita, { registros, de }: { registros: number; de: number }): void {
    const diario = this.diario(volume);
    const entreMs: [number, number] = [de, this.agora()];
    for (const { recibo, container } of escrita.relatos)
      diario.anotar(recibo, { registros, container, entreMs });
    this.porOlhar.add(volume);
  }

  /** Roda o leitor e confere se o que ele diz concorda consigo e com o diário. Sem `nome`, o container some. */
  async leitor(volume: string, como: ComoLer = {}): Promise<Leitura> {
    const pedido = this.prepararLeitura(como);
    const container = como.nome ? ['--name', como.nome] : ['--rm'];
    const argumentos = ['run', '-T', '--no-deps', ...container, 'leitor', ...pedido.opcoes];
    const ler = () => this.composeComRecibo(volume, pedido.recibo, ...argumentos);
    const resposta = await ouvir(ler, (uma) => !como.nome && leitorMudo(uma));
    return this.ouvirLeitor(resposta, pedido, como.semDiario ? undefined : this.diario(volume));
  }

  /** Roda a imagem do leitor, com o seu próprio ENTRYPOINT, sem o Compose: `montagens` são opções de `docker run`. */
  async leitorSolto(montagens: string[], como: ComoLer = {}): Promise<Leitura> {
    const pedido = this.prepararLeitura(como);
    const ambiente = pedido.recibo === undefined ? [] : ['-e', `RECIBO=${pedido.recibo}`];
    const imagem = [this.projeto.imagem('leitor'), ...pedido.opcoes];
    const ler = () => {
      const container = ['run', '--rm', '--name', como.nome ?? this.nomeNovo('leitor'), '--network', 'none'];
      return this.docker.rodar([...container, ...montagens, ...ambiente, ...imagem]);
    };
    return this.ouvirLeitor(await ouvir(ler, leitorMudo), pedido, undefined);
  }

  /** O pedido, para quem roda o leitor de outro modo e depois o dá a `ouvirLeitor`. */
  prepararLeitura(como: ComoLer): PedidoAoLeitor {
    return pedirLeitura(this.sorte(`leitor ${++this.#chamadas}`), como);
  }

  /** O que o leitor disse; os defeitos vão para os da cena. */
  ouvirLeitor(resposta: Resposta, pedido: PedidoDeLeitura, diario: Diario | undefined): Leitura {
    const leitura = interpretarLeitura(resposta, pedido);
    this.conferirResposta(leitura, conferirLeitura(leitura, diario));
    return leitura;
  }

  /** Junta os defeitos do que um programa disse aos da cena. */
  conferirResposta(resposta: Resposta, defeitos: string[]): void {
    this.#respostas++;
    for (const defeito of defeitos) this.#defeitos.push({ defeito, resposta });
  }

  /** Quantas respostas se conferiram desde a última vez, os defeitos, e a primeira que os tem. */
  tirarDefeitos(): { respostas: number; defeitos: string[]; resposta: Resposta | undefined } {
    const [achados, respostas] = [this.#defeitos, this.#respostas];
    this.#respostas = 0;
    this.#defeitos = [];
    return { respostas, defeitos: achados.map(({ defeito }) => defeito), resposta: achados[0]?.resposta };
  }

  /** Em que o volume, aos olhos da prova, não é o que se pediu e foi respondido. */
  async olhar(volume: string): Promise<{ defeitos: string[]; resposta: Resposta }> {
    const diario = this.diario(volume);
    const { visao, resposta } = await this.ver(volume, diario);
    this.porOlhar.delete(volume);
    return { defeitos: confrontar(visao, diario, this.versao), resposta };
  }

  /** Afirma que o que há no volume, aos olhos da prova, é o que se pediu. */
  async olharEConferir(volume: string, conferir: Apoio['conferir']): Promise<void> {
    const { defeitos, resposta } = await this.olhar(volume);
    const nome = volume.startsWith(this.projeto.nome) ? volume.slice(this.projeto.nome.length + 1) : volume;
    await conferir(`a prova lê ${nome}: é o que foi pedido`, [[], defeitos], resposta);
  }

  /** Garante que o volume principal tem ao menos uma execução desta prova, para uma cena pedida sozinha. */
  async garantirEscrita(): Promise<void> {
    if (this.recibos.length === 0) await this.escritor(this.volume);
  }
}

/** Um leitor diz sempre o seu laudo, seja qual for o veredito; só um erro de uso não o tem. */
const leitorMudo = ({ codigo, saida }: Resposta) => saida === '' && codigo !== 64;
