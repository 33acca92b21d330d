import type { Especie, Lote } from './dentro/lote.ts';
import { MUDANCAS } from './dentro/lote.ts';
import type { Verificacao } from './leitura.ts';
import type { Sorte } from './sorte.ts';

/** Um lote, o que se exige ao lê-lo e o que o leitor tem de reprovar. */
export interface Sorteada {
  lote: Lote;
  /** Quantos recibos se exigem, e de que execuções. */
  exigidos: number[];
  /** A verificação que deve reprovar; sem ela, serve qualquer uma. */
  verificacao: Verificacao | undefined;
  /** Nenhuma outra tem o que ver. */
  soEla: boolean;
  descricao: string;
}

/** Cada espécie tantas vezes quantas aparece. */
const ESPECIES: Especie[] = [
  ...['texto', 'texto', 'texto', 'texto', 'troca', 'campo', 'campo', 'selo', 'selo', 'selo', 'apaga'],
  ...['insere', 'tira', 'muda o id', 'jsonb em usuarios', 'jsonb em execucoes', 'número por texto'],
  ...['selada de novo', 'selada de novo', 'encurtada', 'sobreposta', 'conta errada'],
] as Especie[];

const VERIFICACAO: Partial<Record<Especie, Verificacao>> = {
  texto: 'selos',
  troca: 'selos',
  campo: 'selos',
  selo: 'selos',
  apaga: 'selos',
  insere: 'avulsos',
  tira: 'selos',
  'muda o id': 'selos',
  'selada de novo': 'recibos',
  sobreposta: 'avulsos',
  'conta errada': 'selos',
  encurtada: 'recibos',
};

/** As partes de um selo de onde se tira o algarismo a mudar: também as que quem compara pouco não olha. */
const PARTES = [
  [0, 7],
  [8, 31],
  [32, 63],
] as const;

/** Sorteia um lote por espécie numa cadeia de tantas execuções, espalhados por ela. */
export function sortearLotes(sorte: Sorte, execucoes: number): Sorteada[] {
  const numeros = Array.from({ length: execucoes }, (_, indice) => indice + 1);
  const vez = [...sorte.embaralhar(numeros), ...sorte.embaralhar(numeros), ...sorte.embaralhar(numeros)];
  const partes = sorte.embaralhar(PARTES);
  const [usuarios, mudancas] = [
    sorte.embaralhar(['primeiro', 'de dentro', 'último'] as const),
    sorte.embaralhar(MUDANCAS),
  ];
  const especies = sorte.embaralhar(ESPECIES);
  const seloDoFim = especies.indexOf('selo');
  const textoDoComeco = especies.indexOf('texto');
  return especies.map((especie, indice) => {
    const [de, ate] = partes[indice % partes.length] ?? PARTES[0];
    const comum = vez[indice % vez.length] ?? 1;
    const lote: Lote = {
      especie,
      // Sem a última, ou com menos da cadeia do que isso, só um recibo o diria; e "tira" não é isso.
      execucao: especie === 'tira' && comum === execucoes ? 1 : comum,
      usuario: usuarios[indice % usuarios.length] ?? 'primeiro',
      coluna: sorte.um(['nome', 'nome', 'email', 'criado_em']),
      campo: sorte.um(['container', 'iniciada_em', 'versao', 'primeiro_id', 'ultimo_id', 'registros']),
      mudanca: mudancas[indice % mudancas.length] ?? 'letra',
      algarismo: sorte.inteiro(de, ate),
      acaso: sorte.inteiro(0, 2 ** 30),
    };
    if (especie === 'encurtada' && lote.execucao === 1) lote.execucao = 2;
    // A última não tem seguinte de quem tomar um usuário.
    if (especie === 'sobreposta') lote.execucao = Math.min(lote.execucao, execucoes - 1);
    // Na última, nenhum selo seguinte o delata: só ali se vê quem dos algarismos olha os primeiros.
    if (indice === seloDoFim) Object.assign(lote, { execucao: execucoes, algarismo: sorte.inteiro(8, 63) });
    // Longe do fim: um leitor que só olhasse as execuções que mostra não o veria.
    if (indice === textoDoComeco) lote.execucao = sorte.inteiro(1, Math.max(execucoes - 20, 1));
    const verificacao = VERIFICACAO[especie];
    // Nem com o recibo dela: a verificação dos recibos o veria por quem só olha os primeiros.
    const exigidos = indice === seloDoFim ? [] : sortearExigidos(sorte, lote, execucoes);
    return { lote, exigidos, verificacao, soEla: verificacao === 'recibos', descricao: descrever(lote) };
  });
}

/** Nenhum, um ou vários; o que só um recibo pode detectar leva ao menos um que o detecta, em qualquer posição. */
function sortearExigidos(sorte: Sorte, { especie, execucao }: Lote, execucoes: number): number[] {
  // Selada outra vez, e sem recibo: só quem confere as contas a detecta.
  if (especie === 'sobreposta' || especie === 'conta errada') return [];
  const quaisquer = Array.from({ length: sorte.um([0, 0, 1, 3]) }, () => sorte.inteiro(1, execucoes));
  if (VERIFICACAO[especie] !== 'recibos') return quaisquer;
  return sorte.embaralhar([...quaisquer, sorte.inteiro(execucao, execucoes)]);
}

function descrever({ especie, execucao, usuario, coluna, campo, mudanca, algarismo }: Lote): string {
  const onde = `${execucao}ª, ${usuario}`;
  const casos: Record<Especie, string> = {
    texto: `${onde}, ${coluna}: ${mudanca}`,
    troca: `${execucao}ª: ${coluna} de dois trocados`,
    campo: `${execucao}ª: ${campo} mudado`,
    selo: `${execucao}ª: algarismo ${algarismo + 1} do selo`,
    apaga: `${onde}: apagado`,
    insere: 'um usuário inserido',
    tira: `${execucao}ª: tirada`,
    'muda o id': `${onde}: outro id`,
    'jsonb em usuarios': `${onde}, ${coluna}: vira JSONB`,
    'jsonb em execucoes': `${execucao}ª, container: vira JSONB`,
    'número por texto': `${execucao}ª, registros: vira texto`,
    'selada de novo': `${onde}: mudado, tudo selado de novo`,
    sobreposta: `${execucao}ª: toma um usuário da vizinha, tudo selado`,
    'conta errada': `${execucao}ª: diz outro número de usuários, tudo selado`,
    encurtada: `da ${execucao}ª em diante, nada`,
  };
  return casos[especie];
}
