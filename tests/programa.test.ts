import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { pastaTemporaria } from './apoio/bancos.ts';
import { executar, PRAZO_MS, RAIZ } from './apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

/** Roda um programa com as opções do leitor e este `principal`. */
async function rodar(principal: string, ...argumentos: string[]) {
  using pasta = pastaTemporaria();
  const lib = (nome: string) => JSON.stringify(join(RAIZ, 'lib', nome));
  await Bun.write(
    pasta.em('programa.ts'),
    `import { Falha, opcao } from ${lib('falhas.ts')};
     import { LEITOR } from ${lib('programa/opcoes-do-leitor.ts')};
     import { executar } from ${lib('programa/programa.ts')};
     process.exit(await executar(LEITOR, async (opcoes, { parada }) => { ${principal} }));`,
  );
  return await executar([process.execPath, pasta.em('programa.ts'), ...argumentos]);
}

describe('executar()', () => {
  test('devolve o código do motivo que o programa devolve', async () => {
    expect(await rodar("return 'feito';")).toEqual({ saida: '', erros: '', codigo: 0 });
    expect(await rodar("return 'versaoNova';")).toEqual({ saida: '', erros: '', codigo: 78 });
  });

  test('entrega ao programa as opções lidas', async () => {
    const { saida } = await rodar(
      "await Bun.write(Bun.stdout, opcoes.banco + ' ' + opcoes.limite); return 'feito';",
      '-b',
      'x.db',
      '--limite',
      '7',
    );
    expect(saida).toBe('x.db 7');
  });

  test('de uma Falha diz o que falhou e o que fazer, sem controles, e dá o seu código', async () => {
    expect(await rodar("throw new Falha('naoPersiste', 'falhou\\u001b', 'faça\\u001b');")).toEqual({
      saida: '',
      erros: 'leitor: falhou\\u001b\n        faça\\u001b\n',
      codigo: 69,
    });
  });

  test('no remédio de quem não conhece a linha de comando, põe o nome da opção', async () => {
    const { erros } = await rodar(
      "throw new Falha('uso', 'falhou', 'Corrija ' + opcao('banco') + ': \\0 \\0x');",
    );
    expect(erros).toBe('leitor: falhou\n        Corrija --banco: \\u0000 \\u0000x\n');
  });

  test('de qualquer outro erro diz que é um defeito, com a pilha: 70', async () => {
    const { saida, erros, codigo } = await rodar("throw new TypeError('quebrou');");
    expect(saida).toBe('');
    expect(erros).toStartWith(
      'leitor: isto é um defeito do programa, e não seu; por favor, abra uma issue com isto:\nTypeError: quebrou\n',
    );
    expect(erros).toMatch(/at .*programa\.ts:\d+/);
    expect(codigo).toBe(70);
    const semPilha = await rodar("throw Object.assign(new Error('sem pilha'), { stack: undefined });");
    expect(semPilha.erros).toEndWith(':\nsem pilha\n');
    expect((await rodar("throw 'um texto';")).erros).toEndWith(':\num texto\n');
  });

  for (const [opcao, saida] of [
    ['--ajuda', 'Uso: bun run leitor.ts [opções]\n'],
    ['--help', 'Uso: bun run leitor.ts [opções]\n'],
    ['--versao', '1.0.0\n'],
    ['--version', '1.0.0\n'],
  ] as const) {
    test(`${opcao} responde sem rodar o programa`, async () => {
      const resposta = await rodar("throw new Error('rodou');", opcao);
      expect(resposta.saida).toStartWith(saida);
      expect(resposta).toMatchObject({ erros: '', codigo: 0 });
    });
  }

  test('uma opção errada: 64, sem rodar o programa', async () => {
    expect(await rodar("throw new Error('rodou');", '--nada')).toEqual({
      saida: '',
      erros: 'leitor: a opção --nada não existe\n        Veja as opções com --ajuda.\n',
      codigo: 64,
    });
  });
});
