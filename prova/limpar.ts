import { Cronometro } from '../apoio/cronometro.ts';
import { Falha } from '../lib/falhas.ts';
import { Docker } from './docker.ts';
import type { Palco } from './palco.ts';
import { Projeto, SERVICOS } from './projeto.ts';

/** Com --manter, como achar e remover depois o que ficou. */
export function descreverSobras(projeto: string): string {
  const filtro = `--filter name=${projeto}`;
  return [
    '\nFicou no engine o que começa por esse nome. Para remover:',
    `  docker ps -aq ${filtro} | xargs -r docker rm -f`,
    `  docker network ls -q ${filtro} | xargs -r docker network rm`,
    `  docker volume ls -q ${filtro} | xargs -r docker volume rm`,
    `  docker image rm ${[...SERVICOS, 'olhos'].map((nome) => `${projeto}-${nome}`).join(' ')}`,
  ].join('\n');
}

/** Remove tudo o que a prova criou, mesmo depois de um sinal no meio de uma cena. Lança `Falha` se algo ficou. */
export async function limpar(palco: Palco, noMeio: boolean): Promise<void> {
  using _cronometro = new Cronometro('limpando');
  const docker = new Docker(undefined, palco.docker.contexto);
  const projeto = new Projeto(palco.projeto.nome, docker);
  // Um escritor morto no meio deixa no volume do usuário uma gravação por desfazer: abrir o banco a desfaz.
  if (palco.doUsuario && noMeio) {
    const desfazer =
      "const { Database } = require('bun:sqlite'); const { existsSync, readdirSync, rmSync } = require('node:fs');" +
      `for (const nome of readdirSync('/data')) if (nome.startsWith('${projeto.nome}.')) rmSync('/data/' + nome);` +
      "if (existsSync('/data/desafio2.db')) new Database('/data/desafio2.db', { readwrite: true }).query('SELECT 1 FROM sqlite_schema').get();";
    const nossos = await docker.listar(['ps', '-q', '--filter', `name=${projeto.nome}`]);
    if (nossos.length > 0) await docker.rodar(['stop', '-t', '5', ...nossos]);
    const bun = [projeto.olhos, '-e', desfazer];
    const opcoes = [
      '--rm',
      '--pull',
      'never',
      '--name',
      palco.nome('desfazer'),
      '-v',
      `${palco.volume}:/data`,
    ];
    await docker.rodar(['run', ...opcoes, ...bun]);
  }
  const sobras = await projeto.remover(palco.parada.aborted);
  const { contexto } = palco.outroDocker;
  if (contexto !== palco.docker.contexto) {
    const noOutro = new Projeto(projeto.nome, new Docker(undefined, contexto));
    sobras.push(...(await noOutro.remover(palco.parada.aborted)));
  }
  if (sobras.length === 0) return;
  throw new Falha(
    'indisponivel',
    `a prova não conseguiu remover do engine: ${sobras.join(', ')}`,
    'Remova-os com "docker rm -f", "docker network rm", "docker volume rm" e "docker image rm".',
  );
}
