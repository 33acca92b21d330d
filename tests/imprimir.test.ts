import { describe, expect, test } from 'bun:test';
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

  test('de um texto que se corta fica o que cabe antes do sinal, e não menos', () => {
    expect(emTabela([{ id: 1, nome: 'é'.repeat(20) }], 'id', { nome: 10 })).toContain(
      `│ ${'é'.repeat(9)}… │`,
    );
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
