import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ouvir, type Resposta } from './docker.ts';
import type { Palco } from './palco.ts';
import { PASTA } from './projeto.ts';

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
  const pasta = mkdtempSync(join(tmpdir(), `${palco.projeto.nome}-`));
  try {
    const raiz = join(pasta, 'projeto');
    for (const isca of [...USADOS, ...ALHEIOS]) escrever(join(raiz, isca), '');
    for (const seu of ['compose.yaml', '.dockerignore', 'Dockerfile.dockerignore']) {
      if (existsSync(join(PASTA, seu))) copyFileSync(join(PASTA, seu), join(raiz, seu));
    }
    escrever(join(raiz, 'Dockerfile'), 'ARG IMAGEM_BASE\nFROM $IMAGEM_BASE\nCOPY . /contexto\n');
    const compose = ['compose', '-f', join(raiz, 'compose.yaml'), '-p', palco.nome('contexto')];
    const construcao = await docker.rodar([...compose, 'build', '--quiet', 'escritor']);
    if (construcao.codigo !== 0) return construcao;
  } finally {
    rmSync(pasta, { recursive: true, force: true });
  }
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
