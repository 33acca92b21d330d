import { describe, expect, test } from 'bun:test';
import type { Laudo } from '../lib/cadeia/laudo.ts';
import { Falha, type Motivo } from '../lib/falhas.ts';
import * as relato from '../lib/relato/leitor.ts';

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

/** Sem as cores, que só há se os testes correm num terminal. */
const descreverLaudo = (...o: Parameters<typeof relato.descreverLaudo>) =>
  Bun.stripANSI(relato.descreverLaudo(...o));

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

  test('assinado, e sem um recibo exigido, só uma cópia antiga não seria notada', () => {
    const { verificacoes } = laudoSem('recibos');
    const assinada = { nome: 'assinatura', resultado: 'aprovada', detalhe: 'assinada' } as const;
    const texto = descreverLaudo(laudoCom({ verificacoes: [...verificacoes, assinada] }), undefined);
    expect(texto.replaceAll('\n', ' ')).toEndWith(
      `${COMPROVADA} Sem um recibo exigido, uma cópia antiga, ou outro banco da mesma chave, não seria notado.`,
    );
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
      'Isto não comprova persistência: ou o leitor não está num container, ou nenhum outro escreveu.',
    );
    expect(texto).toContain(SEM_RECIBO);
  });
});
