import { rmSync } from 'node:fs';
import { emMilhares } from '../lib/texto.ts';
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
      const opcoes = ['-b', banco, '--json', opcao, `${quantos}`, outra, '1'];
      const escritor = await medir(nosso('escritor', ...opcoes), parada);
      pontos.push({ quantos, escritor, leitor: await medir(nosso('leitor', '-b', banco), parada) });
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
const MARGEM = { esquerda: 56, direita: 20, topo: 34, base: 40 };
const CORES = { escritor: '#b3541e', leitor: '#1e6fb3' };

interface Eixo {
  de: number;
  ate: number;
  marcas: number[];
  escala: (valor: number) => number;
  texto: (valor: number) => string;
}

function potencias(de: number, ate: number, texto: (valor: number) => string): Eixo {
  const marcas = Array.from({ length: Math.log10(ate / de) + 1 }, (_, i) => de * 10 ** i);
  return { de, ate, marcas, escala: Math.log10, texto };
}

/** O custo em SVG: em cima o tempo, embaixo a memória; à esquerda por usuários, à direita por execuções. */
export function desenharCusto({ usuarios, execucoes }: Custo): string {
  const segundos = potencias(0.01, 1000, (s) => `${emMilhares(s)} s`);
  const megabytes: Eixo = {
    de: 0,
    ate: 120,
    marcas: [0, 20, 40, 60, 80, 100, 120],
    escala: (valor) => valor,
    texto: (mb) => `${mb} MB`,
  };
  const tempo = ({ ms }: Gasto) => ms / 1000;
  const memoria = ({ memoria }: Gasto) => memoria / 1e6;
  const paineis = [
    desenharPainel('tempo, por usuários', usuarios, tempo, segundos),
    desenharPainel('tempo, por execuções', execucoes, tempo, segundos),
    desenharPainel('memória, por usuários', usuarios, memoria, megabytes),
    desenharPainel('memória, por execuções', execucoes, memoria, megabytes),
  ];
  const corpo = paineis.map(
    (painel, i) =>
      `<g transform="translate(${(i % 2) * LARGURA} ${Math.floor(i / 2) * ALTURA})">\n${painel}\n</g>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * LARGURA} ${2 * ALTURA}" font-family="sans-serif" font-size="11">
<title>Custo do escritor e do leitor, em tempo e memória</title>
<rect width="100%" height="100%" fill="white"/>
${corpo.join('\n')}
</svg>
`;
}

function desenharPainel(titulo: string, pontos: Ponto[], medida: (gasto: Gasto) => number, y: Eixo): string {
  const quantos = pontos.map((ponto) => ponto.quantos);
  const x = potencias(Math.min(...quantos), Math.max(...quantos), (n) => `10${expoente(Math.log10(n))}`);
  const emX = (valor: number) =>
    MARGEM.esquerda + fracao(x, valor) * (LARGURA - MARGEM.esquerda - MARGEM.direita);
  const emY = (valor: number) =>
    ALTURA - MARGEM.base - fracao(y, valor) * (ALTURA - MARGEM.topo - MARGEM.base);
  const partes = [`<text x="${MARGEM.esquerda}" y="18" font-weight="bold">${titulo}</text>`];
  for (const marca of y.marcas) {
    const altura = emY(marca).toFixed(1);
    partes.push(
      `<path d="M${MARGEM.esquerda} ${altura}H${LARGURA - MARGEM.direita}" stroke="#ddd"/>`,
      `<text x="${MARGEM.esquerda - 6}" y="${altura}" dy="4" text-anchor="end" fill="#555">${y.texto(marca)}</text>`,
    );
  }
  for (const marca of x.marcas) {
    partes.push(
      `<text x="${emX(marca).toFixed(1)}" y="${ALTURA - MARGEM.base + 18}" text-anchor="middle" fill="#555">${x.texto(marca)}</text>`,
    );
  }
  for (const [i, quem] of (['escritor', 'leitor'] as const).entries()) {
    const onde = pontos.map((ponto) => [emX(ponto.quantos).toFixed(1), emY(medida(ponto[quem])).toFixed(1)]);
    partes.push(
      `<polyline points="${onde.map((par) => par.join(',')).join(' ')}" fill="none" stroke="${CORES[quem]}" stroke-width="2"/>`,
      ...onde.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${CORES[quem]}"/>`),
      `<text x="${LARGURA - MARGEM.direita - 60 * (1 - i)}" y="18" text-anchor="end" fill="${CORES[quem]}">${quem}</text>`,
    );
  }
  return partes.join('\n');
}

function fracao({ de, ate, escala }: Eixo, valor: number): number {
  return (escala(valor) - escala(de)) / (escala(ate) - escala(de));
}

function expoente(numero: number): string {
  return [...`${Math.round(numero)}`].map((digito) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digito)]).join('');
}
