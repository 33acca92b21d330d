import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { estaDentro } from '../lib/armazem/disco.ts';
import { CODIGOS, Falha, type Motivo } from '../lib/falhas.ts';
import { avisarFalha } from '../lib/programa/programa.ts';
import { ehRecibo } from '../prova/diario.ts';
import { Docker, descreverErros, type Resposta } from '../prova/docker.ts';
import { Projeto, type Servico } from '../prova/projeto.ts';
import { bancoDe, type Estado } from './estado.ts';

/** Quanto um comando do engine tem: o escritor espera 10 s por quem tranca o banco. */
const LIMITE_MS = 60_000;

/** O poder que `compose.yaml` dá aos programas, sem rede nenhuma. */
export const PODER = [
  ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--network', 'none'],
  ...['--init', '--memory', '256m', '--pids-limit', '64'],
];

/** O escritor e o leitor nas suas imagens, cada vez num container novo, sobre o volume vigiado. */
export class Programas {
  readonly #volume: string;
  readonly #parada: AbortSignal;
  readonly #projeto: Projeto;
  /** Um container que um vigia morto deixou preso não se remove: nenhum nome se usa duas vezes. */
  readonly #sorteado = randomBytes(3).toString('hex');
  #containers = 0;

  /** Tudo o que se cria no engine tem o id do estado no nome: quem tem o estado sabe o que um vigia morto deixou. */
  constructor({ volume, id }: Pick<Estado, 'volume' | 'id'>, parada: AbortSignal) {
    this.#volume = volume;
    this.#parada = parada;
    this.#projeto = new Projeto(`desafio2-vigia-${id}`, new Docker(parada));
  }

  /** Remove o que um vigia morto deixou no engine, se consegue, e constrói as duas imagens. Lança `Falha` (`indisponivel`). */
  async construir(): Promise<void> {
    const sobras = await this.#remover(this.#projeto.docker);
    this.#parada.throwIfAborted();
    this.#avisarSobras(sobras);
    const { codigo, erros, comando } = await this.#projeto.compose(this.#volume, true, ['build', '--quiet']);
    if (codigo === 0) return;
    const oQue = `as imagens não puderam ser construídas: ${descreverErros(erros)}`;
    throw new Falha('indisponivel', oQue, `Repita: ${comando}`);
  }

  /** Lança `Falha` se o volume não existe: montá-lo criaria outro, vazio. `motivo` é o que isso quer dizer. */
  async exigirVolume(motivo: Motivo): Promise<void> {
    const resposta = await this.#pedir(['volume', 'inspect', this.#volume]);
    if (resposta.codigo === 0) return;
    if (!/no such volume/i.test(resposta.erros)) throw semResposta(resposta);
    const remedio = 'Veja os que há com "docker volume ls".';
    throw new Falha(motivo, `o volume ${this.#volume} não existe`, remedio);
  }

  /** Grava uma execução; devolve o recibo, e o que falhou depois de ele se ouvir. Lança `Falha` se não se ouve. */
  async gravar(banco: string): Promise<{ recibo: string; falha?: Falha }> {
    const pedido = ['--banco', banco, '--registros', '1', '--json'];
    const fim = await this.#rodar('escritor', pedido).catch((erro: unknown) => {
      if (erro instanceof Falha) return erro;
      throw erro;
    });
    const [, recibo = ''] = ditoDe(fim).match(/"recibo":"([^"]*)"/) ?? [];
    if (ehRecibo(recibo)) return { recibo, ...(fim instanceof Falha && { falha: fim }) };
    if (fim instanceof Falha) throw fim;
    throw new Falha('tenteDeNovo', 'não se ouviu o recibo do escritor', 'O engine pode tê-lo perdido.');
  }

  /** Confere a cadeia, com os recibos exigidos. Lança `Falha` se o leitor não a aprova. */
  async ler(banco: string, recibos: string[]): Promise<void> {
    const exigidos = recibos.flatMap((recibo) => ['--recibo', recibo]);
    await this.#rodar('leitor', ['--banco', banco, '--limite', '0', ...exigidos]);
  }

  /** Apaga os arquivos das cadeias que já se fecharam; se não consegue, diz, e eles ficam. */
  async apagarFechadas(estado: Estado): Promise<void> {
    const codigo = `const fs = require('node:fs');
      for (const nome of fs.readdirSync('/data/vigia')) {
        const [, cadeia] = nome.match(/^${estado.id}-(\\d+)\\.db(-journal)?$/) ?? [];
        if (Number(cadeia) < ${estado.cadeia}) fs.rmSync('/data/vigia/' + nome);
      }`;
    try {
      await this.#rodar('escritor', ['-e', codigo], ['--entrypoint', '/usr/local/bin/bun']);
    } catch (erro) {
      this.#parada.throwIfAborted();
      const oQue = `ficou no volume uma cadeia fechada, anterior a ${bancoDe(estado)}`;
      avisarFalha('vigia', { message: oQue, remedio: (erro as Error).message });
    }
  }

  async #rodar(programa: Servico, argumentos: string[], opcoes: string[] = []): Promise<Resposta> {
    const nome = `${this.#projeto.nome}-${this.#sorteado}-${++this.#containers}`;
    const container = ['--rm', '--pull', 'never', '--name', nome, ...PODER, ...opcoes];
    const volume = ['-v', `${this.#volume}:/data:${programa === 'leitor' ? 'ro' : 'rw'}`];
    try {
      const imagem = this.#projeto.imagem(programa);
      const resposta = await this.#pedir(['run', ...container, ...volume, imagem, ...argumentos]);
      if (resposta.codigo !== 0) throw falhaDo(programa, resposta);
      return resposta;
    } catch (erro) {
      this.#parada.throwIfAborted();
      // Um que passou do limite pode ainda lá estar, preso; no fim tenta-se outra vez.
      await this.#pedir(['rm', '-f', nome]).catch(() => {});
      throw erro;
    }
  }

  /** Um comando do engine. O que passa do limite não reprova: `tenteDeNovo`. */
  async #pedir(argumentos: string[]): Promise<Resposta> {
    try {
      return await this.#projeto.docker.rodar(argumentos, { limiteMs: LIMITE_MS });
    } catch (erro) {
      if (!(erro instanceof Falha) || erro.motivo !== 'indisponivel') throw erro;
      throw new Falha('tenteDeNovo', erro.message, 'Veja se o engine e o volume respondem.', { cause: erro });
    }
  }

  /** Remove do engine tudo o que se criou nele; o que não consegue, diz. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#avisarSobras(await this.#remover(new Docker()));
  }

  /** Devolve o que não se conseguiu remover, ou por quê. */
  async #remover(docker: Docker): Promise<string[]> {
    return await new Projeto(this.#projeto.nome, docker)
      .remover(this.#parada.aborted, ['container', 'imagem'])
      .catch((erro) => [erro instanceof Error ? erro.message : String(erro)]);
  }

  #avisarSobras(sobras: string[]): void {
    if (sobras.length === 0) return;
    const { nome } = this.#projeto;
    const remedio = `Procure-o com: docker ps -a --filter name=${nome}; docker images '${nome}*'`;
    avisarFalha('vigia', { message: `ficou no engine: ${sobras.join(', ')}`, remedio });
  }
}

/** Lança `Falha` (`uso`) se um arquivo daqui está no volume, de que o engine diz a pasta: voltaria atrás com ele. */
export async function recusarNoVolume(docker: Docker, volume: string, real: string): Promise<void> {
  const formato = '{{.Mountpoint}}\n{{if .Options}}{{.Options.device}}{{end}}';
  const perguntar = ['volume', 'inspect', '--format', formato, volume];
  const { saida } = await docker.rodar(perguntar, { limiteMs: LIMITE_MS });
  const pastas = saida.split('\n').filter((pasta) => pasta.startsWith('/'));
  if (!pastas.some((pasta) => estaDentro(real, resolve(pasta)))) return;
  const oQue = `o estado ${real} está no volume ${volume}, e voltaria atrás com ele`;
  throw new Falha('uso', oQue, 'Indique com --estado um arquivo em outro disco.');
}

/** O que um programa chegou a dizer, ainda que depois algo tenha falhado. */
function ditoDe(fim: unknown): string {
  if (fim instanceof Falha) return ditoDe(fim.cause);
  return (fim as Resposta | undefined)?.saida ?? '';
}

/** A falha de um programa, com o que ele disse. */
function falhaDo(programa: string, resposta: Resposta): Falha {
  const { codigo, erros } = resposta;
  // 125 é do engine, e daí em diante um sinal: pode ser outra coisa da próxima vez.
  if (codigo >= 125) return semResposta(resposta);
  // Não haver nada para ler do que já deu um recibo é tê-lo perdido.
  const perdeu = programa === 'leitor' && codigo === CODIGOS.nadaParaLer;
  const motivos = Object.keys(CODIGOS) as Motivo[];
  const motivo = perdeu ? 'reprovado' : (motivos.find((um) => CODIGOS[um] === codigo) ?? 'defeito');
  const [, oQue = erros.trim().slice(-500), remedio = 'Veja docs/programas.md, "Códigos de saída".'] =
    erros.match(new RegExp(`^${programa}: (?!aviso: )(.+)\\n +(.+)$`, 'm')) ?? [];
  return new Falha(motivo, `${programa} saiu com ${codigo}: ${oQue}`, remedio);
}

function semResposta(resposta: Resposta): Falha {
  const porque = resposta.erros.trim().split('\n', 1)[0] || 'o container foi interrompido';
  const oQue = `o engine não fez o que se pediu: ${porque}`;
  return new Falha('tenteDeNovo', oQue, 'Veja se ele responde.', { cause: resposta });
}
