import { describe, expect, test } from 'bun:test';
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { conferirVolume } from '../lib/armazem/volume.ts';
import { reconhecer } from '../lib/container.ts';
import type { Resultado } from '../lib/falhas.ts';
import { pastaTemporaria } from './apoio/bancos.ts';
import { DISCO, DOCKER, HOSTNAME, ID, indicios, linhaDoVolume, OUTRO, RAIZ } from './apoio/montagens.ts';

describe('conferirVolume()', () => {
  /** `aprovada: detalhe`, `pulada: razão` ou, de uma reprovada, `motivo: mensagem`. */
  const dizer = (visto: Resultado) =>
    visto.resultado === 'reprovada'
      ? `${visto.falha.motivo}: ${visto.falha.message}`
      : `${visto.resultado}: ${visto.detalhe}`;
  const conferir = (caminho: string, ...linhas: string[]) =>
    dizer(conferirVolume(caminho, reconhecer(indicios([RAIZ, ...linhas]))));

  test('aprova um volume e diz o nome, o tipo e o modo', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    expect(conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real))).toBe(
      `aprovada: volume meu em ${real}: ext4, somente leitura`,
    );
    expect(conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real, 'xfs', 'rw'))).toMatch(
      /^aprovada: .*xfs, leitura e escrita/,
    );
  });

  test('diz o nome do volume também quando só uma pasta dele é montada', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    const subpasta = linhaDoVolume(real).replace('/_data ', '/_data/sub ');
    expect(conferir(`${real}/x.db`, HOSTNAME, subpasta)).toStartWith('aprovada: volume meu em ');
  });

  test('olha a pasta acima quando a do arquivo ainda não existe', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    expect(conferir(`${real}/falta/x.db`, HOSTNAME, linhaDoVolume(real))).toContain(`em ${real}`);
  });

  test('segue um link também quando o que está depois dele ainda não existe', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    mkdirSync(pasta.em('volume'));
    symlinkSync('volume', pasta.em('link'));
    expect(conferir(`${real}/link/falta/x.db`, HOSTNAME, linhaDoVolume(`${real}/volume`))).toContain(
      `em ${real}/volume`,
    );
  });

  test('reprova a camada do próprio container', () => {
    using pasta = pastaTemporaria();
    mkdirSync(pasta.em('data'));
    expect(conferir(pasta.em('data/x.db'), HOSTNAME, linhaDoVolume('/outra'))).toMatch(
      /^naoPersiste: .*na camada do próprio container e some com ele/,
    );
  });

  test('do que reprova diz o remédio', () => {
    const visto = conferirVolume('/x.db', reconhecer(indicios([RAIZ, HOSTNAME])));
    expect(visto.resultado === 'reprovada' && visto.falha.remedio).toBe(
      'Monte um volume nessa pasta: veja "volumes" em compose.yaml.',
    );
  });

  test('reprova um arquivo montado à parte da sua pasta', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    const avulso = linhaDoVolume(`${real}/x.db`, 'xfs');
    expect(conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real), avulso)).toMatch(
      /^naoPersiste: .*montagem só dele/,
    );
  });

  for (const tipo of ['tmpfs', 'ramfs', 'devtmpfs']) {
    test(`reprova um ${tipo}`, () => {
      using pasta = pastaTemporaria();
      const real = realpathSync(pasta.caminho);
      expect(conferir(`${real}/x.db`, HOSTNAME, linhaDoVolume(real, tipo))).toMatch(
        /^naoPersiste: .*não persiste/,
      );
    });
  }

  test('reprova uma pasta da camada, montada noutro ponto', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    const daRaiz = `95 72 0:39 /pasta ${real} rw - overlay overlay rw,lowerdir=/a:/b`;
    expect(conferir(`${real}/x.db`, HOSTNAME, daRaiz)).toMatch(/^naoPersiste: .*some com ele/);
  });

  test('no sistema de arquivos da camada, reprova o que está nela e aprova o que está ao lado', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    const camada = `${DOCKER}/vfs/dir/${OUTRO}`;
    const montar = (raiz: string, ponto: string) => `2 1 254:0 ${raiz} ${ponto} rw - ext4 /dev/vda rw`;
    const montada = (raiz: string) =>
      dizer(conferirVolume(`${real}/x.db`, reconhecer(indicios([montar(camada, '/'), montar(raiz, real)]))));
    for (const raiz of [camada, `${camada}/srv/pasta`]) {
      expect(montada(raiz)).toMatch(/^naoPersiste: .*some com ele/);
    }
    for (const raiz of [`${DOCKER}/volumes/meu/_data`, `${camada}0`, '/']) {
      expect(montada(raiz)).toStartWith('aprovada: ');
    }
  });

  test('reprova um overlay que o engine faz e joga fora, e aprova um do usuário', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    const overlay = (acima: string) =>
      `95 72 0:77 / ${real} rw - overlay overlay rw,lowerdir=/c,upperdir=${acima}`;
    const doEngine = overlay('/var/lib/docker/overlay2/s366o9yw4h3h5661ylgf6wvzn/diff');
    expect(conferir(`${real}/x.db`, HOSTNAME, doEngine)).toMatch(/^naoPersiste: .*some com ele/);
    const doPodman = overlay(
      `/home/ana/containers/storage/overlay-containers/${ID}/userdata/overlay/1/upper`,
    );
    expect(conferir(`${real}/x.db`, HOSTNAME, doPodman)).toMatch(/^naoPersiste: .*some com ele/);
    expect(conferir(`${real}/x.db`, HOSTNAME, overlay('/srv/acima'))).toMatch(
      /^aprovada: .*montagem própria/,
    );
  });

  test('onde não se sabe se há um container, não aprova nada e reprova a raiz e a memória', () => {
    using pasta = pastaTemporaria();
    const real = realpathSync(pasta.caminho);
    expect(conferir(`${real}/x.db`)).toMatch(/^naoPersiste: .*por cima da raiz/);
    expect(conferir(`${real}/x.db`, linhaDoVolume(real, 'tmpfs'))).toMatch(/^naoPersiste: .*na memória/);
    expect(conferir(`${real}/x.db`, linhaDoVolume(real))).toStartWith('pulada: ');
  });

  test('fora de um container, é pulada', () => {
    const maquina = reconhecer(indicios([DISCO, linhaDoVolume('/data', 'tmpfs')]));
    expect(dizer(conferirVolume('/data/x.db', maquina))).toStartWith('pulada: ');
    expect(dizer(conferirVolume('/x.db', maquina))).toStartWith('pulada: ');
  });
});
