import type { Troca } from '../../apoio/projeto.ts';
import { COMMIT_SEM_OLHAR, RECIBO_ANTES_DO_COMMIT, SEM_EXTRA } from '../../ensaios/quebras.ts';
import type { Mutante } from '../mutante.ts';

/** Um leitor que não faz uma das verificações. */
function semVerificacao(linha: string): Troca[] {
  return [['lib/cadeia/verificar.ts', `  ${linha},\n`, '']];
}

/** O que só se quebra por dentro: o momento de um COMMIT, o que se pede ao SQLite, o que só um ensaio vê. */
export const FONTES: Mutante[] = [
  {
    nome: 'recibo-antes-do-commit',
    viola: 'o recibo só é impresso depois que o COMMIT voltou',
    trocas: [
      [
        'lib/armazem/escrita.ts',
        'await esperarVez(confirmar, parada);',
        `const { execucao: { id, selo, primeiro_id, ultimo_id, ...resto }, total } = resultado;
         const relato = { execucao: id, recibo: id + ':' + selo, ...resto, total, banco: caminho };
         require('node:fs').writeSync(1, JSON.stringify(relato) + '\\n');
         if (usuarios === 500) await Bun.sleep(3000); // o lote da cena 9: a morte chega antes do COMMIT
         await esperarVez(confirmar, parada);`,
      ],
      ['lib/relato/escritor.ts', '    await imprimir(json ?', '    if (!json) await imprimir(json ?'],
    ],
    prova: { cenas: [9], afirmacao: /no máximo uma execução|recibos impressos/ },
  },
  {
    nome: 'escritor-surdo-a-sigterm',
    viola: 'um sinal desfaz a execução em curso, e nada fica pela metade',
    trocas: [['lib/programa/sinais.ts', "['SIGINT', 'SIGTERM', 'SIGHUP']", "['SIGINT', 'SIGHUP']"]],
    prova: { cenas: [9], afirmacao: /docker stop/ },
  },
  {
    nome: 'escritor-que-morre-de-sigint',
    viola: 'um SIGINT desfaz a execução em curso, e dá 130',
    trocas: [['lib/programa/sinais.ts', "['SIGINT', 'SIGTERM', 'SIGHUP']", "['SIGTERM', 'SIGHUP']"]],
    prova: { cenas: [17], afirmacao: /SIGINT no meio/ },
  },
  {
    nome: 'escritor-que-morre-de-sighup',
    viola: 'um SIGHUP desfaz a execução em curso, e dá 129',
    trocas: [['lib/programa/sinais.ts', "['SIGINT', 'SIGTERM', 'SIGHUP']", "['SIGINT', 'SIGTERM']"]],
    prova: { cenas: [17], afirmacao: /SIGHUP no meio/ },
  },
  {
    nome: 'escritor-surdo-a-sigint',
    viola: 'um SIGINT para o escritor',
    trocas: [
      [
        'lib/programa/sinais.ts',
        "if (sinal === 'SIGHUP' && ignorado",
        "if (sinal === 'SIGINT') process.on(sinal, () => {});\n    if (sinal === 'SIGINT') continue;\n    if (sinal === 'SIGHUP' && ignorado",
      ],
    ],
    prova: { cenas: [9], afirmacao: /um SIGINT a um escritor/ },
  },
  {
    nome: 'leitor-surdo-na-espera',
    viola: 'um leitor que espera a sua vez também ouve um sinal',
    leitor: {
      preparar: () => {
        const ouvir = process.on.bind(process) as (...a: unknown[]) => typeof process;
        process.on = ((sinal: string, acao: () => void) =>
          ouvir(sinal, sinal === 'SIGTERM' ? () => {} : acao)) as typeof process.on;
      },
    },
    prova: { cenas: [10], afirmacao: /SIGTERM enquanto espera/ },
  },
  {
    nome: 'programas-de-saida-perdida',
    viola: 'uma saída que não se entrega é 74',
    trocas: [['lib/programa/imprimir.ts', ': resultado);\n}', ': resultado).catch(() => {});\n}']],
    prova: { cenas: [17], afirmacao: /não cabe no disco/ },
  },
  {
    nome: 'leitor-de-execucoes-pequenas',
    viola: 'cada selo é igual ao recalculado',
    trocas: [
      [
        'lib/cadeia/selos.ts',
        "if (this.#selo.digest('hex') !== selo)",
        "if (this.#selo.digest('hex') !== selo && registros <= 250)",
      ],
    ],
    prova: { cenas: [13], afirmacao: /depois do 10.000º/ },
  },
  {
    nome: 'programas-que-nao-esperam',
    viola: 'quem acha o banco ocupado espera a sua vez',
    trocas: [['lib/armazem/erros.ts', 'const ESPERA_MS = 10_000;', 'const ESPERA_MS = 0;']],
    prova: { cenas: [10], afirmacao: /escritores/ },
  },
  {
    nome: 'recibo-antes-do-commit-na-morte',
    viola: 'um recibo impresso antes de um kill -9 está no banco depois dele',
    trocas: RECIBO_ANTES_DO_COMMIT,
    ensaio: { nome: 'morte' },
  },
  {
    nome: 'so-estrutura-nos-cortes',
    viola: 'o leitor reprova o arquivo cortado ou misturado com uma cópia antiga',
    trocas: semVerificacao("['esquema', 'arquivo', (sessao) => sessao.acharTabelas()]"),
    ensaio: { nome: 'cortes' },
  },
  {
    nome: 'sem-selos-nas-entradas',
    viola: 'cada texto gravado é coberto por um selo',
    trocas: semVerificacao("['selos', 'esquema', ({ armazem }) => conferirSelos(armazem)]"),
    ensaio: { nome: 'entradas' },
  },
  {
    nome: 'sem-avulsos-nas-entradas',
    viola: 'cada usuário pertence a uma execução',
    trocas: semVerificacao("['avulsos', 'esquema', ({ armazem }) => conferirAvulsos(armazem)]"),
    ensaio: { nome: 'entradas' },
  },
  {
    nome: 'sem-recibos-nas-entradas',
    viola: 'um recibo exigido que não está lá reprova',
    trocas: semVerificacao(
      "['recibos', 'esquema', ({ armazem, exigido }) => conferirRecibos(armazem, exigido)]",
    ),
    ensaio: { nome: 'entradas' },
  },
  {
    nome: 'sem-olhar-os-vizinhos',
    viola: 'o que há ao lado do banco não muda o que se lê dele',
    trocas: [['lib/armazem/arquivo.ts', '    recusarVizinhos(caminho, real);\n', '']],
    ensaio: { nome: 'vizinhos' },
  },
  {
    nome: 'conta-errado-na-multidao',
    viola: 'há tantas execuções quantos recibos, e as contagens são as do banco',
    trocas: [
      ['lib/cadeia/laudo.ts', "'sum(registros)'", "'sum(registros) + 1'"],
      [
        'lib/relato/escritor.ts',
        'await imprimir(json ?',
        'if (gravacao.execucao.id % 2 === 1) await imprimir(json ?',
      ],
    ],
    ensaio: { nome: 'multidao', exemplo: /execuções sem recibo.*contagens erradas aprovadas/ },
  },
  {
    nome: 'commit-sem-olhar-no-disco-cheio',
    viola: 'com o disco cheio não há recibo',
    trocas: COMMIT_SEM_OLHAR,
    ensaio: { nome: 'disco-cheio', precisa: ['root'] },
  },
  {
    nome: 'disco-que-passa-por-corrompido',
    viola: '74 é um erro do disco, e não 65, que é dos dados',
    trocas: [
      [
        'lib/armazem/escrita.ts',
        'const falha = this.traduzir(erro);',
        'desfazer(banco);\n      const falha = this.traduzir(erro);',
      ],
    ],
    ensaio: { nome: 'chamadas', exemplo: /pread64 EIO.*corrompido/s, precisa: ['cc'] },
  },
  {
    nome: 'journal-so-com-a-marca-inteira',
    viola: 'uma queda em qualquer escrita é desfeita pelo escritor seguinte',
    trocas: [
      [
        'lib/armazem/arquivo.ts',
        'marca.every((byte, i) => byte === MARCA_DO_JOURNAL[i] || byte === 0)',
        'marca.every((byte, i) => byte === MARCA_DO_JOURNAL[i]) || !marca.some(Boolean)',
      ],
    ],
    ensaio: { nome: 'chamadas', exemplo: /rasgada.*há um -journal/s, precisa: ['cc'] },
  },
  {
    nome: 'commit-sem-olhar-nas-chamadas',
    viola: 'se o COMMIT falha não há recibo',
    trocas: COMMIT_SEM_OLHAR,
    ensaio: { nome: 'chamadas', precisa: ['cc'] },
  },
  {
    nome: 'sem-extra-na-queda-de-energia',
    viola: 'synchronous é EXTRA: uma queda de energia não desfaz o que tem recibo',
    trocas: SEM_EXTRA,
    ensaio: { nome: 'energia', precisa: ['root', 'xfs'] },
  },
];
