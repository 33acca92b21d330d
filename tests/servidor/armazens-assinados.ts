import { expect, setDefaultTimeout, test } from 'bun:test';
import { emCadaArmazem } from '../apoio/armazens.ts';
import { fazerChaves } from '../apoio/chaves.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, gravarInsistindo, pedirLaudo, recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

emCadaArmazem((abrir) => {
  test('as execuções assinadas: a chave pública aprova-as, e outra não', async () => {
    await using banco = await abrir();
    const { privada, publica } = await fazerChaves(banco.em);
    const outra = await fazerChaves(banco.em, 'outra');
    const { saida, codigo } = await escritor('-b', banco.lugar, '-e', '2', '--json', '--chave', privada);
    expect(codigo).toBe(0);
    const recibos = saida.trimEnd().split('\n');
    const exigidos = recibos.flatMap((linha) => ['-r', JSON.parse(linha).recibo]);
    const laudo = await pedirLaudo(banco.lugar, '--chave-publica', publica, ...exigidos);
    expect(laudo).toMatchObject({ aprovado: true, codigo: 0, execucoes: 2 });
    expect(verificacao(laudo, 'assinatura').resultado).toBe('aprovada');
    const deOutra = await pedirLaudo(banco.lugar, '--chave-publica', outra.publica);
    expect(deOutra).toMatchObject({ aprovado: false, codigo: 65 });
    expect(verificacao(deOutra, 'assinatura').resultado).toBe('reprovada');
  });

  test('a mais nova sem assinatura, ou com a de outra: 65; sem chave pública, ninguém a olha', async () => {
    await using banco = await abrir();
    const { privada, publica } = await fazerChaves(banco.em);
    const comChave = () => pedirLaudo(banco.lugar, '--chave-publica', publica);
    await escritor('-b', banco.lugar);
    expect((await comChave()).codigo).toBe(65);
    await escritor('-b', banco.lugar, '-e', '2', '--chave', privada);
    expect((await comChave()).codigo).toBe(0);
    await escritor('-b', banco.lugar);
    expect((await comChave()).codigo).toBe(65);
    await escritor('-b', banco.lugar, '--chave', privada);
    expect((await comChave()).codigo).toBe(0);
    await banco.sabotar('UPDATE {a} SET assinatura = (SELECT assinatura FROM {a} WHERE id = 2)');
    expect((await comChave()).codigo).toBe(65);
    await banco.sabotar('DROP TABLE {a}');
    expect((await comChave()).codigo).toBe(65);
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, codigo: 0, execucoes: 5 });
  });

  test('de quatro escritores que assinam ao mesmo tempo, desde o primeiro', async () => {
    await using banco = await abrir();
    const { privada, publica } = await fazerChaves(banco.em);
    const linhas = await Promise.all(
      Array.from({ length: 4 }, () => gravarInsistindo(banco.lugar, 5, '--chave', privada)),
    );
    const exigidos = linhas.flat().flatMap((linha) => ['-r', JSON.parse(linha).recibo]);
    const laudo = await pedirLaudo(banco.lugar, '--chave-publica', publica, ...exigidos);
    expect(laudo).toMatchObject({ aprovado: true, execucoes: 20 });
  });

  test('a memória exige o que aprovou: uma cadeia que voltou atrás é reprovada', async () => {
    await using banco = await abrir();
    const memoria = ['--memoria', banco.em('../memoria-'.concat(crypto.randomUUID()))];
    const recibos = recibosDe((await escritor('-b', banco.lugar, '-e', '2', '--json')).saida);
    const primeira = await pedirLaudo(banco.lugar, ...memoria);
    expect(primeira.codigo).toBe(0);
    expect(verificacao(primeira, 'recibos').detalhe).toContain('começa agora e não exige nada');
    expect(await Bun.file(memoria[1] ?? '').json()).toEqual({
      ...{ memoria: 1, banco: banco.lugar, recibo: recibos[1] },
    });
    expect((await pedirLaudo(banco.lugar, ...memoria)).codigo).toBe(0);
    await banco.sabotar('DELETE FROM {e} WHERE id = 2', 'DELETE FROM {u} WHERE id > 3');
    expect((await pedirLaudo(banco.lugar)).codigo).toBe(0);
    const depois = await pedirLaudo(banco.lugar, ...memoria);
    expect(depois.codigo).toBe(65);
    expect(verificacao(depois, 'recibos').resultado).toBe('reprovada');
  });
});
