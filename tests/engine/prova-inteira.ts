import { expect, setDefaultTimeout, test } from 'bun:test';
import { paginaDaProva } from '../../prova/pagina.ts';
import type { Prova } from '../../prova/veredito.ts';
import { volumeTemporario } from '../apoio/docker.ts';
import { lerTexto } from '../apoio/documentos.ts';
import { coisasDe } from '../apoio/espiao.ts';
import { mascarar } from '../apoio/exemplos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { provar } from '../apoio/prova.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'prova inteira', () => {
  test('aprova as vinte cenas, não deixa nada seu no engine, e a página é a de docs/exemplo-prova.html', async () => {
    const { saida, erros, codigo } = await provar(['--json', '--rodadas', '1', '--semente', '2']);
    const prova: Prova = JSON.parse(saida);
    const afirmacoes = prova.cenas.flatMap((cena) => cena.afirmacoes);
    expect(afirmacoes.filter(({ aprovada }) => !aprovada)).toEqual([]);
    expect(prova.cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual(
      Array.from({ length: 20 }, (_, indice) => [indice, 'aprovada']),
    );
    expect(afirmacoes.length).toBeGreaterThan(300);
    expect(prova.aprovada).toBe(true);
    expect([erros, codigo]).toEqual(['', 0]);
    expect(await coisasDe(prova.projeto)).toEqual(new Set());
    expect(mascarar(paginaDaProva(prova))).toEqual(mascarar(lerTexto('docs/exemplo-prova.html').trimEnd()));
  });

  test('--volume prova um volume do usuário, e o que havia nele continua selado', async () => {
    await using dados = await volumeTemporario();
    await dados.escritor('-e', '2', '--json');
    const antes = await dados.laudo();
    const cenas = [0, 3, 4, 6, 7, 9, 10, 19].flatMap((cena) => ['--cena', `${cena}`]);
    const { saida, codigo } = await provar(['--json', '--rodadas', '1', '--volume', dados.volume, ...cenas]);
    expect(JSON.parse(saida)).toMatchObject({ aprovada: true, volume: dados.volume });
    expect(codigo).toBe(0);
    const depois = await dados.laudo('-r', antes.recibo ?? '');
    expect(depois).toMatchObject({ aprovado: true, codigo: 0 });
    expect(depois.execucoes).toBeGreaterThan(4);
  });
});
