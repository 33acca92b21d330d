// Guarda numa memória, sem fim, recibos de números que crescem, e diz cada um que ficou: bun lembrar.ts MEMORIA PRIMEIRO
import { guardar } from '../lib/cadeia/memoria.ts';
import { recibo } from './lembranca.ts';

const [, , caminho = '', primeiro = ''] = process.argv;
const parada = new AbortController().signal;
for (let numero = Number(primeiro); ; numero++) {
  await guardar({ caminho, banco: 'ensaio.db' }, recibo(numero), parada);
  process.stdout.write(`${numero}\n`);
}
