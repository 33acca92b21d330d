// bun ensaios/exemplo.ts: na saída padrão, a página de um volume em que alguém mexeu, como a de docs/exemplo-laudo.html.
import { ouvirSinais } from '../lib/programa/sinais.ts';
import { limpar } from '../prova/limpar.ts';
import { Palco } from '../prova/palco.ts';

/** Um nome mudado, uma execução tirada com a última, e os usuários que ficam sem elas. */
const MEXER = `const { Database } = require('bun:sqlite');
const banco = new Database('/data/desafio2.db', { readwrite: true });
banco.run("UPDATE usuarios SET nome = 'Maria Souza' WHERE id = 5");
banco.run('DELETE FROM execucoes WHERE id IN (4, 7)');`;

const opcoes = { volume: undefined, contextos: [], rodadas: 1, semente: 1, manter: false };
const palco = new Palco(opcoes, ouvirSinais());
const exigir = ({ codigo, erros }: { codigo: number; erros: string }) => {
  if (codigo !== 0) throw new Error(erros);
};
try {
  exigir(await palco.compose(palco.volume, 'build', '--quiet'));
  exigir(await palco.projeto.construirOlhos());
  const recibos: string[] = [];
  for (let vez = 0; vez < 7; vez++) recibos.push(...(await palco.escritor(palco.volume)).recibos);
  exigir(await palco.bun([`${palco.volume}:/data`], MEXER));
  const exigidos = [2, 6, 7].flatMap((execucao) => ['-r', recibos[execucao - 1] ?? '']);
  const leitor = ['run', '--rm', '-T', '--no-deps', 'leitor', '--html', ...exigidos];
  const { codigo, saida, erros } = await palco.compose(palco.volume, ...leitor);
  if (codigo !== 65) throw new Error(`o leitor saiu com ${codigo}: ${erros}`);
  process.stdout.write(saida);
} finally {
  await limpar(palco, false);
}
