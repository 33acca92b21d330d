import { rmSync } from 'node:fs';
import { pastaDeEnsaio } from './ensaio.ts';
import { type Gasto, medir, nosso } from './medidas.ts';

/** O que custou escrever um banco e o que custou lê-lo e conferi-lo. */
interface Ponto {
  quantos: number;
  escritor: Gasto;
  leitor: Gasto;
}

/** Como o custo cresce com os usuários (de uma execução) e com as execuções (de um usuário). */
export interface Custo {
  usuarios: Ponto[];
  execucoes: Ponto[];
}

/** Mede o custo em cada potência de dez: até 10⁷ usuários e 10⁵ execuções, ou bem menos na forma curta. */
export async function medirCusto(curto: boolean, parada: AbortSignal): Promise<Custo> {
  using pasta = pastaDeEnsaio();
  const banco = pasta.em('custo.db');
  const medirPontos = async (opcao: string, outra: string, expoentes: number[]) => {
    const pontos: Ponto[] = [];
    for (const quantos of expoentes.map((expoente) => 10 ** expoente)) {
      rmSync(banco, { force: true });
      const opcoes = ['--json', opcao, `${quantos}`, outra, '1'];
      const escritor = await medir(nosso('escritor', banco, ...opcoes), parada);
      pontos.push({ quantos, escritor, leitor: await medir(nosso('leitor', banco), parada) });
    }
    return pontos;
  };
  return {
    usuarios: await medirPontos('-n', '-e', curto ? [3, 4] : [3, 4, 5, 6, 7]),
    execucoes: await medirPontos('-e', '-n', curto ? [0, 1] : [0, 1, 2, 3, 4, 5]),
  };
}

const LARGURA = 340;
const ALTURA = 220;
/** Onde o gráfico começa e acaba dentro de um painel. */
const [ESQUERDA, DIREITA, TOPO, BASE] = [56, LARGURA - 20, 34, ALTURA - 40];
const QUEM = ['escritor', 'leitor'] as const;
/** A mão das páginas: as mesmas cores, de dia e de noite; o leitor é tracejado, para que se distinga também em cinzento. */
const ESTILO = `<style>
svg{font:11px system-ui,sans-serif;fill:#1c2127;background:#fff}path{stroke:#d5dae0}.suave{fill:#545d68}
.escritor{stroke:#7a5200}.leitor{stroke:#14663a}text.escritor{fill:#7a5200;stroke:none}text.leitor{fill:#14663a;stroke:none}
polyline{fill:none;stroke-width:2}polyline.leitor{stroke-dasharray:5 3}circle.escritor{fill:#7a5200}circle.leitor{fill:#fff}
@media(prefers-color-scheme:dark){svg{fill:#e6e9ec;background:#14181c}path{stroke:#353d46}.suave{fill:#a7b0ba}
.escritor{stroke:#f0cd80}.leitor{stroke:#7fdba4}text.escritor,circle.escritor{fill:#f0cd80}text.leitor{fill:#7fdba4}circle.leitor{fill:#14181c}}
</style>`;

/** As marcas de um eixo, e onde um valor fica nele, de 0 a 1. */
interface Eixo {
  marcas: number[];
  onde(valor: number): number;
  texto(valor: number): string;
}

function potencias(de: number, ate: number, texto: Eixo['texto']): Eixo {
  const quantas = Math.round(Math.log10(ate / de));
  const marcas = Array.from({ length: quantas + 1 }, (_, i) => de * 10 ** i);
  return { marcas, onde: (valor) => Math.log10(valor / de) / quantas, texto };
}

const SEGUNDOS = potencias(0.01, 1000, (segundos) => `${segundos.toLocaleString('pt-BR')} s`);
const MEGABYTES: Eixo = {
  marcas: [0, 20, 40, 60, 80, 100, 120],
  onde: (mb) => mb / 120,
  texto: (mb) => `${mb} MB`,
};

/** O que um painel mostra. */
interface Painel {
  titulo: string;
  pontos: Ponto[];
  medida(gasto: Gasto): number;
  y: Eixo;
}

/** O custo em SVG: em cima o tempo, embaixo a memória; à esquerda por usuários, à direita por execuções. */
export function desenharCusto({ usuarios, execucoes }: Custo): string {
  const tempo = { medida: ({ ms }: Gasto) => ms / 1000, y: SEGUNDOS };
  const memoria = { medida: ({ memoria }: Gasto) => memoria / 1e6, y: MEGABYTES };
  const paineis: Painel[] = [
    { titulo: 'tempo, por usuários', pontos: usuarios, ...tempo },
    { titulo: 'tempo, por execuções', pontos: execucoes, ...tempo },
    { titulo: 'memória, por usuários', pontos: usuarios, ...memoria },
    { titulo: 'memória, por execuções', pontos: execucoes, ...memoria },
  ];
  const corpo = paineis.map((painel, i) => {
    const lugar = `${(i % 2) * LARGURA} ${Math.floor(i / 2) * ALTURA}`;
    return `<g transform="translate(${lugar})">\n${desenharPainel(painel)}\n</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * LARGURA} ${2 * ALTURA}">
<title>Custo do escritor e do leitor, em tempo e memória</title>
${ESTILO}
${corpo.join('\n')}
</svg>
`;
}

function desenharPainel({ titulo, pontos, medida, y }: Painel): string {
  const quantos = pontos.map((ponto) => ponto.quantos);
  const x = potencias(Math.min(...quantos), Math.max(...quantos), (n) => `10${expoente(Math.log10(n))}`);
  const emX = (valor: number) => (ESQUERDA + x.onde(valor) * (DIREITA - ESQUERDA)).toFixed(1);
  const emY = (valor: number) => (BASE - y.onde(valor) * (BASE - TOPO)).toFixed(1);
  const linhas = QUEM.flatMap((quem, i) => {
    const onde = pontos.map((ponto) => [emX(ponto.quantos), emY(medida(ponto[quem]))]);
    return [
      `<polyline points="${onde.join(' ')}" class="${quem}"/>`,
      ...onde.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" class="${quem}"/>`),
      `<text x="${DIREITA - 60 * (1 - i)}" y="18" text-anchor="end" class="${quem}">${quem}</text>`,
    ];
  });
  return [
    `<text x="${ESQUERDA}" y="18" font-weight="bold">${titulo}</text>`,
    ...y.marcas.flatMap((marca) => [
      `<path d="M${ESQUERDA} ${emY(marca)}H${DIREITA}"/>`,
      `<text x="${ESQUERDA - 6}" y="${emY(marca)}" dy="4" text-anchor="end" class="suave">${y.texto(marca)}</text>`,
    ]),
    ...x.marcas.map(
      (marca) =>
        `<text x="${emX(marca)}" y="${BASE + 18}" text-anchor="middle" class="suave">${x.texto(marca)}</text>`,
    ),
    ...linhas,
  ].join('\n');
}

function expoente(numero: number): string {
  return [...`${Math.round(numero)}`].map((digito) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digito)]).join('');
}
