import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { CODIGOS } from '../lib/falhas.ts';
import { emParalelo } from '../lib/paralelo.ts';
import { type Contagem, conferirCodigo, type Ensaio, ler, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever, iniciar, type Modo, projetoQuebrado, terminar } from './programas.ts';

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
 * sem isto não se sabe, porque o sistema guarda num cano o que o leitor dele já não vai ler.
 */
interface Estrago {
  oQue: string;
  comando: string;
  aceita?: number;
  /** A saída padrão fica inteira: só a de erros é estragada. */
  poupaSaida?: boolean;
}

/** Um arquivo que já tem quase tudo o que o limite deixa ter aceita só o que falta. */
const LIMITE_BYTES = 2 ** 30;

function estragos(bytes: number, passo: number): Estrago[] {
  const inteiros: Estrago[] = [
    { oQue: 'stdout fechada', comando: 'exec "$@" >&-', aceita: 0 },
    { oQue: 'stdout cheia', comando: 'exec "$@" >/dev/full', aceita: 0 },
    { oQue: 'stdout num cano morto', comando: 'exec 3> >(exit); wait $!; exec "$@" >&3', aceita: 0 },
    { oQue: 'as duas fechadas', comando: 'exec "$@" >&- 2>&-', aceita: 0 },
    { oQue: 'as duas cheias', comando: 'exec "$@" >/dev/full 2>&1', aceita: 0 },
    { oQue: 'stderr fechada', comando: 'exec "$@" 2>&-', poupaSaida: true },
    { oQue: 'stderr cheia', comando: 'exec "$@" 2>/dev/full', poupaSaida: true },
    {
      oQue: 'stderr num cano morto',
      comando: 'exec 3> >(exit); wait $!; exec "$@" 2>&3',
      poupaSaida: true,
    },
  ];
  const emCadaByte = [...Array(Math.ceil(bytes / passo)).keys()].flatMap((parte): Estrago[] => [
    {
      oQue: `stdout cheia depois de ${parte * passo} bytes`,
      comando: `exec prlimit --fsize=${LIMITE_BYTES} -- "$@" >>"$SAIDA"`,
      aceita: parte * passo,
    },
    {
      oQue: `quem lê stdout morre depois de ${parte * passo} bytes`,
      comando: `set -o pipefail; "$@" | head -c ${parte * passo}`,
    },
  ]);
  return [...inteiros, ...emCadaByte];
}

async function estragarSaidas(plano: Plano, contagem: Contagem, passo: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  const lido = pasta.em('lido.db');
  await escrever(lido, '-e', '2');

  const casos: { nome: Pedido; estrago: Estrago; codigo: number | null; bytes: number }[] = [];
  for (const nome of Object.keys(PEDIDOS) as Pedido[]) {
    const inteira = await pedir(nome, pasta.em(`base-${100_000 + casos.length}.db`), lido, { raiz });
    const bytes = Buffer.byteLength(inteira.saida);
    for (const estrago of estragos(bytes, passo))
      casos.push({ nome, estrago, codigo: inteira.codigo, bytes });
  }
  contagem.previstos = casos.length;

  await emParalelo(casos, 2, async ({ nome, estrago, codigo, bytes }, indice) => {
    plano.parada.throwIfAborted();
    // Do tamanho do outro nome: o texto do escritor diz o caminho, e tem de ser do mesmo tamanho.
    const novo = pasta.em(`novo-${100_000 + indice}.db`);
    const saida = pasta.em(`saida-${indice}`);
    writeFileSync(saida, '');
    truncateSync(saida, LIMITE_BYTES - (estrago.aceita ?? 0));
    const antes = ['bash', '-c', estrago.comando, 'bash'];
    const corrida = await pedir(nome, novo, lido, { antes, ambiente: { SAIDA: saida }, raiz });
    const noArquivo = await Bun.file(saida)
      .slice(LIMITE_BYTES - (estrago.aceita ?? 0))
      .text();
    // Em linhas separadas: um selo cortado não se completa com a mensagem que vem depois.
    const dito = [corrida.saida, noArquivo, corrida.erros].join('\n');
    const semSaber = !estrago.poupaSaida && estrago.aceita === undefined;
    const esperados = estrago.poupaSaida
      ? [codigo]
      : semSaber
        ? [codigo, CODIGOS.entradaSaida]
        : [CODIGOS.entradaSaida];
    const defeitos = [
      conferirCodigo(corrida),
      esperados.includes(corrida.codigo) ? undefined : `código ${corrida.codigo}`,
      estrago.poupaSaida && Buffer.byteLength(corrida.saida) !== bytes ? 'a saída mudou' : undefined,
      existsSync(novo) ? await conferirRecibos(novo, dito, semSaber, plano.parada) : undefined,
    ].filter((texto) => texto !== undefined);
    contagem.contar(
      true,
      defeitos.length > 0 ? `${nome}, ${estrago.oQue}: ${defeitos.join('; ')}` : undefined,
    );
    for (const sobra of [novo, saida]) rmSync(sobra, { force: true });
  });
}

async function pedir(nome: Pedido, novo: string, lido: string, modo: Modo) {
  const [programa, ...opcoes] = PEDIDOS[nome];
  return await terminar(iniciar(programa, ['-b', programa === 'escritor' ? novo : lido, ...opcoes], modo));
}

/** Cada recibo que chegou inteiro está no banco; e, se um cano não o engoliu, no máximo uma execução ficou sem o seu. */
async function conferirRecibos(
  caminho: string,
  dito: string,
  semSaber: boolean,
  parada: AbortSignal,
): Promise<string | undefined> {
  const recibos = new Set(dito.match(/\d+:[0-9a-f]{64}/g));
  const { motivo, laudo } = await ler(caminho, [...recibos], parada);
  const aMais = (laudo.execucoes ?? 0) - recibos.size;
  if (motivo !== 'feito') return `o leitor diz ${motivo}`;
  if (aMais < 0 || (aMais > 1 && !semSaber)) return `${aMais} execuções sem recibo`;
}

/** A saída que não aceita, ou deixa de aceitar, o que os programas dizem. */
export const saida: Ensaio = {
  nome: 'saida',
  oQue: 'a saída fechada, cheia ou sem leitor, em cada byte: nunca 0 sem o resultado entregue',
  async ensaiar(plano, contagem) {
    await estragarSaidas(plano, contagem, plano.completo ? 1 : 60);
  },
  controle: {
    oQue: 'programas que escrevem com console.log',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado([
        'lib/programa/saida.ts',
        'async function entregarResultado(texto: string): Promise<void> {\n',
        'async function entregarResultado(texto: string): Promise<void> {\n  return console.log(texto.trimEnd());\n',
      ]);
      await estragarSaidas({ ...plano, completo: false }, contagem, 600, quebrado.raiz);
    },
  },
};
