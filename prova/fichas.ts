/** O que o engine sabe de um container, criado por ele e lido com `docker inspect`. */
export interface Ficha {
  Id: string;
  State: { Status: string; ExitCode: number; StartedAt: string; FinishedAt: string };
  Config: Record<string, unknown> & { User: string; Env: string[] | null };
  HostConfig: Record<string, unknown> & {
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    MemorySwap: number;
    PidsLimit: number | null;
    Init: boolean | null;
    NetworkMode: string;
    RestartPolicy: { Name: string };
  };
  NetworkSettings: { Networks: Record<string, unknown> };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
}

/** O que o engine sabe de uma imagem. */
export interface FichaDaImagem {
  Id: string;
  Config: Record<string, unknown> & { User: string; Env: string[]; Labels?: Record<string, string> | null };
}

/** O que se espera de um container: que programa é, e que volume o Compose lhe devia dar. */
export interface Papel {
  servico: 'escritor' | 'leitor';
  volume: string;
}

/** Com que se compara um container: um que o engine criou sem que nada se lhe pedisse, e a imagem do programa. */
export interface Comum {
  container: Ficha;
  imagem: FichaDaImagem;
}

/** Um limite maior do que estes não limita nada: os programas usam menos de 100 MB e meia dúzia de threads. */
const LIMITES = { memoria: 2 ** 30, processos: 1024 };

function entre(limite: number | null, teto: number): boolean {
  return limite !== null && limite > 0 && limite <= teto;
}

/** O que o Compose muda num container, e outra função confere; o terminal não é poder nenhum. */
const CONFERIDOS = [
  ...['ReadonlyRootfs', 'CapDrop', 'SecurityOpt', 'Memory', 'MemorySwap', 'PidsLimit', 'Init'],
  ...['NetworkMode', 'Mounts', 'ConsoleSize', 'AutoRemove'],
];

/** O que é de cada container, ou do Compose, e não da imagem. */
const DE_CADA_UM = ['User', 'Env', 'Hostname', 'Image', 'Labels', 'Cmd'];
const DO_TERMINAL = ['AttachStdin', 'AttachStdout', 'AttachStderr', 'OpenStdin', 'StdinOnce'];

/**
 * Em que o container é mais, ou outra coisa, do que docs/garantias.md diz ("O poder dos containers"), em palavras: o
 * que ali se promete, e em tudo o mais o mesmo que um container comum da mesma imagem.
 */
export function conferirPoder({ Config, HostConfig }: Ficha, { container, imagem }: Comum): string[] {
  const lista = (itens: unknown[] | null) => (itens ?? []).join(', ');
  const { Memory: memoria, MemorySwap: comTroca } = HostConfig;
  const usuario = Config.User.split(':');
  const casos: [boolean, string][] = [
    [
      usuario.length === 2 && usuario.every((id) => /^[1-9]\d*$/.test(id)),
      `o usuário é "${Config.User}", e não um número e um grupo que não os do root`,
    ],
    [HostConfig.ReadonlyRootfs, 'a raiz aceita escrita'],
    [(HostConfig.CapDrop ?? []).includes('ALL'), `das capacidades, só perdeu: ${lista(HostConfig.CapDrop)}`],
    [
      /^no-new-privileges(:true)?$/.test(lista(HostConfig.SecurityOpt)),
      `security_opt é: ${lista(HostConfig.SecurityOpt) || 'nada'}`,
    ],
    [entre(memoria, LIMITES.memoria), `o limite de memória é ${memoria}`],
    [comTroca === 0 || entre(comTroca, 2 * LIMITES.memoria), `o limite de memória com troca é ${comTroca}`],
    [entre(HostConfig.PidsLimit, LIMITES.processos), `o limite de processos é ${HostConfig.PidsLimit}`],
    [HostConfig.Init === true, 'não tem init'],
  ];
  const ambiente = (Config.Env ?? []).filter((variavel) => !/^RECIBO(=|$)/.test(variavel));
  return [
    ...casos.flatMap(([certo, defeito]) => (certo ? [] : [defeito])),
    ...comparar(HostConfig, container.HostConfig, CONFERIDOS),
    ...comparar(Config, imagem.Config, [...DE_CADA_UM, ...DO_TERMINAL]),
    ...comparar({ Env: ambiente.toSorted() }, { Env: imagem.Config.Env.toSorted() }, []),
  ];
}

/** As chaves em que um documento do engine difere de outro, salvo as que se conferem de outro modo. */
export function comparar(
  visto: Record<string, unknown>,
  esperado: Record<string, unknown>,
  salvo: string[],
): string[] {
  const chaves = new Set([...Object.keys(visto), ...Object.keys(esperado)]);
  return [...chaves].flatMap((chave) => {
    const [isto, aquilo] = [semVazio(visto[chave]), semVazio(esperado[chave])];
    if (salvo.includes(chave) || Bun.deepEquals(isto, aquilo)) return [];
    return [`${chave} é ${JSON.stringify(isto)}, e não ${JSON.stringify(aquilo)}`];
  });
}

/** O mesmo valor, ou `null` no lugar do que é o mesmo que nada: o Compose e o engine não o escrevem igual. */
function semVazio(valor: unknown): unknown {
  if (valor === false || valor === 0 || valor === '') return null;
  if (typeof valor === 'object' && valor !== null && Object.keys(valor).length === 0) return null;
  return valor ?? null;
}

/** Em que as montagens não são só o volume, em `/data`, com escrita só para o escritor. */
export function conferirMontagens({ Mounts }: Ficha, { servico, volume }: Papel): string[] {
  const descrever = ({ Type, Name, Source, Destination, RW }: Ficha['Mounts'][number]) =>
    `${Type} ${Name ?? Source} em ${Destination}, ${RW ? 'leitura e escrita' : 'somente leitura'}`;
  const esperada = {
    Type: 'volume',
    Name: volume,
    Source: '',
    Destination: '/data',
    RW: servico === 'escritor',
  };
  const vistas = Mounts.map(descrever);
  return vistas.length === 1 && vistas[0] === descrever(esperada)
    ? []
    : [`as montagens são: ${vistas.join('; ') || 'nenhuma'}`];
}

/** A rede do container, se é uma só, com nome seu; o engine dirá se ela tem saída. */
export function redeDe({ HostConfig, NetworkSettings }: Ficha): string | undefined {
  const redes = Object.keys(NetworkSettings.Networks);
  if (HostConfig.NetworkMode === 'none') return 'none';
  return redes.length === 1 && redes[0] === HostConfig.NetworkMode ? redes[0] : undefined;
}
