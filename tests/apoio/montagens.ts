import type { Indicios } from '../../lib/container.ts';
import { interpretarMontagens } from '../../lib/montagens.ts';

/* Linhas de /proc/self/mountinfo, como as de um container do Docker. */

export const ID = 'c923b8aeeab02afa26c89f3e9e63bd9a254088debb83a7346954e96eb0ae0c91';
export const RAIZ = '72 48 0:39 / / ro,relatime master:2 - overlay overlay rw,lowerdir=/a:/b';
export const HOSTNAME = `92 72 254:0 /var/lib/docker/containers/${ID}/hostname /etc/hostname ro,relatime - ext4 /dev/vda rw`;
export const linhaDoVolume = (ponto: string, tipo = 'ext4', opcoes = 'ro,relatime') =>
  `90 72 254:0 /var/lib/docker/volumes/meu/_data ${ponto} ${opcoes} master:1 - ${tipo} /dev/vda rw`;

export const OUTRO = '1f'.repeat(32);
export const DOCKER = '/var/lib/docker';
export const DISCO = '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw';

/** Os indícios de um processo: as linhas do seu mountinfo, e o que mais se lê. */
export function indicios(linhas: string[], outros: Partial<Omit<Indicios, 'montagens'>> = {}): Indicios {
  return {
    ...{
      montagens: interpretarMontagens(linhas.join('\n')),
      cgroup: '0::/\n',
      marcas: {},
      maquina: 'maquina',
    },
    ...outros,
  };
}
