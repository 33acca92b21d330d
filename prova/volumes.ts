import { Falha } from '../lib/falhas.ts';
import { ouvir } from './docker.ts';
import type { Ficha } from './fichas.ts';
import type { Palco } from './palco.ts';

/** O container que segura um volume da memória. */
export const guardaDe = (volume: string) => `${volume}-guarda`;

/**
 * Cria um volume na memória e um container que o segura, porque um tmpfs some com o último que o monta. Devolve
 * por que este engine não monta um, ou `undefined`.
 */
export async function segurarNaMemoria(
  palco: Palco,
  volume: string,
  tamanho: string,
): Promise<string | undefined> {
  const opcoes = ['type=tmpfs', 'device=tmpfs', `o=size=${tamanho},uid=65532,gid=65532`];
  await palco.docker.exigir(['volume', 'create', ...opcoes.flatMap((opcao) => ['--opt', opcao]), volume]);
  const { codigo, erros } = await palco.bun([`${volume}:/v`], '');
  if (codigo !== 0) return erros.trim().split('\n')[0];
  await palco.bunEmSegundoPlano(guardaDe(volume), [`${volume}:/v`], 'setInterval(() => {}, 60000);');
  return undefined;
}

/** Se há no volume um journal que o SQLite ainda tem de desfazer: existe, e não começa com zero. */
export async function temJournal(palco: Palco, volume: string): Promise<boolean> {
  const codigo = `const bytes = await Bun.file('/v/desafio2.db-journal').bytes().catch(() => []);
    console.log(bytes.length > 0 && bytes[0] !== 0 ? 'sim' : 'não');`;
  const { saida } = await ouvir(() => palco.bun([`${volume}:/v:ro`], codigo));
  return saida.trim() === 'sim';
}

/** SHA-256 e hora de cada arquivo de um volume, lido por uma montagem somente leitura. Lança `Falha` se falta o banco. */
export async function impressaoDigital(palco: Palco, volume: string): Promise<string> {
  const resumir = `const fs = require('node:fs');
     for (const nome of fs.readdirSync('/v').sort()) {
       if (!fs.statSync('/v/' + nome).isFile()) { console.log(nome); continue; }
       const resumo = new Bun.CryptoHasher('sha256');
       for await (const parte of Bun.file('/v/' + nome).stream()) resumo.update(parte);
       console.log(nome, resumo.digest('hex'), fs.statSync('/v/' + nome).mtimeMs);
     }`;
  const { codigo, saida } = await ouvir(() => palco.bun([`${volume}:/v:ro`], resumir));
  if (codigo === 0 && /^desafio2\.db [0-9a-f]{64} /m.test(saida)) return saida.trim();
  throw new Falha(
    'reprovado',
    `não achei desafio2.db no volume ${volume}`,
    'Veja se o escritor gravou nele.',
  );
}

/**
 * Um container que segura a trava do banco de um volume até que alguém o remova; devolve o nome dele. Com `EXCLUSIVE`
 * ninguém escreve nem lê; com `IMMEDIATE`, ninguém escreve. Lança `Falha` se não há ali um banco que se tranque.
 */
export async function segurarTrava(
  palco: Palco,
  volume: string,
  trava: 'IMMEDIATE' | 'EXCLUSIVE',
): Promise<string> {
  const guarda = palco.nomeNovo('guarda-da-trava');
  await palco.bunEmSegundoPlano(
    guarda,
    [`${volume}:/data`],
    `const { Database } = require('bun:sqlite');
     const banco = new Database('/data/desafio2.db', { readwrite: true });
     banco.run('BEGIN ${trava}');
     console.log('segura');
     setInterval(() => {}, 60000);`,
  );
  const segura = async () => {
    // O estado antes do que disse: se já acabou, já disse tudo.
    const ficha = await palco.ficha(guarda);
    const { saida, erros } = await palco.docker.rodar(['logs', guarda]);
    if (saida.includes('segura')) return true;
    if (['created', 'running'].includes(ficha?.State.Status ?? '')) return false;
    const porque = erros.match(/^\w*Error: .*/m)?.[0] ?? erros.trim();
    const remedio = 'Veja se o escritor gravou nele.';
    throw new Falha('reprovado', `o banco de ${volume} não se deixa trancar: ${porque}`, remedio);
  };
  await palco.esperar(segura, 'a trava do banco');
  return guarda;
}

/** Se um container já deve estar esperando a trava: roda há um tempo, ou já acabou. */
export function jaEspera(palco: Palco, ficha: Ficha | undefined): boolean {
  if (!ficha || ficha.State.Status === 'created') return false;
  return ficha.State.Status !== 'running' || palco.agora() - Date.parse(ficha.State.StartedAt) > 700;
}
