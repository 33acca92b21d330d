import type { Troca } from '../../ensaios/programas.ts';
import type { Mutante } from '../mutante.ts';

/** Um leitor com um trecho do código trocado. */
function leitor(
  nome: string,
  viola: string,
  troca: Troca,
  [cena, afirmacao]: [cena: number, afirmacao: RegExp],
): Mutante {
  return { nome: `leitor-${nome}`, viola, trocas: [troca], prova: { cenas: [cena], afirmacao } };
}

const ESQUEMA = 'lib/armazem/esquema.ts';
const VERIFICAR = 'lib/cadeia/verificar.ts';
const VERIFICACOES = 'lib/cadeia/verificacoes.ts';

/** Leitores que conferem tudo, menos uma forma que o defeito toma. */
export const FONTES_DO_LEITOR: Mutante[] = [
  leitor(
    'de-volume-do-ambiente',
    'a montagem que se confere é a da pasta do arquivo lido, e não a de $BANCO',
    [
      VERIFICAR,
      'conferirPersistencia(this.exigencias.banco, this.aberto)',
      'conferirPersistencia(process.env.BANCO ?? this.exigencias.banco, this.aberto)',
    ],
    [2, /com um volume bom em/],
  ),
  leitor(
    'do-lugar-antes-dos-dados',
    '69 é "os dados conferem, mas estão onde não persistem"; dados mudados são 65',
    [
      VERIFICAR,
      '?? outras[0];',
      "?? (doVolume.length > 0 ? outras.find(({ motivo }) => motivo === 'nadaParaLer') : outras[0]);",
    ],
    [2, /com um nome mudado/],
  ),
  leitor(
    'de-origem-qualquer',
    '"origem" só aprova se outro container escreveu: uma máquina, ou um autor desconhecido, não conta',
    [
      VERIFICACOES,
      `"length(container) = 12 AND ltrim(container, '0123456789abcdef') = ''"`,
      `"container <> 'desconhecido'"`,
    ],
    [4, /nenhum outro container/],
  ),
  leitor(
    'que-abre-para-escrita',
    'abre só para leitura: uma gravação interrompida é o escritor que a desfaz',
    [
      'lib/armazem/leitura.ts',
      '{ readonly: true, strict: true }',
      '{ readwrite: true, strict: true } as const',
    ],
    [9, /nem podendo escrever/],
  ),
  leitor(
    'de-terminal',
    'o código de saída é o mesmo num terminal',
    [
      'leitor.ts',
      "return falhas[0]?.motivo ?? 'feito';",
      "return process.stdout.isTTY ? 'feito' : (falhas[0]?.motivo ?? 'feito');",
    ],
    [14, /num terminal, um errado/],
  ),
  leitor(
    'de-textos-crus',
    'o que está gravado não escreve um veredito no terminal, nem o comanda',
    [
      'lib/texto.ts',
      'export function tornarVisivel(texto: string): string {',
      'export function tornarVisivel(texto: string): string {\n  if (texto) return texto;',
    ],
    [15, /caracteres de controle/],
  ),
  leitor(
    'sem-sobreposicao',
    'cada usuário pertence a uma execução, e a uma só',
    [VERIFICACOES, 'if (repetida) return', 'if (repetida && repetida.id < 0) return'],
    [15, /toma um usuário da vizinha/],
  ),
  leitor(
    'sem-contar-registros',
    'cada execução tem os usuários que diz ter',
    [VERIFICACOES, 'if (this.#usuarios !== registros) {', 'if (this.#usuarios < 0) {'],
    [15, /diz outro número de usuários/],
  ),
  leitor(
    'de-execucoes-ate-dez-mil',
    'cada selo é recalculado, também o de uma execução grande',
    [
      VERIFICACOES,
      "if (this.#selo.digest('hex') !== selo)",
      "if (this.#selo.digest('hex') !== selo && registros <= 10_000)",
    ],
    [13, /depois do 10.000º/],
  ),
  leitor(
    'de-mil-execucoes',
    'cada selo é recalculado, também o da milésima primeira execução',
    [
      VERIFICACOES,
      'for (let vistas = 0; vistas < execucoes; ) {',
      'for (let vistas = 0; vistas < Math.min(execucoes, 1000); ) {',
    ],
    [13, /depois da 1.000ª execução/],
  ),
  leitor(
    'sem-gatilhos-em-execucoes',
    'nenhum gatilho, em nenhuma das duas tabelas',
    [
      ESQUEMA,
      "NOT IN ('table', 'index', 'view')\"",
      "NOT IN ('table', 'index', 'view') AND tbl_name = 'usuarios'\"",
    ],
    [13, /gatilho na tabela execucoes/],
  ),
  leitor(
    'sem-strict',
    '"execucoes" é uma tabela STRICT: o tipo de cada valor selado é conferido',
    [
      ESQUEMA,
      "return tabela === 'execucoes' ? 'execucoes não é uma tabela STRICT' : undefined;",
      'return undefined;',
    ],
    [13, /sem STRICT/],
  ),
  leitor(
    'de-chave-qualquer',
    'id é INTEGER PRIMARY KEY, o rowid',
    [ESQUEMA, 'if (!temRowid || !comuns ||', 'if ((!temRowid && tipo.wr === 2) || !comuns ||'],
    [13, /chave que não é o rowid/],
  ),
  leitor(
    'de-utf16',
    'em UTF-16, os bytes que se gravam não são os que se selam',
    [ESQUEMA, "'PRAGMA encoding') !== 'UTF-8')", "'PRAGMA encoding') === 'UTF-7')"],
    [13, /UTF-16/],
  ),
  leitor(
    'que-nao-ve-a-troca',
    'um arquivo trocado ou mudado durante a leitura é 75',
    [
      VERIFICAR,
      'if (mudado) falhas.unshift(mudado);',
      'if (mudado && falhas.length > 0) falhas.unshift(mudado);',
    ],
    [13, /regravado sob um leitor/],
  ),
  leitor(
    'sem-ambiguos',
    'também num banco adotado, um texto que vira JSONB é reprovado',
    [VERIFICACOES, 'if (this.#ambiguo !== null)', "if (this.#ambiguo === '')"],
    [16, /vira JSONB/],
  ),
];
