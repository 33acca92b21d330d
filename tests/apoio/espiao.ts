import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from './bancos.ts';
import { dockerOuErro } from './docker.ts';

/** Onde um comando `docker` deve ficar parado, até que um sinal o leve. */
export interface Parada {
  /** Um padrão de `case` do shell para os argumentos. */
  em: string;
  /** Em que vez que o padrão aparece; a primeira, sem isto. */
  vez?: number;
  /** Parado depois de o comando ter sido feito, e não em vez dele. */
  depois?: boolean;
}

/**
 * Um `docker` no PATH de quem se testa: anota cada comando e passa-o ao de verdade; se for pedido, deixa um deles
 * parado, para que um sinal chegue sempre ao mesmo ponto, por mais depressa ou devagar que a máquina ande.
 */
export function espiarDocker(parada?: Parada) {
  const pasta = pastaTemporaria();
  const registro = pasta.em('registro');
  const parado = pasta.em('parado');
  const verdadeiro = Bun.which('docker');
  const parar = parada
    ? `case "$*" in ${parada.em})
  echo >>"${pasta.em('vezes')}"
  if [ "$(wc -l <"${pasta.em('vezes')}")" -eq ${parada.vez ?? 1} ]; then
    ${parada.depois ? `"${verdadeiro}" "$@"` : ':'}
    : >"${parado}"
    exec sleep 3600
  fi;;
esac`
    : '';
  const roteiro = `#!/bin/sh\nprintf '%s\\n' "$*" >>"${registro}"\n${parar}\nexec "${verdadeiro}" "$@"\n`;
  writeFileSync(pasta.em('docker'), roteiro, { mode: 0o755 });
  const comandos = () => (existsSync(registro) ? readFileSync(registro, 'utf8').split('\n') : []);
  return {
    ambiente: { PATH: `${pasta.caminho}:${process.env.PATH}` },
    comandos,
    /** O projeto Compose que o espiado usa. Lança `Error` se ele ainda não usou um. */
    projeto: (): string => {
      const [, nome] =
        comandos()
          .join('\n')
          .match(/ -p (\S+)/) ?? [];
      if (!nome) throw new Error('nenhum comando disse o seu projeto');
      return nome;
    },
    /** Espera que o comando pedido fique parado. */
    atePararNele: () => ate(() => existsSync(parado), `o docker pare em ${parada?.em}`),
    [Symbol.dispose]: () => pasta[Symbol.dispose](),
  };
}

/** O que há no engine, e de mais ninguém, com o nome ou a etiqueta de um projeto. */
export async function coisasDe(projeto: string): Promise<Set<string>> {
  const listar = async (tipo: string, ...comando: string[]) =>
    (await dockerOuErro(...comando))
      .split('\n')
      .filter(Boolean)
      .map((nome) => `${tipo} ${nome}`);
  const etiqueta = ['--filter', `label=com.docker.compose.project=${projeto}`];
  const nome = ['--filter', `name=${projeto}`];
  const listas = await Promise.all([
    listar('container', 'ps', '-a', ...nome, '--format', '{{.Names}}'),
    listar('container', 'ps', '-a', ...etiqueta, '--format', '{{.Names}}'),
    listar('rede', 'network', 'ls', ...nome, '--format', '{{.Name}}'),
    listar('volume', 'volume', 'ls', ...nome, '--format', '{{.Name}}'),
    listar('volume', 'volume', 'ls', ...etiqueta, '--format', '{{.Name}}'),
    listar('imagem', 'images', '--filter', `reference=${projeto}*`, '--format', '{{.Repository}}'),
    listar('imagem', 'images', ...etiqueta, '--format', '{{.Repository}}'),
  ]);
  return new Set(listas.flat());
}
