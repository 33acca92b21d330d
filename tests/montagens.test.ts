import { describe, expect, test } from 'bun:test';
import { eCamadas, interpretarMontagens, montagemDe } from '../lib/montagens.ts';
import { HOSTNAME, ID, linhaDoVolume, RAIZ } from './apoio/montagens.ts';

describe('interpretarMontagens()', () => {
  test('lê raiz, ponto, tipo e modo, com e sem campos opcionais', () => {
    expect(interpretarMontagens(`${RAIZ}\n${linhaDoVolume('/data')}\n${HOSTNAME}\n`)).toEqual([
      {
        ...{ dispositivo: '0:39', raiz: '/', ponto: '/', tipo: 'overlay', fonte: 'overlay' },
        ...{ opcoes: 'rw,lowerdir=/a:/b', somenteLeitura: true },
      },
      {
        ...{ dispositivo: '254:0', raiz: '/var/lib/docker/volumes/meu/_data', ponto: '/data', tipo: 'ext4' },
        ...{ fonte: '/dev/vda', opcoes: 'rw', somenteLeitura: true },
      },
      {
        ...{
          dispositivo: '254:0',
          raiz: `/var/lib/docker/containers/${ID}/hostname`,
          ponto: '/etc/hostname',
        },
        ...{ tipo: 'ext4', fonte: '/dev/vda', opcoes: 'rw', somenteLeitura: true },
      },
    ]);
  });

  test('decodifica os caracteres que o kernel escreve em octal', () => {
    expect(interpretarMontagens('1 2 0:1 / /com\\040espaço\\134 rw - ext4 x rw')[0]?.ponto).toBe(
      '/com espaço\\',
    );
  });

  test('deixa de fora o que não é uma linha de mountinfo', () => {
    expect(interpretarMontagens('\nlixo\n1 2 3\n - ext4\n')).toEqual([]);
  });
});

describe('montagemDe()', () => {
  test('escolhe o ponto mais longo e, entre iguais, o último', () => {
    const montagens = interpretarMontagens(
      [RAIZ, linhaDoVolume('/data', 'xfs'), linhaDoVolume('/data', 'ext4'), linhaDoVolume('/data/a')].join(
        '\n',
      ),
    );
    expect(montagemDe('/data', montagens)?.tipo).toBe('ext4');
    expect(montagemDe('/data/a/b', montagens)?.ponto).toBe('/data/a');
    expect(montagemDe('/database', montagens)?.ponto).toBe('/');
  });
});

test('eCamadas() só reconhece os sistemas de arquivos feitos de camadas', () => {
  for (const tipo of ['overlay', 'overlayfs', 'aufs', 'fuse-overlayfs', 'fuse.fuse-overlayfs']) {
    expect([tipo, eCamadas(tipo)]).toEqual([tipo, true]);
  }
  for (const tipo of ['ext4', 'overlay2', 'aufsx', 'ecryptfs-overlay', 'fuse.sshfs', '']) {
    expect([tipo, eCamadas(tipo)]).toEqual([tipo, false]);
  }
});
