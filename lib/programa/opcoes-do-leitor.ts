import { Falha } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../recibo.ts';
import { arquivo, arquivos, BANCO, inteiro, type Opcao, presenca } from './opcoes.ts';

/** Os recibos que se exigem. */
export const RECIBOS: Opcao<Recibo[]> = {
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
    recibosEm: arquivo({ longa: 'recibos', ajuda: 'exige cada recibo inteiro que há neste texto' }),
    memoria: arquivo({
      variavel: 'MEMORIA',
      ajuda: `exige o que foi aprovado da última vez, e guarda o
que for agora (senão $MEMORIA)`,
    }),
    chavesPublicas: arquivos({
      longa: 'chave-publica',
      variavel: 'CHAVE_PUBLICA',
      ajuda: `exige que a execução mais nova seja assinada por
ela; pode ser repetida (senão $CHAVE_PUBLICA)`,
    }),
    limite: inteiro({
      ...{ de: 0, ate: 1_000_000, padrao: 20 },
      ajuda: `quantos usuários (os primeiros) e quantas execuções
(as últimas) mostrar (padrão {padrao}; 0 = nenhum)`,
    }),
    json: presenca('um documento JSON'),
    html: presenca('uma página HTML, para guardar ou entregar'),
  },
  exemplos: [
    'bun run leitor.ts --banco copia.db --limite 0',
    'docker compose run --rm --no-deps leitor --recibo "$recibo"',
  ],
};
