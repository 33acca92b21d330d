import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { tmpdir } from 'node:os';
import { paginaDaProva } from '../prova/pagina.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { abrir, apagados, fechar, mudos, olhar, paginasImpressas, transborda } from './apoio/navegador.ts';
import { paginasDoLeitor } from './apoio/paginas.ts';
import { PRAZO_MS } from './apoio/processos.ts';
import { provaDe } from './apoio/provas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['chromium', 'longos'], 'cada página, num navegador', () => {
  const paginas = new Map<string, string>();
  beforeAll(async () => {
    for (const [nome, { pagina }] of await paginasDoLeitor()) paginas.set(nome, pagina);
    paginas.set('prova aprovada', paginaDaProva(provaDe(0)));
    paginas.set('prova reprovada', paginaDaProva(provaDe(90)));
    paginas.set('prova hostil', paginaDaProva(provaDe(3, '</li><script>alert(1)</script>\u202e')));
  });
  afterAll(fechar);

  test('nada pede nem diz, cabe em 360 e 1280 px, lê-se de dia, de noite, em papel, sem estilos e sem a ver', async () => {
    for (const [nome, pagina] of paginas) {
      const aberta = await abrir(pagina);
      const { view, pedidos, queixas } = aberta;
      for (const largura of [360, 1280]) {
        for (const cores of ['light', 'dark'] as const) {
          await olhar(aberta, largura, cores);
          const visto = [await transborda(aberta), await apagados(aberta)];
          expect([nome, largura, cores, visto]).toEqual([nome, largura, cores, [[], []]]);
        }
      }
      expect([nome, await mudos(aberta)]).toEqual([nome, []]);
      // O laudo mostra até 20 execuções e 20 usuários; a prova, todas as suas afirmações.
      const impressas = await paginasImpressas(aberta);
      expect([nome, impressas]).toEqual([nome, Math.min(impressas, nome.startsWith('prova') ? 6 : 8)]);
      expect([nome, Buffer.byteLength(pagina) <= 60_000]).toEqual([nome, true]);
      await view.evaluate("document.querySelector('style').remove()");
      const visto = await view.evaluate<object>(`({
        largura: Math.max(document.documentElement.scrollWidth, 1280),
        alto: document.querySelector('h1').getBoundingClientRect().bottom < innerHeight,
        largos: [...document.querySelectorAll('svg')].filter((um) => um.getBoundingClientRect().width > 400).length,
        escondidos: document.querySelectorAll('details, [hidden], dialog, script').length })`);
      // Um texto de 300 letras seguidas só com estilos se parte, e o caminho de uma pasta funda também.
      const largura = nome === 'hostil' || tmpdir().length > 30 ? expect.any(Number) : 1280;
      expect([nome, visto]).toEqual([nome, { largura, alto: true, largos: 0, escondidos: 0 }]);
      expect([nome, pedidos, queixas]).toEqual([nome, [], []]);
    }
  });

  test('a política dela recusa o que alguém lhe pusesse', async () => {
    let chegaram = 0;
    using servidor = Bun.serve({ port: 0, fetch: () => new Response(`${++chegaram}`) });
    const estranhos = `<img src="${servidor.url}"><script src="${servidor.url}"></script><script>document.title = 'mudada'</script>`;
    const pagina = (paginas.get('aprovado') ?? '').replace('</main>', `${estranhos}</main>`);
    const { view, queixas } = await abrir(pagina);
    expect([chegaram, await view.evaluate<string>('document.title')]).toEqual([
      0,
      expect.stringMatching(/^APROVADO/),
    ]);
    expect(queixas.length).toBeGreaterThan(2);
  });

  test('e os olhos com que se olha veem o que está mal', async () => {
    const boa = paginas.get('aprovado') ?? '';
    const semPolitica = boa.replace(/<meta http-equiv[^>]+>/, '');
    const larga = await abrir(semPolitica.replace('</main>', '<p style="width:90rem">x</p></main>'));
    await olhar(larga, 360, 'light');
    expect((await transborda(larga)).length).toBeGreaterThan(0);
    const palida = await abrir(semPolitica.replace('</main>', '<p style="color:#999">pálido</p></main>'));
    expect(await apagados(palida)).toEqual(['pálido']);
    const faladora = await abrir(
      semPolitica.replace('</main>', '<script>console.log(1); fetch("x")</script></main>'),
    );
    await faladora.view.evaluate('new Promise((pronto) => setTimeout(pronto))');
    expect([faladora.queixas.length > 0]).toEqual([true]);
    const muda = await abrir(
      boa.replaceAll(/<caption>.*?<\/caption>|<desc.*?<\/desc>| scope="\w+"/gs, '').replace('pt-BR', ''),
    );
    expect(await mudos(muda)).toEqual(
      expect.arrayContaining(['nome de table', 'descrição da figura', 'cabeças das linhas', 'a língua']),
    );
  });
});
