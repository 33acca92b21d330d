import { Database } from 'bun:sqlite';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { respirar } from '../lib/programa/sinais.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { ler } from './invariante.ts';
import { escrever } from './programas.ts';

const PAGINA_BYTES = 4096;

/** O que se faz ao arquivo, e os bytes com que fica. */
interface Estrago {
  oQue: string;
  fazer(): Buffer;
}

/** Os bytes de um banco de três execuções, e os de quando ele tinha duas. */
interface Modelo {
  bytes: Buffer;
  antigo: Buffer;
}

/** Um bit virado, um em cada `passo`. */
function virarBits({ bytes }: Modelo, passo: number): Estrago[] {
  return Array.from({ length: Math.ceil((8 * bytes.length) / passo) }, (_, i) => {
    const [onde, bit] = [(i * passo) >> 3, (i * passo) & 7];
    const virado = Buffer.of(bytes.readUInt8(onde) ^ (1 << bit));
    return { oQue: `byte ${onde}, bit ${bit}`, fazer: () => sobrepor(bytes, virado, onde) };
  });
}

/** Cortes na última página, de `passo` em `passo` bytes, e em cada limite; páginas zeradas, antigas e trocadas. */
function cortar({ bytes, antigo }: Modelo, passo: number): Estrago[] {
  const cortarEm = (fim: number) => ({ oQue: `cortado em ${fim}`, fazer: () => bytes.subarray(0, fim) });
  const paginaEm = (inicio: number, de = bytes) => de.subarray(inicio, inicio + PAGINA_BYTES);
  const inicios = Array.from({ length: bytes.length / PAGINA_BYTES }, (_, pagina) => pagina * PAGINA_BYTES);
  const zerada = Buffer.alloc(PAGINA_BYTES);
  return [
    ...Array.from({ length: Math.ceil((PAGINA_BYTES - 1) / passo) }, (_, i) =>
      cortarEm(bytes.length - 1 - i * passo),
    ),
    ...inicios.map(cortarEm),
    ...inicios.flatMap((inicio) => [
      { oQue: `página em ${inicio} zerada`, fazer: () => sobrepor(bytes, zerada, inicio) },
      {
        oQue: `página em ${inicio} de uma cópia antiga`,
        fazer: () => sobrepor(bytes, paginaEm(inicio, antigo), inicio),
      },
      ...inicios
        .filter((outro) => outro > inicio)
        .map((outro) => ({
          oQue: `páginas em ${inicio} e ${outro} trocadas`,
          fazer: () => sobrepor(sobrepor(bytes, paginaEm(outro), inicio), paginaEm(inicio), outro),
        })),
    ]),
  ];
}

/** Uma cópia com outros bytes a partir de um lugar. */
function sobrepor(bytes: Buffer, outros: Buffer, onde: number): Buffer {
  const copia = Buffer.from(bytes);
  outros.copy(copia, onde);
  return copia;
}

/** O que um leitor acha do arquivo: `aprovado`, com os dados que leu, ou não. */
interface Visto {
  aprovado: boolean;
  dados: string;
}

type Julgar = (caminho: string, parada: AbortSignal) => Visto | Promise<Visto>;

/** O nosso leitor; os dados são os do laudo, sem o que ele diz deles. */
async function julgarPeloLeitor(caminho: string, parada: AbortSignal): Promise<Visto> {
  const { motivo, laudo } = await ler(caminho, [], parada);
  const { registros, execucoes, recibo, ultimas_execucoes, usuarios } = laudo;
  const dados = JSON.stringify({ registros, execucoes, recibo, ultimas_execucoes, usuarios });
  return { aprovado: motivo === 'feito', dados };
}

/** Aprova o que o `integrity_check` aprova. */
export function julgarPeloSqlite(caminho: string): Visto {
  using banco = new Database(caminho, { readonly: true });
  try {
    const aprovado = banco.query('PRAGMA integrity_check').values()[0]?.[0] === 'ok';
    const dados = ['usuarios', 'execucoes'].map((tabela) => banco.query(`SELECT * FROM ${tabela}`).values());
    return { aprovado, dados: JSON.stringify(dados) };
  } catch {
    return { aprovado: false, dados: '' };
  }
}

/** O que difere entre os dois ensaios. */
interface Assunto extends Pick<Ensaio<number>, 'nome' | 'oQue'> {
  /** Em cada execução do banco. */
  usuarios: number;
  /** O da amostra. */
  passo: number;
  listar(modelo: Modelo, passo: number): Estrago[];
}

/** O arquivo estragado de cada um dos modos é reprovado, ou os dados que deu são os mesmos. */
function estragar({ usuarios, listar }: Assunto, julgar: Julgar) {
  return async (sessao: Sessao, passo: number): Promise<void> => {
    using pasta = pastaDeEnsaio();
    const caminho = pasta.em('desafio2.db');
    await escrever(caminho, '-n', `${usuarios}`, '-e', '2');
    const antigo = readFileSync(caminho);
    await escrever(caminho, '-n', `${usuarios}`);
    const bytes = readFileSync(caminho);
    const { aprovado, dados } = await julgar(caminho, sessao.parada);
    if (!aprovado) throw new Error('o banco inteiro não foi aprovado');
    for (const { oQue, fazer } of listar({ bytes, antigo }, passo)) {
      await respirar(sessao.parada);
      const estragado = fazer();
      gravar(caminho, estragado);
      const visto = await julgar(caminho, sessao.parada);
      // Uma página que a cópia antiga tem igual não é um estrago; o mais, ou reprova ou deu os mesmos dados.
      const injetado = !estragado.equals(bytes);
      const mudou = estragado.length !== bytes.length || visto.dados !== dados;
      sessao.contar(injetado, oQue, injetado && visto.aprovado && mudou && 'aprovado');
    }
  };
}

/** Por cima do que há, e não depois de o esvaziar: há sistemas de arquivos que então esperariam pelo disco. */
function gravar(caminho: string, bytes: Buffer): void {
  const fd = openSync(caminho, 'r+');
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
  closeSync(fd);
}

function criarEnsaio(assunto: Assunto): Ensaio<number> {
  const { nome, oQue, passo } = assunto;
  const dose = { amostra: passo, completa: 1 };
  const oQueControla = 'só o integrity_check do SQLite';
  return {
    ...{ nome, oQue, dose, ensaiar: estragar(assunto, julgarPeloLeitor) },
    controle: { oQue: oQueControla, dose, ensaiar: estragar(assunto, julgarPeloSqlite) },
  };
}

/** Cada bit de um arquivo pequeno e completo, virado um de cada vez. */
export const bits = criarEnsaio({
  nome: 'bits',
  oQue: 'um bit do arquivo virado: reprovado, ou os dados lidos são os mesmos',
  usuarios: 3,
  passo: 7, // primo com 8, para passar por todas as posições do byte
  listar: virarBits,
});

/** O arquivo cortado, e com páginas zeradas, trocadas ou de uma cópia mais antiga. */
export const cortes = criarEnsaio({
  nome: 'cortes',
  oQue: 'o arquivo cortado, ou com páginas zeradas, trocadas ou antigas: nunca aprovado',
  usuarios: 170,
  passo: 16,
  listar: cortar,
});
