import { describe, expect, test } from 'bun:test';
import { mkdirSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { idDoContainer, identificar, interpretarMontagens, montagemDe } from '../lib/container.ts';
import { Falha } from '../lib/falhas.ts';
import { conferirVolume, Pulada } from '../lib/verificacoes.ts';
import { pastaTemporaria } from './apoio/programas.ts';

const ID = 'c923b8aeeab02afa26c89f3e9e63bd9a254088debb83a7346954e96eb0ae0c91';
const RAIZ = '72 48 0:39 / / ro,relatime master:2 - overlay overlay rw,lowerdir=/a:/b';
const HOSTNAME = `92 72 254:0 /var/lib/docker/containers/${ID}/hostname /etc/hostname ro,relatime - ext4 /dev/vda rw`;
const linhaDoVolume = (ponto: string, tipo = 'ext4', opcoes = 'ro,relatime') =>
  `90 72 254:0 /var/lib/docker/volumes/meu/_data ${ponto} ${opcoes} master:1 - ${tipo} /dev/vda rw`;

describe('interpretarMontagens()', () => {
  test('lê raiz, ponto, tipo e modo, com e sem campos opcionais', () => {
    expect(interpretarMontagens(`${RAIZ}\n${linhaDoVolume('/data')}\n${HOSTNAME}\n`)).toEqual([
      { raiz: '/', ponto: '/', tipo: 'overlay', somenteLeitura: true },
      { raiz: '/var/lib/docker/volumes/meu/_data', ponto: '/data', tipo: 'ext4', somenteLeitura: true },
      {
        raiz: `/var/lib/docker/containers/${ID}/hostname`,
        ponto: '/etc/hostname',
        tipo: 'ext4',
        somenteLeitura: true,
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

describe('identificar()', () => {
  test('dá os 12 primeiros algarismos do id do container', () => {
    expect(identificar(interpretarMontagens(`${RAIZ}\n${HOSTNAME}`))).toBe('c923b8aeeab0');
  });

  test('dá o id com a pasta de dados do Podman', () => {
    const linha = `9 7 254:0 /lib/containers/${ID}/userdata/hostname /etc/hostname rw - ext4 /dev/vda rw`;
    expect(idDoContainer(interpretarMontagens(linha))).toBe('c923b8aeeab0');
  });

  test('fora de um container, dá o nome da máquina', () => {
    expect(identificar(interpretarMontagens(RAIZ))).toBe(hostname());
  });
});

describe('conferirVolume()', () => {
  const conferir = (caminho: string, ...linhas: string[]) =>
    conferirVolume(caminho, interpretarMontagens([RAIZ, ...linhas].join('\n')));

  test('aprova um volume e diz o nome, o tipo e o modo', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    expect(conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real))).toBe(
      `volume meu em ${real}: ext4, somente leitura`,
    );
    expect(conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real, 'xfs', 'rw'))).toContain(
      'xfs, leitura e escrita',
    );
  });

  test('olha a pasta acima quando a do arquivo ainda não existe', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    expect(conferir(`${real}/falta/x.db`, HOSTNAME, linhaDoVolume(real))).toContain(`em ${real}`);
  });

  test('reprova a camada do próprio container', () => {
    using pasta = pastaTemporaria();
    mkdirSync(pasta.em('data'));
    expect(() => conferir(pasta.em('data/x.db'), HOSTNAME, linhaDoVolume('/outra'))).toThrow('some com ele');
  });

  test('reprova um arquivo montado à parte da sua pasta', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    const avulso = linhaDoVolume(`${real}/x.db`, 'xfs');
    expect(() => conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real), avulso)).toThrow('montagem só dele');
  });

  test('reprova um tmpfs', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    expect(() => conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real, 'tmpfs'))).toThrow(Falha);
  });

  test('fora de um container, é pulada', () => {
    expect(() => conferir('/data/x.db', linhaDoVolume('/data'))).toThrow(Pulada);
  });
});
