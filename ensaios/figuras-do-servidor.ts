import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { acharPostgres } from '../apoio/postgres.ts';
import { RAIZ } from '../apoio/projeto.ts';
import type { Bancada, Medicao } from './bancada.ts';
import type { Figura } from './figuras.ts';
import { medir, nosso, type Vez } from './medidas.ts';
import { SemPar } from './pares.ts';

/** Um milhão de usuários num servidor, e levados de um lado a outro. */
export const FIGURAS_DO_SERVIDOR: Figura[] = [
  { figura: 'escreve 10⁶ num servidor', par: 'arquivo', meta: 1.6, medir: compararEscrita },
  { figura: 'lê 10⁶ num servidor', par: 'arquivo', meta: 4, medir: compararLeitura },
  { figura: 'copia 10⁶, arquivos', par: '.backup e leitor', medir: entreArquivos },
  { figura: 'copia 10⁶, arquivo a servidor', par: 'pg_dump e psql', medir: paraServidor },
  { figura: 'copia 10⁶, servidor a arquivo', par: 'arquivos', medir: deServidor },
  { figura: 'copia 10⁶, já iguais', par: 'leitor', medir: entreIguais },
];

const VEZES = 5;

/** Um trabalho sobre um banco de dados que, antes e sem contar, se faz de novo. */
function numBancoNovo(b: Bancada, nome: string, comando: (banco: string) => string[]): Vez {
  return async () => (await medir(comando(await b.bancoNovo(nome)), b.parada)).ms;
}

const copiador = (de: string, para: string) => [
  process.execPath,
  ...[join(RAIZ, 'copiador.ts'), '-d', de, '-p', para],
];

async function compararEscrita(b: Bancada): Promise<Medicao> {
  const opcoes = ['-n', `${b.milhao}`];
  const arquivo = b.em('num-arquivo.db');
  const nossa = numBancoNovo(b, 'escrita', (banco) => nosso('escritor', banco, ...opcoes));
  return await b.comparar(nossa, b.rodar(nosso('escritor', arquivo, ...opcoes), arquivo), VEZES);
}

/** Um servidor com o que há num arquivo. */
async function servidorCom(b: Bancada, arquivo: string): Promise<string> {
  const banco = await b.bancoNovo('modelo');
  await medir(copiador(arquivo, banco), b.parada);
  return banco;
}

async function compararLeitura(b: Bancada): Promise<Medicao> {
  const arquivo = await b.escrever(b.milhao, 1);
  return await b.comparar(b.ler(await servidorCom(b, arquivo)), b.ler(arquivo), VEZES);
}

/** O SQLite copia páginas, e o leitor confere depois o mesmo que o copiador antes e depois. */
async function entreArquivos(b: Bancada): Promise<Medicao> {
  if (!Bun.which('sqlite3')) throw new SemPar('não há sqlite3');
  const [de, nossa, doPar] = [await b.escrever(b.milhao, 1), b.em('copia.db'), b.em('backup.db')];
  const comandos = 'sqlite3 "$1" ".backup $2" && shift 2 && exec "$@"';
  const par = ['sh', '-c', comandos, 'sh', de, doPar, ...nosso('leitor', doPar)];
  return await b.comparar(b.rodar(copiador(de, nossa), nossa), b.rodar(par, doPar), VEZES);
}

/** O `pg_dump | psql` leva as mesmas linhas de um banco de dados a outro, e não confere nenhuma. */
async function paraServidor(b: Bancada): Promise<Medicao> {
  const arquivo = await b.escrever(b.milhao, 1);
  const modelo = await servidorCom(b, arquivo);
  const programas = acharPostgres() ?? '';
  if (!['pg_dump', 'psql'].every((nome) => existsSync(join(programas, nome))))
    throw new SemPar('não há pg_dump e psql');
  const comandos = `"$3"/pg_dump -n desafio2 "$1" | "$3"/psql -qX -v ON_ERROR_STOP=1 "$2"`;
  return await b.comparar(
    numBancoNovo(b, 'copia', (banco) => copiador(arquivo, banco)),
    numBancoNovo(b, 'restaurado', (banco) => ['sh', '-c', comandos, 'sh', modelo, banco, programas]),
    VEZES,
  );
}

async function deServidor(b: Bancada): Promise<Medicao> {
  const arquivo = await b.escrever(b.milhao, 1);
  const modelo = await servidorCom(b, arquivo);
  const [nossa, outra] = [b.em('do-servidor.db'), b.em('copia.db')];
  return await b.comparar(
    b.rodar(copiador(modelo, nossa), nossa),
    b.rodar(copiador(arquivo, outra), outra),
    VEZES,
  );
}

/** Nada se leva: conferem-se os dois, e comparam-se os recibos. */
async function entreIguais(b: Bancada): Promise<Medicao> {
  const [de, para] = [await b.escrever(b.milhao, 1), b.em('igual.db')];
  await medir(copiador(de, para), b.parada);
  return await b.comparar(b.rodar(copiador(de, para)), b.ler(para), VEZES);
}
