import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { acharBifurcacao, acharRecibos, lerRecibo } from '../../lib/recibo.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor, pedirLaudo, recibosDe, rodar, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const recibo = (n: number, letra = 'a') => `${n}:${letra.repeat(64)}`;
const ASSINATURA = 'A_-z'.repeat(22).slice(0, 86);

describe('acharRecibos()', () => {
  const textos: [oQue: string, texto: string, achados: string[], cortado: boolean][] = [
    ['nada', '', [], false],
    ['palavras', 'Execução 1 em x.db às 12:30:45, e nada mais\n', [], false],
    ['um só, sem fim de linha', recibo(1), [recibo(1)], false],
    ['o que o escritor diz', `Usuários gravados: 3.\nrecibo: ${recibo(12)}\n`, [recibo(12)], false],
    ['JSON', `{"execucao":3,"recibo":"${recibo(3)}","container":"x"}\n`, [recibo(3)], false],
    ['o prefixo do Compose, e CRLF', `escritor-1  | recibo: ${recibo(1)}\r\n\r\n`, [recibo(1)], false],
    ['assinado', `recibo: ${recibo(1)}:${ASSINATURA}\n`, [`${recibo(1)}:${ASSINATURA}`], false],
    [
      'vários',
      `${recibo(1)},${recibo(2, 'b')} ${recibo(1)}.\n`,
      [recibo(1), recibo(2, 'b'), recibo(1)],
      false,
    ],
    ['o último cortado', `recibo: ${recibo(1)}\nrecibo: ${recibo(2).slice(0, 20)}`, [recibo(1)], true],
    ['cortado antes do recibo', `recibo: ${recibo(1)}\nrec`, [recibo(1)], true],
    ['um cortado no meio', `recibo: ${recibo(1).slice(0, 40)}recibo: ${recibo(2)}\n`, [recibo(2)], true],
    ['uma linha JSON cortada depois do recibo', `{"recibo":"${recibo(1)}","contai`, [recibo(1)], true],
    ['com a assinatura cortada', `recibo: ${recibo(1)}:${ASSINATURA.slice(1)}\n`, [], true],
    ['com um dígito a mais', `recibo: ${recibo(1)}a\n`, [], true],
    [
      'num texto JSON, depois de quebras que nele são duas letras',
      JSON.stringify(`a\n${recibo(1)}\n${recibo(2)}\t${recibo(3)}`),
      [recibo(1), recibo(2), recibo(3)],
      true,
    ],
    ['com cores', `recibo: \u001b[1m${recibo(1)}\u001b[0m\n`, [recibo(1)], false],
    ['com cores, num texto JSON', `${JSON.stringify(`\u001b[0m${recibo(1)}\n`)}\n`, [recibo(1)], false],
    ['o resumo de uma imagem não é um', `sha256:${'a'.repeat(64)}\n`, [], false],
  ];
  for (const [oQue, texto, achados, cortado] of textos) {
    test(oQue, () => {
      const esperados = achados.map((um) => lerRecibo(um, 'f'));
      expect(acharRecibos(texto, 'f')).toEqual({ recibos: esperados, cortado });
    });
  }
});

test('acharRecibos() recusa o que parece um recibo e não o é, em vez de não o exigir', () => {
  for (const parecido of [`0${recibo(1)}`, recibo(1, 'A'), `0:${'a'.repeat(64)}`]) {
    expect(() => acharRecibos(`${recibo(2)}\n${parecido}\n`, 'f')).toThrow('não é um recibo');
  }
});

test('acharBifurcacao() acha o mesmo número com outro selo, e só isso', () => {
  const ler = (...textos: string[]) => textos.map((texto, indice) => lerRecibo(texto, `origem ${indice}`));
  expect(acharBifurcacao([])).toBeUndefined();
  expect(acharBifurcacao(ler(recibo(1), recibo(2), recibo(1), recibo(3, 'b')))).toBeUndefined();
  const achada = acharBifurcacao(ler(recibo(1), recibo(2), recibo(1, 'b')));
  expect(achada).toMatchObject({ motivo: 'reprovado' });
  expect(achada?.message).toContain('execução 1, de origem 0 e de origem 2,');
});

describe('leitor --recibos', () => {
  test('exige cada recibo inteiro do que o escritor disse, e diz quantos e que uma linha está cortada', async () => {
    using banco = bancoTemporario();
    using pasta = pastaTemporaria();
    const texto = await escritor('-b', banco.caminho, '-e', '2');
    const json = await escritor('-b', banco.caminho, '-e', '2', '--json');
    const arquivo = pasta.em('recibos.txt');
    writeFileSync(arquivo, `${texto.saida}\n${json.saida}${texto.saida.slice(0, -30)}`);
    const laudo = await pedirLaudo(
      banco.caminho,
      '--recibos',
      arquivo,
      '-r',
      recibosDe(texto.saida)[0] ?? '',
    );
    expect(verificacao(laudo, 'recibos')).toMatchObject({
      resultado: 'aprovada',
      detalhe: `6 exigidos, todos na cadeia; 5 vêm de ${arquivo}, onde uma linha está cortada`,
    });
    expect(laudo.codigo).toBe(0);
    writeFileSync(arquivo, `${json.saida}recibo: ${recibo(9)}\n`);
    const falta = await pedirLaudo(banco.caminho, '--recibos', arquivo);
    expect(verificacao(falta, 'recibos').detalhe).toBe(
      `a execução 9, de um recibo exigido, não está no banco; 3 vêm de ${arquivo}`,
    );
    expect(falta.codigo).toBe(65);
  });

  test('lê também de um cano', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho);
    const antes = ['sh', '-c', 'printf "%s" "$0" | "$@"', saida];
    const lido = await rodar('leitor', ['-b', banco.caminho, '--recibos', '/dev/stdin'], { antes });
    expect(lido.saida).toContain('1 vem de /dev/stdin');
    expect(lido.codigo).toBe(0);
  });

  test('sem nenhum recibo inteiro, ou sem o arquivo: 64', async () => {
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('r.txt'), `recibo: ${recibo(1).slice(0, -1)}\n`);
    for (const nome of ['r.txt', 'nada.txt']) {
      const { saida, erros, codigo } = await leitor('-b', pasta.em('x.db'), '--recibos', pasta.em(nome));
      expect(erros).toContain(nome);
      expect([saida, codigo]).toEqual(['', 64]);
    }
  });
});

describe('dois recibos que se contradizem', () => {
  test('são uma bifurcação: 65, ainda que não haja banco, e o laudo diz de onde vieram', async () => {
    using banco = bancoTemporario();
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('r.txt'), `${recibo(5, 'b')}\n`);
    const memoria = JSON.stringify({ memoria: 1, banco: banco.caminho, recibo: recibo(5, 'c') });
    writeFileSync(pasta.em('m.json'), memoria);
    const demandas: [origens: string, opcoes: string[], ambiente: Record<string, string>][] = [
      ['--recibo e de --recibo', ['-r', recibo(5), '-r', recibo(5, 'b')], {}],
      ['--recibo e de $RECIBO', ['-r', recibo(5)], { RECIBO: `${recibo(4)} ${recibo(5, 'b')}` }],
      [`--recibo e de ${pasta.em('r.txt')}`, ['-r', recibo(5), '--recibos', pasta.em('r.txt')], {}],
      [`--recibo e de ${pasta.em('m.json')}`, ['-r', recibo(5), '--memoria', pasta.em('m.json')], {}],
    ];
    for (const [origens, opcoes, ambiente] of demandas) {
      const { saida, erros, codigo } = await rodar('leitor', ['-b', banco.caminho, '--json', ...opcoes], {
        ambiente,
      });
      const laudo = JSON.parse(saida);
      expect(verificacao(laudo, 'recibos')).toMatchObject({
        resultado: 'reprovada',
        detalhe: `dois recibos da execução 5, de ${origens}, têm selos diferentes: nenhuma cadeia tem os dois`,
      });
      expect(verificacao(laudo, 'arquivo').resultado).toBe('reprovada');
      expect(erros).toStartWith('leitor: dois recibos da execução 5');
      expect([laudo.aprovado, codigo]).toEqual([false, 65]);
    }
  });

  test('com o banco à vista, também: o que está nele não decide entre os dois', async () => {
    using banco = bancoTemporario();
    const [certo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
    const laudo = await pedirLaudo(banco.caminho, '-r', certo, '-r', recibo(1));
    expect(verificacao(laudo, 'recibos').detalhe).toContain('nenhuma cadeia tem os dois');
    expect(verificacao(laudo, 'selos').resultado).toBe('aprovada');
    expect(laudo.codigo).toBe(65);
  });
});
