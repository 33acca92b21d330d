import type { Troca } from '../../apoio/projeto.ts';
import type { Mutante } from '../mutante.ts';

/** Um leitor com um trecho do código trocado. */
function leitor(
  nome: string,
  viola: string,
  { troca, prova: [cena, afirmacao] }: { troca: Troca; prova: [cena: number, afirmacao: RegExp] },
): Mutante {
  return { nome: `leitor-${nome}`, viola, trocas: [troca], prova: { cenas: [cena], afirmacao } };
}

const ESQUEMA = 'lib/armazem/esquema.ts';
const SESSAO = 'lib/cadeia/sessao.ts';
const VERIFICAR = 'lib/cadeia/verificar.ts';
const SELOS = 'lib/cadeia/selos.ts';

/** Leitores que conferem tudo, menos uma forma que o defeito toma. */
export const FONTES_DO_LEITOR: Mutante[] = [
  leitor(
    'de-volume-do-ambiente',
    'a montagem que se confere é a da pasta do arquivo lido, e não a de $BANCO',
    {
      troca: [
        SESSAO,
        'conferirPersistencia(this.#exigencias.banco, this.aberto)',
        'conferirPersistencia(process.env.BANCO ?? this.#exigencias.banco, this.aberto)',
      ],
      prova: [2, /com um volume bom em/],
    },
  ),
  leitor(
    'do-lugar-antes-dos-dados',
    '69 é "os dados conferem, mas estão onde não persistem"; dados mudados são 65',
    {
      troca: [
        VERIFICAR,
        '?? outras[0];',
        "?? (doVolume.length > 0 ? outras.find(({ motivo }) => motivo === 'nadaParaLer') : outras[0]);",
      ],
      prova: [2, /com um nome mudado/],
    },
  ),
  leitor(
    'de-origem-qualquer',
    '"origem" só aprova se outro container escreveu: uma máquina, ou um autor desconhecido, não conta',
    {
      troca: [
        'lib/cadeia/origem.ts',
        `"length(container) = 12 AND ltrim(container, '0123456789abcdef') = ''"`,
        `"container <> 'desconhecido'"`,
      ],
      prova: [4, /nenhum outro container/],
    },
  ),
  leitor(
    'que-abre-para-escrita',
    'abre só para leitura: uma gravação interrompida é o escritor que a desfaz',
    {
      troca: [
        'lib/armazem/leitura.ts',
        '{ readonly: true, strict: true }',
        '{ readwrite: true, strict: true } as const',
      ],
      prova: [9, /nem podendo escrever/],
    },
  ),
  leitor('de-terminal', 'o código de saída é o mesmo num terminal', {
    troca: [
      'leitor.ts',
      "return falhas[0]?.motivo ?? 'feito';",
      "return process.stdout.isTTY ? 'feito' : (falhas[0]?.motivo ?? 'feito');",
    ],
    prova: [14, /num terminal, um errado/],
  }),
  leitor('de-textos-crus', 'o que está gravado não escreve um veredito no terminal, nem o comanda', {
    troca: [
      'lib/texto.ts',
      'export function tornarVisivel(texto: string): string {',
      'export function tornarVisivel(texto: string): string {\n  if (texto) return texto;',
    ],
    prova: [15, /caracteres de controle/],
  }),
  leitor('sem-sobreposicao', 'cada usuário pertence a uma execução, e a uma só', {
    troca: [SELOS, 'if (repetida) return', 'if (repetida && repetida.id < 0) return'],
    prova: [15, /toma um usuário da vizinha/],
  }),
  leitor('sem-contar-registros', 'cada execução tem os usuários que diz ter', {
    troca: [SELOS, 'if (this.#usuarios !== registros) {', 'if (this.#usuarios < 0) {'],
    prova: [15, /diz outro número de usuários/],
  }),
  leitor('de-execucoes-ate-dez-mil', 'cada selo é recalculado, também o de uma execução grande', {
    troca: [
      SELOS,
      "if (this.#selo.digest('hex') !== selo)",
      "if (this.#selo.digest('hex') !== selo && registros <= 10_000)",
    ],
    prova: [13, /depois do 10.000º/],
  }),
  leitor('de-mil-execucoes', 'cada selo é recalculado, também o da milésima primeira execução', {
    troca: [
      SELOS,
      'for (let vistas = 0; vistas < execucoes; ) {',
      'for (let vistas = 0; vistas < Math.min(execucoes, 1000); ) {',
    ],
    prova: [13, /depois da 1.000ª execução/],
  }),
  leitor('sem-gatilhos-em-execucoes', 'nenhum gatilho, em nenhuma das duas tabelas', {
    troca: [
      ESQUEMA,
      "NOT IN ('table', 'index', 'view')\"",
      "NOT IN ('table', 'index', 'view') AND tbl_name = 'usuarios'\"",
    ],
    prova: [13, /gatilho na tabela execucoes/],
  }),
  leitor('sem-strict', '"execucoes" é uma tabela STRICT: o tipo de cada valor selado é conferido', {
    troca: [
      ESQUEMA,
      "if (!tipo.strict) return tabela === 'usuarios' ? undefined :",
      'if (!tipo.strict) return true ? undefined :',
    ],
    prova: [13, /sem STRICT/],
  }),
  leitor('de-chave-qualquer', 'id é INTEGER PRIMARY KEY, o rowid', {
    troca: [ESQUEMA, 'if (!temRowid || !comuns ||', 'if ((!temRowid && tipo.wr === 2) || !comuns ||'],
    prova: [13, /com outra chave/],
  }),
  leitor('de-chave-unica', 'id é INTEGER PRIMARY KEY, e não só UNIQUE', {
    troca: [ESQUEMA, "(coluna.name === 'id') === (coluna.pk === 1)", 'coluna.pk < 2'],
    prova: [13, /com outra chave, só UNIQUE/],
  }),
  leitor('sem-rowid', 'id é INTEGER PRIMARY KEY, o rowid, e não a chave de uma tabela sem ele', {
    troca: [ESQUEMA, 'if (!temRowid || !comuns ||', 'if ((!temRowid && tipo.wr === 0) || !comuns ||'],
    prova: [13, /com outra chave, WITHOUT ROWID/],
  }),
  leitor('de-chave-qualquer-em-execucoes', 'id é INTEGER PRIMARY KEY, o rowid, nas duas tabelas', {
    troca: [ESQUEMA, 'if (!temRowid || !comuns ||', "if ((!temRowid && tabela === 'usuarios') || !comuns ||"],
    prova: [13, /execucoes com outra chave/],
  }),
  leitor('de-lacunas', 'as execuções são 1…n, também numa cadeia selada de novo', {
    troca: [
      SELOS,
      "if (typeof gravada === 'number') {",
      "if (typeof gravada === 'number') continue;\n      if (typeof gravada === 'number') {",
    ],
    prova: [13, /2ª execução tirada, e tudo selado/],
  }),
  leitor('sem-instantaneo', 'lê um instantâneo: quem confirma espera que o leitor acabe', {
    troca: ['lib/armazem/instantaneo.ts', "  banco.run('BEGIN');\n", ''],
    prova: [13, /espera que ele acabe/],
  }),
  leitor('de-utf16', 'em UTF-16, os bytes que se gravam não são os que se selam', {
    troca: [ESQUEMA, "'PRAGMA encoding') !== 'UTF-8')", "'PRAGMA encoding') === 'UTF-7')"],
    prova: [13, /UTF-16/],
  }),
  leitor('que-nao-ve-a-troca', 'um arquivo trocado ou mudado durante a leitura é 75', {
    troca: [
      VERIFICAR,
      'if (mudado) falhas.unshift(mudado);',
      'if (mudado && falhas.length > 0) falhas.unshift(mudado);',
    ],
    prova: [13, /regravado sob um leitor/],
  }),
  leitor('sem-ambiguos', 'também num banco adotado, um texto que vira JSONB é reprovado', {
    troca: [SELOS, 'if (this.#ambiguo !== null)', "if (this.#ambiguo === '')"],
    prova: [16, /vira JSONB/],
  }),
];
