export { criarBanco as abrirParaEscrita } from './escrita.ts';
export { abrirParaLeitura } from './leitura.ts';
