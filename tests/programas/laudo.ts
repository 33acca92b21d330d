import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { abrirParaLeitura } from '../../lib/armazem/abrir.ts';
import { lerMostra, NADA_LIDO } from '../../lib/cadeia/laudo.ts';
import { Falha } from '../../lib/falhas.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor, pedirLaudo, recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('lerMostra()', () => {
  /** Um armazém que já não se pode ler. */
  async function armazemFechado(caminho: string) {
    const parada = new AbortController();
    const armazem = await abrirParaLeitura(caminho, criarContexto(parada.signal));
    await armazem[Symbol.asyncDispose]();
    return { armazem, parada };
  }

  test('o que não se consegue ler falta num laudo reprovado; um aprovado não o cala', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const { armazem } = await armazemFechado(banco.caminho);
    expect(await lerMostra(armazem, 20, true)).toEqual(NADA_LIDO);
    await expect(lerMostra(armazem, 20, false)).rejects.toThrow('closed');
  });

  test('um sinal que chega entretanto é dito, também num laudo reprovado', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const { armazem, parada } = await armazemFechado(banco.caminho);
    const falha = new Falha('SIGTERM', 'mensagem', 'remédio');
    parada.abort(falha);
    for (const reprovado of [true, false]) {
      await expect(lerMostra(armazem, 20, reprovado)).rejects.toBe(falha);
    }
  });
});

describe('o laudo', () => {
  test('de muitos defeitos diz os três primeiros e conta os outros', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho, '-e', '6', '--json');
    const falsos = recibosDe(saida).map((recibo) => `${recibo.slice(0, 2)}${'0'.repeat(64)}`);
    const recibos = (quantos: number) => falsos.slice(0, quantos).flatMap((recibo) => ['-r', recibo]);
    const diferente = (n: number) => `a execução ${n} tem um selo diferente do recibo exigido`;
    const tres = [1, 2, 3].map(diferente).join('; ');
    const comTres = await pedirLaudo(banco.caminho, ...recibos(3));
    expect(verificacao(comTres, 'recibos').detalhe).toBe(tres);
    const comTodos = await pedirLaudo(banco.caminho, ...recibos(6));
    expect(verificacao(comTodos, 'recibos').detalhe).toBe(`${tres}; e mais 3`);
  });

  test('conta quantas execuções são de outros, deste container e de origem desconhecida', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-e', '6');
    banco.dispensarConferencia();
    banco.sabotar(
      "UPDATE execucoes SET container = 'abcdef012345' WHERE id <= 3",
      "UPDATE execucoes SET container = 'desconhecido' WHERE id = 4",
    );
    const laudo = await pedirLaudo(banco.caminho);
    expect(verificacao(laudo, 'origem')).toEqual({
      nome: 'origem',
      resultado: 'aprovada',
      detalhe: `execuções de outros containers: 3; deste (${laudo.container}): 2; de origem desconhecida: 1`,
    });
    banco.sabotar("DELETE FROM execucoes WHERE container = 'abcdef012345'");
    expect(verificacao(await pedirLaudo(banco.caminho), 'origem')).toEqual({
      nome: 'origem',
      resultado: 'pulada',
      detalhe: `execuções de outros containers: 0; deste (${laudo.container}): 2; de origem desconhecida: 1`,
    });
  });

  test('diz o que cada verificação aprovou', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho, '-e', '2', '--json');
    const exigidos = recibosDe(saida).flatMap((recibo) => ['-r', recibo]);
    const { verificacoes, container } = await pedirLaudo(banco.caminho, ...exigidos);
    expect(verificacoes.map(({ nome, detalhe }) => `${nome}: ${detalhe}`)).toEqual([
      'volume: o leitor não está num container',
      'arquivo: SQLite, do escritor, formato 1, 12.288 bytes',
      'estrutura: integrity_check do SQLite: ok',
      'esquema: as tabelas usuarios e execucoes têm as colunas esperadas',
      'selos: 2 selos recalculados, iguais aos gravados',
      'avulsos: nenhum: cada usuário pertence a uma execução, e a uma só',
      'recibos: 2 exigidos, todos na cadeia',
      'assinatura: nenhuma chave pública foi dada',
      `origem: execuções de outros containers: 0; deste (${container}): 2`,
    ]);
    const [, ultimo = ''] = recibosDe(saida);
    expect(verificacao(await pedirLaudo(banco.caminho, '-r', ultimo), 'recibos').detalhe).toBe(
      '1 exigido, e está na cadeia',
    );
  });

  for (const [registros, diz] of [
    [1, '1 usuário'],
    [2, '2 usuários'],
  ] as const) {
    test(`reprova uma execução bem selada que diz ter ${diz}, e tem 3`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      banco.dispensarConferencia();
      banco.sabotar(`UPDATE execucoes SET registros = ${registros}`);
      const [[execucao] = [], ...usuarios] = [
        ...banco.consultar(
          'SELECT json_array(id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros) FROM execucoes',
        ),
        ...banco.consultar('SELECT json_array(id, nome, email, criado_em) FROM usuarios ORDER BY id'),
      ];
      const linhas = ['0'.repeat(64), execucao, ...usuarios.flat()].map((linha) => `${linha}\n`).join('');
      banco.sabotar(
        `UPDATE execucoes SET selo = '${new Bun.CryptoHasher('sha256').update(linhas).digest('hex')}'`,
      );
      expect(verificacao(await pedirLaudo(banco.caminho), 'selos')).toEqual({
        nome: 'selos',
        resultado: 'reprovada',
        detalhe: `a execução 1 diz ter ${diz}, e tem 3`,
      });
    });
  }

  test('de um banco reprovado mostra o que nele se lê, e não o que ele diz ter', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-e', '2');
    banco.dispensarConferencia();
    banco.sabotar('DELETE FROM usuarios WHERE id > 2', 'UPDATE execucoes SET registros = 1000 WHERE id = 2');
    const laudo = await pedirLaudo(banco.caminho);
    expect(laudo).toMatchObject({ aprovado: false, registros: 2, execucoes: 2 });
    expect(laudo.usuarios).toHaveLength(2);
    expect(laudo.recibo).toStartWith('2:');
    banco.sabotar('DROP TABLE execucoes');
    const semExecucoes = await pedirLaudo(banco.caminho);
    expect(semExecucoes).toMatchObject({
      registros: 2,
      execucoes: null,
      recibo: null,
      ultimas_execucoes: [],
    });
    for (const nome of ['selos', 'avulsos', 'recibos', 'assinatura', 'origem'] as const) {
      expect(verificacao(semExecucoes, nome)).toEqual({
        nome,
        resultado: 'pulada',
        detalhe: 'depende de "esquema"',
      });
    }
  });

  test('de um arquivo que não se abre pula o que depende dele', async () => {
    using banco = bancoTemporario();
    const laudo = await pedirLaudo(banco.caminho);
    for (const nome of [
      'estrutura',
      'esquema',
      'selos',
      'avulsos',
      'recibos',
      'assinatura',
      'origem',
    ] as const) {
      expect(verificacao(laudo, nome)).toEqual({
        nome,
        resultado: 'pulada',
        detalhe: 'depende de "arquivo"',
      });
    }
  });

  test('diz na saída de erros o que falhou e o que fazer', async () => {
    using banco = bancoTemporario();
    const { erros, codigo } = await leitor('-b', banco.caminho);
    expect(erros).toBe(
      `leitor: ${banco.caminho} não existe\n        Rode o escritor primeiro, ou indique o arquivo com --banco.\n`,
    );
    expect(codigo).toBe(66);
  });
});
