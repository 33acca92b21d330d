import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * Onde cortar uma ligação num COMMIT: antes de o servidor o receber, logo depois de lho mandar, ou quando ele já
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

/** Um intermediário, numa porta desta máquina, entre clientes e um servidor PostgreSQL. */
export async function mediar(destino: number, { cortar, trocar = (bytes) => bytes }: Regras) {
  const abertos = new Set<Socket>();
  let commits = 0;
  let cortes = 0;
  const ouvinte = createServer((cliente) => {
    const servidor = connect(destino, '127.0.0.1');
    const acabar = () => {
      cliente.destroy();
      servidor.destroy();
    };
    let corte: Corte | undefined;
    for (const um of [cliente, servidor]) {
      abertos.add(um);
      um.on('error', acabar).on('close', () => {
        abertos.delete(um);
        if (corte !== 'durante') acabar();
      });
    }
    cliente.on('data', (bytes: Buffer) => {
      if (bytes.includes(COMMIT)) corte = cortar?.(++commits);
      if (corte) cortes++;
      if (corte === 'antes') return acabar();
      servidor.write(trocar(bytes));
      if (corte === 'durante') cliente.destroy(); // a ligação ao servidor acaba com a resposta dele
    });
    servidor.on('data', (bytes: Buffer) => {
      if (corte) acabar();
      else cliente.write(bytes);
    });
  });
  await new Promise<void>((ouvir) => ouvinte.listen(0, '127.0.0.1', ouvir));
  const { port: porta } = ouvinte.address() as AddressInfo;
  return {
    porta,
    /** Quantas ligações cortou num COMMIT. */
    cortes: () => cortes,
    [Symbol.dispose](): void {
      ouvinte.close();
      for (const um of abertos) um.destroy();
    },
  };
}
