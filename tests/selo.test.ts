import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { leFaixas, lerLinhas } from '../lib/armazem/usuarios.ts';
import { Falha } from '../lib/falhas.ts';
import { lerRecibo } from '../lib/recibo.ts';
import { iniciarSelo, linhaDaExecucao, linhaDoUsuario, SELO_ZERO } from '../lib/selo.ts';
import type { Usuario } from '../lib/usuario.ts';

const joao: Usuario = {
  id: 1,
  nome: 'João Silva',
  email: 'joao@example.com',
  criado_em: '2026-01-02T03:04:05.678Z',
};

describe('selo', () => {
  test('iniciarSelo() é o SHA-256 das linhas do contrato', () => {
    const execucao = {
      id: 1,
      container: 'abcdef012345',
      iniciada_em: '2026-01-02T03:04:05.000Z',
      versao: '1.0.0',
      primeiro_id: 1,
      ultimo_id: 1,
      registros: 1,
    };
    const linhas =
      `${'0'.repeat(64)}\n` +
      '[1,"abcdef012345","2026-01-02T03:04:05.000Z","1.0.0",1,1,1]\n' +
      '[1,"João Silva","joao@example.com","2026-01-02T03:04:05.678Z"]\n';
    const selo = iniciarSelo(SELO_ZERO, linhaDaExecucao(execucao)).update(`${linhaDoUsuario(joao)}\n`);
    expect(selo.digest('hex')).toBe(createHash('sha256').update(linhas).digest('hex'));
  });

  test('linhaDoUsuario() dá os bytes de json_array do SQLite para qualquer texto bem formado', () => {
    using banco = new Database(':memory:');
    const consulta = banco.query<{ linha: string }, [number, string, string, string]>(
      'SELECT json_array(?, ?, ?, ?) AS linha',
    );
    let semente = 20261123;
    const sortear = (ate: number) => {
      semente = (Math.imul(semente, 1103515245) + 12345) >>> 0;
      return Math.floor((semente / 2 ** 32) * ate);
    };
    const faixas = [0x20, 0x80, 0x250, 0x3000, 0x10000, 0x110000];
    for (let caso = 0; caso < 5000; caso++) {
      const pontos = Array.from({ length: sortear(12) }, () => sortear(faixas[sortear(faixas.length)] ?? 1));
      const texto = String.fromCodePoint(...pontos).toWellFormed();
      const usuario = { id: sortear(2 ** 31), nome: texto, email: '"\\/', criado_em: '\u007f\u2028' };
      const doSqlite = consulta.get(usuario.id, usuario.nome, usuario.email, usuario.criado_em)?.linha;
      expect(linhaDoUsuario(usuario)).toBe(doSqlite ?? '');
    }
  });

  const ENORME = 2n ** 63n;
  for (const [oQue, ids, de, ate] of [
    ['seguidos', Array.from({ length: 1237 }, (_, i) => BigInt(i + 1)), 1n, 1237n],
    ['uma parte deles', Array.from({ length: 1237 }, (_, i) => BigInt(i + 1)), 7n, 1000n],
    ['um só', [5n], 5n, 5n],
    ['nenhum', [5n], 6n, 9n],
    ['com falhas', Array.from({ length: 900 }, (_, i) => BigInt(i * 3 + (i % 3))), 0n, 5000n],
    ['de dez em dez', Array.from({ length: 300 }, (_, i) => BigInt(i * 10)), 0n, 2990n],
    ['longe uns dos outros', [-ENORME, -5n, 0n, 9n, 10n, 11n, 12n, ENORME - 1n], -ENORME, ENORME - 1n],
    ['com o último na beira de um bloco', Array.from({ length: 11 }, (_, i) => BigInt(i)), 0n, 10n],
  ] as const) {
    for (const [como, texto, estatisticas] of [
      ['textos curtos', 'x', false],
      ['textos grandes', 'y'.repeat(30_000), false],
      ['estatísticas de quando a tabela era pequena', 'x', true],
    ] as const) {
      test(`lerLinhas() dá cada usuário da faixa uma vez, em ordem: ids ${oQue}, ${como}`, () => {
        using banco = new Database(':memory:');
        banco.run(
          'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT) STRICT',
        );
        const inserir = banco.query("INSERT INTO usuarios VALUES (?, ?, 'e', 'c')");
        banco.transaction(() => {
          for (const [i, id] of ids.entries()) inserir.run(id, i % 50 === 0 ? texto : 'x');
        })();
        if (estatisticas) {
          banco.run('ANALYZE');
          banco.run("INSERT INTO sqlite_stat1 VALUES ('usuarios', NULL, '1')");
          banco.run('ANALYZE sqlite_schema');
        }
        expect(leFaixas(banco)).toBe(!estatisticas);
        let usuarios = 0;
        let linhas = '';
        for (const bloco of lerLinhas(banco)(`${de}`, `${ate}`)) {
          usuarios += bloco.usuarios;
          linhas += Buffer.from(bloco.linhas).toString();
        }
        const esperadas = ids
          .map((id, i) => `[${id},"${i % 50 === 0 ? texto : 'x'}","e","c"]\n`)
          .filter((_, i) => (ids[i] ?? 0n) >= de && (ids[i] ?? 0n) <= ate);
        expect(usuarios).toBe(esperadas.length);
        expect(linhas === esperadas.join('')).toBe(true);
      });
    }
  }

  test('lerLinhas() lê cada vez mais ids por bloco, até 250; e um décimo, quando um bloco passa de 1 MB', () => {
    using banco = new Database(':memory:');
    banco.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT) STRICT');
    const inserir = banco.query(
      `WITH n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
       INSERT INTO usuarios SELECT i, printf('%.*c', ?3, 'x'), '', '' FROM n`,
    );
    inserir.run(1, 599, 1);
    inserir.run(600, 640, 1_000_000);
    inserir.run(641, 1001, 1);
    const blocos = Array.from(lerLinhas(banco)('1', '1001'), ({ usuarios }) => usuarios);
    expect(blocos).toEqual([10, 100, 250, 250, 25, 2, 1, 1, 1, 1, 10, 100, 250]);
  });

  test('linhaDoUsuario() recusa metade de um par substituto', () => {
    expect(() => linhaDoUsuario({ ...joao, nome: 'a\ud800b' })).toThrow(TypeError);
  });
});

describe('recibo', () => {
  const selo = 'a'.repeat(64);

  test('lerRecibo() lê N:SELO', () => {
    expect(lerRecibo(`12:${selo}`, '--recibo')).toEqual({ execucao: 12, selo, origem: '--recibo' });
  });

  for (const texto of [
    '',
    'x',
    '1',
    `0:${selo}`,
    `-1:${selo}`,
    `01:${selo}`,
    `1:${selo}0`,
    `1:${selo.slice(1)}`,
  ]) {
    test(`lerRecibo() recusa ${JSON.stringify(texto.slice(0, 12))} (${texto.length} caracteres)`, () => {
      expect(() => lerRecibo(texto, '--recibo')).toThrow(Falha);
    });
  }

  test('lerRecibo() repete, do que não é um recibo, até oitenta caracteres', () => {
    expect(() => lerRecibo('x'.repeat(90), '--recibo')).toThrow(`: "${'x'.repeat(80)}" não é um recibo`);
  });

  test('lerRecibo() recusa maiúsculas, número enorme e texto ao redor', () => {
    for (const texto of [
      `1:${selo.toUpperCase()}`,
      `${'9'.repeat(16)}:${selo}`,
      ` 1:${selo}`,
      `1:${selo}\n`,
    ]) {
      expect(() => lerRecibo(texto, '--recibo')).toThrow('não é um recibo');
    }
  });
});
