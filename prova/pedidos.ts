import type { Forma } from './escrita.ts';
import type { PedidoDeLeitura } from './leitura.ts';
import type { Sorte } from './sorte.ts';

/** Como rodar o escritor; o que não é dito é sorteado, ou é o padrão dele. */
export interface ComoEscrever {
  registros?: number;
  execucoes?: number;
  forma?: Forma;
  /** O container fica, com este nome, até que alguém o remova. */
  nome?: string;
  /** Outro escritor trabalha no mesmo volume: os números não se podem prever. */
  acompanhado?: boolean;
  /** O volume some com o container: o escritor tem de o avisar. */
  passageiro?: boolean;
  /** O fuso horário do container. */
  fuso?: string;
}

/** Como rodar o leitor; o que não é dito é sorteado, ou é o padrão dele. */
export interface ComoLer {
  recibos?: string[];
  /** Destes, quantos vão em $RECIBO; os outros vão em `--recibo`. */
  noAmbiente?: number;
  forma?: Forma;
  limite?: number;
  nome?: string;
  /** Alguém escreve no volume ao mesmo tempo, ou o que ele guarda não é o que a prova pediu. */
  semDiario?: boolean;
}

/** O que se pede ao escritor, e as opções que o dizem. */
export interface PedidoAoEscritor {
  opcoes: string[];
  forma: Forma;
  registros: number;
  execucoes: number;
}

/** As opções que dizem ao escritor o que se quer, na forma que a sorte der: curtas ou longas, em texto ou em JSON. */
export function pedirEscrita(sorte: Sorte, como: ComoEscrever): PedidoAoEscritor {
  const forma = como.forma ?? sorte.um<Forma>(['texto', 'json']);
  const { registros = 3, execucoes = 1 } = como;
  const opcoes = [
    ...(como.registros === undefined ? [] : escreverOpcao(sorte, ['n', 'registros'], registros)),
    ...(como.execucoes === undefined ? [] : escreverOpcao(sorte, ['e', 'execucoes'], execucoes)),
    ...(forma === 'json' ? ['--json'] : []),
  ];
  return { opcoes, forma, registros, execucoes };
}

/** O que se pede ao leitor, as opções que o dizem e o que vai em $RECIBO. */
export interface PedidoAoLeitor extends PedidoDeLeitura {
  opcoes: string[];
  recibo: string | undefined;
}

/** As opções e o $RECIBO que dizem ao leitor o que se quer, na forma que a sorte der. */
export function pedirLeitura(sorte: Sorte, como: ComoLer): PedidoAoLeitor {
  const { recibos: exigidos = [], limite = 20 } = como;
  const forma = como.forma ?? sorte.um<Forma>(['texto', 'json']);
  const noAmbiente = como.noAmbiente ?? sorte.inteiro(0, Math.min(exigidos.length, 50));
  const recibo = noAmbiente > 0 ? exigidos.slice(-noAmbiente).join(sorte.um([' ', ',', ', '])) : undefined;
  const porOpcao = exigidos.slice(0, exigidos.length - noAmbiente);
  const opcoes = [
    ...porOpcao.flatMap((um) => escreverOpcao(sorte, ['r', 'recibo'], um)),
    ...(como.limite === undefined ? [] : ['--limite', `${limite}`]),
    ...(forma === 'json' ? ['--json'] : []),
  ];
  return { opcoes, recibo, forma, exigidos, limite };
}

/** Uma opção com o seu valor, por extenso ou não, junto ou separado: tanto faz para quem a lê. */
function escreverOpcao(sorte: Sorte, [curta, longa]: [string, string], valor: string | number): string[] {
  return sorte.um([[`-${curta}`, `${valor}`], [`--${longa}`, `${valor}`], [`--${longa}=${valor}`]]);
}
