import { Database } from 'bun:sqlite';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CODIGOS, Falha } from '../lib/falhas.ts';
import { emParalelo } from '../lib/paralelo.ts';
import { formasDe, interpretar, lerArgumentos, type Opcoes } from '../lib/programa/opcoes.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { formatarRecibo, lerRecibo, linhaDoUsuario, type Usuario } from '../lib/selo.ts';
import { emJson, emTabela } from '../lib/texto.ts';
import { PROVA } from '../prova/opcoes.ts';
import {
  type Contagem,
  conferirCodigo,
  type Ensaio,
  escolher,
  ler,
  type Plano,
  pastaDeEnsaio,
} from './ensaio.ts';
import { escrever, iniciar, terminar } from './programas.ts';

const CONTROLES = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

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
function sortearTexto(plano: Plano): string {
  const [de, ate] = escolher(plano, FAIXAS);
  return Array.from({ length: escolher(plano, [0, 1, 3, 12, 12, 40, 40, 2000]) }, () =>
    String.fromCodePoint(de + Math.floor(plano.sortear() * (ate - de + 1))),
  ).join('');
}

/** Um recibo de verdade, um que quase é, ou um texto qualquer. */
function sortearRecibo(plano: Plano, verdadeiros: string[]): string {
  const certo = verdadeiros[Math.floor(plano.sortear() * verdadeiros.length)] ?? '';
  const onde = Math.floor(plano.sortear() * certo.length);
  const digito = escolher(plano, ['0', '1', '9', 'a', 'f', 'g', 'A', ' ', ':']);
  const errado = certo.slice(0, onde) + digito + certo.slice(onde + 1);
  return escolher(plano, [certo, errado, errado, certo.slice(0, onde), sortearTexto(plano)]);
}

/** Argumentos para um programa: as suas opções, com valores bons e ruins, e o que não é opção nenhuma. */
function sortearArgumentos(plano: Plano, programa: { opcoes: Opcoes }, recibos: string[]): string[] {
  const formas = formasDe(programa);
  const nomes = Object.keys(formas) as [string, ...string[]];
  const valor = () => escolher(plano, ['', '1', '7', '20', '-1', '3.5', '1e9', '٣', ' 1', '0x1']);
  return Array.from({ length: escolher(plano, [0, 1, 2, 3, 4, 8]) }, () => {
    const nome = escolher(plano, nomes);
    const curta = formas[nome]?.short ?? 'x';
    const umValor = escolher(plano, [valor(), valor(), sortearRecibo(plano, recibos), sortearTexto(plano)]);
    return escolher(plano, [
      [`--${nome}`],
      [`--${nome}=${umValor}`],
      [`--${nome}`, umValor],
      [`-${curta}`, umValor],
      [`-${curta}${umValor}`],
      [umValor],
      [escolher(plano, ['--', '-', '--no-json', '-hV', '--__proto__', '--constructor=1'])],
    ]);
  }).flat();
}

/** O que alguém pode mudar num banco, por SQL, com três textos. */
const ESTRAGOS = [
  'UPDATE usuarios SET nome = ?, email = ?, criado_em = ? WHERE id = 2',
  'UPDATE execucoes SET container = ?, versao = ?, iniciada_em = ? WHERE id = 2',
  'INSERT INTO usuarios VALUES (1000, ?, ?, ?)',
] as const;

type Estrago = { sql: (typeof ESTRAGOS)[number]; textos: string[] };

function sortearEstrago(plano: Plano): Estrago {
  return { sql: escolher(plano, ESTRAGOS), textos: [1, 2, 3].map(() => sortearTexto(plano)) };
}

/** Uma cópia do banco, estragada. */
function estragar(banco: string, copia: string, { sql, textos }: Estrago): void {
  copyFileSync(banco, copia);
  using aberto = new Database(copia, { readwrite: true });
  aberto.run(sql, textos);
}

/** Faz uma coisa com uma entrada ao acaso; devolve o que ficou errado, ou `undefined`. */
type Prova = (plano: Plano) => Promise<string | undefined> | string | undefined;

/** `acao` devolve um valor ou lança uma `Falha` de uso: nada mais. */
function soFalhaDeUso(acao: () => unknown): string | undefined {
  try {
    acao();
  } catch (erro) {
    if (!(erro instanceof Falha)) return `lançou ${erro}`;
    if (erro.motivo !== 'uso') return `lançou a falha ${erro.motivo}`;
    if (erro.message.length > 500) return `uma mensagem de ${erro.message.length} caracteres`;
  }
}

const PROGRAMAS = [ESCRITOR, LEITOR, PROVA] as const;

/** O que se prova de cada peça; num controle, com a peça que o Bun ou o Node já traz. */
const PECAS = {
  nossas: {
    interpretar: (programa: (typeof PROGRAMAS)[number], argumentos: string[]) =>
      interpretar<Opcoes>(programa, lerArgumentos(programa, argumentos)),
    json: emJson,
    tabela: (usuario: Usuario) => emTabela([usuario], 'id', { nome: 16, email: 25 }),
  },
  comuns: {
    interpretar: (programa: { opcoes: Opcoes }, argumentos: string[]) =>
      parseArgs({ args: argumentos, options: formasDe(programa) }),
    json: (documento: unknown) => JSON.stringify(documento),
    tabela: (usuario: Usuario) => Bun.inspect.table([usuario], { colors: false }),
  },
};

/** As provas que correm neste processo, sobre um banco de três execuções e os seus recibos. */
function prepararProvas(
  banco: string,
  recibos: string[],
  pecas: (typeof PECAS)['nossas' | 'comuns'],
): [Prova, ...Prova[]] {
  const memoria = new Database(':memory:');
  memoria.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT) STRICT');
  const gravar = memoria.query('INSERT OR REPLACE INTO usuarios VALUES (1, ?, ?, ?)');
  const reler = memoria.query<{ linha: string }, []>(
    'SELECT json_array(id, nome, email, criado_em) AS linha FROM usuarios',
  );

  const opcoes: Prova = (plano) => {
    const programa = escolher(plano, PROGRAMAS);
    const argumentos = sortearArgumentos(plano, programa, recibos);
    const defeito = soFalhaDeUso(() => pecas.interpretar(programa, argumentos));
    return defeito && `${programa.nome} ${JSON.stringify(argumentos)}: ${defeito}`;
  };
  const textos: Prova = (plano) => {
    const [nome, email, criado_em] = [sortearTexto(plano), sortearTexto(plano), sortearTexto(plano)];
    const usuario = { id: 1, nome, email, criado_em };
    gravar.run(nome, email, criado_em);
    const onde = JSON.stringify(usuario).slice(0, 300);
    if (reler.get()?.linha !== linhaDoUsuario(usuario)) return `${onde}: as duas linhas do selo diferem`;
    const json = pecas.json(usuario);
    if (CONTROLES.test(json)) return `${onde}: o JSON leva controles ao terminal`;
    if (CONTROLES.test(pecas.tabela(usuario))) return `${onde}: a tabela leva controles ao terminal`;
    if (JSON.stringify(JSON.parse(json)) !== JSON.stringify(usuario)) return `${onde}: o JSON mudou o texto`;
  };
  const umRecibo: Prova = async (plano) => {
    const texto = sortearRecibo(plano, recibos);
    const defeito = soFalhaDeUso(() => {
      const lido = lerRecibo(texto, 'ensaio');
      if (formatarRecibo({ id: lido.execucao, selo: lido.selo }) !== texto)
        throw new Error('leu outro recibo');
    });
    if (defeito) return `recibo ${JSON.stringify(texto)}: ${defeito}`;
  };
  const exigirRecibo: Prova = async (plano) => {
    const texto = sortearRecibo(plano, recibos);
    if (!/^[1-9]\d*:[0-9a-f]{64}$/.test(texto)) return;
    const { motivo } = await ler(banco, [texto], plano.parada);
    const esperado = recibos.includes(texto) ? 'feito' : 'reprovado';
    if (motivo !== esperado) return `exigido o recibo ${texto}, o leitor diz ${motivo}`;
  };
  const bancoMudado: Prova = async (plano) => {
    const estrago = sortearEstrago(plano);
    estragar(banco, `${banco}-copia`, estrago);
    const { motivo } = await ler(`${banco}-copia`, [], plano.parada);
    if (motivo !== 'reprovado')
      return `depois de ${JSON.stringify(estrago).slice(0, 300)}, o leitor diz ${motivo}`;
  };
  return [opcoes, opcoes, opcoes, textos, textos, textos, umRecibo, umRecibo, exigirRecibo, bancoMudado];
}

async function provarAqui(
  plano: Plano,
  contagem: Contagem,
  quantos: number,
  pecas: (typeof PECAS)['nossas' | 'comuns'],
): Promise<void> {
  using pasta = pastaDeEnsaio();
  const { recibos } = await escrever(pasta.em('banco.db'), '-e', '3');
  const provas = prepararProvas(pasta.em('banco.db'), recibos, pecas);
  for (let caso = 0; caso < quantos; caso++) {
    if (caso % 100 === 0) await respirar(plano.parada);
    contagem.contar(true, await escolher(plano, provas)(plano));
  }
}

/** Um pedido a um programa de verdade, numa pasta só sua. */
interface Pedido {
  programa: (typeof PROGRAMAS)[0 | 1];
  argumentos: string[];
  ambiente: Record<string, string>;
  /** O que fazer ao banco que o programa vai encontrar. */
  estrago?: Estrago;
}

function sortearPedido(plano: Plano, recibos: string[]): Pedido {
  const programa = escolher(plano, [ESCRITOR, LEITOR]);
  // Nada fora da pasta do caso, e nenhum zero: `--execucoes 0` não termina.
  const inofensivo = (texto: string) => texto.replace(/[\0/]|\.\.|^(-e|--execucoes=)?0+$/g, '');
  return {
    programa,
    argumentos: sortearArgumentos(plano, programa, recibos).map(inofensivo),
    ambiente: {
      ...(plano.sortear() < 0.3 && { BANCO: inofensivo(sortearTexto(plano)) }),
      ...(plano.sortear() < 0.3 && { RECIBO: sortearRecibo(plano, recibos).replaceAll('\0', '') }),
    },
    ...(plano.sortear() < 0.5 && { estrago: sortearEstrago(plano) }),
  };
}

async function provarPedido(plano: Plano, pedido: Pedido, pasta: string, modelo: string) {
  const { programa, argumentos, ambiente, estrago } = pedido;
  mkdirSync(`${pasta}/dados`, { recursive: true });
  const banco = `${pasta}/dados/desafio2.db`;
  if (estrago) estragar(modelo, banco, estrago);
  else copyFileSync(modelo, banco);
  const processo = iniciar(programa.nome, argumentos, { ambiente, pasta });
  const corrida = await terminar(processo);
  rmSync(pasta, { recursive: true, force: true });
  const { codigo, saida, erros } = corrida;
  const defeitos = [
    corrida.sinal === null ? undefined : `parado por ${corrida.sinal}`,
    conferirCodigo(corrida),
    CONTROLES.test(saida + erros) ? 'leva controles ao terminal' : undefined,
    codigo !== 0 && codigo !== CODIGOS.SIGTERM && erros === '' ? `${codigo}, sem dizer por quê` : undefined,
    estrago && /"aprovado":true|\bAPROVADO/.test(saida) ? 'aprovou o que mudou' : undefined,
  ].filter((texto) => texto !== undefined);
  plano.parada.throwIfAborted();
  return defeitos.length > 0 ? `${JSON.stringify(pedido).slice(0, 600)}: ${defeitos.join('; ')}` : undefined;
}

async function provarProcessos(plano: Plano, contagem: Contagem, quantos: number): Promise<void> {
  using pasta = pastaDeEnsaio();
  const modelo = pasta.em('modelo.db');
  const { recibos } = await escrever(modelo, '-e', '3');
  const pedidos = Array.from({ length: quantos }, () => sortearPedido(plano, recibos));
  await emParalelo(pedidos, 2, async (pedido, indice) => {
    plano.parada.throwIfAborted();
    contagem.contar(true, await provarPedido(plano, pedido, pasta.em(`caso-${indice}`), modelo));
  });
}

/** Opções, ambiente, recibos, caminhos e textos gravados, ao acaso. */
export const entradas: Ensaio = {
  nome: 'entradas',
  oQue: 'entradas ao acaso: um código previsto, nenhuma pilha, nenhum controle no terminal',
  async ensaiar(plano, contagem) {
    const [aqui, processos] = plano.completo ? [100_000, 2000] : [10_000, 60];
    contagem.previstos = aqui + processos;
    await provarAqui(plano, contagem, aqui, PECAS.nossas);
    await provarProcessos(plano, contagem, processos);
  },
  controle: {
    oQue: 'o parseArgs, o JSON.stringify e a tabela que o runtime traz, sem mais nada',
    async ensaiar(plano, contagem) {
      contagem.previstos = 2000;
      await provarAqui(plano, contagem, 2000, PECAS.comuns);
    },
  },
};
