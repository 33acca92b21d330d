import { SINAIS } from '../lib/texto.ts';
import { contarToques } from './toques.ts';

/** O que uma cena afirmou, o que esperava e o que viu. */
export interface Afirmacao {
  texto: string;
  aprovada: boolean;
  esperado: unknown;
  visto: unknown;
  /** O que repetir num terminal para ver o mesmo. */
  comando?: string;
  /** Se não se confirmou, e o programa não falou: o fim do que o comando disse na saída de erros. */
  stderr?: string;
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
  /** Quando acabou, em UTC; a versão dos programas; a do engine e a do Compose; o Bun da imagem base. */
  data: string;
  versao: string;
  engine: string;
  compose: string;
  bun: string;
  /** O nome com que começa tudo o que a prova cria no engine. */
  projeto: string;
  volume: string;
  /** O driver do volume e o sistema de arquivos em que ele está. */
  driver: string;
  sistema_de_arquivos: string;
  /** A que repete o que foi sorteado. */
  semente: number;
  /** O comando que a repete. */
  repetir: string;
  /** Quanto leva um COMMIT durável no volume, em milissegundos, se a cena 0 foi feita. */
  commit_ms?: { execucoes: number; mediana: number; p99: number } | undefined;
  cenas: ResultadoDaCena[];
}

/** O que se afirma, e reprova, de uma cena que uma falha fez parar no meio. */
export const CHEGA_AO_FIM = 'a cena chega ao fim';

/** A cena foi feita, e nada nela reprovou. */
export const foiAprovada = ({ resultado }: ResultadoDaCena) => resultado === 'aprovada';

/** O fim da prova, para o terminal: uma linha por cena, o que reprovou, e uma frase que não diz mais do que isso. */
export function concluir(prova: Prova): string {
  const { cenas } = prova;
  const linhas = cenas.map((cena) => Bun.wrapAnsi(descreverCena(cena), 80));
  const reprovadas = cenas.flatMap(({ cena, afirmacoes }) =>
    afirmacoes.filter((uma) => !uma.aprovada).map(({ texto }) => `  ✘ cena ${cena}: ${texto}`),
  );
  const falhas = reprovadas.length > 0 ? ['', 'Não se confirmou:', ...reprovadas] : [];
  return [
    '',
    'Afirmações que se confirmaram, e tempo de cada cena:',
    ...linhas,
    ...falhas,
    '',
    Bun.wrapAnsi(`${darVeredito(prova, 'acima')} ${contarToques(prova)}`.trimEnd(), 80),
  ].join('\n');
}

/** A frase que não diz mais do que as cenas; `onde` estão as afirmações. */
export function darVeredito({ aprovada, cenas }: Prova, onde: 'acima' | 'abaixo'): string {
  const quais = (criterio: (cena: ResultadoDaCena) => boolean) =>
    enumerar(cenas.filter(criterio).map(({ cena }) => cena));
  const numeros = (resultado: ResultadoDaCena['resultado']) => quais((cena) => cena.resultado === resultado);
  const conferidas = cenas.filter(foiAprovada).reduce((soma, { afirmacoes }) => soma + afirmacoes.length, 0);
  const veredito = aprovada
    ? `APROVADA: as ${conferidas} afirmações ${onde} (${numeros('aprovada')}) foram conferidas neste engine, agora`
    : `REPROVADA: ${numeros('reprovada') || 'nenhuma cena pôde ser feita'}`;
  // Uma reprovada com um motivo não pôde ir até o fim; uma que uma falha parou, também não.
  const paradas = quais(({ resultado, motivo, afirmacoes }) => {
    const parou = motivo !== undefined || afirmacoes.some(({ texto }) => texto === CHEGA_AO_FIM);
    return resultado === 'reprovada' && parou;
  });
  const puladas = numeros('pulada');
  const porSaber = [
    ...(paradas ? [`sem chegar ao fim: ${paradas}`] : []),
    ...(puladas ? [`sem resposta: ${puladas}`] : []),
  ];
  return `${veredito}; ${porSaber.join('; ') || 'nenhuma cena pedida ficou sem resposta'}.`;
}

/** `✔  4 · Outro container lê               15 de 15   9,2 s`. */
function descreverCena({ cena, titulo, resultado, motivo, duracao_ms, afirmacoes }: ResultadoDaCena): string {
  const certas = afirmacoes.filter(({ aprovada }) => aprovada).length;
  const quem = `${SINAIS[resultado]} ${`${cena}`.padStart(2)} · ${titulo}`.padEnd(42);
  const linha = `${quem} ${`${certas} de ${afirmacoes.length}`.padStart(10)} ${emSegundos(duracao_ms).padStart(6)} s`;
  return motivo === undefined ? linha : `${linha}\n       pulada: ${motivo}`;
}

/** `9,2`. */
export const emSegundos = (ms: number) => (ms / 1000).toFixed(1).replace('.', ',');

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
