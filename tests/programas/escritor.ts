import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import {
  escritor,
  gravarInsistindo,
  leitor,
  type Programa,
  pedirLaudo,
  picoDe,
  recibosDe,
} from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('escritor', () => {
  test('cria pasta, arquivo e tabelas, grava os três primeiros usuários e imprime o recibo', async () => {
    using banco = bancoTemporario();
    const caminho = banco.pasta.em('uma/outra/desafio2.db');
    const { saida, erros, codigo } = await escritor('-b', caminho);
    expect(saida).toContain('João Silva');
    expect(saida).toContain('maria@example.com');
    expect(saida).toContain('Pedro Oliveira');
    expect(saida).toContain('Usuários gravados: 3. No total: 3.');
    expect(recibosDe(saida)).toEqual([expect.stringMatching(/^1:[0-9a-f]{64}$/)]);
    expect(erros).toBe('');
    expect(codigo).toBe(0);
    expect(readdirSync(banco.pasta.em('uma/outra'))).toEqual(['desafio2.db']);
  });

  test('grava o esquema, as marcas e os modos do contrato', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const colunas = (tabela: string) =>
      banco
        .consultar(`SELECT name, type, pk FROM pragma_table_info('${tabela}')`)
        .map((coluna) => coluna.join(' '));
    expect(colunas('usuarios')).toEqual(['id INTEGER 1', 'nome TEXT 0', 'email TEXT 0', 'criado_em TEXT 0']);
    expect(colunas('execucoes')).toEqual([
      'id INTEGER 1',
      'container TEXT 0',
      'iniciada_em TEXT 0',
      'versao TEXT 0',
      'primeiro_id INTEGER 0',
      'ultimo_id INTEGER 0',
      'registros INTEGER 0',
      'selo TEXT 0',
    ]);
    expect(banco.consultar('SELECT name FROM pragma_table_list WHERE strict ORDER BY name')).toEqual([
      ['execucoes'],
      ['usuarios'],
    ]);
    expect(banco.consultar('PRAGMA application_id')).toEqual([[0x64326462]]);
    expect(banco.consultar('PRAGMA user_version')).toEqual([[1]]);
    expect(banco.consultar('PRAGMA journal_mode')).toEqual([['delete']]);
    const instante = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    for (const [momento] of banco.consultar(
      'SELECT criado_em FROM usuarios UNION SELECT iniciada_em FROM execucoes',
    )) {
      expect(momento).toMatch(instante);
    }
    expect(banco.consultar('SELECT container FROM execucoes')).toEqual([[hostname()]]);
  });

  test('--json dá uma linha por execução, com os campos do contrato e o total do arquivo', async () => {
    using banco = bancoTemporario();
    const { saida, codigo } = await escritor('-b', banco.caminho, '-n', '5', '-e', '3', '--json');
    const linhas = saida
      .trimEnd()
      .split('\n')
      .map((linha) => JSON.parse(linha));
    expect(linhas.map(({ execucao, registros, total }) => [execucao, registros, total])).toEqual([
      [1, 5, 5],
      [2, 5, 10],
      [3, 5, 15],
    ]);
    expect(Object.keys(linhas[0])).toEqual([
      'execucao',
      'recibo',
      'container',
      'iniciada_em',
      'versao',
      'registros',
      'total',
      'banco',
    ]);
    expect(linhas[0]).toMatchObject({ container: hostname(), versao: '1.0.0', banco: banco.caminho });
    expect(codigo).toBe(0);
  });

  test('uma segunda rodada continua a primeira, sem repetir ninguém', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const { saida } = await escritor('-b', banco.caminho, '-n', '2');
    expect(saida).toContain('Usuários gravados: 2. No total: 5.');
    expect(banco.consultar('SELECT id, nome, email FROM usuarios WHERE id > 3')).toEqual([
      [4, 'Usuário 4', 'usuario4@example.com'],
      [5, 'Usuário 5', 'usuario5@example.com'],
    ]);
    expect(banco.consultar('SELECT count(*), count(DISTINCT email) FROM usuarios')).toEqual([[5, 5]]);
  });

  test('lista no máximo 20 usuários e diz quantos ficaram de fora', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho, '-n', '1234');
    expect(saida.match(/@example\.com/g)).toHaveLength(20);
    expect(saida).toContain('… e mais 1.214.');
  });

  test('vários escritores ao mesmo tempo não perdem nem repetem execuções', async () => {
    using banco = bancoTemporario();
    const linhas = await Promise.all(Array.from({ length: 6 }, () => gravarInsistindo(banco.caminho, 5)));
    const recibos = recibosDe(linhas.join());
    expect(new Set(recibos.map((recibo) => Number.parseInt(recibo, 10))).size).toBe(30);
    const laudo = await pedirLaudo(banco.caminho, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: 30, registros: 90, codigo: 0 });
  });

  test('o total conta também os usuários que outro programa pôs durante a rodada', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    banco.sabotar("INSERT INTO usuarios VALUES (50, 'a', 'b', 'c')");
    const { saida } = await escritor('-b', banco.caminho, '--json');
    expect(JSON.parse(saida)).toMatchObject({ total: 7 });
    expect(banco.consultar('SELECT primeiro_id, ultimo_id FROM execucoes WHERE id = 2')).toEqual([[51, 53]]);
  });

  test('aceita um arquivo vazio e um link para um arquivo', async () => {
    using banco = bancoTemporario();
    await Bun.write(banco.caminho, '');
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    const link = banco.pasta.em('link.db');
    Bun.spawnSync(['ln', '-s', 'desafio2.db', link]);
    expect((await escritor('-b', link)).codigo).toBe(0);
    expect((await pedirLaudo(link)).execucoes).toBe(2);
  });

  test('um recibo é impresso logo depois do COMMIT, também num cano', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho, '-e', '2');
    expect(recibosDe(saida)).toHaveLength(2);
    expect((await leitor('-b', banco.caminho, '-r', recibosDe(saida)[0] ?? '')).codigo).toBe(0);
  });

  test('--ajuda, --help, --versao e --version respondem e não criam nada', async () => {
    using banco = bancoTemporario();
    for (const programa of [escritor, leitor]) {
      for (const opcao of ['--ajuda', '--help', '-h']) {
        const { saida, erros, codigo } = await programa(opcao, '-b', banco.caminho);
        expect(saida).toStartWith('Uso: bun run ');
        for (const linha of saida.split('\n')) expect(linha.length).toBeLessThanOrEqual(80);
        expect([erros, codigo]).toEqual(['', 0]);
      }
      for (const opcao of ['--versao', '--version', '-V']) {
        expect(await programa(opcao)).toEqual({ saida: '1.0.0\n', erros: '', codigo: 0 });
      }
    }
    expect(existsSync(banco.caminho)).toBe(false);
  });
});

grupoQuePrecisa('longos', 'a memória dos programas', () => {
  test('seis vezes mais usuários cabem na mesma memória, no escritor e no leitor', async () => {
    using pasta = pastaTemporaria();
    const pico = async (programa: Programa, usuarios: number) => {
      const opcoes = programa === 'escritor' ? ['-n', `${usuarios}`] : [];
      return await picoDe(programa, ['-b', pasta.em(`${usuarios}.db`), ...opcoes]);
    };
    for (const programa of ['escritor', 'leitor'] as const) {
      // Uma razão, porque quanto o runtime gasta por si depende da máquina e das páginas dela.
      const [poucos, muitos] = [await pico(programa, 100_000), await pico(programa, 600_000)];
      expect(poucos).toBeGreaterThan(0);
      expect(muitos / poucos).toBeLessThan(1.5);
    }
  });
});
