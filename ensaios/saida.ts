import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { emParalelo } from '../apoio/paralelo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { type Defeito, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirCodigo, ler } from './invariante.ts';
import { type Corrida, escrever, iniciar, type Modo, recibosDe, terminar } from './programas.ts';

/** O que se pede aos programas. O escritor grava num banco novo; o leitor lê um, são ou estragado. */
const PEDIDOS = {
  'escritor, texto': ['escritor', '-e', '2'],
  'escritor, JSON': ['escritor', '-e', '2', '--json'],
  'leitor, texto': ['leitor'],
  'leitor, JSON': ['leitor', '--json'],
  'leitor que reprova': ['leitor', '-r', `1:${'0'.repeat(64)}`],
} as const;
type Pedido = keyof typeof PEDIDOS;

/**
 * O que acontece à saída, como comando de bash em volta do programa (`"$@"`). `aceita` é quantos bytes ela aceita;
 * sem isto não se sabe, porque o sistema guarda num pipe o que o leitor dele já não vai ler.
 */
interface Estrago {
  oQue: string;
  comando: string;
  aceita?: number;
  /** A saída padrão fica inteira: só a de erros é estragada. */
  poupaSaida?: boolean;
}

const SEMPRE: Estrago[] = [
  { oQue: 'stdout fechada', comando: 'exec "$@" >&-', aceita: 0 },
  { oQue: 'stdout cheia', comando: 'exec "$@" >/dev/full', aceita: 0 },
  { oQue: 'stdout num pipe morto', comando: 'exec 3> >(exit); wait $!; exec "$@" >&3', aceita: 0 },
  { oQue: 'as duas fechadas', comando: 'exec "$@" >&- 2>&-', aceita: 0 },
  { oQue: 'as duas cheias', comando: 'exec "$@" >/dev/full 2>&1', aceita: 0 },
  { oQue: 'stderr fechada', comando: 'exec "$@" 2>&-', poupaSaida: true },
  { oQue: 'stderr cheia', comando: 'exec "$@" 2>/dev/full', poupaSaida: true },
  { oQue: 'stderr num pipe morto', comando: 'exec 3> >(exit); wait $!; exec "$@" 2>&3', poupaSaida: true },
];

/** Um arquivo que já tem quase tudo o que o limite deixa ter aceita só o que falta. */
const LIMITE_BYTES = 2 ** 30;

function estragosDepoisDe(bytes: number): Estrago[] {
  return [
    {
      oQue: `stdout cheia depois de ${bytes} bytes`,
      comando: `exec prlimit --fsize=${LIMITE_BYTES} -- "$@" >>"$SAIDA"`,
      aceita: bytes,
    },
    {
      oQue: `quem lê stdout morre depois de ${bytes} bytes`,
      comando: `set -o pipefail; "$@" | head -c ${bytes}`,
    },
  ];
}

interface Caso {
  pedido: Pedido;
  estrago: Estrago;
  /** Como o programa termina, e o que diz, quando nada se estraga. */
  inteira: Corrida;
}

/** O banco que o leitor lê, e o de cada caso: o texto do escritor diz o caminho, e tem de ser sempre tão longo. */
const LIDO = 'lido.db';
const novoDe = (caso: number) => `novo-${100_000 + caso}.db`;

async function pedir(pedido: Pedido, novo: string, modo: Modo): Promise<Corrida> {
  const [programa, ...opcoes] = PEDIDOS[pedido];
  const banco = programa === 'escritor' ? novo : join(dirname(novo), LIDO);
  return await terminar(iniciar(programa, ['-b', banco, ...opcoes], modo));
}

/** De cada pedido, os estragos de sempre e, de `passo` em `passo` do que o programa diz, os de cada byte. */
async function listarCasos(sessao: Sessao, em: (nome: string) => string, passo: number): Promise<Caso[]> {
  const casos: Caso[] = [];
  for (const pedido of Object.keys(PEDIDOS) as Pedido[]) {
    const novo = em(novoDe(casos.length));
    const inteira = await pedir(pedido, novo, { raiz: sessao.raiz });
    rmSync(novo, { force: true });
    const partes = Math.ceil(Buffer.byteLength(inteira.saida) / passo);
    const emCadaByte = Array.from({ length: partes }, (_, parte) => estragosDepoisDe(parte * passo));
    casos.push(...[...SEMPRE, ...emCadaByte.flat()].map((estrago) => ({ pedido, estrago, inteira })));
  }
  return casos;
}

async function estragarSaidas(sessao: Sessao, passo: number): Promise<void> {
  const { raiz, parada } = sessao;
  using pasta = pastaDeEnsaio();
  await escrever(pasta.em(LIDO), '-e', '2');
  const casos = await listarCasos(sessao, pasta.em, passo);
  await emParalelo(casos, 2, async (caso, indice) => {
    const { pedido, estrago } = caso;
    const novo = pasta.em(novoDe(indice));
    const arquivo = pasta.em(`saida-${indice}`);
    const jaTem = LIMITE_BYTES - (estrago.aceita ?? 0);
    writeFileSync(arquivo, '');
    truncateSync(arquivo, jaTem);
    const antes = ['bash', '-c', estrago.comando, 'bash'];
    const corrida = await pedir(pedido, novo, { antes, ambiente: { SAIDA: arquivo }, raiz });
    const noArquivo = await Bun.file(arquivo).slice(jaTem).text();
    // Em linhas separadas: um selo cortado não se completa com a mensagem que vem depois.
    const recibos = recibosDe([corrida.saida, noArquivo, corrida.erros].join('\n'));
    const perdeu = existsSync(novo) && (await conferirRecibos({ novo, recibos, estrago }, parada));
    sessao.contar(true, `${pedido}, ${estrago.oQue}`, ...conferirFim(caso, corrida), perdeu);
    for (const sobra of [novo, arquivo]) rmSync(sobra, { force: true });
  });
}

/** Se o sistema pode ter engolido o que o programa disse, sem que ele o saiba. */
const naoSeSabe = ({ aceita, poupaSaida = false }: Estrago) => !poupaSaida && aceita === undefined;

function conferirFim({ estrago, inteira }: Caso, corrida: Corrida): Defeito[] {
  const { poupaSaida = false } = estrago;
  const { codigo } = corrida;
  const comoInteira = (poupaSaida || naoSeSabe(estrago)) && codigo === inteira.codigo;
  const semEntregar = !poupaSaida && codigo === CODIGOS.entradaSaida;
  const mudou = Buffer.byteLength(corrida.saida) !== Buffer.byteLength(inteira.saida);
  return [
    conferirCodigo(corrida),
    !comoInteira && !semEntregar && `código ${codigo}`,
    poupaSaida && mudou && 'a saída mudou',
  ];
}

/** Cada recibo que chegou inteiro está no banco; e, se um pipe não o engoliu, no máximo uma execução ficou sem o seu. */
async function conferirRecibos(
  { novo, recibos, estrago }: { novo: string; recibos: string[]; estrago: Estrago },
  parada: AbortSignal,
): Promise<Defeito> {
  const { motivo, laudo } = await ler(novo, recibos, parada);
  const aMais = (laudo.execucoes ?? 0) - recibos.length;
  if (motivo !== 'feito') return `o leitor diz ${motivo}`;
  return (aMais < 0 || (aMais > 1 && !naoSeSabe(estrago))) && `${aMais} execuções sem recibo`;
}

/** A saída que não aceita, ou deixa de aceitar, o que os programas dizem. */
export const saida: Ensaio<number> = {
  nome: 'saida',
  oQue: 'a saída fechada, cheia ou sem leitor, em cada byte: nunca 0 sem o resultado entregue',
  dose: { amostra: 60, completa: 1 },
  ensaiar: estragarSaidas,
  controle: {
    oQue: 'programas que escrevem com console.log',
    quebra: [
      [
        'lib/programa/imprimir.ts',
        'async function entregarResultado(resultado: string | Uint8Array): Promise<void> {\n',
        'async function entregarResultado(resultado: string | Uint8Array): Promise<void> {\n  return console.log(String(resultado).trimEnd());\n',
      ],
    ],
    dose: { amostra: 600 },
  },
};
