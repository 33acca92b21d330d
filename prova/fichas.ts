/** O que o engine sabe de um container, criado por ele e lido com `docker inspect`. */
export interface Ficha {
  Id: string;
  State: { Status: string; ExitCode: number; StartedAt: string; FinishedAt: string };
  Config: { User: string; Cmd: string[] | null; Entrypoint: string[] | null; Image: string };
  HostConfig: {
    ReadonlyRootfs: boolean;
    Privileged: boolean;
    CapAdd: string[] | null;
    CapDrop: string[] | null;
    SecurityOpt: string[] | null;
    Memory: number;
    PidsLimit: number | null;
    Init: boolean | null;
    NetworkMode: string;
    PidMode: string;
    IpcMode: string;
    UsernsMode: string;
    UTSMode: string;
    Tmpfs?: Record<string, string> | null;
    Devices: unknown[] | null;
    PortBindings: Record<string, unknown> | null;
    GroupAdd: string[] | null;
    VolumesFrom: string[] | null;
  };
  NetworkSettings: { Networks: Record<string, unknown> };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
}

/** O que se espera de um container: que programa é, e que volume o Compose lhe devia dar. */
export interface Papel {
  servico: 'escritor' | 'leitor';
  volume: string;
}

/** Um limite maior do que estes não limita nada: os programas usam menos de 100 MB e meia dúzia de threads. */
const LIMITES = { memoria: 2 ** 30, processos: 1024 };

function entre(limite: number | null, teto: number): boolean {
  return limite !== null && limite > 0 && limite <= teto;
}

/** Em que o poder do container é mais do que docs/garantias.md diz ("O poder dos containers"), em palavras. */
export function conferirPoder({ Config, HostConfig }: Ficha): string[] {
  const lista = (itens: unknown[] | null) => (itens ?? []).join(', ');
  const usuario = Config.User.split(':');
  const casos: [boolean, string][] = [
    [
      usuario.every((id) => /^[1-9]\d*$/.test(id)),
      `o usuário é "${Config.User}", e não um número que não o root`,
    ],
    [HostConfig.ReadonlyRootfs, 'a raiz aceita escrita'],
    [!HostConfig.Privileged, 'é privilegiado'],
    [(HostConfig.CapDrop ?? []).includes('ALL'), `das capacidades, só perdeu: ${lista(HostConfig.CapDrop)}`],
    [(HostConfig.CapAdd ?? []).length === 0, `ganhou capacidades: ${lista(HostConfig.CapAdd)}`],
    [
      /^no-new-privileges(:true)?$/.test(lista(HostConfig.SecurityOpt)),
      `security_opt é: ${lista(HostConfig.SecurityOpt) || 'nada'}`,
    ],
    [Object.keys(HostConfig.Tmpfs ?? {}).length === 0, 'tem onde escrever fora do volume: um tmpfs'],
    [entre(HostConfig.Memory, LIMITES.memoria), `o limite de memória é ${HostConfig.Memory}`],
    [entre(HostConfig.PidsLimit, LIMITES.processos), `o limite de processos é ${HostConfig.PidsLimit}`],
    [HostConfig.Init === true, 'não tem init'],
    [HostConfig.PidMode === '' && HostConfig.UsernsMode === '', 'divide processos ou usuários com a máquina'],
    [HostConfig.UTSMode === '', 'divide o nome com a máquina'],
    [!/^(host|container:)/.test(HostConfig.IpcMode), `divide memória: ${HostConfig.IpcMode}`],
    [(HostConfig.Devices ?? []).length === 0, `tem dispositivos da máquina: ${lista(HostConfig.Devices)}`],
    [(HostConfig.GroupAdd ?? []).length === 0, `está em mais grupos: ${lista(HostConfig.GroupAdd)}`],
    [Object.keys(HostConfig.PortBindings ?? {}).length === 0, 'publica portas'],
  ];
  return casos.flatMap(([certo, defeito]) => (certo ? [] : [defeito]));
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
