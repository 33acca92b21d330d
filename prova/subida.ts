import type { Resposta } from './docker.ts';
import type { Ficha } from './fichas.ts';
import type { Leitura } from './leitura.ts';
import type { Palco } from './palco.ts';
import { jaEspera, segurarTrava } from './volumes.ts';

/** O que `docker compose up` mostrou, já separado por programa. */
export interface Up {
  resposta: Resposta;
  escritor: string;
  leitor: string;
  /** O que o leitor disse em stderr. */
  erros: string;
  /** Cada linha de um programa veio antes de qualquer linha do outro. */
  emOrdem: boolean;
  exigidos: string[];
  de: number;
}

/** `RECIBO=… docker compose up`, como o README o mostra. */
export async function subir(palco: Palco, recibo: string | undefined): Promise<Up> {
  const de = palco.agora();
  const resposta = await palco.composeComRecibo(palco.volume, recibo, 'up', '--no-build', '--no-color');
  const linhas = separar(resposta.saida);
  const so = (lista: typeof linhas, qual: string) =>
    lista.flatMap(({ servico, texto }) => (servico === qual ? [`${texto}\n`] : [])).join('');
  const primeira = linhas.findIndex(({ servico }) => servico === 'leitor');
  const emOrdem = primeira > 0 && linhas.slice(primeira).every(({ servico }) => servico === 'leitor');
  const exigidos = recibo === undefined ? [] : [recibo];
  const erros = so(separar(resposta.erros), 'leitor');
  return {
    resposta,
    escritor: so(linhas, 'escritor'),
    leitor: so(linhas, 'leitor'),
    erros,
    emOrdem,
    exigidos,
    de,
  };
}

/** As linhas que cada programa escreveu, sem o nome que o Compose põe à frente nem as suas ordens ao terminal. */
function separar(saida: string): { servico: string; texto: string }[] {
  return Bun.stripANSI(saida)
    .split('\n')
    .flatMap((linha) => {
      const [, servico = '', texto = ''] = linha.match(/^(escritor|leitor)-1 +\| ?(.*)$/) ?? [];
      return servico ? [{ servico, texto }] : [];
    });
}

/** O código com que um container terminou; NaN se não o há. */
export const codigoDe = (ficha: Ficha | undefined) => ficha?.State.ExitCode ?? Number.NaN;

/** O que o engine sabe dos dois containers de `up`. */
export async function fichasDoUp(palco: Palco) {
  const [escritor, leitor] = await Promise.all(
    (['escritor', 'leitor'] as const).map((servico) => palco.ficha(`${palco.projeto.nome}-${servico}-1`)),
  );
  return { escritor, leitor };
}

/** O que o leitor de `up` disse, conferido como o de qualquer outro. */
export function lerDoUp(palco: Palco, up: Up, codigo: number): Leitura {
  // De um leitor que nem começou, só o engine sabe dizer por quê.
  const erros = up.leitor === '' && up.erros === '' ? up.resposta.erros : up.erros;
  const resposta = { ...up.resposta, saida: up.leitor, erros, codigo };
  const pedido = { forma: 'texto', exigidos: up.exigidos, limite: 20 } as const;
  return palco.ouvirLeitor(resposta, pedido, codigo === 0 ? palco.diario(palco.volume) : undefined);
}

/** Como `subir`, com a trava do banco presa até que o escritor esteja há um tempo esperando por ela. */
export async function subirComTrava(palco: Palco): Promise<Up> {
  await palco.compose(palco.volume, 'down');
  const guarda = await segurarTrava(palco, palco.volume, 'IMMEDIATE');
  const subindo = subir(palco, undefined);
  const espera = async () => {
    const { escritor } = await fichasDoUp(palco);
    return jaEspera(palco, escritor);
  };
  try {
    await palco.esperar(espera, 'o escritor de "docker compose up" começar');
  } finally {
    if (!palco.parada.aborted) await palco.remover(guarda);
  }
  return await subindo;
}
