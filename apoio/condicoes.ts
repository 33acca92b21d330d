import { existsSync } from 'node:fs';
import { acharPostgres } from './postgres.ts';
import { responde } from './processo.ts';

/** O que um ensaio, um mutante ou um teste pode pedir da máquina, e o que dizer quando ela não o tem. */
export const CONDICOES = {
  cc: { ha: () => Bun.which('cc') !== null, falta: 'não há compilador C (cc)' },
  root: {
    ha: () => responde('unshare', '--mount', '--pid', '--fork', 'true'),
    falta: 'é preciso ser root, com licença para montar e para criar namespaces',
  },
  xfs: {
    ha: () => ['mkfs.ext4', 'mkfs.xfs'].every((nome) => Bun.which(nome) !== null),
    falta: 'não há mkfs.ext4 e mkfs.xfs',
  },
  fuse: {
    ha: () => existsSync('/dev/fuse') && existsSync('/usr/include/fuse3/fuse.h'),
    falta: 'não há /dev/fuse e libfuse3-dev',
  },
  openssl: { ha: () => responde('openssl', 'version'), falta: 'não há openssl' },
  postgres: { ha: () => acharPostgres() !== undefined, falta: 'não há PostgreSQL (o pacote do Debian)' },
  patroni: {
    ha: () => acharPostgres() !== undefined && ['patroni', 'etcd'].every((nome) => Bun.which(nome) !== null),
    falta: 'não há Patroni e etcd (os pacotes do Debian), ou não há PostgreSQL',
  },
  docker: {
    ha: () => responde('docker', 'info') && responde('docker', 'compose', 'version'),
    falta: 'não há um engine do Docker com Compose v2 que responda',
  },
};

export type Condicao = keyof typeof CONDICOES;

const vistas = new Map<object, boolean>();

/** Se a máquina tem o que uma condição pede; pergunta-lho só uma vez: ao engine, cada pergunta custa 0,3 s. */
export function cumpre(condicao: { ha: () => boolean }): boolean {
  const sim = vistas.get(condicao) ?? condicao.ha();
  vistas.set(condicao, sim);
  return sim;
}

/** Se `EXIGIR` (nomes separados por vírgulas) pede isto: que falte então reprova, em vez de pular. */
export function exigida(condicao: string): boolean {
  return (process.env.EXIGIR ?? '').split(',').includes(condicao);
}
