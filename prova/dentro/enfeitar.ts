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

const [arquivo = ''] = process.argv.slice(2);
using banco = abrir(arquivo, 'readwrite');
const { ultimo } = banco.query<{ ultimo: number }, []>('SELECT max(id) AS ultimo FROM usuarios').get() ?? {
  ultimo: 0,
};
for (const [indice, texto] of TEXTOS.entries()) {
  const coluna = indice % 2 === 0 ? 'nome' : 'email';
  // Espalhados: há um em cada parte da cadeia.
  banco.run(`UPDATE usuarios SET ${coluna} = ? WHERE id = ?`, [
    texto,
    1 + Math.floor((indice * ultimo) / TEXTOS.length),
  ]);
}
selarTudo(banco);
await Bun.write(
  Bun.stdout,
  `${JSON.stringify(lerExecucoes(banco).map(({ id, selo }) => `${id}:${selo}`))}\n`,
);
