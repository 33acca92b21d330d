import { describe, expect, test } from 'bun:test';
import { ESCRITOR, LEITOR, lerArgumentos } from '../lib/opcoes.ts';

describe('lerArgumentos()', () => {
  test('lê opções longas e curtas, com o valor junto ou separado', () => {
    const { banco, registros, execucoes, json } = ESCRITOR.interpretar(
      lerArgumentos(ESCRITOR, ['-b', 'x.db', '--registros=7', '-e2', '--json']),
    );
    expect({ banco, registros, execucoes, json }).toEqual({
      banco: 'x.db',
      registros: 7,
      execucoes: 2,
      json: true,
    });
  });

  test('sem opções, valem os padrões do contrato', () => {
    expect(ESCRITOR.interpretar(new Map())).toEqual({
      banco: 'dados/desafio2.db',
      registros: 3,
      execucoes: 1,
      json: false,
    });
    expect(LEITOR.interpretar(new Map())).toEqual({
      banco: 'dados/desafio2.db',
      recibos: [],
      limite: 20,
      json: false,
    });
  });

  test('aceita --banco=-x', () => {
    expect(LEITOR.interpretar(lerArgumentos(LEITOR, ['--banco=-x'])).banco).toBe('-x');
  });

  test('junta recibos repetidos', () => {
    const recibos = [1, 2].map((n) => `${n}:${`${n}`.repeat(64)}`);
    const lidas = lerArgumentos(LEITOR, ['-r', recibos[0] ?? '', '--recibo', recibos[1] ?? '']);
    expect(LEITOR.interpretar(lidas).recibos.map(({ execucao }) => execucao)).toEqual([1, 2]);
  });

  for (const [argumentos, mensagem] of [
    [['--nada'], 'a opção --nada não existe'],
    [['-x'], 'a opção -x não existe'],
    [['--constructor'], 'a opção --constructor não existe'],
    [['--__proto__'], 'a opção --__proto__ não existe'],
    [['solto'], 'não sei o que fazer com "solto"'],
    [['--', 'solto'], 'não sei o que fazer com "solto"'],
    [['--banco'], '--banco precisa de um valor'],
    [['--banco='], '--banco precisa de um valor'],
    [['--banco', ''], '--banco precisa de um valor'],
    [['--banco', '--json'], 'escreva --banco=VALOR'],
    [['--json=sim'], '--json não aceita valor'],
    [['-n', '1', '-n', '2'], '-n foi usada mais de uma vez'],
    [['--json', '--json'], '--json foi usada mais de uma vez'],
  ] as const) {
    test(`recusa ${argumentos.join(' ')}`, () => {
      expect(() => lerArgumentos(ESCRITOR, [...argumentos])).toThrow(mensagem);
    });
  }

  for (const valor of ['0', '-1', '1.5', '1e3', 'x', ' 1', '0x10', '100000001', '9'.repeat(400), '١']) {
    test(`recusa --registros=${valor.slice(0, 12)}`, () => {
      const lidas = lerArgumentos(ESCRITOR, [`--registros=${valor}`]);
      expect(() => ESCRITOR.interpretar(lidas)).toThrow('--registros deve ser um inteiro de 1 a 100000000');
    });
  }
});
