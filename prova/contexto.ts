import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pastaTemporaria, RAIZ } from '../apoio/projeto.ts';
import { ouvir, type Resposta } from './docker.ts';
import type { Palco } from './palco.ts';

/** O que a construção de um programa usa. */
const USADOS = ['package.json', 'escritor.ts', 'leitor.ts', 'lib/isca.ts'];
/** O que mais pode haver na pasta do projeto, e em volta dela, e não é para sair dali. */
const ALHEIOS = [
  '.env',
  '.git/config',
  'node_modules/isca/index.js',
  'dados/desafio2.db',
  'docs/isca.md',
  '../isca',
];

/** O que a construção deve levar consigo. */
export const CONTEXTO = 'escritor.ts leitor.ts lib lib/isca.ts package.json';

/**
 * O que a construção de um programa leva consigo para o engine: o projeto que se prova, numa pasta com iscas, constrói
 * com o seu Compose uma imagem que guarda tudo o que lá chega.
 */
export async function verContexto(palco: Palco): Promise<Resposta> {
  const { docker } = palco;
  using pasta = pastaTemporaria(`${palco.projeto.nome}-`);
  const raiz = pasta.em('projeto');
  for (const isca of [...USADOS, ...ALHEIOS]) escrever(join(raiz, isca), '');
  for (const seu of ['compose.yaml', '.dockerignore', 'Dockerfile.dockerignore']) {
    if (existsSync(join(RAIZ, seu))) copyFileSync(join(RAIZ, seu), join(raiz, seu));
  }
  escrever(join(raiz, 'Dockerfile'), 'ARG IMAGEM_BASE\nFROM $IMAGEM_BASE\nCOPY . /contexto\n');
  const compose = ['compose', '-f', join(raiz, 'compose.yaml'), '-p', palco.nome('contexto')];
  const construcao = await docker.rodar([...compose, 'build', '--quiet', 'escritor']);
  if (construcao.codigo !== 0) return construcao;
  const listar =
    "console.log(require('node:fs').readdirSync('/contexto', { recursive: true }).sort().join(' '))";
  const bun = ['--entrypoint', '/usr/local/bin/bun', palco.nome('contexto-escritor'), '-e', listar];
  const container = ['run', '--rm', '--name', palco.nome('contexto'), '--network', 'none'];
  return await ouvir(() => docker.rodar([...container, ...bun]));
}

function escrever(caminho: string, texto: string): void {
  mkdirSync(dirname(caminho), { recursive: true });
  writeFileSync(caminho, texto);
}
