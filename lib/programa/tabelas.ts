import { Falha } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../selo.ts';
import { encurtar, inteiro, inteiros, type Opcao, presenca, usoErrado, type Valores } from './opcoes.ts';

const BANCO: Opcao<string> = {
  curta: 'b',
  argumento: 'CAMINHO',
  ajuda: 'o arquivo do banco\n(senão $BANCO, senão dados/desafio2.db)',
  ler: ([texto]) => {
    const caminho = texto || process.env.BANCO || 'dados/desafio2.db';
    // O Bun põe U+FFFD no lugar de cada byte que não é UTF-8: seria outro arquivo, e o mesmo para dois caminhos.
    if (caminho.includes('\ufffd')) throw usoErrado(`o caminho ${encurtar(caminho)} não está em UTF-8`);
    return caminho;
  },
};

const RECIBOS: Opcao<Recibo[]> = {
  longa: 'recibo',
  curta: 'r',
  argumento: 'N:SELO',
  repetida: true,
  ajuda: `exige este recibo; pode ser repetida; também
$RECIBO, separados por espaços ou vírgulas (vazia,
é um erro: 64)`,
  ler: (textos) => [...textos.map((texto) => lerRecibo(texto, '--recibo')), ...recibosDoAmbiente()],
};

/** Os recibos de `$RECIBO`: nenhum se ela não existe; uma vazia é um erro, e não "nenhum exigido". */
function recibosDoAmbiente(): Recibo[] {
  const { RECIBO: juntos } = process.env;
  if (juntos === undefined) return [];
  const textos = juntos.split(/[\s,]+/).filter((texto) => texto !== '');
  if (textos.length > 0) return textos.map((texto) => lerRecibo(texto, '$RECIBO'));
  throw new Falha(
    'uso',
    '$RECIBO existe, mas não tem nenhum recibo',
    'Se um comando devia tê-la preenchido, veja por que não o fez; para não exigir nenhum: unset RECIBO.',
  );
}

/** As regras do engine para o nome de um volume; sem elas, uma barra faria dele uma pasta do host. */
const VOLUME: Opcao<string | undefined> = {
  argumento: 'NOME',
  ajuda: `prova um volume seu: as cenas 3, 6, 7 e 9 escrevem
nele, e ele nunca é apagado, copiado ou sabotado`,
  ler: ([nome]) => {
    if (nome === undefined || /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(nome)) return nome;
    throw usoErrado(`--volume deve ser o nome de um volume do Docker; recebi "${encurtar(nome)}"`);
  },
};

/** As opções de `escritor.ts`. */
export const ESCRITOR = {
  nome: 'escritor' as const,
  uso: `Uso: bun run escritor.ts [opções]
     docker compose run --rm escritor [opções]

Grava usuários num banco SQLite e imprime um recibo por execução confirmada.`,
  opcoes: {
    banco: BANCO,
    registros: inteiro({
      ...{ curta: 'n', de: 1, ate: 100_000_000, padrao: 3 },
      ajuda: 'usuários por execução ({de} a {ate}; padrão {padrao})',
    }),
    execucoes: inteiro({
      ...{ curta: 'e', de: 0, ate: 1_000_000, padrao: 1 },
      ajuda: 'execuções, um COMMIT cada (1 a {ate}; padrão {padrao};\n0 = até SIGTERM ou SIGINT)',
    }),
    json: presenca('um objeto JSON por linha, uma linha por execução'),
  },
};

/** As opções de `leitor.ts`. */
export const LEITOR = {
  nome: 'leitor' as const,
  uso: `Uso: bun run leitor.ts [opções]
     docker compose run --rm --no-deps leitor [opções]
     (sem --no-deps, o Compose roda antes o escritor, que grava)

Confere um banco que o escritor gravou, sem mudar nada nele, e diz se o aprova.`,
  opcoes: {
    banco: BANCO,
    recibos: RECIBOS,
    limite: inteiro({
      ...{ de: 0, ate: 1_000_000, padrao: 20 },
      ajuda: `quantos usuários (os primeiros) e quantas execuções
(as últimas) mostrar (padrão {padrao}; 0 = nenhum)`,
    }),
    json: presenca('um documento JSON'),
  },
};

/** As opções de `prova.ts`. */
export const PROVA = {
  nome: 'prova' as const,
  uso: `Uso: bun run prova [opções]

Conduz um engine do Docker por tudo o que o projeto afirma, e só afirma o que
conferiu. Usa nomes próprios e remove do engine tudo o que cria.`,
  opcoes: {
    cenas: inteiros({
      ...{ longa: 'cena', de: 1, ate: 17 },
      ajuda: 'só esta cena ({de} a {ate}); pode ser repetida',
    }),
    rodadas: inteiro({
      ...{ de: 1, ate: 10_000, padrao: 5 },
      ajuda: 'mortes na cena 9, por kill -9 ({de} a {ate}; padrão {padrao})',
    }),
    semente: inteiro({
      ...{ de: 0, ate: 999_999_999, padrao: () => Math.floor(Math.random() * 1e9) },
      ajuda: 'repete o que outra prova sorteou ({de} a {ate})',
    }),
    volume: VOLUME,
    manter: presenca('deixa tudo no engine, para inspeção'),
    json: presenca('um documento JSON'),
  },
};

/**
 * O que a prova recebe: as cenas pedidas (vazio é todas), de onde vem o que ela sorteia, e o volume do usuário, ou
 * `undefined` para um da própria prova.
 */
export type OpcoesDaProva = Valores<typeof PROVA.opcoes>;
