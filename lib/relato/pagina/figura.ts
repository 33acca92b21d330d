import type { Lido } from '../../cadeia/verificar.ts';
import { ACHADOS } from '../../falhas.ts';
import { cortar, emMilhares, SINAIS } from '../../texto.ts';
import { html, type Parte, type Trecho } from './html.ts';

/** O que se sabe de uma execução, e do recibo dela que se exigiu. */
const ESTADOS = {
  boa: { sinal: '✔', cor: 'sim', selo: 'o selo confere', recibo: 'está na cadeia' },
  outra: { sinal: '✘', cor: 'nao', selo: 'o selo não confere', recibo: 'o selo é outro' },
  falta: { sinal: '✘', cor: 'nao', selo: 'falta', recibo: 'não está na cadeia' },
  incerta: { sinal: '–', cor: 'talvez', selo: 'o selo está por conferir', recibo: 'por conferir' },
};

/** Uma linha da figura: uma execução ou, sem `estado`, as que ficam por mostrar. */
interface Linha {
  numero: string;
  estado?: keyof typeof ESTADOS;
  container?: string;
  usuarios?: string;
  recibo?: keyof typeof ESTADOS | undefined;
}

/** As últimas execuções, as que têm um defeito e as dos últimos recibos, cada uma no seu lugar na cadeia. */
function escolherLinhas({ laudo, recibos, achados }: Lido): Linha[] {
  const estadoDe = (nome: 'selos' | 'recibos', numero: number) => {
    const { [nome]: seus = [] } = achados;
    const achado = seus.find(({ execucao }) => execucao === numero);
    if (achado) return achado.falta ? 'falta' : 'outra';
    const aprovada = laudo.verificacoes.some((uma) => uma.nome === nome && uma.resultado === 'aprovada');
    return aprovada || (seus.length > 0 && seus.length < ACHADOS) ? 'boa' : 'incerta';
  };
  const exigidos = new Set(recibos.map(({ execucao }) => execucao));
  const comDefeito = Object.values(achados).flatMap((seus = []) => seus.map(({ execucao }) => execucao));
  const ultimas = laudo.ultimas_execucoes.slice(-5).map(({ execucao }) => Number(execucao));
  const maisNova = Math.max(Number(laudo.recibo?.match(/^\d+/)?.[0] ?? Infinity), ...ultimas);
  const numeros = [...new Set([...ultimas, ...comDefeito, ...[...exigidos].slice(-3)])].sort((a, b) => a - b);
  const linhas: Linha[] = [];
  let seguinte = 1;
  for (const numero of [...numeros, Math.max(laudo.execucoes ?? 0, numeros.at(-1) ?? 0) + 1]) {
    const faixa = [...new Set([seguinte, numero - 1])].map(emMilhares).join(' a ');
    if (numero > seguinte) linhas.push({ numero: faixa });
    seguinte = numero + 1;
    if (!numeros.includes(numero)) continue;
    const uma = laudo.ultimas_execucoes.find(({ execucao }) => Number(execucao) === numero);
    const recibo = exigidos.has(numero) ? estadoDe('recibos', numero) : undefined;
    // Os selos aprovados são os das que há: de uma que se exige, depois da mais nova, não dizem nada.
    const falta = !uma && (recibo === 'falta' || numero > maisNova);
    const estado = falta ? 'falta' : estadoDe('selos', numero);
    const quem = uma && { container: `${uma.container}`, usuarios: emMilhares(uma.registros) };
    linhas.push({ numero: emMilhares(numero), estado, ...quem, recibo });
  }
  return linhas;
}

const texto = (x: number, y: number, dito: Parte) => html`<text x="${x}" y="${y}">${dito}</text>`;
/** Só linhas; por dentro, nada. */
const traco = (d: string, outros: Parte = '') =>
  html`<path d="${d}" fill="none" stroke="currentColor"${outros}/>`;
const TRACEJADO = html` stroke-dasharray="3 3"`;

/** Uma linha da figura, com o meio em `y`: o container que gravou, o elo da cadeia, e o recibo que ficou de fora. */
function desenharLinha({ numero, estado, container, usuarios, recibo }: Linha, y: number): Trecho {
  if (!estado) return html`${traco(`M136 ${y - 12}v24`, TRACEJADO)}${texto(150, y + 4, numero)}\n`;
  const { cor, selo } = ESTADOS[estado];
  const ruim = estado === 'outra' || estado === 'falta';
  const autor = html`${traco(`M1 ${y - 9}h97v18h-97zM98 ${y}h24m-4 -3l4 3l-4 3`)}${texto(5, y + 4, cortar(container ?? '', 12))}`;
  const papel = `M278 ${y - 9}h96v18h-96l4 -3l-4 -3l4 -3l-4 -3l4 -3zM276 ${y}h-24m4 -3l-4 3l4 3`;
  return html`${container !== undefined && autor}<g class="${cor}">
${traco(`M136 ${y - 13}v7m0 12v7`, estado === 'falta' ? TRACEJADO : html` stroke-width="3"`)}
<circle cx="136" cy="${y}" r="6" fill="${estado === 'boa' ? 'currentColor' : 'none'}" stroke="currentColor"${estado === 'falta' && TRACEJADO}/>
${ruim && traco(`M130 ${y - 6}l12 12m0 -12l-12 12`, html` stroke-width="2"`)}${texto(150, y + 4, ruim ? `${numero} ${selo.replace('o selo ', '')}` : numero)}</g>
${usuarios !== undefined && !ruim && html`<text x="246" y="${y + 4}" text-anchor="end">${usuarios}</text>`}
${recibo && html`<g class="${ESTADOS[recibo].cor}">${traco(papel)}${texto(286, y + 4, cortar(`${ESTADOS[recibo].sinal} recibo ${numero}`, 13))}</g>`}\n`;
}

/** O que a figura mostra, para quem não a vê. */
function descrever({ numero, estado, container, usuarios, recibo }: Linha): string {
  if (!estado) return `Execução ${numero}: fora da figura. `;
  const gravada =
    container === undefined ? '' : `, gravada por ${cortar(container, 40)}, usuários: ${usuarios}`;
  const exigido = recibo ? `; recibo exigido: ${ESTADOS[recibo].recibo}` : '';
  return `Execução ${numero}: ${ESTADOS[estado].selo}${gravada}${exigido}. `;
}

/** Quem gravou, o lugar com a cadeia, quem leu, e os recibos guardados fora: só o que se achou. */
export function figura(lido: Lido): Trecho {
  const { laudo, recibos } = lido;
  const linhas = escolherLinhas(lido);
  const outras = laudo.verificacoes.slice(1).filter(({ nome }) => !['selos', 'recibos'].includes(nome));
  const notas = outras.flatMap(({ nome, resultado }) => (resultado === 'reprovada' ? `✘ ${nome}` : []));
  if (linhas.length === 0) notas.unshift(laudo.execucoes === 0 ? 'nenhuma execução' : 'nada que se leia');
  const base = 90 + 26 * (linhas.length + notas.length);
  const [lugar] = laudo.verificacoes;
  const sinal = lugar && `${SINAIS[lugar.resultado]} ${lugar.nome}`;
  const onde = html`<g class="${sinal?.startsWith('✘') && 'nao'}">${texto(126, 68, sinal)}</g>`;
  return html`<svg role="img" aria-labelledby="figura-nome" aria-describedby="figura-texto" width="376" height="${base + 92}" viewBox="0 0 376 ${base + 92}" font-family="system-ui,sans-serif" font-size="12" fill="currentColor">
<title id="figura-nome">Quem gravou, onde está a cadeia, os recibos guardados fora, e quem leu</title>
<desc id="figura-texto">${linhas.map(descrever)}${notas.map((nota) => `${nota}. `)}Lido por ${cortar(laudo.container, 40)}.</desc>
<g font-weight="700">${texto(0, 14, 'gravaram')}${texto(126, 14, lugar?.nome === 'replicas' ? 'servidor' : 'volume')}${texto(282, 14, 'recibos')}${texto(126, base + 62, 'leu')}</g>
${traco(`M116 32a71 10 0 0 1 142 0V${base}a71 10 0 0 1 -142 0zm0 0a71 10 0 0 0 142 0`, html` stroke-width="1.5"`)}
${texto(126, 54, cortar(laudo.banco, 19))}${onde}${linhas.length > 0 && html`<g font-size="10">${texto(126, 84, 'execução')}<text x="246" y="84" text-anchor="end">usuários</text></g>`}
${linhas.map((linha, i) => desenharLinha(linha, 102 + 26 * i))}
${notas.map((nota, i) => html`<g class="nao">${texto(130, 106 + 26 * (linhas.length + i), nota)}</g>`)}
${recibos.length === 0 && html`${texto(282, 36, 'nenhum')}${texto(282, 52, 'foi exigido')}`}
${traco(`M187 ${base + 10}v32m-4 -5l4 5l4 -5M116 ${base + 44}h142v44h-142z`)}${texto(126, base + 79, cortar(laudo.container, 19))}</svg>`;
}
