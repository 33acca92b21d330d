import { Database } from 'bun:sqlite';
import { copyFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Falha } from '../lib/falhas.ts';
import { formasDe, interpretar, lerArgumentos, type Opcoes } from '../lib/programa/opcoes.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { formatarRecibo, lerRecibo } from '../lib/recibo.ts';
import { linhaDoUsuario } from '../lib/selo.ts';
import { emJson, emTabela } from '../lib/texto.ts';
import type { Usuario } from '../lib/usuario.ts';
import { PROVA } from '../prova/opcoes.ts';
import type { Sorte } from '../prova/sorte.ts';
import type { Defeito } from './ensaio.ts';
import { ler } from './invariante.ts';

/** De onde saem os caracteres: ASCII, controles, acentos, combinantes, direção, emoji, etiquetas, todo o Unicode. */
const FAIXAS = [
  [0x20, 0x7e],
  [0x00, 0x1f],
  [0x7f, 0x24f],
  [0x300, 0x36f],
  [0x2000, 0x206f],
  [0x1f300, 0x1faff],
  [0xe0000, 0xe007f],
  [0x0, 0xd7ff],
  [0xe000, 0x10ffff],
] as const;

/** Um texto de Unicode bem formado: vazio, curto ou enorme. */
export function sortearTexto(sorte: Sorte): string {
  const [de, ate] = sorte.um(FAIXAS);
  return Array.from({ length: sorte.um([0, 1, 3, 12, 12, 40, 40, 2000]) }, () =>
    String.fromCodePoint(sorte.inteiro(de, ate)),
  ).join('');
}

/** Um recibo de verdade, um que quase é, ou um texto qualquer. */
export function sortearRecibo(sorte: Sorte, verdadeiros: string[]): string {
  const certo = sorte.um(verdadeiros);
  const onde = sorte.inteiro(0, certo.length - 1);
  const digito = sorte.um(['0', '1', '9', 'a', 'f', 'g', 'A', ' ', ':']);
  const errado = certo.slice(0, onde) + digito + certo.slice(onde + 1);
  return sorte.um([certo, errado, errado, certo.slice(0, onde), sortearTexto(sorte)]);
}

/** Argumentos para um programa: as suas opções, com valores bons e ruins, e o que não é opção nenhuma. */
export function sortearArgumentos(sorte: Sorte, programa: { opcoes: Opcoes }, recibos: string[]): string[] {
  const formas = formasDe(programa);
  const valor = () => sorte.um(['', '1', '7', '20', '-1', '3.5', '1e9', '٣', ' 1', '0x1']);
  return Array.from({ length: sorte.um([0, 1, 2, 3, 4, 8]) }, () => {
    const nome = sorte.um(Object.keys(formas));
    const curta = formas[nome]?.short ?? 'x';
    const umValor = sorte.um([valor(), valor(), sortearRecibo(sorte, recibos), sortearTexto(sorte)]);
    return sorte.um([
      [`--${nome}`],
      [`--${nome}=${umValor}`],
      [`--${nome}`, umValor],
      [`-${curta}`, umValor],
      [`-${curta}${umValor}`],
      [umValor],
      [sorte.um(['--', '-', '--no-json', '-hV', '--__proto__', '--constructor=1'])],
    ]);
  }).flat();
}

/** O que alguém pode mudar num banco, por SQL, com três textos. */
const ESTRAGOS = [
  'UPDATE usuarios SET nome = ?, email = ?, criado_em = ? WHERE id = 2',
  'UPDATE execucoes SET container = ?, versao = ?, iniciada_em = ? WHERE id = 2',
  'INSERT INTO usuarios VALUES (1000, ?, ?, ?)',
] as const;

export interface Estrago {
  sql: (typeof ESTRAGOS)[number];
  textos: string[];
}

export function sortearEstrago(sorte: Sorte): Estrago {
  return { sql: sorte.um(ESTRAGOS), textos: [1, 2, 3].map(() => sortearTexto(sorte)) };
}

/** Uma cópia do banco, estragada. */
export function copiarEstragado(banco: string, copia: string, { sql, textos }: Estrago): void {
  copyFileSync(banco, copia);
  using aberto = new Database(copia, { readwrite: true });
  aberto.run(sql, textos);
}

/** O que nunca deve chegar a um terminal. */
export const CONTROLES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const PROGRAMAS = [ESCRITOR, LEITOR, PROVA] as const;

/** As peças que se provam. */
export interface Pecas {
  interpretar(programa: (typeof PROGRAMAS)[number], argumentos: string[]): unknown;
  json(documento: unknown): string;
  tabela(usuario: Usuario): string;
}

export const NOSSAS: Pecas = {
  interpretar: (programa, argumentos) => interpretar<Opcoes>(programa, lerArgumentos(programa, argumentos)),
  json: emJson,
  tabela: (usuario) => emTabela([usuario], 'id', { nome: 16, email: 25 }),
};

/** As que o Bun ou o Node já traz. */
export const COMUNS: Pecas = {
  interpretar: (programa, argumentos) => parseArgs({ args: argumentos, options: formasDe(programa) }),
  json: (documento) => JSON.stringify(documento),
  tabela: (usuario) => Bun.inspect.table([usuario], { colors: false }),
};

/** O que uma prova tem à mão: um banco e os seus recibos. */
export interface Mesa {
  pecas: Pecas;
  banco: string;
  recibos: string[];
  sorte: Sorte;
  parada: AbortSignal;
}

/** Dá a uma peça uma entrada ao acaso; devolve o que ficou errado. */
type Prova = (mesa: Mesa) => Defeito | Promise<Defeito>;

/** O que se deu, no tamanho em que cabe numa mensagem. */
export const mostrar = (entrada: unknown) => JSON.stringify(entrada).slice(0, 600);

/** `acao` devolve um valor ou lança uma `Falha` de uso: nada mais. */
function soFalhaDeUso(acao: () => unknown): Defeito {
  try {
    acao();
  } catch (erro) {
    if (!(erro instanceof Falha)) return `lançou ${erro}`;
    if (erro.motivo !== 'uso') return `lançou a falha ${erro.motivo}`;
    if (erro.message.length > 500) return `uma mensagem de ${erro.message.length} caracteres`;
  }
}

const opcoes: Prova = ({ pecas, recibos, sorte }) => {
  const programa = sorte.um(PROGRAMAS);
  const argumentos = sortearArgumentos(sorte, programa, recibos);
  const defeito = soFalhaDeUso(() => pecas.interpretar(programa, argumentos));
  return defeito && `${programa.nome} ${mostrar(argumentos)}: ${defeito}`;
};

const memoria = new Database(':memory:');
memoria.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT) STRICT');

const textos: Prova = ({ pecas, sorte }) => {
  const [nome, email, criado_em] = [sortearTexto(sorte), sortearTexto(sorte), sortearTexto(sorte)];
  const usuario = { id: 1, nome, email, criado_em };
  memoria.query('INSERT OR REPLACE INTO usuarios VALUES (1, ?, ?, ?)').run(nome, email, criado_em);
  const [linha] = memoria.query('SELECT json_array(id, nome, email, criado_em) FROM usuarios').values();
  if (linha?.[0] !== linhaDoUsuario(usuario)) return `${mostrar(usuario)}: as duas linhas do selo diferem`;
  const json = pecas.json(usuario);
  if (CONTROLES.test(json)) return `${mostrar(usuario)}: o JSON leva controles ao terminal`;
  if (CONTROLES.test(pecas.tabela(usuario)))
    return `${mostrar(usuario)}: a tabela leva controles ao terminal`;
  const mudou = JSON.stringify(JSON.parse(json)) !== JSON.stringify(usuario);
  return mudou && `${mostrar(usuario)}: o JSON mudou o texto`;
};

/** O que não é um recibo é recusado; o que é lê-se sem perda, e o leitor só o aprova se é um destes. */
const recibo: Prova = async ({ banco, recibos, sorte, parada }) => {
  const texto = sortearRecibo(sorte, recibos);
  let relido: string | undefined;
  const defeito = soFalhaDeUso(() => {
    const { execucao, selo } = lerRecibo(texto, 'ensaio');
    relido = formatarRecibo({ id: execucao, selo });
  });
  if (defeito) return `recibo ${mostrar(texto)}: ${defeito}`;
  if (relido === undefined) return;
  if (relido !== texto) return `recibo ${mostrar(texto)}: leu outro`;
  const { motivo } = await ler(banco, [texto], parada);
  const esperado = recibos.includes(texto) ? 'feito' : 'reprovado';
  return motivo !== esperado && `exigido o recibo ${texto}, o leitor diz ${motivo}`;
};

const bancoMudado: Prova = async ({ banco, sorte, parada }) => {
  const estrago = sortearEstrago(sorte);
  const copia = `${banco}-copia`;
  copiarEstragado(banco, copia, estrago);
  const { motivo } = await ler(copia, [], parada);
  return motivo !== 'reprovado' && `depois de ${mostrar(estrago)}, o leitor diz ${motivo}`;
};

/** As baratas mais vezes. */
export const PROVAS = [opcoes, opcoes, opcoes, textos, textos, textos, recibo, recibo, recibo, bancoMudado];
