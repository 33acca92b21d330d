import { acharRecibos, type Diario, foiEntre, foiNoMinuto } from './diario.ts';
import { type Escrita, ePrevisto, type Relato } from './escrita.ts';

/** O que se pediu ao escritor. */
export interface PedidoDeEscrita {
  registros: number;
  execucoes: number;
  versao: string;
  /** Entre que instantes do engine se pediu e se ouviu a resposta. */
  entreMs: [number, number];
  /** O lugar some com o container: tem de haver um aviso, e só ele. */
  passageiro?: boolean | undefined;
  /** O banco e o autor que tem de dizer; sem isto, o do volume, e um container. */
  lugar?: { banco: string; autor: string };
}

/** Quantos usuários de cada execução o escritor lista em texto. */
const LISTADOS = 20;

/**
 * Em que o relato de um escritor que terminou com 0 não é o que se pediu, em palavras. `diario` é o do volume antes
 * dele, ou `undefined` se outro escrevia ao mesmo tempo e os números não se podem prever.
 */
export function conferirRelatos(
  escrita: Escrita,
  pedido: PedidoDeEscrita,
  diario: Diario | undefined,
): string[] {
  const defeitos = conferirSaida(escrita, pedido);
  for (const [indice, relato] of escrita.relatos.entries()) {
    const antes = diario && {
      numero: diario.execucoes + indice + 1,
      registros: diario.registros + indice * pedido.registros,
      listados: escrita.forma === 'texto' && diario.antes.execucoes === 0,
    };
    const seus = [
      ...conferirRelato(relato, escrita, pedido),
      ...conferirHoras(relato, pedido),
      ...(antes ? conferirContas(relato, pedido, antes) : []),
    ];
    defeitos.push(...seus.map((oQue) => `execução ${relato.execucao}: ${oQue}`));
  }
  return defeitos.slice(0, 5);
}

/** Tantos recibos quantas execuções, e nada a dizer em stderr, salvo o que se espera. */
function conferirSaida({ relatos, forma, saida, erros }: Escrita, pedido: PedidoDeEscrita): string[] {
  const defeitos: string[] = [];
  if (relatos.length !== pedido.execucoes) {
    defeitos.push(`pedi ${pedido.execucoes} execuções, e há ${relatos.length} recibos em ${forma}`);
  }
  const citados = acharRecibos(saida).length;
  if (citados !== relatos.length) defeitos.push(`a saída cita ${citados} recibos`);
  const queixas = erros.match(/^escritor: .*$/gm) ?? [];
  const avisou = queixas.length === 1 && /não persiste/.test(`${queixas}`);
  if (pedido.passageiro ? !avisou : queixas.length > 0) {
    defeitos.push(`termina com 0, e diz em stderr: ${queixas.join(' ') || 'nada'}`);
  }
  return defeitos;
}

/** Quantos, por quem, em que banco, e com que recibo. */
function conferirRelato(relato: Relato, { forma, container }: Escrita, pedido: PedidoDeEscrita): string[] {
  const { banco = '/data/desafio2.db', autor } = pedido.lugar ?? {};
  const certo = autor ? relato.container === autor : /^[0-9a-f]{12}$/.test(relato.container);
  const [numero] = relato.recibo.split(':');
  const resto = Math.max(pedido.registros - LISTADOS, 0);
  const casos: [boolean, string][] = [
    [
      relato.registros === pedido.registros,
      `pedi ${pedido.registros} usuários, e ele diz ${relato.registros}`,
    ],
    [forma === 'json' || relato.resto === resto, `diz que não listou ${relato.resto}`],
    [numero === `${relato.execucao}`, `o recibo tem o número ${numero}`],
    [relato.banco === banco, `o banco é ${relato.banco}`],
    [certo && relato.container === container, `o container é ${relato.container}`],
    [forma === 'texto' || relato.versao === pedido.versao, `a versão é ${relato.versao}`],
  ];
  return casos.flatMap(([sim, defeito]) => (sim ? [] : [defeito]));
}

function conferirHoras({ listados, iniciada_em }: Relato, { entreMs }: PedidoDeEscrita): string[] {
  if (!listados) return foiEntre(`${iniciada_em}`, entreMs) ? [] : [`a hora é ${iniciada_em}`];
  const alheio = listados.find(({ criado_em }) => !foiNoMinuto(criado_em, entreMs));
  return alheio ? [`a hora é ${alheio.criado_em}`] : [];
}

/** Que execução é, quais usuários mostra, e quantos há ao todo; `antes` é o que havia, e se é a prova que sabe quem são. */
function conferirContas(
  relato: Relato,
  pedido: PedidoDeEscrita,
  antes: { numero: number; registros: number; listados: boolean },
): string[] {
  const total = antes.registros + pedido.registros;
  const defeitos: string[] = [];
  if (relato.execucao !== antes.numero) defeitos.push(`deveria ser a ${antes.numero}`);
  if (relato.total !== total) defeitos.push(`o total deveria ser ${total}, e ele diz ${relato.total}`);
  const { listados = [] } = relato;
  const certos = listados.filter((linha, posicao) => ePrevisto(linha, antes.registros + posicao + 1));
  const quantos = Math.min(pedido.registros, LISTADOS);
  if (antes.listados && (listados.length !== quantos || certos.length !== quantos)) {
    defeitos.push(`a tabela tem ${JSON.stringify(listados)}`);
  }
  return defeitos;
}
