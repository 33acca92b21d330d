import { parseArgs } from 'node:util';
import { Falha } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../selo.ts';

/** O que um programa aceita: as opções dele, o texto da ajuda e como lê-las. */
export interface Programa<Opcoes> {
  nome: string;
  ajuda: string;
  /** Lança `Falha` (`uso`) se um valor não serve. */
  interpretar(lidas: Lidas): Opcoes;
  opcoes: Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>;
}

export interface OpcoesDoEscritor {
  banco: string;
  registros: number;
  execucoes: number;
  json: boolean;
}

export interface OpcoesDoLeitor {
  banco: string;
  recibos: Recibo[];
  limite: number;
  json: boolean;
}

export interface OpcoesDaProva {
  /** As cenas pedidas; vazio é todas. */
  cenas: number[];
  rodadas: number;
  /** De onde vem o que a prova sorteia. */
  semente: number;
  /** O volume do usuário, ou `undefined` para um da própria prova. */
  volume: string | undefined;
  manter: boolean;
  json: boolean;
}

/** As opções que todos os programas têm. */
export const COMUNS = {
  json: { type: 'boolean' },
  ajuda: { type: 'boolean', short: 'h' },
  help: { type: 'boolean' },
  versao: { type: 'boolean', short: 'V' },
  version: { type: 'boolean' },
} as const;

export const ESCRITOR: Programa<OpcoesDoEscritor> = {
  nome: 'escritor',
  ajuda: `Uso: bun run escritor.ts [opções]
     docker compose run --rm escritor [opções]

Grava usuários num banco SQLite e imprime um recibo por execução confirmada.

  -b, --banco CAMINHO    o arquivo do banco
                         (senão $BANCO, senão dados/desafio2.db)
  -n, --registros N      usuários por execução (1 a 100000000; padrão 3)
  -e, --execucoes N      execuções, um COMMIT cada (1 a 1000000; padrão 1;
                         0 = até SIGTERM ou SIGINT)
      --json             um objeto JSON por linha, uma linha por execução
  -h, --ajuda, --help    mostra esta ajuda
  -V, --versao, --version  mostra a versão`,
  opcoes: {
    ...COMUNS,
    banco: { type: 'string', short: 'b' },
    registros: { type: 'string', short: 'n' },
    execucoes: { type: 'string', short: 'e' },
  },
  interpretar: (lidas) => ({
    banco: caminhoBanco(lidas),
    registros: inteiro(lidas, 'registros', 1, 100_000_000, 3),
    execucoes: inteiro(lidas, 'execucoes', 0, 1_000_000, 1),
    json: lidas.has('json'),
  }),
};

export const LEITOR: Programa<OpcoesDoLeitor> = {
  nome: 'leitor',
  ajuda: `Uso: bun run leitor.ts [opções]
     docker compose run --rm --no-deps leitor [opções]
     (sem --no-deps, o Compose roda antes o escritor, que grava)

Confere um banco que o escritor gravou, sem mudar nada nele, e diz se o aprova.

  -b, --banco CAMINHO    o arquivo do banco
                         (senão $BANCO, senão dados/desafio2.db)
  -r, --recibo N:SELO    exige este recibo; pode ser repetida; também
                         $RECIBO, separados por espaços ou vírgulas (vazia,
                         é um erro: 64)
      --limite N         quantos usuários (os primeiros) e quantas execuções
                         (as últimas) mostrar (padrão 20; 0 = nenhum)
      --json             um documento JSON
  -h, --ajuda, --help    mostra esta ajuda
  -V, --versao, --version  mostra a versão`,
  opcoes: {
    ...COMUNS,
    banco: { type: 'string', short: 'b' },
    recibo: { type: 'string', short: 'r', multiple: true },
    limite: { type: 'string' },
  },
  interpretar: (lidas) => ({
    banco: caminhoBanco(lidas),
    recibos: [
      ...(lidas.get('recibo') ?? []).map((texto) => lerRecibo(texto, '--recibo')),
      ...recibosDoAmbiente(),
    ],
    limite: inteiro(lidas, 'limite', 0, 1_000_000, 20),
    json: lidas.has('json'),
  }),
};

export const PROVA: Programa<OpcoesDaProva> = {
  nome: 'prova',
  ajuda: `Uso: bun run prova [opções]

Conduz um engine do Docker por tudo o que o projeto afirma, e só afirma o que
conferiu. Usa nomes próprios e remove do engine tudo o que cria.

      --cena N           só esta cena (1 a 16); pode ser repetida
      --rodadas N        mortes na cena 9, por kill -9 (1 a 10000; padrão 5)
      --semente N        repete o que outra prova sorteou (0 a 999999999)
      --volume NOME      prova um volume seu: as cenas 3, 6, 7 e 9 escrevem
                         nele, e ele nunca é apagado, copiado ou sabotado
      --manter           deixa tudo no engine, para inspeção
      --json             um documento JSON
  -h, --ajuda, --help    mostra esta ajuda
  -V, --versao, --version  mostra a versão`,
  opcoes: {
    ...COMUNS,
    cena: { type: 'string', multiple: true },
    rodadas: { type: 'string' },
    semente: { type: 'string' },
    volume: { type: 'string' },
    manter: { type: 'boolean' },
  },
  interpretar: (lidas) => ({
    cenas: (lidas.get('cena') ?? []).map((texto) => lerInteiro(texto, 'cena', 1, 16)),
    rodadas: inteiro(lidas, 'rodadas', 1, 10_000, 5),
    semente: inteiro(lidas, 'semente', 0, 999_999_999, Math.floor(Math.random() * 1e9)),
    volume: nomeDeVolume(lidas),
    manter: lidas.has('manter'),
    json: lidas.has('json'),
  }),
};

/** As opções da linha de comando, pelo nome longo, com os seus valores. */
export type Lidas = Map<string, string[]>;

/** Lê os argumentos de um programa. Lança `Falha` (`uso`) se algum é desconhecido, repetido ou sem valor. */
export function lerArgumentos(programa: Pick<Programa<unknown>, 'opcoes'>, argumentos: string[]): Lidas {
  const { tokens } = parseArgs({ args: argumentos, options: programa.opcoes, strict: false, tokens: true });
  const lidas: Lidas = new Map();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw usoErrado(`não sei o que fazer com "${encurtar(token.value)}"`);
    const { name, rawName, value } = token;
    const opcao = Object.hasOwn(programa.opcoes, name) ? programa.opcoes[name] : undefined;
    if (!opcao) throw usoErrado(`a opção ${encurtar(rawName)} não existe`);
    if (opcao.type === 'boolean' && value !== undefined) throw usoErrado(`${rawName} não aceita valor`);
    if (opcao.type === 'string') {
      if (!value) throw usoErrado(`${rawName} precisa de um valor`);
      if (!token.inlineValue && value.startsWith('-')) {
        throw usoErrado(`${rawName} precisa de um valor; se ele começa com "-", escreva ${rawName}=VALOR`);
      }
    }
    if (lidas.has(name) && !opcao.multiple) throw usoErrado(`${rawName} foi usada mais de uma vez`);
    lidas.set(name, [...(lidas.get(name) ?? []), value ?? '']);
  }
  return lidas;
}

function caminhoBanco(lidas: Lidas): string {
  const [doUsuario] = lidas.get('banco') ?? [];
  const caminho = doUsuario || process.env.BANCO || 'dados/desafio2.db';
  // O Bun põe U+FFFD no lugar de cada byte que não é UTF-8: seria outro arquivo, e o mesmo para dois caminhos.
  if (caminho.includes('\ufffd')) throw usoErrado(`o caminho ${encurtar(caminho)} não está em UTF-8`);
  return caminho;
}

/** Os recibos de `$RECIBO`: nenhum se ela não existe; uma vazia é um erro, e não "nenhum exigido". */
function recibosDoAmbiente(): Recibo[] {
  const { RECIBO: lista } = process.env;
  if (lista === undefined) return [];
  const textos = lista.split(/[\s,]+/).filter((texto) => texto !== '');
  if (textos.length > 0) return textos.map((texto) => lerRecibo(texto, '$RECIBO'));
  throw new Falha(
    'uso',
    '$RECIBO existe, mas não tem nenhum recibo',
    'Se um comando devia tê-la preenchido, veja por que não o fez; para não exigir nenhum: unset RECIBO.',
  );
}

function inteiro(lidas: Lidas, nome: string, minimo: number, maximo: number, padrao: number): number {
  const [texto] = lidas.get(nome) ?? [];
  return texto === undefined ? padrao : lerInteiro(texto, nome, minimo, maximo);
}

/** Lê o valor inteiro de uma opção. Lança `Falha` (`uso`) se não está entre os limites. */
export function lerInteiro(texto: string, nome: string, minimo: number, maximo: number): number {
  const numero = /^\d{1,15}$/.test(texto) ? Number(texto) : Number.NaN;
  if (numero >= minimo && numero <= maximo) return numero;
  throw usoErrado(`--${nome} deve ser um inteiro de ${minimo} a ${maximo}; recebi "${encurtar(texto)}"`);
}

/** As regras do engine para o nome de um volume; sem elas, uma barra faria dele uma pasta do host. */
function nomeDeVolume(lidas: Lidas): string | undefined {
  const [nome] = lidas.get('volume') ?? [];
  if (nome === undefined || /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(nome)) return nome;
  throw usoErrado(`--volume deve ser o nome de um volume do Docker; recebi "${encurtar(nome)}"`);
}

function encurtar(texto: string): string {
  return texto.length > 60 ? `${texto.slice(0, 60)}…` : texto;
}

/** Um erro de quem chamou o programa. */
export function usoErrado(mensagem: string): Falha {
  return new Falha('uso', mensagem, 'Veja as opções com --ajuda.');
}
