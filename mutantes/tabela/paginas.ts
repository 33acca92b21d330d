import type { Mutante } from '../mutante.ts';

const MESMO = 'a página diz o mesmo que o laudo em texto, e sai com o código dele';

/** Leitores que conferem bem, e cuja página diz outra coisa. */
export const PAGINAS: Mutante[] = [
  {
    nome: 'pagina-que-aprova',
    viola: MESMO,
    trocas: [
      ['lib/relato/pagina/laudo.ts', 'darVeredito(laudo, falhas[0])', 'darVeredito(laudo, undefined)'],
    ],
    prova: { cenas: [15], afirmacao: /a página que reprova/ },
  },
  {
    nome: 'pagina-que-sai-com-zero',
    viola: MESMO,
    trocas: [
      [
        'leitor.ts',
        "return falhas[0]?.motivo ?? 'feito';",
        "return (!opcoes.html && falhas[0]?.motivo) || 'feito';",
      ],
    ],
    prova: { cenas: [15], afirmacao: /a página que reprova/ },
  },
  {
    nome: 'pagina-sem-as-reprovadas',
    viola: MESMO,
    trocas: [
      [
        'lib/relato/pagina/laudo.ts',
        'const linhas = laudo.verificacoes.map(',
        "const linhas = laudo.verificacoes.filter((uma) => uma.resultado !== 'reprovada').map(",
      ],
    ],
    prova: { cenas: [15], afirmacao: /a página que reprova/ },
  },
  {
    nome: 'pagina-de-textos-crus',
    viola: 'o que está gravado é, na página, só texto',
    trocas: [['lib/relato/pagina/html.ts', `.replace(/[&<>"']/g, (sinal)`, `.replace(/[&"']/g, (sinal)`]],
    prova: { cenas: [15], afirmacao: /a página que reprova/ },
  },
];
