import { ouvir, type Resposta } from './docker.ts';
import { comparar, type FichaDaImagem } from './fichas.ts';
import type { Palco } from './palco.ts';
import type { Servico } from './projeto.ts';

/** O que a imagem de um programa diz de seu. */
const DE_SEU = {
  User: '65532:65532',
  Entrypoint: ['/usr/local/bin/bun', 'programa.js'],
  // O Bun lê o bunfig.toml da pasta em que está: no volume, um podia mudar o programa.
  WorkingDir: '/app',
};
const DA_CONSTRUCAO = ['Labels', 'Image', 'Hostname'];

/**
 * Em que a imagem de um programa é mais do que a base com um só arquivo, em palavras. A base é a que a imagem dos olhos
 * da prova também tem: as duas são comparadas como o engine as descreve, e arquivo a arquivo.
 */
export async function conferirImagem(palco: Palco, programa: Servico) {
  const { projeto } = palco;
  const [dela, base] = await Promise.all([
    fichaDe(palco, projeto.imagem(programa)),
    fichaDe(palco, projeto.olhos),
  ]);
  const [resposta, daBase] = await Promise.all([
    listar(palco, projeto.imagem(programa)),
    listar(palco, projeto.olhos),
  ]);
  const [arvore, arvoreDaBase] = [lerArvore(resposta), lerArvore(daBase)];
  const aMais = [...arvore].filter(
    (linha) => !arvoreDaBase.has(linha) && linha !== DA_MEMORIA && !PROGRAMA.test(linha),
  );
  const aMenos = [...arvoreDaBase].filter((linha) => !arvore.has(linha) && !/^\/prova[ /]/.test(linha));
  const ambiente = (env: string[]) => ({ Env: env.toSorted() });
  const defeitos = [
    ...comparar({ ...dela.Config, Env: null }, { ...base.Config, ...DE_SEU, Env: null }, DA_CONSTRUCAO),
    ...comparar(ambiente(dela.Config.Env), ambiente([...base.Config.Env, 'BANCO=/data/desafio2.db']), []),
    ...aMais.map((linha) => `a mais: ${linha}`),
    ...aMenos.map((linha) => `a menos, ou mudado: ${linha}`),
    ...([...arvore].some((linha) => PROGRAMA.test(linha)) ? [] : ['não há /app/programa.js, do root']),
  ];
  return { defeitos: defeitos.slice(0, 5), resposta };
}

/** A pasta do programa e ele, que só o root pode mudar. */
const PROGRAMA = /^\/app 40755 0:0$|^\/app\/programa\.js 100[46]44 0:0 /;

/** A pasta vazia, de quem roda o programa, em que se monta o volume de uma memória. */
const DA_MEMORIA = '/memoria 40755 65532:65532';

async function fichaDe(palco: Palco, imagem: string): Promise<FichaDaImagem> {
  return JSON.parse(await palco.docker.exigir(['image', 'inspect', imagem]))[0];
}

/** Cada arquivo, pasta e link de uma imagem, com modo, dono e conteúdo; não o que o engine põe em cada container. */
const LISTAR = `
  const { lstatSync, readdirSync, readFileSync, readlinkSync } = require('node:fs');
  const resumir = (bytes) => new Bun.CryptoHasher('sha256').update(bytes).digest('hex').slice(0, 16);
  const doEngine = /^\\/(proc|sys|dev|\\.dockerenv|etc\\/(hosts|hostname|resolv\\.conf|mtab))$/;
  const linhas = [];
  const andar = (pasta) => {
    for (const nome of readdirSync(pasta + '/')) {
      const caminho = pasta + '/' + nome;
      if (doEngine.test(caminho)) continue;
      const { mode, uid, gid } = lstatSync(caminho);
      const tipo = mode & 0o170000;
      const conteudo = tipo === 0o100000 ? ' ' + resumir(readFileSync(caminho))
        : tipo === 0o120000 ? ' ' + readlinkSync(caminho) : '';
      linhas.push(caminho + ' ' + mode.toString(8) + ' ' + uid + ':' + gid + conteudo);
      if (tipo === 0o040000) andar(caminho);
    }
  };
  andar('');
  console.log(linhas.join('\\n'));`;

async function listar(palco: Palco, imagem: string): Promise<Resposta> {
  const comoRoot = [
    '--user',
    '0:0',
    '--read-only',
    '--network',
    'none',
    '--entrypoint',
    '/usr/local/bin/bun',
  ];
  return await ouvir(() =>
    palco.docker.rodar([
      'run',
      '--rm',
      '--name',
      palco.nomeNovo('arvore'),
      ...comoRoot,
      imagem,
      '-e',
      LISTAR,
    ]),
  );
}

function lerArvore({ saida }: Resposta): Set<string> {
  return new Set(saida.split('\n').filter((linha) => linha !== ''));
}
