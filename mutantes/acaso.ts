import { RAIZ } from '../apoio/projeto.ts';
import { imprimir, mostrarProgresso } from '../lib/programa/imprimir.ts';
import { inteiro, presenca, usoErrado, type Valores } from '../lib/programa/opcoes.ts';
import { executar } from '../lib/programa/programa.ts';
import { contar, emJson, emMilhares, tornarVisivel } from '../lib/texto.ts';
import { Sorte } from '../prova/sorte.ts';
import { Bancada, type Destino } from './bancada.ts';
import { Compilador } from './compilador.ts';
import type { Mutante } from './pontos.ts';

const ACASO = {
  nome: 'mutantes',
  uso: `Uso: bun run mutantes --acaso N [opções]

Muda ao acaso N pontos do código, um de cada vez, e roda os testes sobre cada
projeto mudado, sem o Docker: um mutante a que nenhum teste diz "não" sobrevive,
e é impresso.`,
  opcoes: {
    quantos: {
      longa: 'acaso',
      ...inteiro({ de: 1, ate: 100_000, padrao: 1, ajuda: 'quantos mutantes ({de} a {ate})' }),
    },
    semente: inteiro({
      ...{ de: 0, ate: 2 ** 32 - 1, padrao: () => Date.now() % 2 ** 32 },
      ajuda: 'repete o sorteio de uma vez anterior ({de} a {ate})',
    }),
    arquivos: {
      longa: 'arquivo',
      argumento: 'CAMINHO',
      repetida: true,
      ajuda: 'só mutantes deste arquivo; pode ser repetida',
      ler: (arquivos: string[]) => arquivos,
    },
    json: presenca('um documento JSON'),
  },
};

type Opcoes = Valores<typeof ACASO.opcoes>;

/** Os programas de quem usa; a prova tem os seus próprios mutantes. */
const MUDADOS = ['escritor.ts', 'leitor.ts', 'lib/**/*.ts'].map((padrao) => new Bun.Glob(padrao));

/**
 * Sorteia `quantos` mutantes que passam na verificação de tipos: alguns de cada arquivo, e os outros em proporção ao
 * que cada um tem que mudar. Devolve menos se não há tantos.
 */
async function sortearMutantes(
  { quantos, semente, arquivos }: Opcoes,
  parada: AbortSignal,
): Promise<Mutante[]> {
  const sorte = new Sorte(semente, 'acaso');
  const existentes = MUDADOS.flatMap((padrao) => [...padrao.scanSync(RAIZ)]).sort();
  const alheio = arquivos.find((nome) => !existentes.includes(nome));
  if (alheio !== undefined) throw usoErrado(`"${alheio}" não é um arquivo que se muda`);
  await using compilador = new Compilador(RAIZ);
  const fila: { vez: number; mutante: Mutante }[] = [];
  for (const arquivo of arquivos.length > 0 ? arquivos : existentes) {
    const todos = sorte.embaralhar(await compilador.acharMutantes(arquivo));
    // Em cada trecho da fila, cada arquivo aparece na proporção do que tem; os primeiros de cada um vêm antes.
    todos.forEach((mutante, i) => {
      fila.push({
        mutante,
        vez: i < DE_CADA_ARQUIVO ? -1 : (i + sorte.inteiro(0, 999) / 1000) / todos.length,
      });
    });
  }
  const escolhidos: Mutante[] = [];
  for (const { mutante } of fila.sort((um, outro) => um.vez - outro.vez)) {
    parada.throwIfAborted();
    if (escolhidos.length === quantos) break;
    if (await compilador.aceita(mutante)) escolhidos.push(mutante);
    mostrarProgresso(`sorteando · ${escolhidos.length} de ${quantos} mutantes`);
  }
  return sorte.embaralhar(escolhidos);
}

const DE_CADA_ARQUIVO = 4;

/** Julga os mutantes, um por núcleo ao mesmo tempo, e diz cada sobrevivente assim que se sabe. */
async function julgarTodos(
  mutantes: Mutante[],
  aoJulgar: (destino: Destino) => Promise<void>,
  parada: AbortSignal,
): Promise<void> {
  const desistencia = new AbortController();
  const fim = AbortSignal.any([parada, desistencia.signal]);
  using bancadas = new DisposableStack();
  const duas = Array.from({ length: navigator.hardwareConcurrency }, () => bancadas.use(new Bancada(fim)));
  /** O mesmo em todas ao mesmo tempo; se numa falha, nas outras acaba também. */
  const emTodas = async <T>(fazer: (bancada: Bancada) => Promise<T>): Promise<T[]> => {
    const trabalhos = duas.map((bancada) => fazer(bancada).catch((erro) => desistencia.abort(erro)));
    const feitos = await Promise.all(trabalhos);
    fim.throwIfAborted();
    return feitos as T[];
  };
  mostrarProgresso('rodando os testes sobre o projeto são');
  const [testes = []] = await emTodas((bancada) => bancada.controlar());
  const fila = mutantes.values();
  await emTodas(async (bancada) => {
    for (const mutante of fila) await aoJulgar(await bancada.julgar(mutante, testes));
  });
  // Se a máquina mudou pelo caminho, as mortes não são dos mutantes.
  await emTodas((bancada) => bancada.controlar());
}

const encurtar = (texto: string) => {
  const numaLinha = tornarVisivel(texto.replace(/\s+/g, ' '));
  return numaLinha.length > 100 ? `${numaLinha.slice(0, 99)}…` : numaLinha || 'nada';
};

function descrever({ arquivo, linha, antes, depois }: Mutante): string {
  return `${arquivo}:${linha}: ${encurtar(antes)} → ${encurtar(depois)}`;
}

/** `300 mutantes, 280 mortos (93,3 %), dos quais 4 por não acabar; 20 sobreviventes; 1.200 s`. */
function resumir(destinos: Destino[], passouMs: number): string {
  const mortos = destinos.filter(({ por }) => por !== undefined).length;
  const vivos = destinos.length - mortos;
  const porCento = Math.floor((1000 * mortos) / Math.max(destinos.length, 1)) / 10;
  const presos = destinos.filter(({ preso }) => preso).length;
  return [
    `${contar(destinos.length, 'mutante', 'mutantes')}, ${contar(mortos, 'morto', 'mortos')}`,
    ` (${porCento.toLocaleString('pt-BR')} %), dos quais ${emMilhares(presos)} por não acabar; `,
    `${contar(vivos, 'sobrevivente', 'sobreviventes')}; ${emMilhares(Math.round(passouMs / 1000))} s`,
  ].join('');
}

process.exit(
  await executar(ACASO, async (opcoes, { parada }) => {
    const { semente, json } = opcoes;
    const inicio = performance.now();
    const dizer = async (texto: string) => (json ? undefined : await imprimir(texto, parada));
    await dizer(`Semente: ${semente}`);
    const mutantes = await sortearMutantes(opcoes, parada);
    const destinos: Destino[] = [];
    try {
      await julgarTodos(
        mutantes,
        async (destino) => {
          destinos.push(destino);
          if (destino.por === undefined) await dizer(descrever(destino.mutante));
          mostrarProgresso(`${destinos.length} de ${mutantes.length} mutantes julgados`);
        },
        parada,
      );
    } finally {
      // Também de uma corrida interrompida vale o que já se sabe.
      await dizer(resumir(destinos, performance.now() - inicio));
      if (json) await imprimir(emJson({ semente, destinos }), parada);
    }
    return 'feito';
  }),
);
