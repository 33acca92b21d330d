import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Verificacao } from '../../lib/cadeia/laudo.ts';
import { emCadaArmazem } from '../apoio/armazens.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

emCadaArmazem((abrir) => {
  describe('o que se muda depois é reprovado', () => {
    const mudancas: [oQue: string, sql: string[], qual: Verificacao['nome'], detalhe: RegExp][] = [
      ['um nome', ["UPDATE {u} SET nome = 'Joao Silva' WHERE id = 1"], 'selos', /o selo da execução 1 não/],
      ['uma hora', ["UPDATE {u} SET criado_em = 'ontem' WHERE id = 6"], 'selos', /o selo da execução 2 não/],
      ['um usuário a menos', ['DELETE FROM {u} WHERE id = 5'], 'selos', /o selo da execução 2 não/],
      [
        'um usuário a mais',
        ["INSERT INTO {u} VALUES (10, 'x', 'x', 'x')"],
        'avulsos',
        /1 usuário fora .* id 10/,
      ],
      [
        'um usuário no menor id',
        ["INSERT INTO {u} VALUES (CAST('-9223372036854775808' AS BIGINT), 'x', 'x', 'x')"],
        'avulsos',
        /1 usuário fora .* id -9223372036854775808$/,
      ],
      [
        'um usuário com outro id',
        ['UPDATE {u} SET id = 40 WHERE id = 4'],
        'selos',
        /o selo da execução 2 não/,
      ],
      [
        'o container',
        ["UPDATE {e} SET container = 'outro' WHERE id = 2"],
        'selos',
        /o selo da execução 2 não/,
      ],
      ['uma execução a menos', ['DELETE FROM {e} WHERE id = 2'], 'selos', /falta a execução 2/],
      ['um selo', [`UPDATE {e} SET selo = '${'0'.repeat(64)}' WHERE id = 1`], 'selos', /execução 1 não/],
      [
        'uma execução que diz ter o mundo',
        ['UPDATE {e} SET ultimo_id = 9223372036854775806 WHERE id = 2'],
        'selos',
        /o selo da execução 2 não/,
      ],
    ];
    for (const [oQue, sql, qual, detalhe] of mudancas) {
      test(oQue, async () => {
        await using banco = await abrir();
        await escritor('-b', banco.lugar, '-e', '3');
        await banco.sabotar(...sql);
        const laudo = await pedirLaudo(banco.lugar);
        expect(laudo).toMatchObject({ aprovado: false, codigo: 65 });
        expect(verificacao(laudo, qual)).toMatchObject({ resultado: 'reprovada' });
        expect(verificacao(laudo, qual).detalhe).toMatch(detalhe);
      });
    }
  });

  test('um recibo que não é desta cadeia, ou de uma execução que se perdeu', async () => {
    await using banco = await abrir();
    const recibos = recibosDe((await escritor('-b', banco.lugar, '-e', '2', '--json')).saida);
    await banco.sabotar('DELETE FROM {e} WHERE id = 2', 'DELETE FROM {u} WHERE id > 3');
    expect(await pedirLaudo(banco.lugar, '-r', recibos[0] ?? '')).toMatchObject({ aprovado: true });
    const perdido = await pedirLaudo(banco.lugar, '-r', recibos[1] ?? '');
    expect(perdido.codigo).toBe(65);
    expect(verificacao(perdido, 'recibos').detalhe).toBe(
      'a execução 2, de um recibo exigido, não está no banco',
    );
    const outro = await pedirLaudo(banco.lugar, '-r', `1:${'a'.repeat(64)}`);
    expect(outro.codigo).toBe(65);
    expect(verificacao(outro, 'recibos').detalhe).toBe(
      'a execução 1 tem um selo diferente do recibo exigido',
    );
  });
});
