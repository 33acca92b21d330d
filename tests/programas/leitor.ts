import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import {
  bancoDeTres,
  iniciar,
  leitor,
  pedirLaudo,
  rodar,
  terminar,
  VERIFICACOES,
  verificacao,
} from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('leitor', () => {
  test('aprova o que o escritor gravou e relata as nove verificações, na ordem', async () => {
    using banco = await bancoDeTres();
    const laudo = await pedirLaudo(banco.caminho, '-r', banco.recibos[0] ?? '');
    expect(laudo.verificacoes.map(({ nome }) => nome)).toEqual(VERIFICACOES as never);
    expect(laudo.verificacoes.map(({ resultado }) => resultado)).toEqual([
      'pulada',
      'aprovada',
      'aprovada',
      'aprovada',
      'aprovada',
      'aprovada',
      'aprovada',
      'pulada',
      'pulada',
    ]);
    expect(laudo).toMatchObject({
      aprovado: true,
      banco: banco.caminho,
      container: hostname(),
      registros: 9,
      execucoes: 3,
      recibo: banco.recibos[2],
      codigo: 0,
      erros: '',
    });
    expect(laudo.usuarios[0]).toEqual({
      id: 1,
      nome: 'João Silva',
      email: 'joao@example.com',
      criado_em: expect.any(String),
    });
    expect(laudo.ultimas_execucoes[0]).toEqual({
      execucao: 1,
      recibo: banco.recibos[0] ?? '',
      container: hostname(),
      iniciada_em: expect.any(String),
      versao: '1.0.0',
      primeiro_id: 1,
      ultimo_id: 3,
      registros: 3,
    });
  });

  test('um número que não cabe nos de JavaScript, ou um BLOB, aparece como está gravado', async () => {
    using banco = bancoTemporario();
    banco.criar(
      'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)',
      "INSERT INTO usuarios VALUES (7, 9007199254740993, -9223372036854775808, x'00ff'), (8, 5, NULL, '')",
    );
    expect((await pedirLaudo(banco.caminho)).usuarios as unknown[]).toEqual([
      { id: 7, nome: '9007199254740993', email: '-9223372036854775808', criado_em: "X'00FF'" },
      { id: 8, nome: 5, email: null, criado_em: '' },
    ]);
  });

  test('um id que não cabe num número aparece por inteiro', async () => {
    using banco = await bancoDeTres();
    banco.sabotar("INSERT INTO usuarios VALUES (-9223372036854775808, 'a', 'b', 'c')");
    expect((await pedirLaudo(banco.caminho)).usuarios.map(({ id }) => id)).toEqual([
      '-9223372036854775808',
      ...Array.from({ length: 9 }, (_, indice) => indice + 1),
    ]);
    expect((await leitor('-b', banco.caminho)).saida).toContain(' -9223372036854775808 ');
  });

  test('não muda um byte do arquivo nem deixa nada ao lado', async () => {
    using banco = await bancoDeTres();
    const antes = readFileSync(banco.caminho);
    await leitor('-b', banco.caminho);
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
  });

  test('no texto, só fala de persistência comprovada num container e por outro', async () => {
    using banco = await bancoDeTres();
    const { saida, codigo } = await leitor('-b', banco.caminho);
    expect(saida).toContain('APROVADO: os dados estão como foram selados.');
    expect(saida).toContain('Sem um recibo exigido');
    expect(saida).not.toContain('persistência comprovada');
    // Depois do nome que "docker compose up" põe à frente: só o caminho do banco e um recibo podem passar daí.
    for (const linha of saida.split('\n'))
      if (!/^Banco |^\d+:[0-9a-f]{64}$/.test(linha)) expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(66);
    expect(codigo).toBe(0);
  });

  test('--limite mostra os primeiros usuários e as últimas execuções; 0, nenhum', async () => {
    using banco = await bancoDeTres();
    const laudo = await pedirLaudo(banco.caminho, '--limite', '2');
    expect(laudo.usuarios.map(({ id }) => id)).toEqual([1, 2]);
    expect(laudo.ultimas_execucoes.map(({ execucao }) => execucao)).toEqual([2, 3]);
    expect(await pedirLaudo(banco.caminho, '--limite', '0')).toMatchObject({
      usuarios: [],
      ultimas_execucoes: [],
      recibo: banco.recibos[2],
    });
  });

  test('aceita recibos em $RECIBO, separados por espaços ou vírgulas', async () => {
    using banco = await bancoDeTres();
    const ambiente = {
      RECIBO: ` ${banco.recibos[0]},${banco.recibos[1]}\n${banco.recibos[2]} `,
      BANCO: banco.caminho,
    };
    const { saida, codigo } = await rodar('leitor', ['--json'], { ambiente });
    expect(verificacao(JSON.parse(saida), 'recibos')).toEqual({
      nome: 'recibos',
      resultado: 'aprovada',
      detalhe: '3 exigidos, todos na cadeia',
    });
    expect(codigo).toBe(0);
  });
});

grupoQuePrecisa('longos', 'leitor, enquanto se grava', () => {
  test('lê um só instantâneo enquanto escritores trabalham', async () => {
    using banco = await bancoDeTres();
    using escrita = iniciar('escritor', ['-b', banco.caminho, '-n', '2', '-e', '0', '--json']);
    const saida = terminar(escrita); // alguém tem de a ler, ou o cano enche e o escritor para
    let anterior = 3;
    for (let leituras = 0; leituras < 5; leituras++) {
      await ate(() => execucoesDe(banco) > anterior, 'o escritor siga');
      const laudo = await pedirLaudo(banco.caminho, '--limite', '1000000');
      expect(laudo.codigo).toBe(0);
      expect(laudo.registros).toBe(laudo.usuarios.length);
      expect(laudo.ultimas_execucoes.reduce((soma, { registros }) => soma + registros, 0)).toBe(
        laudo.registros ?? -1,
      );
      anterior = laudo.execucoes ?? Number.NaN;
    }
    escrita.kill('SIGTERM');
    expect((await saida).codigo).toBe(143);
  });

  /** Quantas execuções há agora; menos do que qualquer número se um escritor não deixa perguntar. */
  function execucoesDe({ consultar }: { consultar(sql: string): unknown[][] }): number {
    try {
      return Number(consultar('SELECT count(*) FROM execucoes')[0]?.[0]);
    } catch {
      return -1;
    }
  }
});

describe('leitor, verificação origem', () => {
  test('só um id de container conta como outro container; uma máquina, como fora de um', async () => {
    using banco = await bancoDeTres();
    const origem = async () => verificacao(await pedirLaudo(banco.caminho), 'origem');
    expect(await origem()).toEqual({
      nome: 'origem',
      resultado: 'pulada',
      detalhe: `execuções de outros containers: 0; deste (${hostname()}): 3`,
    });
    for (const [container, resultado, detalhe] of [
      ['outra-maquina', 'pulada', 'outros containers: 0; deste .*: 2; de fora de um container: 1$'],
      ['ABCDEF012345', 'pulada', 'de fora de um container: 1$'],
      ['abcdef0123456', 'pulada', 'de fora de um container: 1$'],
      ['desconhecido', 'pulada', 'de origem desconhecida: 1$'],
      ['abcdef012345', 'aprovada', 'outros containers: 1; deste .*: 2$'],
    ] as const) {
      banco.sabotar(`UPDATE execucoes SET container = '${container}' WHERE id = 2`);
      expect(await origem()).toMatchObject({
        resultado,
        detalhe: expect.stringMatching(new RegExp(detalhe)),
      });
    }
  });
});
