// Guarda numa memória, sem fim, recibos de números que crescem, e diz cada um que ficou: bun lembrar.ts MEMORIA PRIMEIRO
import { guardar } from '../lib/cadeia/memoria.ts';
import { Falha } from '../lib/falhas.ts';
import { aprovado } from './lembranca.ts';

const [, , caminho = '', primeiro = ''] = process.argv;
const parada = new AbortController().signal;
for (let numero = Number(primeiro); ; numero++) {
  try {
    await guardar({ caminho, banco: 'ensaio.db' }, aprovado(numero), parada);
    process.stdout.write(`${numero}\n`);
  } catch (erro) {
    // O outro já guardou um mais novo.
    if (!(erro instanceof Falha && erro.motivo === 'tenteDeNovo')) throw erro;
  }
}
