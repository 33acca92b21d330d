import { version as VERSAO } from '../../../package.json' with { type: 'json' };
import type { Exigencias } from '../../cadeia/exigencias.ts';
import { type Laudo, SEM_VEREDITO } from '../../cadeia/laudo.ts';
import type { Lido } from '../../cadeia/verificar.ts';
import { comOpcoes } from '../../programa/programa.ts';
import { formatarRecibo } from '../../recibo.ts';
import { contar, cortar, emJson, emMilhares } from '../../texto.ts';
import { darVeredito } from '../leitor.ts';
import { repetir, requisitos, ressalvas } from './entrega.ts';
import { figura } from './figura.ts';
import { hora, html, marca, type Parte, pagina, partivel, secao, tabela, tentar } from './html.ts';

/** Um texto que se leu, até onde cabe numa tabela; inteiro, está no JSON. */
const curto = (valor: unknown) => cortar(`${valor}`, 120);
const codigo = (recibo: string) => html`<code>${cortar(recibo, 180)}</code>`;
const quantos = (quantos: number | null) => (quantos === null ? '?' : emMilhares(quantos));

/** `3 usuários, 1 execução`, do que há. */
const enumerar = (...partes: [quantos: number | null, um: string, varios: string][]) =>
  partes.flatMap(([n, um, varios]) => (n ? contar(n, um, varios) : [])).join(', ');

/** O laudo numa página só: o que ela diz do veredito é o que o laudo em texto diz. */
export function paginaDoLaudo(lido: Lido, exigencias: Exigencias): string {
  const { laudo, falhas, recibos } = lido;
  const { registros, execucoes: quantas } = laudo;
  const chaves = exigencias.chavesPublicas?.length ?? 0;
  const [veredito = '', ...frases] = darVeredito(laudo, falhas[0]);
  const semReprovar = falhas[0] && ['naoPersiste', ...SEM_VEREDITO].includes(falhas[0].motivo);
  const fatos: [string, Parte][] = [
    ['Banco', laudo.banco],
    ['Guarda', enumerar([registros, 'usuário', 'usuários'], [quantas, 'execução', 'execuções']) || 'nada'],
    ['Exigido', enumerar([recibos.length, 'recibo', 'recibos'], [chaves, 'chave', 'chaves']) || 'nada'],
    ['Lido por', laudo.container],
    ['Em', hora(new Date())],
    ['Com', `leitor ${VERSAO}, Bun ${Bun.version}`],
    ['Recibo mais novo', laudo.recibo ? codigo(laudo.recibo) : 'nenhum'],
  ];
  const falhou = falhas.map(({ message, remedio }) => html`${message}. <b>${comOpcoes(remedio)}</b>`);
  const situacao = laudo.aprovado ? 'aprovada' : semReprovar ? 'pulada' : 'reprovada';
  const cabeca = { sobre: 'Desafio 2 · laudo do leitor', situacao, veredito, fatos } as const;
  return pagina({ ...cabeca, frases: [...frases, ...falhou] }, [
    secao('O que se achou', () => mostrarFigura(lido)),
    secao('Verificações', () => verificacoes(laudo)),
    secao('Recibos exigidos', () => recibosExigidos(lido, exigencias.limite)),
    secao('O exercício, requisito a requisito', () => requisitos(laudo)),
    secao('Execuções', () => execucoes(laudo)),
    secao('Usuários', () => usuarios(laudo)),
    secao('O que isto não prova', () => ressalvas(laudo)),
    secao('Repetir à mão', () => repetir(laudo)),
    secao('O mesmo, para máquinas', () => html`<code id="json">${partivel(emJson(laudo))}</code>`),
  ]);
}

function mostrarFigura(lido: Lido): Parte {
  const defeitos = lido.laudo.verificacoes.filter(({ resultado }) => resultado === 'reprovada');
  return html`<figure>${tentar('A figura', () => figura(lido))}<figcaption>
${defeitos.map(({ nome, detalhe }) => html`<p>${marca('reprovada', nome)}: ${detalhe}</p>`)}
<p>Cada elo é uma execução, presa à anterior pelo selo. Cheio: o selo recalculado é o gravado. Riscado: não é.
Riscado e tracejado: falta. Vazio: ficou por conferir. À direita, os recibos exigidos, cada um comparado com o selo
gravado, também o de uma execução que já não confere.</p></figcaption></figure>`;
}

function verificacoes(laudo: Laudo): Parte {
  const colunas = ['verificação', 'resultado', 'o que se viu'];
  const linhas = laudo.verificacoes.map(({ nome, resultado, detalhe }) => [nome, marca(resultado), detalhe]);
  return tabela('Cada verificação do leitor', colunas, linhas);
}

function recibosExigidos({ recibos }: Lido, limite: number): Parte {
  if (recibos.length === 0) return 'Nenhum.';
  const cabem = recibos.slice(-Math.max(limite, 1));
  const itens = cabem.map((um) => {
    return html`<li>${codigo(formatarRecibo({ ...um, id: um.execucao }))} (${curto(um.origem)})</li>`;
  });
  const resto = recibos.length - cabem.length;
  return [html`<ul>${itens}</ul>`, resto > 0 && html`<p>E mais ${emMilhares(resto)}, antes destes.</p>`];
}

function execucoes({ ultimas_execucoes: ultimas, execucoes: quantas }: Laudo): Parte {
  const titulo = `As mais novas: ${emMilhares(ultimas.length)} de ${quantos(quantas)}`;
  const linhas = ultimas.map((uma) => [
    uma.execucao,
    html`${[uma.container, uma.iniciada_em, uma.versao].map(curto).join(' · ')}<br>${codigo(`${uma.recibo}`)}`,
    html`${emMilhares(uma.registros)}<br><small>${uma.primeiro_id} a ${uma.ultimo_id}</small>`,
  ]);
  return tabela(titulo, ['execução', 'container, hora, versão e recibo', 'usuários'], linhas);
}

function usuarios({ usuarios: primeiros, registros }: Laudo): Parte {
  const titulo = `Os primeiros: ${emMilhares(primeiros.length)} de ${quantos(registros)}`;
  const linhas = primeiros.map(({ id, ...um }) => [id, ...[um.nome, um.email, um.criado_em].map(curto)]);
  return tabela(titulo, ['id', 'nome', 'e-mail', 'criado em'], linhas);
}
