/** Uma linha de `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export interface Montagem {
  /** O `maior:menor` do sistema de arquivos: duas montagens com o mesmo são do mesmo. */
  dispositivo: string;
  /** A pasta do sistema de arquivos que aparece em `ponto`. */
  raiz: string;
  /** Onde a montagem aparece neste container. */
  ponto: string;
  /** O sistema de arquivos: `ext4`, `overlay`, `tmpfs`… */
  tipo: string;
  /** De onde vem: `/dev/vda1`, `overlay`, o nome de um conjunto ZFS… */
  fonte: string;
  /** As opções do sistema de arquivos; num overlay, as pastas de que é feito. */
  opcoes: string;
  somenteLeitura: boolean;
}

/** As montagens de um `mountinfo`, na ordem do kernel; linhas que não o são ficam de fora. */
export function interpretarMontagens(texto: string): Montagem[] {
  const montagens: Montagem[] = [];
  for (const linha of texto.split('\n')) {
    const [antes = '', depois] = linha.split(' - ');
    const [, , dispositivo = '', raiz, ponto, daMontagem] = antes.split(' ');
    const [tipo, fonte = '', opcoes = ''] = depois?.split(' ') ?? [];
    if (!raiz || !ponto || !daMontagem || !tipo) continue;
    montagens.push({
      dispositivo,
      raiz: decodificar(raiz),
      ponto: decodificar(ponto),
      tipo,
      fonte: decodificar(fonte),
      opcoes: decodificar(opcoes),
      somenteLeitura: [daMontagem, opcoes].some((lista) => lista.split(',').includes('ro')),
    });
  }
  return montagens;
}

/** O kernel escreve espaço, tabulação, quebra de linha e `\` em octal. */
function decodificar(caminho: string): string {
  return caminho.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** A montagem em que `pasta` (absoluta, sem links) está: a última de ponto mais longo. */
export function montagemDe(pasta: string, montagens: Montagem[]): Montagem | undefined {
  let melhor: Montagem | undefined;
  for (const montagem of montagens) {
    const contem = montagem.ponto === '/' || `${pasta}/`.startsWith(`${montagem.ponto}/`);
    if (contem && montagem.ponto.length >= (melhor?.ponto.length ?? 0)) melhor = montagem;
  }
  return melhor;
}

/** As pastas em que os engines guardam a camada de um container: Docker, containerd, BuildKit, Podman, CRI-O. */
const CAMADAS =
  /\/(?:overlay2|fuse-overlayfs|overlay-containers|io\.containerd\.snapshotter|buildkit|containers\/storage)[/.]/;

/** Um sistema de arquivos feito de camadas, como a raiz de quase todo container. */
export function eCamadas(tipo: string): boolean {
  return /^(?:overlay|overlayfs|aufs|(?:fuse\.)?fuse-overlayfs)$/.test(tipo);
}

/**
 * O caminho que prova que `raiz`, a montagem de `/`, é a camada de um container, ou `undefined`: a pasta de um
 * engine ou, com os drivers btrfs, zfs, vfs e devicemapper, um id de 64 algarismos.
 */
export function camadaDoEngine(raiz: Montagem): string | undefined {
  return [raiz.raiz, raiz.fonte, raiz.opcoes].find((texto) => CAMADAS.test(texto) || acharId(texto));
}

/** O último id de container ou de camada (64 algarismos hexadecimais) de um caminho; o de um deploy do OSTree não é um. */
export function acharId(caminho: string): string | undefined {
  return caminho.match(/.*(?:^|[/:-])([0-9a-f]{64})(?=$|[/:,\n-]|\.scope)/s)?.[1];
}

/**
 * Se o que se escreve em `montagem` vai para a camada do container cuja raiz é `raiz`: a própria raiz, uma pasta
 * dela montada em outro ponto, ou um overlay que o engine faz sobre uma pasta e joga fora depois.
 */
export function estaNaCamada(montagem: Montagem, raiz: Montagem | undefined): boolean {
  const pastaDeEscrita = eCamadas(montagem.tipo) && montagem.opcoes.match(/(?:^|,)upperdir=([^,]*)/)?.[1];
  if (montagem.ponto === '/' || (pastaDeEscrita && CAMADAS.test(pastaDeEscrita))) return true;
  if (!raiz || montagem.dispositivo !== raiz.dispositivo) return false;
  return raiz.raiz === '/' || `${montagem.raiz}/`.startsWith(`${raiz.raiz}/`);
}
