import { afterEach, describe, expect, jest, spyOn, test } from 'bun:test';
import { Cronometro } from '../apoio/cronometro.ts';
import { criarContexto, descreverAndamento } from '../lib/programa/andamento.ts';
import * as saida from '../lib/programa/imprimir.ts';
import { avisar, mostrarProgresso } from '../lib/programa/imprimir.ts';
import { terminal } from './apoio/terminal.ts';

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

describe('o progresso', () => {
  const APAGAR = '\r\u001b[K';

  afterEach(() => jest.restoreAllMocks());

  test('aparece depois de um segundo, muda cinco vezes por segundo e some no fim', () => {
    using tela = terminal();
    {
      const contexto = criarContexto(new AbortController().signal);
      using _andamento = contexto.comecar('gravando', 4000);
      tela.passar(999);
      contexto.passo(1000);
      expect(tela.escrito).toEqual([]);
      tela.passar(1);
      contexto.passo(1000);
      expect(tela.escrito).toEqual([`${APAGAR}gravando 50 % · 2.000 usuários/s · faltam 1 s`]);
      tela.passar(199);
      contexto.passo(500);
      expect(tela.escrito).toHaveLength(1);
      tela.passar(1);
      contexto.passo(500);
      expect(tela.escrito[1]).toBe(`${APAGAR}gravando 75 % · 2.500 usuários/s · faltam 1 s`);
    }
    expect(tela.escrito.slice(2)).toEqual([APAGAR]);
  });

  test('sem nada mostrado, não há o que apagar', () => {
    using tela = terminal();
    criarContexto(new AbortController().signal).comecar('gravando', 1)[Symbol.dispose]();
    expect(tela.escrito).toEqual([]);
  });

  test('fora de um terminal, nada', () => {
    using tela = terminal(false);
    mostrarProgresso('x');
    criarContexto(new AbortController().signal).comecar('gravando', 1)[Symbol.dispose]();
    expect(tela.escrito).toEqual([]);
  });

  test('num terminal que não anda, nada', () => {
    using tela = terminal();
    spyOn(saida, 'temErrosPorEntregar').mockReturnValue(true);
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
