import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Lido } from '../../lib/cadeia/verificar.ts';
import { verificarBanco } from '../../lib/cadeia/verificar.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { paginaDoLaudo } from '../../lib/relato/pagina/laudo.ts';
import { tornarVisivel } from '../../lib/texto.ts';
import { paginaDaProva } from '../../prova/pagina.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { HOSTIS, paginasDoLeitor } from '../apoio/paginas.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { bancoDeTres, esperarFalha, leitor, rodar } from '../apoio/programas.ts';
import { provar } from '../apoio/prova.ts';
import { provaDe } from '../apoio/provas.ts';

setDefaultTimeout(PRAZO_MS);

/** O que há numa página, elemento a elemento, e o texto dos que se pedem. */
function abrir(
  pagina: string,
  seletor: string,
): { elementos: string[]; atributos: string[]; textos: string[] } {
  const elementos = new Set<string>();
  const atributos = new Set<string>();
  const textos: string[] = [];
  new HTMLRewriter()
    .on('*', {
      element: ({ tagName, attributes }) => {
        elementos.add(tagName);
        for (const [nome] of attributes) atributos.add(nome);
      },
    })
    .on(seletor, {
      element: () => void textos.push(''),
      text: ({ text }) => void textos.push((textos.pop() ?? '') + text),
    })
    .transform(pagina);
  const ler = (texto: string) => texto.replace(/&#(\d+);/g, (_, numero) => String.fromCharCode(numero));
  return { elementos: [...elementos], atributos: [...atributos], textos: textos.map(ler) };
}

/** O que a figura diz a quem não a vê. */
const figura = (pagina = '') => pagina.match(/<desc[^>]*>(.*?)<\/desc>/s)?.[1] ?? '';

const ELEMENTOS =
  'html head meta title style body header div p h1 span dl dt dd time code b main section h2 h3 figure svg desc g text path circle rect figcaption table caption thead tr th tbody td br small ul li pre wbr';

grupoQuePrecisa('longos', 'leitor --html', () => {
  test('sai com o mesmo código, diz o mesmo em stderr, e o veredito é o que se lê em texto', async () => {
    for (const [nome, { pagina, texto, codigos, erros }] of await paginasDoLeitor()) {
      expect([nome, codigos[0], erros[0]]).toEqual([nome, codigos[1], erros[1]]);
      const [titulo = ''] = abrir(pagina, 'h1').textos;
      expect([nome, texto.split('\n')]).toEqual([
        nome,
        expect.arrayContaining([titulo.replace(/^\S+ /, '')]),
      ]);
      expect([nome, pagina.includes('APROVADO') && !pagina.includes('REPROVADO')]).toEqual([
        nome,
        codigos[0] === 0,
      ]);
    }
  });

  test('nenhum texto gravado é mais do que texto', async () => {
    const { pagina = '' } = (await paginasDoLeitor()).get('hostil') ?? {};
    const { elementos, atributos, textos } = abrir(pagina, 'td');
    expect(elementos.filter((um) => !ELEMENTOS.split(' ').includes(um))).toEqual([]);
    expect(atributos.filter((um) => /^on|src|href|style$/.test(um))).toEqual([]);
    for (const hostil of HOSTIS) expect(textos.join('\n')).toContain(tornarVisivel(hostil).slice(0, 100));
    expect(pagina.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu)?.filter((um) => um !== '\n') ?? []).toEqual([]);
    // Um selo gravado não entra num comando que alguém vai copiar.
    expect(abrir(pagina, 'pre').textos[0]).not.toContain('rm -rf');
  });

  test('traz o documento de --json, inteiro', async () => {
    using banco = await bancoDeTres();
    const emJson = await leitor('-b', banco.caminho, '--json', '-r', banco.recibos[1] ?? '');
    const emHtml = await leitor('-b', banco.caminho, '--html', '-r', banco.recibos[1] ?? '');
    expect(JSON.parse(abrir(emHtml.saida, '#json').textos[0] ?? '')).toEqual(JSON.parse(emJson.saida));
    for (const recibo of banco.recibos) expect(abrir(emHtml.saida, 'code').textos).toContain(recibo);
    expect(abrir(emHtml.saida, 'time').textos[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    expect(emHtml.saida).toContain('um relato, e não uma assinatura');
  });

  test('na figura, cada defeito está no seu lugar', async () => {
    const paginas = await paginasDoLeitor();
    const mal = figura(
      paginas.get('com um selo mudado, uma execução a menos e usuários avulsos')?.pagina ?? '',
    );
    expect(mal).toContain(
      'Execução 3: o selo confere; recibo exigido: está na cadeia. Execução 4 a 11: fora',
    );
    expect(mal).toContain('Execução 12: falta. Execução 13: o selo não confere. Execução 14 a 35: fora');
    expect(mal).toContain('Execução 38: o selo não confere, gravada por ');
    expect(mal).toMatch(
      /Execução 40: o selo confere, .*; recibo exigido: o selo é outro\. Execução 41 a 43: fora/,
    );
    expect(mal).toContain('Execução 44: falta; recibo exigido: não está na cadeia. ✘ avulsos. Lido por ');
    const boa = figura(paginas.get('de quarenta execuções')?.pagina ?? '');
    expect(boa).toMatch(
      /^Execução 1 a 2: fora da figura\. Execução 3: o selo confere; recibo exigido: está na cadeia\. /,
    );
    expect(boa?.match(/o selo confere/g)).toHaveLength(6);
    expect(figura(paginas.get('sem execuções')?.pagina)).toContain('nenhuma execução. ');
    expect(figura(paginas.get('de um caminho com aspas, vazio')?.pagina ?? '')).toContain(
      'nada que se leia. ',
    );
  });

  test('com cem mil execuções, a que não confere está na figura', async () => {
    using banco = await bancoDeTres();
    const exigencias = { banco: banco.caminho, recibos: [], limite: 20 };
    const { laudo, ...lido } = await verificarBanco(exigencias, criarContexto(new AbortController().signal));
    const ultimas = laudo.ultimas_execucoes.map((uma) => ({ ...uma, execucao: uma.execucao + 99_997 }));
    const comMuitas = { ...laudo, execucoes: 100_000, ultimas_execucoes: ultimas };
    const achados = { selos: [{ execucao: 51_234, falta: false }] };
    expect(figura(paginaDoLaudo({ ...lido, laudo: comMuitas, achados }, exigencias))).toMatch(
      /^Execução 1 a 51\.233: fora da figura\. Execução 51\.234: o selo não confere\. Execução 51\.235 a 99\.997: fora/,
    );
  });

  test('uma figura que não se pode desenhar é dita no lugar dela, e o veredito fica', async () => {
    using banco = await bancoDeTres();
    const exigencias = { banco: banco.caminho, recibos: [], limite: 20 };
    const lido = await verificarBanco(exigencias, criarContexto(new AbortController().signal));
    const estragado = { ...lido, achados: null } as unknown as Lido;
    const pagina = paginaDoLaudo(estragado, exigencias);
    expect(pagina).toContain('A figura não pôde ser desenhada: TypeError');
    expect(abrir(pagina, 'h1').textos[0]).toContain('APROVADO');
    expect(abrir(pagina, 'h2').textos).toHaveLength(9);
  });

  test('os requisitos que só o engine mostra dizem-se não conferidos, e os reprovados, que não', async () => {
    const paginas = await paginasDoLeitor();
    const celulas = (nome: string) => abrir(paginas.get(nome)?.pagina ?? '', 'td').textos;
    expect(celulas('aprovado').filter((um) => um === '– não conferido aqui')).toHaveLength(7);
    expect(celulas('aprovado')).toContain('✔ sim');
    expect(celulas('cortado')).toContain('✘ não');
    expect(celulas('aprovado, de uma execução').filter((um) => um === '– não conferido aqui')).toHaveLength(
      8,
    );
  });

  test('com --json: 64; numa saída cheia: 74', async () => {
    using banco = await bancoDeTres();
    const duas = await leitor('-b', banco.caminho, '--json', '--html');
    esperarFalha('leitor', duas, 64, '--json e --html não se usam juntas');
    expect((await provar(['--json', '--html'])).codigo).toBe(64);
    const cheia = { antes: ['sh', '-c', 'exec "$@" > /dev/full', 'sh'] };
    expect((await rodar('leitor', ['-b', banco.caminho, '--html'], cheia)).codigo).toBe(74);
  });
});

describe('paginaDaProva()', () => {
  test('diz primeiro o que não se confirmou, com o esperado, o visto e o comando', () => {
    const pagina = paginaDaProva(provaDe(12));
    const { textos } = abrir(pagina, 'h1, h2');
    expect(textos.slice(0, 3)).toEqual(['✘ REPROVADA', 'O que não se confirmou', 'As cenas']);
    expect(pagina.match(/esperado: código 65<br>visto: .*<br><code>docker compose /g)).toHaveLength(8);
    expect(pagina).toContain('E mais 4, marcadas com ✘');
    expect(abrir(pagina, 'li b').textos.filter((um) => um.startsWith('✘'))).toHaveLength(12);
  });

  test('repete-se com o comando desta prova, e não de outra', () => {
    const repetir = 'bun run prova --volume meu --cena 3 --rodadas 2 --semente 7';
    const pagina = paginaDaProva({ ...provaDe(1), repetir });
    expect(pagina).toContain(`<pre>${repetir}</pre>`);
    expect(abrir(pagina, 'caption').textos[0]).toBe(`Para repetir, depois de ${repetir} --manter`);
    const mantida = paginaDaProva({ ...provaDe(1), repetir: `${repetir} --manter` });
    expect(abrir(mantida, 'caption').textos[0]).toBe(`Para repetir, depois de ${repetir} --manter`);
  });

  test('aprovada, tem cada cena com as suas afirmações, e as que se pularam com o motivo', () => {
    const prova = provaDe(0);
    prova.cenas[3] = {
      ...prova.cenas[3],
      resultado: 'pulada',
      motivo: 'sem <tmpfs>',
    } as (typeof prova.cenas)[0];
    const pagina = paginaDaProva(prova);
    expect(pagina).not.toContain('✘');
    expect(abrir(pagina, 'h3').textos).toEqual(prova.cenas.map(({ cena, titulo }) => `${cena} · ${titulo}`));
    expect(pagina.match(/^<li>✔ |<ul><li>✔ /gm)).toHaveLength(19 * prova.cenas.length);
    expect(abrir(pagina, 'td').textos).toContain('– pulada: sem <tmpfs>');
  });
});

grupoQuePrecisa('sqlite3', 'a receita que há na página', () => {
  test('recalcula o selo da execução mais nova', async () => {
    using banco = await bancoDeTres();
    const { saida } = await leitor('-b', banco.caminho, '--html');
    const receita = abrir(saida, '#receita').textos[0]?.replaceAll('copia.db', banco.caminho) ?? '';
    const [calculado, gravado] = Bun.spawnSync(['sh', '-c', receita]).stdout.toString().split('\n');
    expect([calculado, `3:${gravado}`]).toEqual([`${gravado}  -`, `${banco.recibos[2]}`]);
  });
});
