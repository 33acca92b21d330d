import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { hostname } from 'node:os';
import { bancoTemporario } from './apoio/bancos.ts';
import { PRAZO_MS } from './apoio/processos.ts';
import { escritor, recibosDe } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Até o minuto, nas tabelas; inteiro, em JSON. */
const MINUTO = /\d{4}-\d\d-\d\d \d\d:\d\d(?= │)/g;

describe('o que o escritor diz', () => {
  test('onde e quem escreveu, o que gravou, os totais e o recibo, execução por execução', async () => {
    using banco = bancoTemporario();
    const { saida, erros } = await escritor('-b', banco.caminho, '-e', '2');
    const [primeiro, segundo] = recibosDe(saida);
    expect(saida.replace(MINUTO, '2026-01-02 03:04')).toBe(
      `Execução 1 em ${banco.caminho}, escrita por ${hostname()}
┌───┬────────────────┬───────────────────┬──────────────────┐
│   │ nome           │ email             │ criado_em        │
├───┼────────────────┼───────────────────┼──────────────────┤
│ 1 │ João Silva     │ joao@example.com  │ 2026-01-02 03:04 │
│ 2 │ Maria Santos   │ maria@example.com │ 2026-01-02 03:04 │
│ 3 │ Pedro Oliveira │ pedro@example.com │ 2026-01-02 03:04 │
└───┴────────────────┴───────────────────┴──────────────────┘
Usuários gravados: 3. No total: 3.
recibo: ${primeiro}
Execução 2 em ${banco.caminho}, escrita por ${hostname()}
┌───┬───────────┬──────────────────────┬──────────────────┐
│   │ nome      │ email                │ criado_em        │
├───┼───────────┼──────────────────────┼──────────────────┤
│ 4 │ Usuário 4 │ usuario4@example.com │ 2026-01-02 03:04 │
│ 5 │ Usuário 5 │ usuario5@example.com │ 2026-01-02 03:04 │
│ 6 │ Usuário 6 │ usuario6@example.com │ 2026-01-02 03:04 │
└───┴───────────┴──────────────────────┴──────────────────┘
Usuários gravados: 3. No total: 6.
recibo: ${segundo}
`,
    );
    expect(erros).toBe('');
  });

  test('os 20 primeiros usuários, e quantos não listou', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho, '-n', '20');
    expect(saida.match(/@example\.com/g)).toHaveLength(20);
    expect(saida).not.toContain('e mais');
    const seguinte = await escritor('-b', banco.caminho, '-n', '1021');
    expect(seguinte.saida.match(/@example\.com/g)).toHaveLength(20);
    expect(seguinte.saida).toContain('┘\n… e mais 1.001.\nUsuários gravados: 1.021. No total: 1.041.\n');
  });

  test('que selou os usuários que já estavam num banco sem selo', async () => {
    using banco = bancoTemporario();
    {
      using original = new Database(banco.caminho, { create: true, readwrite: true });
      original.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)');
      original.run(
        "INSERT INTO usuarios (nome, email, criado_em) VALUES ('Ana', 'a', 'b'), ('Rui', 'c', 'd')",
      );
    }
    const { saida } = await escritor('-b', banco.caminho);
    const [adotada, nova] = recibosDe(saida);
    expect(adotada).toStartWith('1:');
    expect(nova).toStartWith('2:');
    expect(saida).toStartWith(
      `Execução 2 em ${banco.caminho}, escrita por ${hostname()}
O banco ainda não tinha selo. Usuários que já estavam nele: 2.
Foram selados como execução 1, de container desconhecido.
recibo: ${adotada}
┌`,
    );
    expect(saida).toEndWith(`Usuários gravados: 3. No total: 5.\nrecibo: ${nova}\n`);
  });

  test('em JSON, tudo o que diz o contrato', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho, '--json', '-n', '30');
    expect(JSON.parse(saida)).toEqual({
      execucao: 1,
      recibo: expect.stringMatching(/^1:[0-9a-f]{64}$/),
      container: hostname(),
      iniciada_em: expect.stringMatching(/^\d{4}-.*Z$/),
      versao: '1.0.0',
      registros: 30,
      total: 30,
      banco: banco.caminho,
    });
    expect(saida.split('\n')).toHaveLength(2);
  });
});
