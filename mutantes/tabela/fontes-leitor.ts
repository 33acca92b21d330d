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

const VERIFICAR = 'lib/cadeia/verificar.ts';
const VERIFICACOES = 'lib/cadeia/verificacoes.ts';

/** Leitores que conferem tudo, menos uma forma que o defeito toma. */
export const FONTES_DO_LEITOR: Mutante[] = [
  leitor(
    'de-volume-do-ambiente',
    'a montagem que se confere é a da pasta do arquivo lido, e não a de $BANCO',
    [
      VERIFICAR,
      'conferirVolume(exigencias.banco, lugar)',
      'conferirVolume(process.env.BANCO ?? exigencias.banco, lugar)',
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
];
