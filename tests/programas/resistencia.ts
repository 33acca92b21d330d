import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { ate, exigir, rodar } from '../../apoio/processo.ts';
import { porFazer, projetoQuebrado, type Troca } from '../../apoio/projeto.ts';
import { Sessao } from '../../ensaios/ensaio.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

/** Roda a amostra de um ensaio, com `--json`, numa cópia do projeto com trechos trocados. */
async function ensaiar(ensaio: string, ...trocas: Troca[]) {
  using projeto = projetoQuebrado(...trocas);
  const programa = join(projeto.raiz, 'ensaios/resistencia.ts');
  const { codigo, saida, erros } = await rodar([process.execPath, programa, '--json', '--ensaio', ensaio]);
  return { codigo, erros, resultado: saida === '' ? undefined : JSON.parse(saida).ensaios[0] };
}

grupoQuePrecisa('longos', 'resistencia', () => {
  test('cortes: aprovado, com violações só no controle', async () => {
    const { codigo, resultado } = await ensaiar('cortes');
    expect(resultado).toMatchObject({ ensaio: 'cortes', resultado: 'aprovado', violacoes: 0 });
    expect(resultado.injecoes).toBeGreaterThan(300);
    expect(resultado.controle.violacoes).toBeGreaterThan(0);
    expect(codigo).toBe(0);
  });

  test('um ensaio cujo controle passa é reprovado', async () => {
    const { resultado } = await ensaiar('cortes', [
      'ensaios/bytes.ts',
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

describe('o que os ensaios têm à mão', () => {
  const nunca = new AbortController().signal;

  test('rodar() lê as duas saídas, maiores do que um cano, e diz o código ou o sinal', async () => {
    const fim = await rodar(['sh', '-c', 'seq 100000 >&2; seq 100000; exit 3']);
    expect([fim.saida.length, fim.erros.length, fim.codigo, fim.sinal]).toEqual([588_895, 588_895, 3, null]);
    expect(await rodar(['sh', '-c', 'kill -9 $$'])).toMatchObject({ codigo: null, sinal: 'SIGKILL' });
    expect(await rodar(['sleep', '600'], { signal: AbortSignal.timeout(1) })).toMatchObject({
      sinal: 'SIGTERM',
    });
  });

  test('exigir() devolve a saída, ou lança o que o comando disse', () => {
    expect(exigir('echo', 'sim')).toBe('sim\n');
    expect(() => exigir('sh', '-c', 'echo não >&2; exit 1')).toThrow('não');
  });

  test('ate() espera pela condição, e não depois da parada', async () => {
    let vezes = 0;
    await ate(() => ++vezes === 3, 'seja a terceira', nunca);
    expect(vezes).toBe(3);
    await expect(ate(() => false, 'nunca', AbortSignal.abort(new Error('parou')))).rejects.toThrow('parou');
  });

  test('projetoQuebrado() lança se o trecho não está lá; porFazer() deixa de fora o que já está feito', () => {
    const feita: Troca = ['package.json', 'outro nome', '"name": "desafio2"'];
    const porFazerAinda: Troca = ['package.json', '"name": "desafio2"', '"name": "quebrado"'];
    expect(() => projetoQuebrado(feita)).toThrow('package.json não tem mais "outro nome"');
    expect(porFazer([feita, porFazerAinda])).toEqual([porFazerAinda]);
  });

  test('Sessao.contar() só toma por violação o que tem defeitos, e lança depois da parada', () => {
    const sessao = new Sessao({ completo: false, semente: 1, parada: nunca });
    sessao.contar(true, 'são', undefined, false);
    sessao.contar(false, 'mau', false, 'um', 'outro');
    expect(sessao).toMatchObject({ casos: 2, injecoes: 1, violacoes: 1, exemplos: ['mau: um; outro'] });
    const parada = AbortSignal.abort(new Error('parou'));
    expect(() => new Sessao({ completo: false, semente: 1, parada }).contar(true, 'tarde')).toThrow('parou');
  });
});
