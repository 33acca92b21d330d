import { writeFileSync } from 'node:fs';
import { CODIGOS } from '../lib/falhas.ts';
import { type Defeito, pastaDeEnsaio } from './ensaio.ts';
import { iniciar, terminar } from './programas.ts';

/** O que o leitor, num processo seu, diz de uma cadeia de que se exigem todos estes recibos. */
export async function exigirTodos(lugar: string, recibos: string[]) {
  using pasta = pastaDeEnsaio();
  const todos = pasta.em('recibos');
  writeFileSync(todos, recibos.join('\n'));
  const exigidos = recibos.length > 0 ? ['--recibos', todos] : [];
  const { codigo, saida, erros } = await terminar(
    iniciar('leitor', ['-b', lugar, '--json', '--limite', '0', ...exigidos]),
  );
  const laudo: { execucoes?: number; registros?: number } = saida ? JSON.parse(saida) : {};
  const defeito: Defeito = codigo !== CODIGOS.feito && `o leitor sai com ${codigo}: ${erros}`;
  return { execucoes: laudo.execucoes ?? 0, registros: laudo.registros ?? 0, defeito };
}

/** Se a mesma execução tem dois recibos. */
export function repetido(recibos: string[]): Defeito {
  const numeros = new Set(recibos.map((recibo) => recibo.split(':')[0]));
  return numeros.size < recibos.length && 'há dois recibos do mesmo número';
}
