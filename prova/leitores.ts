import { Falha } from '../lib/falhas.ts';
import type { Resposta } from './docker.ts';
import type { Leitura } from './leitura.ts';
import type { Palco } from './palco.ts';
import { descrever } from './processo.ts';

/** Um arquivo de um volume, e os recibos que se exigem dele. */
export interface Pasta {
  banco: string;
  recibos: string[];
}

/**
 * Um leitor por arquivo, cada um num processo seu, todos num container da imagem dele: um container para cada um levaria
 * dez vezes mais. Lança `Falha` se não se ouve o que disseram.
 */
export async function lerTodos(palco: Palco, volume: string, pastas: Pasta[]): Promise<Leitura[]> {
  const pedidos = pastas.map(({ banco, recibos }) => {
    const { opcoes, ...pedido } = palco.prepararLeitura({ recibos });
    return { ...pedido, opcoes: [...opcoes, '-b', banco] };
  });
  const montagens = [`${volume}:/data:ro`];
  const { codigo, saida, erros, comando } = await palco.naImagem('leitor', montagens, [
    'ler',
    JSON.stringify(pedidos.map(({ opcoes, recibo }) => ({ opcoes, recibo }))),
  ]);
  if (codigo !== 0) throw new Falha('indisponivel', `os leitores não rodaram: ${erros.trim()}`, comando);
  const respostas: Omit<Resposta, 'comando'>[] = JSON.parse(saida);
  return pedidos.map((pedido, indice) => {
    const { opcoes, recibo } = pedido;
    const ambiente = recibo === undefined ? [] : ['-e', `RECIBO=${recibo}`];
    const container = ['docker', 'run', '--rm', '-v', `${volume}:/data:ro`, ...ambiente];
    const seu = descrever([...container, palco.projeto.imagem('leitor'), ...opcoes]);
    const resposta = respostas[indice] ?? { codigo: Number.NaN, saida: '', erros: '' };
    return palco.ouvirLeitor({ ...resposta, comando: seu }, pedido, undefined);
  });
}
