import type { Resposta } from './docker.ts';
import { deMilhares, type Forma, type Linha, lerResto, lerTabela } from './escrita.ts';

export const VERIFICACOES = [
  'volume',
  'arquivo',
  'estrutura',
  'esquema',
  'selos',
  'avulsos',
  'recibos',
  'assinatura',
  'origem',
] as const;
export type Verificacao = (typeof VERIFICACOES)[number];
export type Resultado = 'aprovada' | 'reprovada' | 'pulada';

/** O que o leitor mostrou, em texto ou em JSON: as mesmas coisas, para que se confiram do mesmo modo. */
export interface Mostrado {
  container: string | undefined;
  banco: string | undefined;
  registros: number | undefined;
  execucoes: number | undefined;
  recibo: string | undefined;
  verificacoes: { nome: string; resultado: string; detalhe: string }[];
  usuarios: Linha[];
  /** Só em texto: quantos usuários diz que não mostra. */
  resto?: number;
  ultimas: ExecucaoMostrada[];
  /** Só em JSON. */
  aprovado?: boolean;
}

/** Uma execução no laudo; em texto não se vê o recibo. */
export interface ExecucaoMostrada {
  execucao: number;
  container: string;
  iniciada_em: string;
  registros: number;
  recibo?: string;
}

/** O que o leitor disse num container; sem `mostrado`, se a saída não é a de um leitor. */
export interface Leitura extends Resposta {
  forma: Forma;
  /** Os recibos que se exigiram. */
  exigidos: string[];
  limite: number;
  /** O leitor não estava num container. */
  fora?: boolean;
  /** Deu-se ao leitor uma chave pública. */
  comChave?: boolean;
  /** A linha do veredito; em JSON não há. */
  veredito: string;
  mostrado: Mostrado | undefined;
}

/** O que se pediu a um leitor. */
export type PedidoDeLeitura = Pick<Leitura, 'forma' | 'exigidos' | 'limite' | 'fora' | 'comChave'>;

/** Lê o que o leitor imprimiu. */
export function interpretarLeitura(resposta: Resposta, pedido: PedidoDeLeitura): Leitura {
  const { forma, exigidos, limite, fora = false, comChave = false } = pedido;
  const mostrado = forma === 'json' ? lerJson(resposta.saida) : lerTexto(resposta.saida);
  const veredito = forma === 'texto' ? acharVereditos(resposta.saida)[0] : undefined;
  return { ...resposta, forma, exigidos, limite, fora, comChave, veredito: veredito ?? '', mostrado };
}

/** As linhas que dão um veredito: deve haver uma só. */
export function acharVereditos(saida: string): string[] {
  return saida
    .split('\n')
    .filter((linha) => /^(APROVADO|REPROVADO|NÃO PERSISTE|SEM VEREDITO|NADA PARA LER)/.test(linha));
}

function lerJson(saida: string): Mostrado | undefined {
  try {
    const laudo = JSON.parse(saida);
    const { verificacoes, ultimas_execucoes: ultimas, usuarios } = laudo;
    if (![verificacoes, ultimas, usuarios].every(Array.isArray)) return undefined;
    return {
      container: laudo.container,
      banco: laudo.banco,
      registros: laudo.registros ?? undefined,
      execucoes: laudo.execucoes ?? undefined,
      recibo: laudo.recibo ?? undefined,
      verificacoes,
      usuarios,
      ultimas,
      aprovado: laudo.aprovado,
    };
  } catch {
    return undefined;
  }
}

const SINAIS: Record<string, Resultado> = { '✔': 'aprovada', '✘': 'reprovada', '–': 'pulada' };

function lerTexto(saida: string): Mostrado | undefined {
  const verificacoes = [...saida.matchAll(/^ {2}([✔✘–]) ([a-z]+) +(.+(?:\n {15}.+)*)$/gm)].map(
    ([, sinal = '', nome = '', detalhe = '']) => ({
      nome,
      resultado: SINAIS[sinal] ?? '',
      detalhe: detalhe.replace(/\n +/g, ' '),
    }),
  );
  if (verificacoes.length === 0) return undefined;
  const numero = (rotulo: string) => {
    const texto = saida.match(new RegExp(`^${rotulo}: ([\\d.]+)$`, 'm'))?.[1];
    return texto === undefined ? undefined : deMilhares(texto);
  };
  const [, banco, container] = saida.match(/^Banco (.+), lido por (\S+)$/m) ?? [];
  return {
    container,
    banco,
    registros: numero('Usuários'),
    execucoes: numero('Execuções'),
    recibo: saida.match(/^recibo mais novo:\n(\S+)$/m)?.[1],
    verificacoes,
    usuarios: lerTabela(saida),
    resto: lerResto(saida),
    ultimas: lerExecucoes(saida),
  };
}

/** As linhas da tabela de execuções do laudo em texto. */
function lerExecucoes(saida: string): ExecucaoMostrada[] {
  const linha = /^│ +(\d+) │ (\S+) +│ (\d{4}-\S+Z) +│ ([\d.]+) +│$/gm;
  return [...saida.matchAll(linha)].map(
    ([, execucao = '', container = '', iniciada_em = '', registros = '']) => ({
      execucao: Number(execucao),
      container,
      iniciada_em,
      registros: deMilhares(registros),
    }),
  );
}

/** O resultado de uma verificação; `undefined` se o leitor não falou dela. */
export function resultadoDe({ mostrado }: Leitura, nome: Verificacao): string | undefined {
  return mostrado?.verificacoes.find((verificacao) => verificacao?.nome === nome)?.resultado;
}

/** O que o leitor disse de uma verificação, numa linha; vazio se não falou dela. */
export function detalheDe({ mostrado }: Leitura, nome: Verificacao): string {
  const dito = mostrado?.verificacoes.find((verificacao) => verificacao?.nome === nome)?.detalhe ?? '';
  return dito.replace(/^pulada: /, '').replace(/\s+/g, ' ');
}

/** As verificações com um resultado, na ordem em que o leitor as disse. */
export function quais({ mostrado }: Leitura, resultado: Resultado): string[] {
  return (mostrado?.verificacoes ?? []).filter((uma) => uma?.resultado === resultado).map(({ nome }) => nome);
}

/** `código 65 (REPROVADO…); reprovadas: selos; puladas: recibos`: o que se viu, para quem lê uma afirmação. */
export function descreverLeitura(leitura: Leitura): string {
  const { codigo, veredito, mostrado } = leitura;
  if (!mostrado) return `código ${codigo}, e nenhum laudo em ${leitura.forma}`;
  const lista = (rotulo: string, resultado: Resultado) => {
    const nomes = quais(leitura, resultado);
    return nomes.length > 0 ? [`${rotulo}: ${nomes.join(', ')}`] : [];
  };
  const dito = veredito || (mostrado.aprovado ? 'aprovado' : 'não aprovado');
  return [
    `código ${codigo}, "${dito}"`,
    ...lista('reprovadas', 'reprovada'),
    ...lista('puladas', 'pulada'),
  ].join('; ');
}
