import { hostname } from 'node:os';
import {
  acharId,
  camadaDoEngine,
  eCamadas,
  interpretarMontagens,
  type Montagem,
  montagemDe,
} from './montagens.ts';
import { lerTexto } from './texto.ts';

/** O que um processo pode ler de si e que diz se está num container. */
export interface Indicios {
  montagens: Montagem[];
  /** O texto de `/proc/self/cgroup`. */
  cgroup: string;
  /** O conteúdo de cada arquivo de `MARCAS` que existe. */
  marcas: { [M in Marca]?: string | undefined };
  /** O nome da máquina. */
  maquina: string;
}

/** Onde este processo está. */
export interface Lugar {
  montagens: Montagem[];
  /** `incerto` quando há um sinal só, que tanto pode ser de um container como de um sistema que não é um. */
  container: 'sim' | 'não' | 'incerto';
  /**
   * Quem escreve ou lê: os 12 primeiros algarismos do id do container ou, sem ele, o nome da máquina. Fora de um
   * container, a um que parece um desses ids acrescenta-se " (máquina)".
   */
  nome: string;
}

const MARCAS = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'] as const;
type Marca = (typeof MARCAS)[number];

let lido: Lugar | undefined;

/** Em que container este processo está, pelo que `/proc` e os arquivos de marca dizem, lidos uma vez. */
export function lerLugar(): Lugar {
  lido ??= reconhecer({
    montagens: interpretarMontagens(lerTexto('/proc/self/mountinfo') ?? ''),
    cgroup: lerTexto('/proc/self/cgroup') ?? '',
    marcas: Object.fromEntries(MARCAS.map((marca) => [marca, lerTexto(marca)])),
    maquina: hostname(),
  });
  return lido;
}

/**
 * Decide pelos indícios. Nenhum basta sempre: `/etc/hostname` pode ser um arquivo do usuário, uma etapa de `docker
 * build` não tem marcas, e uma máquina virtual feita de uma imagem exportada guarda o `/.dockerenv` dela.
 */
export function reconhecer(indicios: Indicios): Lugar {
  const { montagens, maquina } = indicios;
  const container = haSinalCerto(indicios) ? 'sim' : pesarSinaisFracos(indicios);
  const id = container === 'sim' ? acharIdDoContainer(indicios)?.slice(0, 12) : undefined;
  // Uma máquina com o nome do seu endereço de rede (b827eb123456) passaria, para `origem`, por um container.
  const ambigua = container !== 'sim' && /^[0-9a-f]{12}$/.test(maquina);
  return { montagens, container, nome: id ?? (ambigua ? `${maquina} (máquina)` : maquina) };
}

/** Os arquivos que um engine monta em cada container, com o id dele no caminho. */
const ARQUIVOS_DO_ENGINE = ['/etc/hostname', '/etc/resolv.conf', '/etc/hosts'];

function haSinalCerto({ montagens, cgroup, marcas }: Indicios): boolean {
  const raiz = montagemDe('/', montagens);
  if (raiz && camadaDoEngine(raiz) !== undefined) return true;
  if (marcas['/run/.containerenv'] !== undefined) return true;
  // O WSL também escreve esta marca, e é uma máquina.
  const gerente = marcas['/run/systemd/container']?.trim();
  if (gerente && gerente !== 'wsl') return true;
  if (acharId(cgroup) || /\/(?:kubepods|lxc|docker\/buildkit)\b/.test(cgroup)) return true;
  return montagens.some(
    ({ ponto, raiz, tipo }) =>
      (ARQUIVOS_DO_ENGINE.includes(ponto) &&
        (acharId(raiz) || /\/(?:buildkit|kubelet\/pods)\//.test(raiz))) ||
      (ponto.startsWith('/proc/') && tipo === 'fuse.lxcfs'),
  );
}

/** Sinais que uma máquina também pode dar; dois deles já são de um container. */
function pesarSinaisFracos({ montagens, marcas }: Indicios): Lugar['container'] {
  const raiz = montagemDe('/', montagens);
  if (!raiz) return 'não';
  const emDisco = raiz.fonte.startsWith('/dev/');
  // Um disco inteiro como raiz é de uma máquina, ainda que o seu conteúdo tenha vindo de uma imagem.
  if (emDisco && raiz.raiz === '/') return 'não';
  const sinais = [
    // O composefs é a raiz de um sistema imutável (Fedora, RHEL): ali não se escreve, e o resto é do disco.
    eCamadas(raiz.tipo) && raiz.fonte !== 'composefs',
    marcas['/.dockerenv'] !== undefined,
    montagens.some(({ ponto }) => ARQUIVOS_DO_ENGINE.includes(ponto)),
  ].filter(Boolean).length;
  if (sinais >= 2) return 'sim';
  return sinais === 1 && !emDisco ? 'incerto' : 'não';
}

/**
 * O id do container. Com `--network container:OUTRO` os três arquivos de `/etc` são do outro: o que o Podman monta
 * em `/run` e o cgroup, onde se veem, são sempre do próprio.
 */
function acharIdDoContainer({ montagens, cgroup }: Indicios): string | undefined {
  const daMontagem = (ponto: string) => acharId(montagens.findLast((uma) => uma.ponto === ponto)?.raiz ?? '');
  return (
    daMontagem('/run/.containerenv') ??
    acharId(cgroup) ??
    ARQUIVOS_DO_ENGINE.map(daMontagem).find((id) => id !== undefined)
  );
}
