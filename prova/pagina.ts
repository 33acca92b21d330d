import { hora, html, marca, type Parte, pagina, secao, tabela } from '../lib/relato/pagina/html.ts';
import { cortar, SINAIS } from '../lib/texto.ts';
import { emPalavras } from './encenar.ts';
import { darVeredito, emSegundos, type Prova, type ResultadoDaCena } from './veredito.ts';

/** A prova numa página só: o que não se confirmou vem primeiro, e o veredito é o que ela diz num terminal. */
export function paginaDaProva(prova: Prova): string {
  const { aprovada, cenas, semente, repetir } = prova;
  const [veredito = '', ...resto] = darVeredito(prova, 'abaixo').split(': ');
  const duracao = cenas.reduce((soma, { duracao_ms }) => soma + duracao_ms, 0);
  const fatos: [string, Parte][] = [
    ['Engine', `Docker ${prova.engine}, Compose ${prova.compose}`],
    ['Volume', `${prova.volume}: ${prova.driver}, ${prova.sistema_de_arquivos}`],
    ['Com', `desafio2 ${prova.versao}, imagem base com Bun ${prova.bun}`],
    ['Acabou em', hora(new Date(prova.data))],
    ['As cenas levaram', `${emSegundos(duracao)} s`],
    ['Projeto e semente', `${prova.projeto}, ${semente}`],
  ];
  const situacao = aprovada ? 'aprovada' : 'reprovada';
  const sobre = 'Desafio 2 · prova num engine real';
  return pagina({ sobre, situacao, veredito, frases: [resto.join(': ')], fatos }, [
    !aprovada && secao('O que não se confirmou', () => reprovadas(prova)),
    secao('As cenas', () => resumir(cenas)),
    secao('Cada afirmação', () => cenas.map(listar)),
    secao('O que isto não prova', () => RESSALVAS),
    secao('Repetir', () => html`<pre>${repetir}</pre>`),
  ]);
}

/** Quantas reprovadas vêm com o que se esperava; as outras estão nas suas cenas. */
const POR_EXTENSO = 8;

function reprovadas({ cenas, repetir }: Prova): Parte {
  const todas = cenas.flatMap(({ cena, afirmacoes }) => afirmacoes.map((uma) => ({ cena, ...uma })));
  const suas = todas.filter(({ aprovada }) => !aprovada);
  const linhas = suas.slice(0, POR_EXTENSO).map(({ cena, texto, esperado, visto, comando, stderr }) => {
    const [era, foi] = [esperado, visto].map((valor) => cortar(emPalavras(valor), 200));
    const engine = stderr && html`stderr: ${stderr}<br>`;
    const repita = comando && html`<code>${cortar(comando, 300)}</code>`;
    return [`cena ${cena}: ${texto}`, html`esperado: ${era}<br>visto: ${foi}<br>${engine}${repita}`];
  });
  const resto = suas.length - linhas.length;
  const aviso = html`<p>E mais ${resto}, marcadas com ✘ nas suas cenas; para tê-las inteiras, repita com --json.</p>`;
  const colunas = ['afirmação', 'o que se viu, e como repetir'];
  const mantida = `${repetir.replace(/ --(?:limpar|manter)\b/g, '')} --manter`;
  return [tabela(`Para repetir, depois de ${mantida}`, colunas, linhas), resto > 0 && aviso];
}

function resumir(cenas: ResultadoDaCena[]): Parte {
  const maior = Math.max(1, ...cenas.map(({ duracao_ms }) => duracao_ms));
  const linhas = cenas.map(({ cena, titulo, resultado, motivo, duracao_ms, afirmacoes }) => {
    const largura = Math.ceil((60 * duracao_ms) / maior);
    const barra = html`<svg aria-hidden="true" width="60" height="6"><rect width="${largura}" height="6" fill="currentColor"/></svg>`;
    const certas = afirmacoes.filter(({ aprovada }) => aprovada).length;
    const contadas = `${certas}\u00a0de\u00a0${afirmacoes.length}`;
    const tempo = html`${barra}${emSegundos(duracao_ms)}\u00a0s`;
    return [`${cena} · ${titulo}`, html`${marca(resultado)}${motivo && `: ${motivo}`}`, contadas, tempo];
  });
  return tabela('Cada cena, em ordem', ['cena', 'resultado', 'certas', 'tempo'], linhas);
}

function listar({ cena, titulo, afirmacoes }: ResultadoDaCena): Parte {
  const itens = afirmacoes.map(({ texto, aprovada }) => {
    return html`<li>${aprovada ? `${SINAIS.aprovada} ${texto}` : marca('reprovada', texto)}\n`;
  });
  return html`<div class="cena"><h3>${cena} · ${titulo}</h3><ul>${itens}</ul></div>`;
}

const RESSALVAS = html`<ul>
<li><b>Esta página é um relato, e não uma assinatura.</b> Quem a tem pode mudá-la; quem duvida repete a prova.</li>
<li>Outro engine, outro volume, outro dia: o que se confirmou foi neste, com este sorteio.</li>
<li>Que o disco aguenta uma queda de energia: aqui só se matam processos.</li>
<li>Quem escreveu, sem uma chave: o selo não é uma assinatura.</li></ul>`;
