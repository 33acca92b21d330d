import type { Mao } from '../maos.ts';
import type { Apoio } from './cena.ts';

type Bytes = [number, number];
type Trava = [oQue: string, trava: 'exclusiva' | 'compartilhada', bytes: Bytes];

/** As travas do SQLite (os_unix.c): três lugares de um arquivo, longe dos dados. */
const PENDENTE: Bytes = [0x40000000, 1];
const RESERVADA: Bytes = [0x40000001, 1];
const COMPARTILHADA: Bytes = [0x40000002, 510];
const UM_DELES: Bytes = [0x40000100, 1];
/** Os três lugares. */
export const TODAS: Bytes = [0x40000000, 512];

/** O que um container tem, o que outro pede, e se o outro deve conseguir. */
const PARES: [tem: Trava, pede: Trava, consegue: boolean][] = [
  [['todas', 'exclusiva', TODAS], ['todas', 'exclusiva', TODAS], false],
  [['todas', 'exclusiva', TODAS], ['todas', 'compartilhada', TODAS], false],
  [['todas', 'compartilhada', TODAS], ['todas', 'exclusiva', TODAS], false],
  [['todas', 'compartilhada', TODAS], ['todas', 'compartilhada', TODAS], true],
  [['RESERVED', 'exclusiva', RESERVADA], ['RESERVED', 'exclusiva', RESERVADA], false],
  [['PENDING', 'exclusiva', PENDENTE], ['RESERVED', 'exclusiva', RESERVADA], true],
  [['RESERVED', 'exclusiva', RESERVADA], ['SHARED', 'compartilhada', COMPARTILHADA], true],
  [['SHARED', 'exclusiva', COMPARTILHADA], ['um byte', 'compartilhada', UM_DELES], false],
  [['um byte', 'exclusiva', UM_DELES], ['SHARED', 'compartilhada', COMPARTILHADA], false],
  [['SHARED', 'compartilhada', COMPARTILHADA], ['um byte', 'exclusiva', UM_DELES], false],
];

/** Duas mãos, cada uma num container, e o começo dos nomes que usam no volume. */
export interface Lugar {
  maos: [Mao, Mao];
  nome: string;
}

/** Uma depois da outra, nos dois sentidos; e o que um solta, o outro consegue. Só conta a recusa de uma a outra. */
export async function conferirTravas({ maos, nome }: Lugar, { conferir }: Apoio): Promise<void> {
  const arquivo = `${nome}travas`;
  const pedir = (mao: Mao, trava: Trava[1] | 'nenhuma', bytes: Bytes) =>
    mao.pedir<number>({ acao: 'travar', arquivo, trava, bytes });
  const [demais, deMenos]: [string[], string[]] = [[], []];
  for (const [[oQue, trava, bytes], [pedido, pedida, dela], consegue] of PARES) {
    for (const [tem, pede] of [maos, maos.toReversed() as [Mao, Mao]]) {
      const caso = `um tem ${oQue} (${trava}), o outro pede ${pedido} (${pedida})`;
      const livre = await pedir(tem, trava, bytes);
      if (livre !== 0) deMenos.push(`livre, ${oQue} (${trava}) não é concedida: errno ${livre}`);
      const enquanto = await pedir(pede, pedida, dela);
      if (!consegue && enquanto === 0) demais.push(`${caso}, e consegue`);
      if (consegue && enquanto !== 0) deMenos.push(`${caso}: errno ${enquanto}`);
      await pedir(tem, 'nenhuma', TODAS);
      const depois = await pedir(pede, pedida, dela);
      if (depois !== 0) deMenos.push(`${caso}, já solta: errno ${depois}`);
      await pedir(pede, 'nenhuma', TODAS);
    }
  }
  await conferir('as travas travam: o que um container tem, outro não', [[], demais.slice(0, 3)]);
  await conferir('e só travam isso: o que está livre é concedido', [[], deMenos.slice(0, 3)]);
}

/** Quanto dura uma disputa; repete-se até que um tenha recusado o outro. */
const DISPUTA_MS = 250;

/** As duas ao mesmo tempo: cada soma, feita com a trava na mão, tem de estar na conta. */
export async function disputarTravas({ maos, nome }: Lugar, { conferir }: Apoio): Promise<void> {
  const arquivo = `${nome}disputa`;
  await maos[0].pedir({ acao: 'gravar', arquivo, valor: 0 });
  let [somas, recusas] = [0, 0];
  for (let vez = 0; vez < 8 && recusas === 0; vez++) {
    const disputar = { acao: 'disputar', arquivo, bytes: TODAS, valor: DISPUTA_MS } as const;
    const contas = await Promise.all(
      maos.map((mao) => mao.pedir<{ somas: number; recusas: number }>(disputar)),
    );
    for (const conta of contas) {
      somas += conta.somas;
      recusas += conta.recusas;
    }
  }
  const conta = await maos[1].pedir<number>({ acao: 'ler', arquivo });
  const esperado = 'recusas, e nenhuma soma perdida';
  const certo = recusas > 0 && somas > 0 && conta === somas;
  const visto = `${recusas} recusas; ${somas} somas, e a conta em ${conta}`;
  await conferir('na disputa, nunca os dois as têm', [esperado, certo ? esperado : visto]);
}
