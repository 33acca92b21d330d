import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { projetoQuebrado, type Troca } from '../../ensaios/programas.ts';
import { executar, PRAZO_MS } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

/** Roda a amostra de um ensaio, com `--json`, numa cópia do projeto com trechos trocados. */
async function ensaiar(ensaio: string, ...trocas: Troca[]) {
  using projeto = projetoQuebrado(...trocas);
  const programa = join(projeto.raiz, 'ensaios/resistencia.ts');
  const comando = [process.execPath, programa, '--json', '--ensaio', ensaio];
  const { saida, erros, codigo } = await executar(comando);
  return { codigo, erros, resultado: saida === '' ? undefined : JSON.parse(saida).ensaios[0] };
}

describe('resistencia', () => {
  test('cortes: aprovado, com violações só no controle', async () => {
    const { codigo, resultado } = await ensaiar('cortes');
    expect(resultado).toMatchObject({ ensaio: 'cortes', resultado: 'aprovado', violacoes: 0 });
    expect(resultado.injecoes).toBeGreaterThan(300);
    expect(resultado.controle.violacoes).toBeGreaterThan(0);
    expect(codigo).toBe(0);
  });

  test('um ensaio cujo controle passa é reprovado', async () => {
    const { resultado } = await ensaiar('cortes', [
      'ensaios/bits.ts',
      "const aprovado = banco.query('PRAGMA integrity_check').values()[0]?.[0] === 'ok';",
      'const aprovado = false;',
    ]);
    expect(resultado).toMatchObject({ resultado: 'reprovado', violacoes: 0, controle: { violacoes: 0 } });
  });

  test('um ensaio que não existe: 64', async () => {
    const { codigo, erros } = await ensaiar('nada');
    expect(erros).toContain('não há o ensaio "nada"');
    expect(codigo).toBe(64);
  });
});
