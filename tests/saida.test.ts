import { afterEach, describe, expect, jest, spyOn, test } from 'bun:test';
import { Cronometro, descreverAndamento, mostrarProgresso, Progresso } from '../lib/programa/andamento.ts';
import * as entrega from '../lib/programa/entrega.ts';
import { avisar } from '../lib/programa/saida.ts';
import { contar, emJson, emMilhares, emTabela, listarDados, tornarVisivel } from '../lib/texto.ts';

describe('tornarVisivel()', () => {
  test('mostra controles, C1, separadores e inversores de ordem como \\u…', () => {
    expect(tornarVisivel('a\u001b[31m\u009b\u007f\u202e\u2028\u0000b')).toBe(
      'a\\u001b[31m\\u009b\\u007f\\u202e\\u2028\\u0000b',
    );
  });

  test('deixa acentos, ideogramas e emojis como são', () => {
    expect(tornarVisivel('João 日本 🙂')).toBe('João 日本 🙂');
  });
});

describe('emJson()', () => {
  test('guarda o valor e não leva nenhum controle ao terminal', () => {
    const documento = { nome: 'x\u001b]0;\u009c\u{e0001}\u202e\n"\\' };
    const texto = emJson(documento);
    expect(texto).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(texto)).toEqual(documento);
  });
});

describe('emTabela()', () => {
  test('corta os textos na largura, contando colunas e não caracteres', () => {
    const tabela = emTabela([{ id: 7, nome: '日本語日本語', nota: 'abc' }], 'id', { nome: 6, nota: 3 });
    expect(tabela).toContain('日本…');
  });

  test('corta só o que não cabe, e mostra só as colunas pedidas', () => {
    const linhas = ['abc', 'abcd', 'abcde', '日本', '日本語', 'e\u0301\u0301\u0301'.repeat(4)].map(
      (nome, i) => ({
        id: i,
        nome,
        oculta: 'x',
      }),
    );
    expect(emTabela(linhas, 'id', { nome: 4 })).toBe(`┌───┬──────┐
│   │ nome │
├───┼──────┤
│ 0 │ abc  │
│ 1 │ abcd │
│ 2 │ abc… │
│ 3 │ 日本 │
│ 4 │ 日…  │
│ 5 │ ${'e\u0301\u0301\u0301'.repeat(4)} │
└───┴──────┘`);
  });

  test('de um texto enorme só olha o começo, e diz que o cortou', () => {
    expect(emTabela([{ id: 1, nome: '\u200b'.repeat(1_000_000) }], 'id', { nome: 8 })).toContain(
      ' \\u200b\\… ',
    );
    expect(emTabela([{ id: 1, nome: 'e\u0301\u0301\u0301\u0301'.repeat(2) }], 'id', { nome: 2 })).toContain(
      '…',
    );
  });

  test('de um texto comprido só olha quatro caracteres por coluna', () => {
    const letra = 'e\u0301\u0301\u0301\u0301';
    expect(emTabela([{ id: 1, nome: letra.repeat(99) }], 'id', { nome: 10 })).toContain(
      ` ${letra.repeat(8)}… `,
    );
  });

  test('listarDados() cabe em 66 colunas com os textos mais hostis', () => {
    const usuarios = [
      { id: 1, nome: '日'.repeat(1000), email: '\u001b[2J'.repeat(500), criado_em: 'x'.repeat(99) },
      {
        id: 999_999,
        nome: '👩‍👩‍👧‍👦'.repeat(50),
        email: 'é'.repeat(50),
        criado_em: '2026-11-23T15:54:45.720Z',
      },
    ];
    for (const linha of listarDados(usuarios).split('\n'))
      expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(66);
    expect(listarDados(usuarios)).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });
});

describe('descreverAndamento()', () => {
  test('diz a parte feita, a velocidade e o que falta', () => {
    expect(descreverAndamento(500_000, 1_000_000, 500)).toBe('50 % · 1.000.000 usuários/s · faltam 1 s');
  });

  test('sem total conhecido, diz quantos e a velocidade', () => {
    expect(descreverAndamento(2000, Number.POSITIVE_INFINITY, 1000)).toBe('2.000 · 2.000 usuários/s');
  });

  test('arredonda para o que já está feito e para o tempo que não há de faltar', () => {
    expect(descreverAndamento(999, 1000, 1000)).toBe('99 % · 999 usuários/s · faltam 1 s');
    expect(descreverAndamento(1000, 1000, 500)).toBe('100 % · 2.000 usuários/s · faltam 0 s');
    expect(descreverAndamento(3, 1_000_000, 2000)).toBe('0 % · 2 usuários/s · faltam 666.665 s');
  });

  test('antes do primeiro, e sem nada por fazer, não divide por zero', () => {
    expect(descreverAndamento(0, 100, 1000)).toBe('0 % · 0 usuários/s · faltam 0 s');
    expect(descreverAndamento(1, 10, 2000)).toBe('10 % · 1 usuários/s · faltam 18 s');
    expect(descreverAndamento(1, 1, 1000)).toBe('100 % · 1 usuários/s · faltam 0 s');
    expect(descreverAndamento(0, 0, 1000)).toBe('0 % · 0 usuários/s · faltam 0 s');
  });
});

describe('contar() e emMilhares()', () => {
  test('um só é singular; nenhum e muitos, plural, com separador de milhar', () => {
    expect([0, 1, 2, 1000].map((quantos) => contar(quantos, 'selo', 'selos'))).toEqual([
      '0 selos',
      '1 selo',
      '2 selos',
      '1.000 selos',
    ]);
    expect(emMilhares(10_000_000)).toBe('10.000.000');
  });

  test('o número é o de toLocaleString', () => {
    for (const numero of [0, 12, 999, 1000, 123_456, -1234, -123_456, 1e15, 2 ** 63, Number.NaN]) {
      expect(emMilhares(numero)).toBe(numero.toLocaleString('pt-BR'));
    }
  });
});

describe('o progresso', () => {
  const APAGAR = '\r\u001b[K';

  afterEach(() => jest.restoreAllMocks());

  /** A saída de erros como um terminal, ou não, e um relógio que só anda quando se manda. */
  function terminal(ehTerminal = true) {
    const antes = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
    Object.defineProperty(process.stderr, 'isTTY', { value: ehTerminal, configurable: true });
    const escrito: string[] = [];
    spyOn(entrega, 'enfileirarErro').mockImplementation((texto) => {
      escrito.push(texto);
    });
    let agora = 5000;
    spyOn(performance, 'now').mockImplementation(() => agora);
    return {
      escrito,
      passar: (ms: number) => {
        agora += ms;
      },
      [Symbol.dispose]() {
        Object.defineProperty(process.stderr, 'isTTY', antes ?? { value: undefined, configurable: true });
      },
    };
  }

  test('aparece depois de um segundo, muda cinco vezes por segundo e some no fim', () => {
    using tela = terminal();
    {
      using progresso = new Progresso('gravando', 4000);
      tela.passar(999);
      progresso.avancar(1000);
      expect(tela.escrito).toEqual([]);
      tela.passar(1);
      progresso.avancar(1000);
      expect(tela.escrito).toEqual([`${APAGAR}gravando 50 % · 2.000 usuários/s · faltam 1 s`]);
      tela.passar(199);
      progresso.avancar(500);
      expect(tela.escrito).toHaveLength(1);
      tela.passar(1);
      progresso.avancar(500);
      expect(tela.escrito[1]).toBe(`${APAGAR}gravando 75 % · 2.500 usuários/s · faltam 1 s`);
    }
    expect(tela.escrito.slice(2)).toEqual([APAGAR]);
  });

  test('sem nada mostrado, não há o que apagar', () => {
    using tela = terminal();
    new Progresso('gravando', 1)[Symbol.dispose]();
    expect(tela.escrito).toEqual([]);
  });

  test('fora de um terminal, nada', () => {
    using tela = terminal(false);
    mostrarProgresso('x');
    new Progresso('gravando', 1)[Symbol.dispose]();
    expect(tela.escrito).toEqual([]);
  });

  test('num terminal que não anda, nada', () => {
    using tela = terminal();
    spyOn(entrega, 'temErrosPorEntregar').mockReturnValue(true);
    mostrarProgresso('x');
    expect(tela.escrito).toEqual([]);
  });

  test('um aviso apaga antes o que está na linha', () => {
    using tela = terminal();
    mostrarProgresso('a meio');
    avisar('o aviso');
    expect(tela.escrito).toEqual([`${APAGAR}a meio`, APAGAR, 'o aviso\n']);
  });

  test('Cronometro diz há quantos segundos dura, e deixa de o dizer no fim', () => {
    using tela = terminal();
    jest.useFakeTimers();
    try {
      const cronometro = new Cronometro('construindo');
      jest.advanceTimersByTime(999);
      expect(tela.escrito).toEqual([]);
      tela.passar(61_000);
      jest.advanceTimersByTime(1);
      expect(tela.escrito).toEqual([`${APAGAR}construindo · 61 s`]);
      cronometro[Symbol.dispose]();
      jest.advanceTimersByTime(10_000);
      expect(tela.escrito).toEqual([`${APAGAR}construindo · 61 s`, APAGAR]);
    } finally {
      jest.useRealTimers();
    }
  });
});
