import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './limpeza.ts';

/** Uma página aberta num Chromium só destes testes. */
export interface Aberta {
  view: Bun.WebView;
  /** O que pediu a alguém, e o que o navegador teve a dizer. */
  pedidos: string[];
  queixas: string[];
}

/** O que um evento do protocolo do navegador traz, tanto quanto aqui se lê. */
interface Evento {
  request: { url: string };
  entry: { text: string };
  exceptionDetails: { text: string };
}

let aberta: (Aberta & { caminho: string }) | undefined;

/** O navegador, que serve a todos os testes de um arquivo. */
async function comecar(): Promise<Aberta & { caminho: string }> {
  const pasta = mkdtempSync(join(tmpdir(), 'pagina-'));
  const [caminho, path] = [join(pasta, 'pagina.html'), join(pasta, 'navegador')];
  // O Bun começa-o com o ambiente que ele próprio tinha no começo: sem isto, o que põe em /tmp ficava lá. Relativo,
  // porque o caminho de um socket só tem 107 bytes, e a pasta dos testes pode já ter quase todos.
  const comando = Bun.$.escape(Bun.which('chromium') ?? '');
  writeFileSync(path, `#!/bin/sh\ncd ${Bun.$.escape(pasta)} && TMPDIR=. exec ${comando} "$@"\n`, {
    mode: 0o755,
  });
  const pedidos: string[] = [];
  const queixas: string[] = [];
  // Como root, o Chromium só corre sem a sua caixa; `url: false`, para não usar o de quem o tem aberto.
  const argv = ['--no-sandbox', '--hide-scrollbars'];
  const ouvirConsola = (...dito: unknown[]) => queixas.push(`${dito}`);
  const view = new Bun.WebView({
    backend: { type: 'chrome', url: false, path, argv },
    dataStore: { directory: join(pasta, 'perfil') },
    console: ouvirConsola,
  });
  await view.navigate('about:blank');
  for (const dominio of ['Network', 'Log', 'Runtime', 'Accessibility']) await view.cdp(`${dominio}.enable`);
  const ouvir = (evento: `${string}.${string}`, dizer: (dados: Evento) => unknown) =>
    view.addEventListener<Evento>(evento, ({ data }) => dizer(data));
  ouvir('Network.requestWillBeSent', ({ request }) => pedidos.push(request.url));
  ouvir('Log.entryAdded', ({ entry }) => queixas.push(entry.text));
  ouvir('Runtime.exceptionThrown', ({ exceptionDetails }) => queixas.push(exceptionDetails.text));
  return { view, pedidos, queixas, caminho };
}

/** Abre uma página, dada em HTML; a anterior fecha-se. */
export async function abrir(html: string): Promise<Aberta> {
  aberta ??= await comecar();
  const { view, pedidos, queixas, caminho } = aberta;
  writeFileSync(caminho, html);
  await olhar(aberta, 1280, 'light');
  pedidos.length = 0;
  queixas.length = 0;
  await view.navigate(`file://${caminho}`);
  const [propria] = pedidos.splice(0, 1);
  if (propria !== `file://${caminho}`) throw new Error(`o navegador pediu ${propria}`);
  return aberta;
}

/** Dá à janela uma largura, e ao sistema as cores do dia ou as da noite. */
export async function olhar({ view }: Aberta, largura: number, cores: 'light' | 'dark'): Promise<void> {
  await view.resize(largura, 900);
  const features = [{ name: 'prefers-color-scheme', value: cores }];
  await view.cdp('Emulation.setEmulatedMedia', { features });
}

/** Fecha o navegador. */
export function fechar(): void {
  Bun.WebView.closeAll();
}

/** O que sai da página para o lado: nada, se tudo cabe na largura. */
export async function transborda({ view }: Aberta): Promise<string[]> {
  return await view.evaluate(`[...document.querySelectorAll('body *')]
    .filter((um) => um.getBoundingClientRect().right > (um.ownerSVGElement?.getBoundingClientRect().right ?? innerWidth) + 1)
    .map((um) => um.tagName + ': ' + um.textContent.slice(0, 40))`);
}

/** Os textos cujo contraste com o que está atrás, nas cores com que aparecem, é menor do que o AA pede. */
export async function apagados({ view }: Aberta): Promise<string[]> {
  return await view.evaluate(`(() => {
    const cor = (texto) => texto.match(/[\\d.]+/g).map(Number);
    const luz = (rgb) => rgb.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((soma, c, i) => soma + c * [0.2126, 0.7152, 0.0722][i], 0);
    const fundo = (um) => { for (; um; um = um.parentElement) {
      const c = cor(getComputedStyle(um).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
    const ruins = [];
    const passeio = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let no; (no = passeio.nextNode()); ) {
      const um = no.parentElement, estilo = getComputedStyle(um);
      if (!no.data.trim() || um.closest('title, desc, style')) continue;
      const [a, b] = [luz(cor(um.closest('svg') ? estilo.fill : estilo.color)), luz(fundo(um))].sort((x, y) => y - x);
      const grande = parseFloat(estilo.fontSize) >= 24;
      if ((a + 0.05) / (b + 0.05) < (grande ? 3 : 4.5)) ruins.push(no.data.trim().slice(0, 40));
    }
    return ruins;
  })()`);
}

interface No {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  description?: { value: string };
  properties?: { name: string; value: { value: unknown } }[];
}

/** O que falta a quem não vê a página: títulos por ordem, nomes das tabelas e das figuras, as cabeças das células. */
export async function mudos({ view }: Aberta): Promise<string[]> {
  const { nodes } = await view.cdp<{ nodes: No[] }>('Accessibility.getFullAXTree');
  const com = (...papeis: string[]) =>
    nodes.filter((no) => !no.ignored && papeis.includes(`${no.role?.value}`));
  const faltas: string[] = [];
  const niveis = com('heading').map((no) =>
    Number(no.properties?.find(({ name }) => name === 'level')?.value.value),
  );
  if (niveis[0] !== 1 || niveis.filter((nivel) => nivel === 1).length !== 1)
    faltas.push('um só título principal');
  if (niveis.some((nivel, i) => nivel > (niveis[i - 1] ?? 0) + 1))
    faltas.push(`títulos por ordem: ${niveis}`);
  for (const no of com('table', 'image', 'link'))
    if (!no.name?.value) faltas.push(`nome de ${no.role?.value}`);
  for (const no of com('image')) {
    const semOutra = [undefined, '', no.name?.value].includes(no.description?.value);
    if (semOutra) faltas.push('descrição da figura');
  }
  const tabelas = com('table').length;
  if (com('columnheader').length < tabelas) faltas.push('cabeças das colunas');
  const semCabeca = await view.evaluate<number>(
    `[...document.querySelectorAll('tbody tr')].filter((tr) => tr.cells[0].scope !== 'row').length`,
  );
  if (semCabeca > 0) faltas.push('cabeças das linhas');
  if ((await view.evaluate('document.documentElement.lang')) !== 'pt-BR') faltas.push('a língua');
  return faltas;
}

/** Quantas páginas de A4 a página ocupa, impressa. */
export async function paginasImpressas({ view }: Aberta): Promise<number> {
  const a4 = { paperWidth: 8.27, paperHeight: 11.69, preferCSSPageSize: true };
  const { data } = await view.cdp<{ data: string }>('Page.printToPDF', a4);
  return (
    Buffer.from(data, 'base64')
      .toString('latin1')
      .match(/\/Type\s*\/Page\b/g)?.length ?? 0
  );
}
