import { describe, expect, test } from 'bun:test';
import { descreverAndamento, emJson, emTabela, tornarVisivel } from '../lib/saida.ts';
import { listarDados } from '../lib/usuarios.ts';

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

  test('listarDados() cabe em 80 colunas com os textos mais hostis', () => {
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
      expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(80);
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
});
