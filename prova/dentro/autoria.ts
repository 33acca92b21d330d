import { abrir, selarTudo } from './receita.ts';

// Dá a cada execução, à vez, um destes autores, com a cadeia selada outra vez.
const [arquivo = '', ...autores] = process.argv.slice(2);
using banco = abrir(arquivo, 'readwrite');
for (const [indice, autor] of autores.entries()) {
  banco.run('UPDATE execucoes SET container = ? WHERE (id - 1) % ? = ?', [autor, autores.length, indice]);
}
selarTudo(banco);
