import { afterEach, describe, expect, test } from 'bun:test';
import { Falha } from '../lib/falhas.ts';
import { escreverAjuda } from '../lib/programa/ajuda.ts';
import { interpretar, lerArgumentos, type Opcoes } from '../lib/programa/opcoes.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';

describe('lerArgumentos()', () => {
  test('lê opções longas e curtas, com o valor junto ou separado', () => {
    const { banco, registros, execucoes, json } = interpretar(
      ESCRITOR,
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
    expect(interpretar(ESCRITOR, new Map())).toEqual({
      banco: 'dados/desafio2.db',
      registros: 3,
      execucoes: 1,
      chave: undefined,
      json: false,
    });
    expect(interpretar(LEITOR, new Map())).toEqual({
      banco: 'dados/desafio2.db',
      recibos: [],
      recibosEm: undefined,
      memoria: undefined,
      chavesPublicas: [],
      limite: 20,
      json: false,
      html: false,
    });
  });

  test('os exemplos da ajuda são comandos do programa, com opções que ele tem', () => {
    for (const programa of [ESCRITOR, LEITOR]) {
      for (const exemplo of programa.exemplos) {
        const [, argumentos = ''] =
          exemplo.match(
            `^(?:bun run ${programa.nome}.ts|docker compose run --rm.* ${programa.nome}) (.+)$`,
          ) ?? [];
        expect([exemplo, lerArgumentos(programa, argumentos.split(' ')).size > 0]).toEqual([exemplo, true]);
        expect(escreverAjuda(programa)).toContain(`\n  ${exemplo}\n`);
      }
    }
  });

  test('aceita --banco=-x', () => {
    expect(interpretar(LEITOR, lerArgumentos(LEITOR, ['--banco=-x'])).banco).toBe('-x');
  });

  test('junta recibos repetidos', () => {
    const recibos = [1, 2].map((n) => `${n}:${`${n}`.repeat(64)}`);
    const lidas = lerArgumentos(LEITOR, ['-r', recibos[0] ?? '', '--recibo', recibos[1] ?? '']);
    expect(interpretar(LEITOR, lidas).recibos.map(({ execucao }) => execucao)).toEqual([1, 2]);
  });

  test('aceita os limites de cada número, e recusa o seguinte', () => {
    const ler = (...argumentos: string[]) => interpretar(ESCRITOR, lerArgumentos(ESCRITOR, argumentos));
    expect(ler('-n', '1', '-e', '0')).toMatchObject({ registros: 1, execucoes: 0 });
    expect(ler('-n', '100000000', '-e', '1000000')).toMatchObject({
      registros: 100_000_000,
      execucoes: 1_000_000,
    });
    expect(() => ler('-n', '100000001')).toThrow('--registros deve ser um inteiro de 1 a 100000000');
    expect(() => ler('-e', '1000001')).toThrow(
      '--execucoes deve ser um inteiro de 0 a 1000000; recebi "1000001"',
    );
    const limite = (texto: string) => interpretar(LEITOR, lerArgumentos(LEITOR, ['--limite', texto])).limite;
    expect([limite('0'), limite('1000000')]).toEqual([0, 1_000_000]);
    expect(() => limite('1000001')).toThrow('--limite deve ser um inteiro de 0 a 1000000');
  });

  test('as opções de uma letra são as do contrato', () => {
    const recibo = `1:${'a'.repeat(64)}`;
    expect([...lerArgumentos(ESCRITOR, ['-b', 'x', '-n', '1', '-e', '2', '-h', '-V'])]).toEqual([
      ['banco', ['x']],
      ['registros', ['1']],
      ['execucoes', ['2']],
      ['ajuda', ['']],
      ['versao', ['']],
    ]);
    expect([...lerArgumentos(LEITOR, ['-b', 'x', '-r', recibo, '-h', '-V'])]).toEqual([
      ['banco', ['x']],
      ['recibo', [recibo]],
      ['ajuda', ['']],
      ['versao', ['']],
    ]);
  });

  test('diz como ver as opções, e não repete um texto enorme', () => {
    const enorme = 'x'.repeat(61);
    try {
      lerArgumentos(ESCRITOR, [enorme]);
      expect.unreachable();
    } catch (erro) {
      if (!(erro instanceof Falha)) throw erro;
      expect(erro.motivo).toBe('uso');
      expect(erro.message).toBe(`não sei o que fazer com "${'x'.repeat(60)}…"`);
      expect(erro.remedio).toBe('Veja as opções com --ajuda.');
    }
    expect(() => lerArgumentos(ESCRITOR, ['x'.repeat(60)])).toThrow(`"${'x'.repeat(60)}"`);
  });

  for (const [argumentos, mensagem] of [
    [['--nada'], 'a opção --nada não existe'],
    [['-x'], 'a opção -x não existe'],
    [['--registro', '1'], 'a opção --registro não existe; será --registros?'],
    [['--reg'], 'a opção --reg não existe; será --registros?'],
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
      expect(() => interpretar(ESCRITOR, lidas)).toThrow('--registros deve ser um inteiro de 1 a 100000000');
    });
  }
});

describe('o ambiente', () => {
  const { BANCO, RECIBO } = process.env;
  afterEach(() => {
    for (const [nome, valor] of Object.entries({ BANCO, RECIBO })) {
      if (valor === undefined) delete process.env[nome];
      else process.env[nome] = valor;
    }
  });

  test('$BANCO vale onde não há --banco', () => {
    process.env.BANCO = 'do-ambiente.db';
    for (const programa of [ESCRITOR, LEITOR]) {
      expect(interpretar<Opcoes>(programa, new Map()).banco).toBe('do-ambiente.db');
      expect(interpretar<Opcoes>(programa, lerArgumentos(programa, ['-b', 'x.db'])).banco).toBe('x.db');
    }
  });

  test('$RECIBO junta-se aos de --recibo, e um erro nele diz de onde veio', () => {
    const [um = '', dois = '', tres = ''] = [1, 2, 3].map((n) => `${n}:${`${n}`.repeat(64)}`);
    process.env.RECIBO = `${dois}, ${tres}`;
    const { recibos } = interpretar(LEITOR, lerArgumentos(LEITOR, ['-r', um]));
    expect(recibos.map(({ execucao, selo }) => `${execucao}:${selo}`)).toEqual([um, dois, tres]);
    process.env.RECIBO = 'x';
    expect(() => interpretar(LEITOR, new Map())).toThrow('$RECIBO: "x" não é um recibo');
    process.env.RECIBO = '';
    expect(() => interpretar(LEITOR, lerArgumentos(LEITOR, ['-r', 'y']))).toThrow(
      '--recibo: "y" não é um recibo',
    );
  });
});
