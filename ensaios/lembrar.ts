// Guarda numa memória, sem fim, recibos de números que crescem, e diz cada um que ficou: bun lembrar.ts MEMORIA PRIMEIRO
import { guardar } from '../lib/cadeia/memoria.ts';
import { Falha } from '../lib/falhas.ts';
import { aprovado } from './lembranca.ts';

const [, , caminho = '', primeiro = ''] = process.argv;
const parada = new AbortController().signal;
const memoria = { caminho, banco: 'ensaio.db' };
for (let numero = Number(primeiro); ; numero++) {
  try {
    await guardar(memoria, aprovado(numero), parada);
    process.stdout.write(`${numero}\n`);
  } catch (erro) {
    if (!(erro instanceof Falha && erro.motivo === 'tenteDeNovo')) throw erro;
    numero += 500; // o outro já guardou um mais novo, e só aos saltos se passa à frente dele
  }
}
