import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { lerTexto } from '../apoio/documentos.ts';
import { mascarar } from '../apoio/exemplos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { guardarEngine } from '../apoio/limpeza.ts';
import { executar, PRAZO_MS, RAIZ } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['docker', 'longos'], 'docs/exemplo-laudo.html', () => {
  test('é o que o comando dela faz agora', async () => {
    guardarEngine();
    const { saida, erros, codigo } = await executar([process.execPath, join(RAIZ, 'ensaios/exemplo.ts')]);
    expect([erros, codigo]).toEqual(['', 0]);
    expect(mascarar(saida)).toEqual(mascarar(lerTexto('docs/exemplo-laudo.html')));
  });
});
