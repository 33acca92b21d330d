import { afterEach, describe, expect, test } from 'bun:test';
import { Falha } from '../lib/falhas.ts';
import { escreverAjuda } from '../lib/programa/ajuda.ts';
import {
  inteiro,
  inteiros,
  interpretar,
  lerArgumentos,
  type Opcoes,
  presenca,
} from '../lib/programa/opcoes.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { PROVA } from '../prova/opcoes.ts';

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
    });
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

describe('as opções da prova', () => {
  const ler = (...argumentos: string[]) => interpretar(PROVA, lerArgumentos(PROVA, argumentos));

  test('sem nenhuma, valem os padrões, e a semente é sorteada', () => {
    const { semente, ...resto } = ler();
    expect(resto).toEqual({ cenas: [], rodadas: 5, volume: undefined, manter: false, json: false });
    expect(Number.isInteger(semente) && semente >= 0 && semente < 1e9).toBe(true);
    expect(new Set(Array.from({ length: 20 }, () => ler().semente)).size).toBeGreaterThan(1);
  });

  test('aceita os limites de cada número, e recusa o seguinte', () => {
    expect(ler('--rodadas', '1', '--semente', '0', '--cena', '1', '--manter', '--json')).toMatchObject({
      ...{ rodadas: 1, semente: 0, cenas: [1], manter: true, json: true },
    });
    expect(ler('--rodadas', '10000', '--semente', '999999999')).toMatchObject({
      ...{ rodadas: 10_000, semente: 999_999_999 },
    });
    for (const [opcao, limites] of [
      ['rodadas', '1 a 10000'],
      ['semente', '0 a 999999999'],
    ] as const) {
      const [, ate = ''] = limites.split(' a ');
      expect(() => ler(`--${opcao}`, `${Number(ate) + 1}`)).toThrow(
        `--${opcao} deve ser um inteiro de ${limites}`,
      );
    }
    for (const opcao of ['rodadas', 'cena']) {
      expect(() => ler(`--${opcao}`, '0')).toThrow(`--${opcao} deve ser um inteiro de 1 a `);
    }
  });

  test('--volume só aceita o nome de um volume', () => {
    for (const nome of ['aa', 'meu_volume-1.x', '0'.repeat(255)])
      expect(ler('--volume', nome).volume).toBe(nome);
    for (const nome of ['a', '_a', 'a/b', '/srv', 'a b', 'a\n', '0'.repeat(256)]) {
      expect(() => ler('--volume', nome)).toThrow(
        '--volume deve ser o nome de um volume do Docker; recebi "',
      );
    }
  });
});

describe('a tabela de opções', () => {
  const programa = {
    uso: 'Uso: programa',
    opcoes: {
      limite: inteiro({
        curta: 'l',
        de: 1,
        ate: 9,
        padrao: 3,
        ajuda: 'quantos ({de} a {ate}; padrão {padrao})\nou mais',
      }),
      paginas: inteiros({ longa: 'pagina', de: 1, ate: 16, ajuda: 'só esta ({de} a {ate})' }),
      tudo: presenca('tudo'),
    },
  };

  test('escreverAjuda() dá a cada opção as suas formas, os limites e as linhas da ajuda', () => {
    expect(escreverAjuda(programa)).toBe(`Uso: programa

  -l, --limite N          quantos (1 a 9; padrão 3)
                          ou mais
      --pagina N          só esta (1 a 16)
      --tudo              tudo
  -h, --ajuda, --help     mostra esta ajuda
  -V, --versao, --version mostra a versão`);
  });

  test('a ajuda dos programas diz de cada opção o que faz, sem nada por preencher', () => {
    for (const programa of [ESCRITOR, LEITOR, PROVA]) {
      for (const { ajuda } of Object.values<Opcoes[string]>(programa.opcoes)) expect(ajuda).not.toBe('');
      expect(escreverAjuda(programa)).not.toMatch(/[{}]/);
    }
  });

  test('interpretar() dá a cada valor o nome que tem no programa', () => {
    const ler = (...argumentos: string[]) => interpretar(programa, lerArgumentos(programa, argumentos));
    expect(ler()).toEqual({ limite: 3, paginas: [], tudo: false });
    expect(ler('-l9', '--pagina', '1', '--pagina=16', '--tudo')).toEqual({
      limite: 9,
      paginas: [1, 16],
      tudo: true,
    });
    expect(() => ler('--pagina', '17')).toThrow('--pagina deve ser um inteiro de 1 a 16; recebi "17"');
    expect(() => ler('--paginas', '1')).toThrow('a opção --paginas não existe');
  });
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
