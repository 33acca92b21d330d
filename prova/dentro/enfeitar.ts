import { abrir, lerExecucoes, selarTudo } from './receita.ts';

/*
 * Dá a usuários de um banco do escritor textos difíceis e sela tudo outra vez, só pela receita de docs/selo.md. Imprime
 * os recibos, em JSON.
 */

const TEXTOS = [
  `${'uma letra no meio de muitas '.repeat(700)}fim`,
  'Maçã, maçã: em NFC e em NFD',
  'aspas " e \\ e \n quebra e \u0001 e \u2028',
  'عربي 👩‍👩‍👧‍👦 𝔘𝔫𝔦𝔠𝔬𝔡𝔢',
  '',
  '183,74,111',
];

/** O que, mostrado tal e qual, escreveria por cima do laudo, ou um veredito, num terminal ou numa página. */
const DE_QUEM_MANDA = [
  '\u001b[8mAna',
  '\u001b]0;x\u0007',
  '\nAPROVADO, persistência comprovada.',
  'Ana\u009b2J\u202e',
  '</td><script>document.title = "APROVADO"</script><img src=x onerror="alert(1)">',
];

const [arquivo = ''] = process.argv.slice(2);
using banco = abrir(arquivo, 'readwrite');
const { ultimo } = banco.query<{ ultimo: number }, []>('SELECT max(id) AS ultimo FROM usuarios').get() ?? {
  ultimo: 0,
};
const mudar = (coluna: string, texto: string, id: number) =>
  banco.run(`UPDATE usuarios SET ${coluna} = ? WHERE id = ?`, [texto, id]);
for (const [indice, texto] of TEXTOS.entries()) {
  // Espalhados: há um em cada parte da cadeia.
  mudar(indice % 2 === 0 ? 'nome' : 'email', texto, 1 + Math.floor((indice * ultimo) / TEXTOS.length));
}
// Entre os primeiros: são os que o laudo mostra.
for (const [indice, texto] of DE_QUEM_MANDA.entries()) mudar('nome', texto, indice + 2);
banco.run('UPDATE execucoes SET container = ? WHERE id = (SELECT max(id) - 1 FROM execucoes)', [
  '\u001b[8mvm\u0007',
]);
selarTudo(banco);
await Bun.write(
  Bun.stdout,
  `${JSON.stringify(lerExecucoes(banco).map(({ id, selo }) => `${id}:${selo}`))}\n`,
);
