import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { emParalelo } from '../apoio/paralelo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { respirar } from '../lib/programa/sinais.ts';
import type { Sorte } from '../prova/sorte.ts';
import { type Defeito, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirCodigo } from './invariante.ts';
import {
  COMUNS,
  CONTROLES,
  copiarEstragado,
  type Estrago,
  mostrar,
  NOSSAS,
  type Pecas,
  PROVAS,
  sortearArgumentos,
  sortearEstrago,
  sortearRecibo,
  sortearTexto,
} from './pecas.ts';
import { type Corrida, escrever, iniciar, terminar } from './programas.ts';

/** Prova as peças neste processo. */
async function provarAqui(sessao: Sessao, quantas: number, pecas: Pecas): Promise<void> {
  const { sorte, parada } = sessao;
  using pasta = pastaDeEnsaio();
  const banco = pasta.em('banco.db');
  const { recibos } = await escrever(banco, '-e', '3');
  for (let caso = 0; caso < quantas; caso++) {
    if (caso % 100 === 0) await respirar(parada);
    const defeito = await sorte.um(PROVAS)({ pecas, banco, recibos, sorte, parada });
    sessao.contar(true, 'neste processo', defeito);
  }
}

/** Um pedido a um programa de verdade, numa pasta só sua. */
interface Pedido {
  programa: 'escritor' | 'leitor';
  argumentos: string[];
  ambiente: Record<string, string>;
  /** O que fazer ao banco que o programa vai encontrar. */
  estrago: Estrago | undefined;
}

function sortearPedido(sorte: Sorte, recibos: string[]): Pedido {
  const programa = sorte.um([ESCRITOR, LEITOR]);
  // Nada fora da pasta do caso, e nenhum zero: `--execucoes 0` não termina.
  const inofensivo = (texto: string) => texto.replace(/[\0/]|\.\.|^(-e|--execucoes=)?0+$/g, '');
  const emTresDeDez = () => sorte.inteiro(1, 10) <= 3;
  return {
    programa: programa.nome,
    argumentos: sortearArgumentos(sorte, programa, recibos).map(inofensivo),
    ambiente: {
      ...(emTresDeDez() && { BANCO: inofensivo(sortearTexto(sorte)) }),
      ...(emTresDeDez() && { RECIBO: sortearRecibo(sorte, recibos).replaceAll('\0', '') }),
    },
    estrago: sorte.um([undefined, sortearEstrago(sorte)]),
  };
}

/** Faz o pedido a um programa, numa pasta só dele, que depois some, e sobre uma cópia do modelo. */
async function fazer({ programa, argumentos, ambiente, estrago }: Pedido, modelo: string, pasta: string) {
  const banco = join(pasta, 'dados/desafio2.db');
  mkdirSync(dirname(banco), { recursive: true });
  if (estrago) copiarEstragado(modelo, banco, estrago);
  else copyFileSync(modelo, banco);
  const corrida = await terminar(iniciar(programa, argumentos, { ambiente, pasta }));
  rmSync(pasta, { recursive: true, force: true });
  return corrida;
}

function conferir({ estrago }: Pedido, corrida: Corrida): Defeito[] {
  const { codigo, sinal, saida, erros } = corrida;
  const mudo = codigo !== 0 && codigo !== CODIGOS.SIGTERM && erros === '';
  return [
    sinal !== null && `parado por ${sinal}`,
    conferirCodigo(corrida),
    CONTROLES.test(saida + erros) && 'leva controles ao terminal',
    mudo && `${codigo}, sem dizer por quê`,
    estrago && /"aprovado":true|\bAPROVADO/.test(saida) && 'aprovou o que mudou',
  ];
}

async function provarProcessos(sessao: Sessao, quantos: number): Promise<void> {
  using pasta = pastaDeEnsaio();
  const modelo = pasta.em('modelo.db');
  const { recibos } = await escrever(modelo, '-e', '3');
  const pedidos = Array.from({ length: quantos }, () => sortearPedido(sessao.sorte, recibos));
  await emParalelo(pedidos, 2, async (pedido, indice) => {
    const corrida = await fazer(pedido, modelo, pasta.em(`caso-${indice}`));
    sessao.contar(true, mostrar(pedido), ...conferir(pedido, corrida));
  });
}

/** Quantas entradas se dão às peças, neste processo, e quantas aos programas. */
interface Quanto {
  aqui: number;
  processos: number;
}

async function provar(sessao: Sessao, { aqui, processos }: Quanto, pecas: Pecas): Promise<void> {
  await provarAqui(sessao, aqui, pecas);
  await provarProcessos(sessao, processos);
}

/** Opções, ambiente, recibos, caminhos e textos gravados, ao acaso. */
export const entradas: Ensaio<Quanto> = {
  nome: 'entradas',
  oQue: 'entradas ao acaso: um código previsto, nenhuma pilha, nenhum controle no terminal',
  dose: { amostra: { aqui: 10_000, processos: 60 }, completa: { aqui: 100_000, processos: 2000 } },
  ensaiar: (sessao, quanto) => provar(sessao, quanto, NOSSAS),
  controle: {
    oQue: 'o parseArgs, o JSON.stringify e a tabela que o runtime traz, sem mais nada',
    dose: { amostra: { aqui: 2000, processos: 0 } },
    ensaiar: (sessao, quanto) => provar(sessao, quanto, COMUNS),
  },
};
