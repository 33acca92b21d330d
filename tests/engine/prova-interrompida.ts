import { expect, setDefaultTimeout, test } from 'bun:test';
import { volumeTemporario } from '../apoio/docker.ts';
import { coisasDe, espiarDocker } from '../apoio/espiao.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { esperar, PRAZO_MS } from '../apoio/processos.ts';
import { comecarProva } from '../apoio/prova.ts';

setDefaultTimeout(PRAZO_MS);

/** Manda um sinal a uma prova no meio de uma cena: tem de limpar tudo e sair com 128 + o sinal. */
async function interromper(sinal: 'SIGINT' | 'SIGTERM', esperado: number, cena: number): Promise<void> {
  // Ao segundo container já perguntou ao engine, construiu, e está no meio da cena.
  using espiao = espiarDocker({ em: '*run\\ *', vez: 2 });
  const processo = comecarProva(['--cena', `${cena}`], { ambiente: espiao.ambiente });
  const fim = esperar(processo);
  await espiao.atePararNele();
  const projeto = espiao.projeto();
  expect(await coisasDe(projeto)).toContain(`imagem ${projeto}-escritor`);
  processo.kill(sinal);
  const { saida, erros, codigo } = await fim;
  expect(saida).toContain(`Cena ${cena} ·`);
  expect(saida).not.toMatch(/^ {2}(aprovada|reprovada|pulada)/m);
  expect(erros).toBe(`prova: interrompida (${sinal})\n       Tudo o que ela criou foi removido do engine.\n`);
  expect(codigo).toBe(esperado);
  expect(await coisasDe(projeto)).toEqual(new Set());
}

grupoQuePrecisa(['docker', 'longos'], 'prova interrompida', () => {
  test('no meio de uma cena, limpa tudo e sai com 128 + o sinal', async () => {
    await interromper('SIGINT', 130, 2);
  });

  test('durante a construção das imagens, remove as que já há', async () => {
    using espiao = espiarDocker({ em: 'compose\\ *\\ build*', depois: true });
    const processo = comecarProva(['--cena', '3'], { ambiente: espiao.ambiente });
    await espiao.atePararNele();
    const projeto = espiao.projeto();
    expect(await coisasDe(projeto)).toContain(`imagem ${projeto}-leitor`);
    processo.kill('SIGTERM');
    expect(await processo.exited).toBe(143);
    expect(await coisasDe(projeto)).toEqual(new Set());
  });
});

grupoQuePrecisa('longos', 'prova interrompida mais adiante', () => {
  for (const [sinal, esperado, cena] of [
    ['SIGINT', 130, 9],
    ['SIGTERM', 143, 13],
  ] as const) {
    test(`no meio da cena ${cena}, limpa tudo e sai com 128 + o sinal`, async () => {
      await interromper(sinal, esperado, cena);
    });
  }

  test('no meio de uma gravação num volume do usuário, desfaz o que ficou pela metade', async () => {
    await using dados = await volumeTemporario();
    await dados.escritor('--json');
    const inicial = await dados.laudo();
    // Na segunda morte o escritor está no meio de um lote sem fim, com o journal quente.
    using espiao = espiarDocker({ em: 'kill\\ -s\\ KILL\\ *', vez: 2 });
    const argumentos = ['--volume', dados.volume, '--cena', '9', '--rodadas', '100'];
    const processo = comecarProva(argumentos, { ambiente: espiao.ambiente });
    const fim = esperar(processo);
    await espiao.atePararNele();
    expect((await dados.laudo()).codigo).toBe(75);
    processo.kill('SIGINT');
    expect((await fim).codigo).toBe(130);
    expect(await coisasDe(espiao.projeto())).toEqual(new Set());
    const depois = await dados.laudo('-r', inicial.recibo ?? '');
    expect(depois).toMatchObject({ aprovado: true, codigo: 0 });
  });
});
