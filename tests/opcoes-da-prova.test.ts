import { describe, expect, test } from 'bun:test';
import { escreverAjuda } from '../lib/programa/ajuda.ts';
import { inteiro, interpretar, lerArgumentos, type Opcoes, presenca } from '../lib/programa/opcoes.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { descreverPedido, inteiros, PROVA } from '../prova/opcoes.ts';
import { VIGIA } from '../vigia/opcoes.ts';

describe('as opções da prova', () => {
  const ler = (...argumentos: string[]) => interpretar(PROVA, lerArgumentos(PROVA, argumentos));

  test('sem nenhuma, valem os padrões, e a semente é sorteada', () => {
    const { semente, ...resto } = ler();
    expect(resto).toEqual({
      cenas: [],
      rodadas: 5,
      volume: undefined,
      contextos: [],
      limpar: false,
      manter: false,
      json: false,
      html: false,
    });
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
    expect(() => ler('--rodadas', '0')).toThrow('--rodadas deve ser um inteiro de 1 a ');
    expect(() => ler('--cena', '20')).toThrow('--cena deve ser um inteiro de 0 a 19');
  });

  test('--contexto aceita um ou dois nomes', () => {
    expect(ler('--contexto', 'default', '--contexto', 'a.b').contextos).toEqual(['default', 'a.b']);
    expect(() => ler('--contexto', '--json')).toThrow();
    expect(() => ler('--contexto', 'a b')).toThrow('--contexto deve ser um de "docker context ls"');
    const tres = ['a', 'b', 'c'].flatMap((nome) => ['--contexto', nome]);
    expect(() => ler(...tres)).toThrow('--contexto é dado uma ou duas vezes; recebi 3');
  });

  test('descreverPedido() dá o comando que, lido, é o mesmo pedido', () => {
    for (const pedido of [
      '--rodadas 5 --semente 7',
      '--contexto default --contexto longe --volume meu --cena 0 --cena 9 --rodadas 2 --semente 7 --limpar',
      '--cena 3 --rodadas 5 --semente 0 --manter',
    ]) {
      const opcoes = ler(...pedido.split(' '));
      expect(descreverPedido(opcoes)).toBe(`bun run prova ${pedido}`);
      expect(descreverPedido({ ...opcoes, json: true, html: true })).toBe(`bun run prova ${pedido}`);
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

describe('as opções do vigia', () => {
  const ler = (...argumentos: string[]) => interpretar(VIGIA, lerArgumentos(VIGIA, argumentos));

  test('--volume não pode faltar, e só ela', () => {
    expect(() => ler()).toThrow('falta --volume');
    expect(() => ler('--volume', '/srv')).toThrow('--volume deve ser o nome de um volume do Docker');
    const padroes = { intervaloMs: 60_000, estado: undefined, metricas: undefined, maximo: 10_000 };
    expect(ler('--volume', 'meu')).toEqual({ volume: 'meu', ...padroes });
  });

  test('--a-cada aceita de 1s a 24h, e recusa o resto', () => {
    const intervalo = (texto: string) => ler('--volume', 'meu', '--a-cada', texto).intervaloMs;
    expect(['1s', '90s', '5m', '24h', '86400s'].map(intervalo)).toEqual([1e3, 90e3, 300e3, 864e5, 864e5]);
    for (const texto of ['0s', '25h', '86401s', '60', '1.5m', '1d', 's', '1s ', '-1s=']) {
      expect(() => ler('--volume', 'meu', `--a-cada=${texto}`)).toThrow('--a-cada deve ser de 1s a 24h');
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
      paginas: inteiros('pagina', { de: 1, ate: 16, ajuda: 'só esta ({de} a {ate})' }),
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
    for (const programa of [ESCRITOR, LEITOR, PROVA, VIGIA]) {
      for (const { ajuda } of Object.values<Opcoes[string]>(programa.opcoes)) expect(ajuda).not.toBe('');
      expect(escreverAjuda(programa)).not.toMatch(/[{}]|.{81}/);
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
