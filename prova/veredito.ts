import { emTabela } from '../lib/texto.ts';

/** O que uma cena afirmou, o que esperava e o que viu. */
export interface Afirmacao {
  texto: string;
  aprovada: boolean;
  esperado: unknown;
  visto: unknown;
  /** O que repetir num terminal para ver o mesmo. */
  comando?: string;
}

/** O que se viu de uma cena. */
export interface ResultadoDaCena {
  cena: number;
  titulo: string;
  resultado: 'aprovada' | 'reprovada' | 'pulada';
  /** Por que foi pulada. */
  motivo?: string;
  duracao_ms: number;
  afirmacoes: Afirmacao[];
}

/** O documento de `prova.ts --json`. */
export interface Prova {
  aprovada: boolean;
  /** O nome com que começa tudo o que a prova cria no engine. */
  projeto: string;
  volume: string;
  /** A que repete o que foi sorteado. */
  semente: number;
  cenas: ResultadoDaCena[];
}

/** A cena foi feita, e nada nela reprovou. */
export const foiAprovada = ({ resultado }: ResultadoDaCena) => resultado === 'aprovada';

/** A tabela das afirmações e uma frase que não diz mais do que elas. */
export function concluir({ aprovada, cenas }: Prova): string {
  const linhas = cenas.flatMap(({ cena, resultado, motivo, afirmacoes }) => [
    ...afirmacoes.map(({ texto, ...uma }) => ({
      cena,
      texto,
      resultado: uma.aprovada ? 'aprovada' : 'REPROVADA',
    })),
    ...(resultado === 'pulada' ? [{ cena, texto: motivo ?? '', resultado: 'pulada' }] : []),
  ]);
  const tabela = emTabela(
    linhas.map((linha, indice) => ({
      n: indice + 1,
      cena: linha.cena,
      afirmação: linha.texto,
      resultado: linha.resultado,
    })),
    'n',
    { cena: 4, afirmação: 51, resultado: 9 },
  );
  const numeros = (resultado: ResultadoDaCena['resultado']) =>
    enumerar(cenas.filter((cena) => cena.resultado === resultado).map(({ cena }) => cena));
  const conferidas = cenas.filter(foiAprovada).reduce((soma, { afirmacoes }) => soma + afirmacoes.length, 0);
  const veredito = aprovada
    ? `APROVADA: as ${conferidas} afirmações acima (${numeros('aprovada')}) foram conferidas neste engine, agora`
    : `REPROVADA: ${numeros('reprovada') || 'nenhuma cena pôde ser feita'}`;
  const puladas = numeros('pulada');
  const frase = `${veredito}; ${puladas ? `sem resposta: ${puladas}` : 'nenhuma cena pedida ficou sem resposta'}.`;
  return `\n${tabela}\n\n${Bun.wrapAnsi(frase, 80)}`;
}

/** `cena 4`, `cenas 1 a 3 e 9`; vazio se não há nenhuma. */
function enumerar(cenas: number[]): string {
  if (cenas.length === 0) return '';
  const faixas: [number, number][] = [];
  for (const cena of cenas) {
    const ultima = faixas.at(-1);
    if (ultima && ultima[1] === cena - 1) ultima[1] = cena;
    else faixas.push([cena, cena]);
  }
  const textos = faixas.flatMap(([de, ate]) =>
    ate > de + 1 ? [`${de} a ${ate}`] : de === ate ? [`${de}`] : [`${de}`, `${ate}`],
  );
  return `${cenas.length === 1 ? 'cena' : 'cenas'} ${new Intl.ListFormat('pt-BR').format(textos)}`;
}
