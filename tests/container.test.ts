import { describe, expect, test } from 'bun:test';
import { type Indicios, reconhecer } from '../lib/container.ts';
import { DISCO, DOCKER, ID, indicios, OUTRO, RAIZ } from './apoio/montagens.ts';

const RAIZ_DO_DOCKER = `72 48 0:39 / / rw,relatime master:2 - overlay overlay rw,lowerdir=${DOCKER}/overlay2/l/AB:${DOCKER}/overlay2/l/CD,upperdir=${DOCKER}/overlay2/${OUTRO}/diff,workdir=${DOCKER}/overlay2/${OUTRO}/work`;
const doDocker = (id: string, ...nomes: string[]) =>
  nomes.map((nome) => `92 72 254:0 ${DOCKER}/containers/${id}/${nome} /etc/${nome} rw - ext4 /dev/vda rw`);
const TRES = ['resolv.conf', 'hostname', 'hosts'];
const DO_USUARIO = '93 72 254:0 /home/ana/nome /etc/hostname ro,relatime - ext4 /dev/vda rw';
const PODMAN = `/containers/overlay-containers/${ID}/userdata`;
const doPodman = (ponto: string) =>
  `9 7 0:53 ${PODMAN}/${ponto.split('/').at(-1)} ${ponto} rw,nosuid - tmpfs tmpfs rw,mode=700,uid=1000`;

describe('reconhecer() um container', () => {
  const casos: [string, Indicios, nome: string][] = [
    [
      'do Docker',
      indicios([RAIZ_DO_DOCKER, ...doDocker(ID, ...TRES)], { marcas: { '/.dockerenv': '' } }),
      '',
    ],
    ['com outro arquivo em /etc/hostname', indicios([RAIZ, ...doDocker(ID, 'hosts'), DO_USUARIO]), ''],
    ['só com /etc/resolv.conf do engine', indicios([DISCO, ...doDocker(ID, 'resolv.conf')]), ''],
    [
      'com os três arquivos do usuário, pelo overlay do engine',
      indicios([
        RAIZ_DO_DOCKER,
        ...TRES.map((nome) => `9 7 8:1 /x/${nome} /etc/${nome} rw - ext4 /dev/vda rw`),
      ]),
      'maquina',
    ],
    [
      'com os três arquivos do usuário, por /.dockerenv e pela raiz em camadas',
      indicios([RAIZ], { marcas: { '/.dockerenv': '' } }),
      'maquina',
    ],
    [
      'na rede de outro, pelo cgroup do próprio (v1)',
      indicios([RAIZ_DO_DOCKER, ...doDocker(OUTRO, ...TRES)], {
        cgroup: `2:cpu:/docker/${ID}\n0::/docker/${ID}\n`,
      }),
      '',
    ],
    [
      'na rede de outro, pelo cgroup do próprio (v2, systemd)',
      indicios([RAIZ_DO_DOCKER, ...doDocker(OUTRO, ...TRES)], {
        cgroup: `0::/system.slice/docker-${ID}.scope\n`,
      }),
      '',
    ],
    [
      'numa etapa de docker build',
      indicios(
        [
          `1 2 0:5 / / rw - overlay overlay rw,upperdir=${DOCKER}/overlay2/otpckcev7eco3fzdleit77sjm/diff`,
          `3 1 254:0 ${DOCKER}/buildkit/executor/resolv.conf /etc/resolv.conf ro - ext4 /dev/vda rw`,
          `4 1 254:0 ${DOCKER}/buildkit/executor/hosts.n3t7 /etc/hosts ro - ext4 /dev/vda rw`,
        ],
        { cgroup: '0::/docker/buildkit/tznmvnv4qthjn8m0nutsl4hhh\n', maquina: 'buildkitsandbox' },
      ),
      'buildkitsandbox',
    ],
    [
      'numa etapa de um buildkitd com o snapshotter native',
      indicios([`1 2 254:0 /var/lib/buildkit/runc-native/snapshots/snapshots/7 / rw - ext4 /dev/vda rw`]),
      'maquina',
    ],
    [
      'do Docker com o containerd a guardar as imagens',
      indicios([
        '1 2 0:5 / / rw - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs',
      ]),
      'maquina',
    ],
    [
      'do Docker com btrfs',
      indicios([`1 2 0:30 /@docker/btrfs/subvolumes/${OUTRO} / rw - btrfs /dev/sda2 rw,subvolid=9`]),
      'maquina',
    ],
    ['do Docker com zfs', indicios([`1 2 0:30 / / rw - zfs tanque/docker/${OUTRO} rw,xattr`]), 'maquina'],
    [
      'do Docker com vfs',
      indicios([`1 2 254:0 ${DOCKER}/vfs/dir/${OUTRO} / rw - ext4 /dev/vda rw`]),
      'maquina',
    ],
    ['do Podman', indicios([RAIZ, doPodman('/etc/hostname'), doPodman('/etc/hosts')]), ''],
    [
      'do Podman sem root, com fuse-overlayfs, na rede de outro',
      indicios([
        '1 2 0:39 / / rw - fuse.fuse-overlayfs fuse-overlayfs rw,user_id=0',
        doPodman('/run/.containerenv'),
        ...doDocker(OUTRO, 'hosts', 'resolv.conf'),
      ]),
      '',
    ],
    ['do Buildah, só pela marca', indicios([DISCO], { marcas: { '/run/.containerenv': '' } }), 'maquina'],
    [
      'de um pod do Kubernetes, com containerd',
      indicios([
        '1 2 0:5 / / rw - overlay overlay rw,lowerdir=/run/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs',
        '3 1 8:1 /var/lib/kubelet/pods/0e886e9a-3879/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw',
        `4 1 8:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`,
      ]),
      '',
    ],
    [
      'de um pod do CRI-O, pelo cgroup',
      indicios([RAIZ], { cgroup: `0::/kubepods.slice/kubepods-pod90d8.slice/crio-${ID}.scope\n` }),
      '',
    ],
    ['só pelo id que está no cgroup', indicios([DISCO], { cgroup: `0::/outro/${ID}\n` }), ''],
    [
      'de um pod, só pelo cgroup, sem id',
      indicios([DISCO], { cgroup: '0::/kubepods/besteffort/pod90d8\n' }),
      'maquina',
    ],
    [
      'do LXC, com systemd',
      indicios(['1 2 253:4 / / rw - ext4 /dev/mapper/pve-vm--101 rw'], {
        marcas: { '/run/systemd/container': 'lxc\n' },
      }),
      'maquina',
    ],
    [
      'do LXC, sem systemd',
      indicios([
        '1 2 0:30 / / rw - zfs default/containers/c1 rw',
        '3 1 0:31 /proc/cpuinfo /proc/cpuinfo rw - fuse.lxcfs lxcfs rw,user_id=0',
      ]),
      'maquina',
    ],
  ];
  for (const [nome, lido, esperado] of casos) {
    test(nome, () => {
      const { container, nome: quem } = reconhecer(lido);
      expect({ container, quem }).toEqual({ container: 'sim', quem: esperado || ID.slice(0, 12) });
    });
  }
});

describe('reconhecer() o que não é um container', () => {
  const casos: [string, Indicios][] = [
    ['uma máquina', indicios([DISCO], { cgroup: '0::/user.slice/user-1000.slice/session-1.scope\n' })],
    [
      'uma máquina com Docker, e containers em curso',
      indicios([
        DISCO,
        `90 27 0:39 / ${DOCKER}/overlay2/${ID}/merged rw - overlay overlay rw,upperdir=${DOCKER}/overlay2/${ID}/diff`,
        `91 27 0:4 net:[4026532281] /run/docker/netns/5a rw - nsfs nsfs rw`,
      ]),
    ],
    [
      'uma máquina virtual feita da imagem de um container',
      indicios([DISCO], { marcas: { '/.dockerenv': '' }, cgroup: '0::/\n' }),
    ],
    [
      'o WSL2, com systemd',
      indicios(['1 2 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard'], {
        marcas: { '/run/systemd/container': 'wsl\n' },
      }),
    ],
    ['o btrfs do Fedora', indicios(['1 2 0:33 /root / rw - btrfs /dev/nvme0n1p3 rw,subvol=/root'])],
    [
      'um sistema OSTree',
      indicios([`1 2 0:33 /root/ostree/deploy/fedora/deploy/${ID}.0 / ro - btrfs /dev/nvme0n1p3 rw`]),
    ],
    [
      'um sistema imutável, com composefs',
      indicios(['1 2 0:33 / / ro - overlay composefs ro,lowerdir=/run/ostree/.private/cfsroot-lower::/x']),
    ],
    [
      'um comando em ip netns exec',
      indicios([DISCO, '5 27 254:0 /etc/netns/azul/resolv.conf /etc/resolv.conf rw - ext4 /dev/vda1 rw']),
    ],
    [
      'uma máquina com containers do LXC, e outra montagem em /proc',
      indicios([
        DISCO,
        '35 27 0:31 / /var/lib/lxcfs rw,nosuid - fuse.lxcfs lxcfs rw,user_id=0',
        '36 27 0:32 / /proc/sys/fs/binfmt_misc rw,nosuid - binfmt_misc binfmt_misc rw',
      ]),
    ],
    ['fora do Linux, sem /proc', indicios([], { cgroup: '' })],
  ];
  for (const [nome, lido] of casos) {
    test(nome, () => {
      expect(reconhecer(lido)).toMatchObject({ container: 'não', nome: 'maquina' });
    });
  }

  test('num sistema "live", de raiz em camadas, não se sabe', () => {
    const live =
      '1 2 0:25 / / rw - overlay /cow rw,lowerdir=/fs.squashfs,upperdir=/cow/upper,workdir=/cow/work';
    expect(reconhecer(indicios([live]))).toMatchObject({ container: 'incerto', nome: 'maquina' });
  });
});
