import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { abrirParaLeitura } from '../lib/armazem/abrir.ts';
import { type Laudo, lerMostra, NADA_LIDO } from '../lib/cadeia/laudo.ts';
import { Falha, type Motivo } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/contexto.ts';
import { descreverLaudo } from '../lib/relato/laudo.ts';
import {
  bancoTemporario,
  escritor,
  leitor,
  PRAZO_MS,
  pedirLaudo,
  recibosDe,
  verificacao,
} from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const RECIBO = `1:${'a'.repeat(64)}`;
const INSTANTE = '2026-01-02T03:04:05.678Z';

/** Um laudo em que tudo foi aprovado, com `mudancas`. */
function laudoCom(mudancas: Partial<Laudo> = {}): Laudo {
  return {
    aprovado: true,
    banco: '/data/desafio2.db',
    container: 'abcdef012345',
    registros: 1,
    execucoes: 1,
    recibo: RECIBO,
    verificacoes: [
      { nome: 'volume', resultado: 'aprovada', detalhe: 'volume meu em /data: ext4, somente leitura' },
      { nome: 'recibos', resultado: 'aprovada', detalhe: '1 exigido, e está na cadeia' },
      { nome: 'origem', resultado: 'aprovada', detalhe: 'execuções de outros containers: 1' },
    ],
    ultimas_execucoes: [
      {
        execucao: 1,
        recibo: RECIBO,
        container: 'outro',
        iniciada_em: INSTANTE,
        versao: '1.0.0',
        primeiro_id: 1,
        ultimo_id: 1,
        registros: 1,
      },
    ],
    usuarios: [{ id: 1, nome: 'João Silva', email: 'joao@example.com', criado_em: INSTANTE }],
    ...mudancas,
  };
}

/** O mesmo, com a verificação `nome` pulada. */
function laudoSem(nome: string): Laudo {
  const { verificacoes, ...laudo } = laudoCom();
  return laudoCom({
    ...laudo,
    verificacoes: verificacoes.map((uma) => (uma.nome === nome ? { ...uma, resultado: 'pulada' } : uma)),
  });
}

const falhaDe = (motivo: Motivo) => new Falha(motivo, 'mensagem', 'remédio');
const COMPROVADA = 'APROVADO, persistência comprovada. O que outro container gravou está aqui, intacto.';
const SEM_RECIBO = 'Sem um recibo exigido, um volume trocado por outro íntegro não seria notado.';

describe('descreverLaudo()', () => {
  test('mostra usuários, execuções, verificações, veredito e recibo, nessa ordem', () => {
    expect(descreverLaudo(laudoCom(), undefined)).toBe(`Banco /data/desafio2.db, lido por abcdef012345

Usuários: 1
┌───┬────────────┬──────────────────┬──────────────────┐
│   │ nome       │ email            │ criado_em        │
├───┼────────────┼──────────────────┼──────────────────┤
│ 1 │ João Silva │ joao@example.com │ 2026-01-02 03:04 │
└───┴────────────┴──────────────────┴──────────────────┘

Execuções: 1
┌───┬───────────┬──────────────────────────┬───────────┐
│   │ container │ iniciada_em              │ registros │
├───┼───────────┼──────────────────────────┼───────────┤
│ 1 │ outro     │ 2026-01-02T03:04:05.678Z │ 1         │
└───┴───────────┴──────────────────────────┴───────────┘

Verificações:
  ✔ volume     volume meu em /data: ext4, somente leitura
  ✔ recibos    1 exigido, e está na cadeia
  ✔ origem     execuções de outros containers: 1

recibo mais novo:
${RECIBO}

${COMPROVADA.replace('. ', '.\n')}`);
  });

  test('diz quantos usuários e execuções não mostra', () => {
    const texto = descreverLaudo(laudoCom({ registros: 1235, execucoes: 20 }), undefined);
    expect(texto).toContain('\n\nUsuários: 1.235\n┌');
    expect(texto).toContain('┘\n… e mais 1.234.\n\nExecuções: 20\nAs mais novas:\n┌');
  });

  test('mostra inteiro o id de um container, e corta um nome comprido onde o número da execução o pede', () => {
    const escritaPor = (container: string, execucao: number) => {
      const ultimas = laudoCom().ultimas_execucoes.map((uma) => ({ ...uma, container, execucao }));
      return descreverLaudo(laudoCom({ ultimas_execucoes: ultimas }), undefined);
    };
    expect(escritaPor('abcdef012345', 1)).toContain('│ 1 │ abcdef012345 │');
    expect(escritaPor('n'.repeat(50), 1)).toContain(`│ 1 │ ${'n'.repeat(16)}… │`);
    expect(escritaPor('n'.repeat(50), 10_000)).toContain(`│ 10000 │ ${'n'.repeat(12)}… │`);
    expect(escritaPor('n'.repeat(50), 999_999_999_999)).toContain(` │ ${'n'.repeat(7)}…  │`);
  });

  test('sem o total, conta o que mostra', () => {
    const texto = descreverLaudo(laudoCom({ registros: null, execucoes: null }), undefined);
    expect(texto).toContain('Usuários: 1\n');
    expect(texto).toContain('Execuções: 1\n');
    expect(texto).not.toContain('e mais');
    expect(texto).not.toContain('As mais novas');
  });

  test('sem nada lido, não mostra tabelas nem recibo', () => {
    const texto = descreverLaudo(
      laudoCom({ aprovado: false, usuarios: [], ultimas_execucoes: [], recibo: null }),
      falhaDe('nadaParaLer'),
    );
    expect(texto).toStartWith('Banco /data/desafio2.db, lido por abcdef012345\n\nVerificações:\n');
    expect(texto).toEndWith('\n\nNADA PARA LER.');
  });

  test('marca cada resultado, e dobra um detalhe comprido sob o seu começo', () => {
    const verificacoes: Laudo['verificacoes'] = [
      { nome: 'estrutura', resultado: 'reprovada', detalhe: `${'d'.repeat(30)} ${'e'.repeat(30)}` },
      { nome: 'selos', resultado: 'pulada', detalhe: 'depende de "esquema"' },
    ];
    expect(descreverLaudo(laudoCom({ verificacoes }), falhaDe('reprovado'))).toContain(
      `\n  ✘ estrutura  ${'d'.repeat(30)}\n${' '.repeat(15)}${'e'.repeat(30)}\n  – selos      pulada: depende de "esquema"\n\nrecibo`,
    );
  });

  test('num terminal, nada do que vem de fora move o cursor', () => {
    const hostil = '\u001b[2J';
    const texto = descreverLaudo(
      laudoCom({
        banco: hostil,
        container: hostil,
        recibo: hostil,
        verificacoes: [{ nome: 'selos', resultado: 'reprovada', detalhe: hostil }],
      }),
      falhaDe('reprovado'),
    );
    expect(texto).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(texto.split('\\u001b[2J')).toHaveLength(5);
  });

  const vereditos: [oQue: string, laudo: Laudo, motivo: Motivo | undefined, veredito: string][] = [
    ['tudo aprovado', laudoCom(), undefined, COMPROVADA],
    ['nenhum recibo exigido', laudoSem('recibos'), undefined, `${COMPROVADA} ${SEM_RECIBO}`],
    ['fora de um container', laudoSem('volume'), undefined, 'APROVADO: os dados estão como foram selados.'],
    ['só o leitor escreveu', laudoSem('origem'), undefined, 'APROVADO: os dados estão como foram selados.'],
    ['um banco mudado', laudoCom(), 'reprovado', 'REPROVADO: veja as verificações marcadas com ✘.'],
    ['um formato mais novo', laudoCom(), 'versaoNova', 'REPROVADO: veja as verificações marcadas com ✘.'],
    ['nada para ler', laudoCom(), 'nadaParaLer', 'NADA PARA LER.'],
    [
      'um lugar que some',
      laudoCom(),
      'naoPersiste',
      'NÃO PERSISTE: os dados conferem, mas somem com o container.',
    ],
    ['um disco que falha', laudoCom(), 'entradaSaida', 'SEM VEREDITO: não foi possível conferir.'],
    ['um arquivo trancado', laudoCom(), 'tenteDeNovo', 'SEM VEREDITO: não foi possível conferir.'],
    ['sem permissão', laudoCom(), 'semPermissao', 'SEM VEREDITO: não foi possível conferir.'],
  ];
  for (const [oQue, laudo, motivo, veredito] of vereditos) {
    test(`${oQue}: ${veredito.split(':')[0]}`, () => {
      const texto = descreverLaudo(laudo, motivo && falhaDe(motivo)).replaceAll('\n', ' ');
      expect(texto).toContain(` ${veredito}`);
      expect(texto.includes('persistência comprovada')).toBe(veredito.startsWith('APROVADO, '));
      expect(texto.includes('APROVADO')).toBe(veredito.startsWith('APROVADO'));
      expect(texto.includes('Sem um recibo exigido')).toBe(veredito.endsWith(SEM_RECIBO));
    });
  }

  test('só promete o que recibos, volume e origem aprovaram, e não outra verificação no lugar deles', () => {
    const texto = descreverLaudo(
      laudoCom({ verificacoes: [{ nome: 'selos', resultado: 'aprovada', detalhe: 'x' }] }),
      undefined,
    ).replaceAll('\n', ' ');
    expect(texto).toContain(
      'Isto não comprova persistência: ou o leitor não está num container, ou só ele escreveu.',
    );
    expect(texto).toContain(SEM_RECIBO);
  });
});

describe('lerMostra()', () => {
  /** Um armazém que já não se pode ler. */
  async function armazemFechado(caminho: string) {
    const parada = new AbortController();
    const armazem = await abrirParaLeitura(caminho, criarContexto(parada.signal));
    armazem[Symbol.asyncDispose]();
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
    const falha = falhaDe('SIGTERM');
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
    for (const nome of ['selos', 'avulsos', 'recibos', 'origem'] as const) {
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
    for (const nome of ['estrutura', 'esquema', 'selos', 'avulsos', 'recibos', 'origem'] as const) {
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
