import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { contarAosPoucos, type Valor } from '../lib/armazem/armazem.ts';
import { mostrarColuna } from '../lib/armazem/esquema.ts';
import { lerFaixa, prepararInsercao } from '../lib/armazem/usuarios.ts';
import { lerDados } from '../lib/cadeia/laudo.ts';
import { Falha } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/andamento.ts';
import { listarDados } from '../lib/texto.ts';
import { gerarUsuario } from '../lib/usuario.ts';

const AGORA = '2026-01-02T03:04:05.678Z';
const SEM_PARADA = criarContexto(new AbortController().signal);

/** Um banco na memória, com a tabela dos usuários. */
function bancoVazio(): Database {
  const banco = new Database(':memory:', { strict: true });
  banco.run(
    'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT',
  );
  return banco;
}

/** O que a cadeia pede a um armazém para ler dele usuários. */
function armazemDe(banco: Database) {
  return {
    consultar: async <L>(sql: string, ...valores: Valor[]) => banco.query<L, Valor[]>(sql).all(...valores),
    tabelas: { usuarios: 'usuarios', execucoes: 'execucoes', assinaturas: 'assinaturas' },
    mostrar: mostrarColuna,
  };
}

/** Põe usuários com ids de um em um. */
function povoar(banco: Database, primeiro: number | bigint, quantos: number): void {
  banco
    .query(
      `WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?2)
       INSERT INTO usuarios SELECT ?1 + i, '', '', '' FROM n`,
    )
    .run(primeiro, quantos);
}

describe('gerarUsuario()', () => {
  test('os três primeiros são os do exercício; os outros vêm do seu id', () => {
    expect([1, 2, 3, 4, 1000].map((id) => gerarUsuario(id, AGORA))).toEqual([
      { id: 1, nome: 'João Silva', email: 'joao@example.com', criado_em: AGORA },
      { id: 2, nome: 'Maria Santos', email: 'maria@example.com', criado_em: AGORA },
      { id: 3, nome: 'Pedro Oliveira', email: 'pedro@example.com', criado_em: AGORA },
      { id: 4, nome: 'Usuário 4', email: 'usuario4@example.com', criado_em: AGORA },
      { id: 1000, nome: 'Usuário 1000', email: 'usuario1000@example.com', criado_em: AGORA },
    ]);
  });
});

describe('prepararInsercao()', () => {
  for (const [primeiro, ultimo] of [
    [1, 1],
    [1, 7],
    [2, 3],
    [3, 5],
    [4, 10],
    [999_999, 1_000_005],
  ] as const) {
    test(`grava de ${primeiro} a ${ultimo} os usuários que gerarUsuario() dá, e diz quantos`, async () => {
      using banco = bancoVazio();
      expect(prepararInsercao(banco, 7)(primeiro, ultimo, AGORA)).toBe(ultimo - primeiro + 1);
      const esperados = Array.from({ length: ultimo - primeiro + 1 }, (_, i) =>
        gerarUsuario(primeiro + i, AGORA),
      );
      expect(await lerDados(armazemDe(banco), 100)).toEqual(esperados);
    });
  }
});

describe('lerDados()', () => {
  test('dá os primeiros usuários em ordem de id, desde o menor id possível, que sai por inteiro', async () => {
    using banco = bancoVazio();
    for (const id of [5n, -(2n ** 63n), 2n, 0n]) povoar(banco, id, 1);
    expect((await lerDados(armazemDe(banco), 100)).map(({ id }) => id)).toEqual([
      '-9223372036854775808',
      0,
      2,
      5,
    ]);
    expect((await lerDados(armazemDe(banco), 2)).map(({ id }) => id)).toEqual(['-9223372036854775808', 0]);
    expect((await lerDados(armazemDe(banco), 1)).map(({ id }) => id)).toEqual(['-9223372036854775808']);
    expect(await lerDados(armazemDe(banco), 0)).toEqual([]);
  });
});

describe('lerFaixa()', () => {
  test('dá os usuários que há entre dois ids, inclusive, em ordem', () => {
    using banco = bancoVazio();
    for (const id of [5n, 9n, 2n, 7n]) povoar(banco, id, 1);
    expect(lerFaixa(banco, 3, 7).map(({ id }) => id)).toEqual([5, 7]);
    expect(lerFaixa(banco, 2, 2).map(({ id }) => id)).toEqual([2]);
    expect(lerFaixa(banco, 2, 1)).toEqual([]);
  });
});

describe('listarDados()', () => {
  test('cabe em 66 colunas, e o e-mail cede ao id e ao nome', () => {
    const comId = (id: number, nome = 'n'.repeat(50)) =>
      listarDados([{ id, nome, email: 'e'.repeat(50), criado_em: AGORA }]);
    const hora = AGORA.slice(0, 16).replace('T', ' ');
    expect(comId(1)).toContain(`│ 1 │ ${'n'.repeat(13)}… │ ${'e'.repeat(21)}… │ ${hora} │`);
    expect(comId(1, 'Ana')).toContain(`│ 1 │ Ana  │ ${'e'.repeat(31)}… │ ${hora} │`);
    expect(comId(1_000_000)).toContain(`│ 1000000 │ ${'n'.repeat(13)}… │ ${'e'.repeat(15)}… │ ${hora} │`);
    expect(comId(2 ** 63)).toContain(`│ ${'n'.repeat(8)}… │ ${'e'.repeat(8)}… │`);
    for (const id of [1, 999, 2 ** 63]) {
      for (const linha of `${comId(id)}\n${comId(id, 'Ana')}`.split('\n'))
        expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(66);
    }
  });

  test('uma hora que não é a do escritor aparece como está', () => {
    const texto = '2026-01-02 03:04:05';
    expect(listarDados([{ id: 1, nome: 'n', email: 'e', criado_em: texto }])).toContain(
      `${texto.slice(0, 15)}…`,
    );
  });

  test('uma hora que não é como o escritor a grava aparece como está', () => {
    const comHora = (criado_em: string) => listarDados([{ id: 1, nome: 'n', email: 'e', criado_em }]);
    expect(comHora(AGORA)).toContain('│ 2026-01-02 03:04 │');
    expect(comHora(`x${AGORA}`)).toContain('│ x2026-01-02T03:… │');
    expect(comHora(`${AGORA}x`)).toContain('│ 2026-01-02T03:0… │');
  });

  test('a largura do id é a do último, que é o maior', () => {
    const [pequeno, grande] = [1, 100].map((id) => ({
      id,
      nome: 'n',
      email: 'e'.repeat(50),
      criado_em: AGORA,
    }));
    if (!pequeno || !grande) throw new Error('faltam usuários');
    expect(listarDados([pequeno, grande])).toContain(`│ n    │ ${'e'.repeat(29)}… │`);
  });
});

describe('contarAosPoucos()', () => {
  const contar = (banco: Database, contexto = SEM_PARADA) =>
    contarAosPoucos({ ...armazemDe(banco), contexto });

  test('conta todos, também os de ids negativos e enormes, e os de depois de meio milhão', async () => {
    using banco = bancoVazio();
    expect(await contar(banco)).toBe(0);
    povoar(banco, -(2n ** 63n), 2);
    povoar(banco, 2n ** 63n - 3n, 3);
    expect(await contar(banco)).toBe(5);
    povoar(banco, 1, 499_995);
    expect(await contar(banco)).toBe(500_000);
    povoar(banco, 1_000_000, 2);
    expect(await contar(banco)).toBe(500_002);
  });

  test('deixa-se interromper', async () => {
    using banco = bancoVazio();
    povoar(banco, 1, 500_001);
    const falha = new Falha('SIGINT', 'interrompido', 'remédio');
    await expect(contar(banco, criarContexto(AbortSignal.abort(falha)))).rejects.toBe(falha);
  });
});
