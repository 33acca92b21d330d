import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Uma conexão que passa por um intermediário: o lado de quem a pediu, e o do servidor. */
export interface Par {
  cliente: Socket;
  servidor: Socket;
}

/** Um intermediário, numa porta desta máquina, entre clientes e um servidor; o que passa é com `aoLigar`. */
export async function intermediar(destino: number, aoLigar: (par: Par) => void) {
  const abertos = new Set<Socket>();
  const ouvinte = createServer((cliente) => {
    const par = { cliente, servidor: connect(destino, '127.0.0.1') };
    for (const um of [par.cliente, par.servidor]) {
      abertos.add(um);
      um.on('close', () => abertos.delete(um));
    }
    aoLigar(par);
  });
  await new Promise<void>((ouvir) => ouvinte.listen(0, '127.0.0.1', ouvir));
  const { port: porta } = ouvinte.address() as AddressInfo;
  return {
    porta,
    [Symbol.dispose](): void {
      ouvinte.close();
      for (const um of abertos) um.destroy();
    },
  };
}

/**
 * Onde cortar uma conexão num COMMIT: antes de o servidor o receber, logo depois de mandá-lo a ele, ou quando ele já
 * respondeu e a resposta ainda não chegou a quem a pediu.
 */
export type Corte = 'antes' | 'durante' | 'depois';

const COMMIT = Buffer.from('COMMIT\0');

/** O que um mediador faz ao que passa por ele. */
export interface Regras {
  /** Diz do COMMIT de certo número, a contar de 1, onde o cortar; `undefined` deixa-o passar. */
  cortar?(commit: number): Corte | undefined;
  /** Troca o que o cliente manda. */
  trocar?(bytes: Buffer): Buffer;
}

/** Um intermediário de um servidor PostgreSQL, que corta conexões num COMMIT, ou troca o que um cliente manda. */
export async function mediar(destino: number, { cortar, trocar = (bytes) => bytes }: Regras) {
  let commits = 0;
  let cortes = 0;
  const intermediario = await intermediar(destino, ({ cliente, servidor }) => {
    const acabar = () => {
      cliente.destroy();
      servidor.destroy();
    };
    let corte: Corte | undefined;
    for (const um of [cliente, servidor]) {
      um.on('error', acabar).on('close', () => {
        if (corte !== 'durante') acabar();
      });
    }
    cliente.on('data', (bytes: Buffer) => {
      if (bytes.includes(COMMIT)) corte = cortar?.(++commits);
      if (corte) cortes++;
      if (corte === 'antes') return acabar();
      servidor.write(trocar(bytes));
      if (corte === 'durante') cliente.destroy(); // a conexão com o servidor acaba com a resposta dele
    });
    servidor.on('data', (bytes: Buffer) => {
      if (corte) acabar();
      else cliente.write(bytes);
    });
  });
  /** `cortes`: quantas conexões cortou num COMMIT. */
  return { ...intermediario, cortes: () => cortes };
}
