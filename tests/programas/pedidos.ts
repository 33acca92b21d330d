import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { bancoTemporario } from '../apoio/bancos.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, esperarFalha, leitor, recibosDe, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('opções e recibos', () => {
  for (const argumentos of [
    ['--nada'],
    ['x'],
    ['--limite', 'x'],
    ['--limite', '-1'],
    ['-r', '1:abc'],
    ['-r', ''],
  ]) {
    test(`leitor ${argumentos.join(' ')}: 64`, async () => {
      const resultado = await leitor(...argumentos);
      esperarFalha('leitor', resultado, 64, '');
      expect(resultado.saida).toBe('');
    });
  }

  test('um valor enorme: 64, e a mensagem não o repete inteiro', async () => {
    const resultado = await escritor('-n', '9'.repeat(100_000));
    esperarFalha('escritor', resultado, 64, '--registros deve ser um inteiro de 1 a 100000000');
    expect(resultado.erros.length).toBeLessThan(300);
    expect((await leitor('-b', 'x'.repeat(100_000))).codigo).toBe(66);
  });

  test('um recibo malformado em $RECIBO: 64, com o nome da variável', async () => {
    esperarFalha(
      'leitor',
      await rodar('leitor', [], { ambiente: { RECIBO: '1:zzz' } }),
      64,
      '$RECIBO: "1:zzz"',
    );
  });

  test('$RECIBO que existe e não tem nenhum recibo: 64, também com --recibo', async () => {
    using banco = bancoTemporario();
    const [recibo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
    for (const RECIBO of ['', ' ', ',', ' ,\n\t,']) {
      for (const opcoes of [[], ['-r', recibo]]) {
        const resultado = await rodar('leitor', ['-b', banco.caminho, ...opcoes], { ambiente: { RECIBO } });
        esperarFalha('leitor', resultado, 64, '$RECIBO existe, mas não tem nenhum recibo');
      }
    }
    expect((await rodar('leitor', ['--ajuda'], { ambiente: { RECIBO: '' } })).codigo).toBe(0);
  });

  test('$BANCO vazio é como ausente', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const { codigo } = await rodar('leitor', ['-b', banco.caminho], { ambiente: { BANCO: '' } });
    expect(codigo).toBe(0);
  });
});
