import { Falha } from '../lib/falhas.ts';
import { cortar } from '../lib/texto.ts';
import { comecar, correr, descrever, type Modo, sinalizar } from './processo.ts';

/** O que um comando `docker` respondeu, e como repeti-lo num terminal. */
export interface Resposta {
  codigo: number;
  saida: string;
  erros: string;
  comando: string;
}

/** Como rodar `docker`; sem um limite, valem 5 minutos: construir imagens sem cache leva segundos. */
export type Pedido = Pick<Modo, 'ambiente' | 'entrada' | 'limiteMs'>;

/** Se um container saiu com 0 e nada disse. */
export const foiMudo = ({ codigo, saida }: Resposta) => codigo === 0 && saida === '';

/** O que o Compose vai contando, e o que o Docker acrescenta a cada erro: não dizem o que falhou. */
const SEM_INTERESSE = /^(?:(?:Container|Network|Volume) \S+ +[A-Z][a-z]+$|(?:Run|See) 'docker )/;

/** Por que um comando falhou, em palavras do engine: as últimas linhas que ele disse, numa só, curta e visível. */
export function descreverErros(erros: string): string {
  const linhas = erros
    .split('\n')
    .map((linha) => linha.trim())
    .filter(Boolean);
  const ditas = linhas.filter((linha) => !SEM_INTERESSE.test(linha));
  const ultimas = ditas.length > 0 ? ditas.slice(-3) : linhas.slice(-1);
  return ultimas.map((linha) => cortar(linha, 130)).join(' | ');
}

/**
 * Repete, até três vezes, o que ficou mudo: sob carga, o engine perde às vezes a saída de um container que acaba logo.
 * Um programa que se cala continua calado.
 */
export async function ouvir(
  rodar: () => Promise<Resposta>,
  mudo: (resposta: Resposta) => boolean = foiMudo,
): Promise<Resposta> {
  let resposta = await rodar();
  for (let vez = 0; vez < 3 && mudo(resposta); vez++) resposta = await rodar();
  return resposta;
}

const LIMITE_MS = 300_000;

/** O engine do Docker, pela sua própria linha de comando. */
export class Docker {
  readonly #parada: AbortSignal | undefined;
  readonly contexto: string | undefined;

  /**
   * `parada` interrompe o comando em curso; sem ela, nada o faz (a limpeza não se deixa interromper). `contexto` diz
   * que engine é, como em `docker context`; sem ele, o que o ambiente disser.
   */
  constructor(parada?: AbortSignal, contexto?: string) {
    this.#parada = parada;
    this.contexto = contexto;
  }

  /** O comando inteiro, para este engine. */
  comando(argumentos: string[]): string[] {
    return ['docker', ...(this.contexto === undefined ? [] : ['--context', this.contexto]), ...argumentos];
  }

  /**
   * Roda `docker` até o fim. Lança a `Falha` da parada, ou uma se o comando não existe ou passa do limite; na do limite,
   * `cause` é o que ele chegou a dizer.
   */
  async rodar(argumentos: string[], pedido: Pedido = {}): Promise<Resposta> {
    const comando = descrever(this.comando(argumentos), pedido.ambiente);
    const limiteMs = pedido.limiteMs ?? LIMITE_MS;
    const modo = { ...pedido, limiteMs, parada: this.#parada };
    const { passou, ...resposta } = await traduzindo(() => correr(this.comando(argumentos), modo));
    if (!passou) return { ...resposta, comando };
    const remedio = 'Veja se o engine responde.';
    const cause: Resposta = { ...resposta, comando };
    throw new Falha('indisponivel', `"${comando}" passou de ${limiteMs / 1000} s`, remedio, { cause });
  }

  /** Como `rodar`, e devolve só o que foi impresso. Lança `Falha` se o código não é 0. */
  async exigir(argumentos: string[], pedido: Pedido = {}): Promise<string> {
    const { codigo, saida, erros, comando } = await this.rodar(argumentos, pedido);
    if (codigo === 0) return saida.trim();
    const oQue = `"${comando}" falhou: ${descreverErros(erros)}`;
    throw new Falha('indisponivel', oQue, 'Repita o comando para ver o que houve.');
  }

  /** As linhas que um comando imprime, sem as vazias. */
  async listar(argumentos: string[], pedido: Pedido = {}): Promise<string[]> {
    return (await this.exigir(argumentos, pedido)).split('\n').filter((linha) => linha !== '');
  }

  /** `docker inspect`, ou `undefined` se não há nada com esse nome. */
  async inspecionar<Documento>(
    tipo: 'container' | 'image' | 'volume' | 'network',
    nome: string,
  ): Promise<Documento | undefined> {
    const { codigo, saida } = await this.rodar(['inspect', '--type', tipo, nome]);
    return codigo === 0 ? JSON.parse(saida)[0] : undefined;
  }

  /**
   * O que o engine conta de um container, de `desdeS` (segundos) até que seja destruído: linhas `ação id`. Ouve-se
   * enquanto acontece, porque o engine só guarda os últimos 256 acontecimentos, de todos os containers.
   */
  async seguir(nome: string, desdeS: number) {
    const filtro = ['--since', `${desdeS}`, '--filter', `container=${nome}`];
    const comando = this.comando(['events', ...filtro, '--format', '{{.Action}} {{.Actor.ID}}']);
    const processo = await traduzindo(() => comecar(comando));
    const calar = () => sinalizar(processo, 'SIGKILL');
    const ateDestruido = async (): Promise<string[]> => {
      const relogio = setTimeout(calar, LIMITE_MS);
      let texto = '';
      for await (const parte of processo.stdout) {
        texto += Buffer.from(parte).toString();
        if (/^destroy .*\n/m.test(texto)) break;
      }
      clearTimeout(relogio);
      return texto.split('\n').filter((linha) => linha !== '');
    };
    return { ateDestruido, [Symbol.dispose]: calar };
  }

  /**
   * `docker cp` de um container para outro, sem passar por um arquivo. Os donos vão no tar; com `-a` também no
   * destino, o engine procuraria na imagem um getent, que uma distroless não tem.
   */
  async copiarEntre(de: string, para: string): Promise<Resposta> {
    const origem = await traduzindo(() => comecar(this.comando(['cp', '-a', de, '-'])));
    try {
      const destino = await this.rodar(['cp', '-', para], { entrada: origem.stdout });
      // Um destino que recusa a cópia deixa a origem com o pipe cheio.
      if (destino.codigo !== 0) sinalizar(origem, 'SIGKILL');
      const codigo = destino.codigo || (await origem.exited);
      return { ...destino, codigo, comando: `docker cp -a ${de} - | docker cp - ${para}` };
    } finally {
      sinalizar(origem, 'SIGKILL');
    }
  }
}

/** O que `acao` dá; se o comando docker não existe, uma `Falha` que diz como o instalar. */
async function traduzindo<T>(acao: () => T | Promise<T>): Promise<T> {
  try {
    return await acao();
  } catch (erro) {
    if ((erro as NodeJS.ErrnoException).code !== 'ENOENT') throw erro;
    throw new Falha(
      'indisponivel',
      'o comando docker não está no PATH',
      'Instale o Docker: https://docs.docker.com/engine/install/',
      { cause: erro },
    );
  }
}
