import { dirname } from 'node:path';
import type { Lugar } from '../container.ts';
import { aprovar, pular, type Resultado, reprovar } from '../falhas.ts';
import { estaNaCamada, montagemDe } from '../montagens.ts';
import { caminhoReal, estaDentro } from './disco.ts';

/** Sistemas de arquivos que vivem na memória e somem com a última montagem. */
const VOLATEIS = ['tmpfs', 'ramfs', 'devtmpfs'];

/**
 * `volume`: num container, a pasta do arquivo é uma montagem própria, que dura mais do que ele. Onde não se sabe se
 * há um container, reprova o que seria reprovado num, e não aprova nada.
 */
export function conferirVolume(caminho: string, { montagens, container }: Lugar): Resultado {
  if (container === 'não') return pular('o leitor não está num container');
  const real = seguir(caminho);
  if (real === undefined) return pular('não se consegue seguir o caminho até o arquivo');
  const pasta = dirname(real);
  const montagem = montagemDe(pasta, montagens);
  const naoDura = (oQue: string) =>
    reprovar('naoPersiste', oQue, 'Monte um volume nessa pasta: veja "volumes" em compose.yaml.');
  if (!montagem || estaNaCamada(montagem, montagemDe('/', montagens))) {
    const camada =
      container === 'sim'
        ? 'do próprio container'
        : 'por cima da raiz, de um container ou de um sistema "live",';
    return naoDura(`${pasta} está na camada ${camada} e some com ele`);
  }
  if (VOLATEIS.includes(montagem.tipo)) {
    return naoDura(`${montagem.ponto} é ${montagem.tipo}, na memória, e não persiste`);
  }
  if (montagemDe(real, montagens) !== montagem) {
    return naoDura(`${real} é uma montagem só dele, à parte da pasta em que o -journal fica`);
  }
  if (container === 'incerto') return pular('não se sabe se isto é um container: os sinais não bastam');
  const volume = montagem.raiz.match(/\/volumes\/([^/]+)\/_data(?:\/|$)/)?.[1];
  const modo = montagem.somenteLeitura ? 'somente leitura' : 'leitura e escrita';
  const oQue = volume ? `volume ${volume}` : 'montagem própria';
  return aprovar(`${oQue} em ${montagem.ponto}: ${montagem.tipo}, ${modo}`);
}

function seguir(caminho: string): string | undefined {
  try {
    return caminhoReal(caminho);
  } catch {
    return; // quem abrir o arquivo dirá por quê
  }
}

/**
 * Se um arquivo está na pasta do banco ou, num container, no volume dela, ainda que montados outra vez em outro ponto.
 * Lança o erro do sistema.
 */
export function estaNoVolume(caminho: string, banco: string, { montagens, container }: Lugar): boolean {
  const real = caminhoReal(caminho);
  const doBanco = seguir(banco);
  if (doBanco === undefined) return false; // não se vai ler, nem lembrar
  const pasta = dirname(doBanco);
  if (estaDentro(real, pasta)) return true;
  const [dele, daPasta] = [montagemDe(real, montagens), montagemDe(pasta, montagens)];
  if (container === 'não' || !dele || !daPasta || daPasta.ponto === '/') return false;
  return dele.dispositivo === daPasta.dispositivo && dele.raiz === daPasta.raiz;
}
