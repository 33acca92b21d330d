import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Lugar } from '../lugar.ts';
import { estaNaCamada, montagemDe } from '../montagens.ts';
import { aprovar, pular, type Resultado, reprovar } from '../resultado.ts';

/** Sistemas de arquivos que vivem na memória e somem com a última montagem. */
const VOLATEIS = ['tmpfs', 'ramfs', 'devtmpfs'];

/**
 * `volume`: num container, a pasta do arquivo é uma montagem própria, que dura mais do que ele. Onde não se sabe se
 * há um container, reprova o que seria reprovado num, e não aprova nada.
 */
export function conferirVolume(caminho: string, { montagens, container }: Lugar): Resultado {
  if (container === 'não') return pular('o leitor não está num container');
  const real = caminhoReal(caminho);
  const pasta = dirname(real);
  const montagem = montagemDe(pasta, montagens);
  const remedio = 'Monte um volume nessa pasta: veja "volumes" em compose.yaml.';
  if (!montagem || estaNaCamada(montagem, montagemDe('/', montagens))) {
    const camada =
      container === 'sim'
        ? 'do próprio container'
        : 'por cima da raiz, de um container ou de um sistema "live",';
    return reprovar('naoPersiste', `${pasta} está na camada ${camada} e some com ele`, remedio);
  }
  if (VOLATEIS.includes(montagem.tipo)) {
    return reprovar(
      'naoPersiste',
      `${montagem.ponto} é ${montagem.tipo}, na memória, e não persiste`,
      remedio,
    );
  }
  if (montagemDe(real, montagens) !== montagem) {
    return reprovar(
      'naoPersiste',
      `${real} é uma montagem só dele, à parte da pasta em que o -journal fica`,
      remedio,
    );
  }
  if (container === 'incerto') return pular('não se sabe se isto é um container: os sinais não bastam');
  const volume = montagem.raiz.match(/\/volumes\/([^/]+)\/_data(?:\/|$)/)?.[1];
  const modo = montagem.somenteLeitura ? 'somente leitura' : 'leitura e escrita';
  const oQue = volume ? `volume ${volume}` : 'montagem própria';
  return aprovar(`${oQue} em ${montagem.ponto}: ${montagem.tipo}, ${modo}`);
}

/** Se um arquivo está na pasta do banco ou, num container, no volume dela, ainda que montado outra vez noutro ponto. */
export function estaNoVolume(caminho: string, banco: string, { montagens, container }: Lugar): boolean {
  const [real, pasta] = [caminhoReal(caminho), dirname(caminhoReal(banco))];
  if (real.startsWith(`${pasta}/`)) return true;
  const [dele, doBanco] = [montagemDe(real, montagens), montagemDe(pasta, montagens)];
  if (container === 'não' || !dele || !doBanco || doBanco.ponto === '/') return false;
  return dele.dispositivo === doBanco.dispositivo && dele.raiz === doBanco.raiz;
}

/** O caminho sem links; o que ainda não existe fica na primeira pasta acima que existe. */
export function caminhoReal(caminho: string): string {
  const absoluto = resolve(caminho);
  try {
    return realpathSync(absoluto);
  } catch {
    return absoluto === '/' ? absoluto : join(caminhoReal(dirname(absoluto)), basename(absoluto));
  }
}
