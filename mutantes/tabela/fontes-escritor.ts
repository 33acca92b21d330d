import type { Troca } from '../../apoio/projeto.ts';
import type { Mutante } from '../mutante.ts';

/** Um escritor com trechos do código trocados. */
function escritor(
  nome: string,
  viola: string,
  { trocas, prova: [cena, afirmacao] }: { trocas: Troca[]; prova: [cena: number, afirmacao: RegExp] },
): Mutante {
  return { nome: `escritor-${nome}`, viola, trocas, prova: { cenas: [cena], afirmacao } };
}

const ADOCAO = 'lib/cadeia/adocao.ts';
const ESCRITA = 'lib/armazem/escrita.ts';
const ESQUEMA = 'lib/armazem/esquema.ts';
const EXECUCOES = 'lib/cadeia/execucoes.ts';

/** Escritores que fazem tudo bem onde tudo está bem. */
export const FONTES_DO_ESCRITOR: Mutante[] = [
  escritor('sem-strict', 'as tabelas são STRICT', {
    trocas: [[ESQUEMA, ') STRICT`;\n\nconst TABELA_EXECUCOES', ')`;\n\nconst TABELA_EXECUCOES']],
    prova: [3, /as tabelas são/],
  }),
  escritor('de-colunas-frouxas', 'nenhuma coluna aceita nulos', {
    trocas: [[ESQUEMA, 'email     TEXT NOT NULL', 'email     TEXT']],
    prova: [3, /as tabelas são/],
  }),
  escritor('surdo-a-banco', '--banco vence $BANCO', {
    trocas: [
      ['escritor.ts', 'async ({ banco, registros', 'async ({ banco: pedido, registros'],
      [
        'escritor.ts',
        '    await avisarSeNaoPersiste(banco);',
        '    const banco = process.env.BANCO ?? pedido;\n    await avisarSeNaoPersiste(banco);',
      ],
    ],
    prova: [13, /com -b, o escritor grava|\$BANCO/],
  }),
  escritor('de-dois-nomes', 'recusa (65) um arquivo com dois nomes', {
    trocas: [
      [
        ESCRITA,
        '  recusarOutrosNomes(caminho);\n  // O',
        "  if (caminho === '') recusarOutrosNomes(caminho);\n  // O",
      ],
      [ESCRITA, '      recusarOutrosNomes(caminho);\n', ''],
    ],
    prova: [13, /recusa um arquivo com dois nomes/],
  }),
  escritor(
    'que-aceita-gatilhos',
    'recusa (65) um banco com um gatilho, que faria do recibo uma promessa vã',
    {
      trocas: [
        [
          ESCRITA,
          'this.#recusar(defeitoDoEsquema(banco));',
          'if (legado) this.#recusar(defeitoDoEsquema(banco));',
        ],
      ],
      prova: [13, /recusa um gatilho/],
    },
  ),
  escritor('no-de-outro-programa', 'recusa, sem tocar em nada, o banco de outra aplicação', {
    trocas: [
      [
        ESQUEMA,
        "if (objetos.length === 0) return 'vazio';",
        "if (!objetos.flat().includes('usuarios')) return 'vazio';",
      ],
    ],
    prova: [13, /recusa a tabela de outro programa/],
  }),
  escritor('que-adota-ambiguos', 'não adota valores que o selo não distingue de outros', {
    trocas: [[ADOCAO, 'if (ambiguo !== null) throw', "if (ambiguo === '') throw"]],
    prova: [13, /recusa um BLOB/],
  }),
  escritor('de-ids-enormes', 'para antes de ids que um número não conta', {
    trocas: [[ADOCAO, 'if (Math.abs(id) < Number.MAX_SAFE_INTEGER / 2) return;', 'if (id !== null) return;']],
    prova: [13, /recusa um id que não se conta/],
  }),
  escritor('de-um-byte', 'um arquivo de um byte não é um banco vazio', {
    trocas: [[ESCRITA, 'if (arquivo?.tamanhoBytes === 1) throw', 'if (arquivo?.tamanhoBytes === -1) throw']],
    prova: [13, /recusa um arquivo de um byte/],
  }),
  escritor('que-segue-a-copia-antiga', 'para (65) se o último recibo desta rodada já não está lá', {
    trocas: [[EXECUCOES, '        if (confirmada) await exigirUltimoRecibo(armazem, confirmada);\n', '']],
    prova: [13, /cópia antiga sob um escritor/],
  }),
  escritor('que-nao-ve-a-troca', 'só dá o recibo se o caminho ainda leva ao arquivo que gravou (74)', {
    trocas: [
      [
        ESCRITA,
        'if (this.estaNoLugar()) return resultado;',
        'if (this.banco.inTransaction === false) return resultado;',
      ],
      [ESCRITA, 'if (!this.estaNoLugar()) return foraDoLugar(this.endereco, MOVIDO, falha.cause);', ''],
      [ESCRITA, 'if (!grande && lerMudanca(caminho) !== mudadoNs)', 'if (!grande && mudadoNs === -1n)'],
    ],
    prova: [13, /(movido|apagado) sob um escritor/],
  }),
  escritor('que-sela-ate-dez-mil', 'o selo cobre todos os usuários da execução, também de uma grande', {
    trocas: [
      [
        EXECUCOES,
        '    selo.update(linhas);',
        '    if (id - execucao.primeiro_id <= 10_000) selo.update(linhas);',
      ],
    ],
    prova: [13, /selos que não conferem|a cópia é aprovada/],
  }),
  escritor(
    'que-adota-ids-seguidos',
    'adota um banco do programa original, também um de que se apagaram usuários',
    {
      trocas: [
        [ADOCAO, 'ultimo_id: faixa?.ultimo ?? 0,', 'ultimo_id: await armazem.contarUsuarios(),'],
        [ADOCAO, 'primeiro_id: faixa?.primeiro ?? 1,', 'primeiro_id: 1,'],
      ],
      prova: [16, /os dois recibos/],
    },
  ),
  escritor('de-hora-local', 'as horas são em UTC, seja qual for o fuso', {
    trocas: [
      [
        EXECUCOES,
        'const agora = new Date().toISOString();',
        'const agora = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString();',
      ],
    ],
    prova: [7, /a hora/],
  }),
  escritor('de-arquivo-aberto-a-todos', 'o arquivo só o seu dono pode mudar', {
    trocas: [
      [
        'escritor.ts',
        '    await avisarSeNaoPersiste(banco);',
        '    process.umask(0);\n    await avisarSeNaoPersiste(banco);',
      ],
    ],
    prova: [3, /permissões/],
  }),
];
