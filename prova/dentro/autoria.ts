import { abrir, selarTudo } from './receita.ts';

// Faz de um container o autor de todas as execuções, com a cadeia selada outra vez.
const [arquivo = '', container = ''] = process.argv.slice(2);
using banco = abrir(arquivo, 'readwrite');
banco.run('UPDATE execucoes SET container = ?', [container]);
selarTudo(banco);
