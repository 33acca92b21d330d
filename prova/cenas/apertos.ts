import { esperarTodas } from '../../apoio/paralelo.ts';
import type { Resposta } from '../docker.ts';
import { type Leitura, quais, resultadoDe } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import { jaEspera, segurarNaMemoria, segurarTrava } from '../volumes.ts';
import { type Apoio, type Cena, CenaPulada } from './cena.ts';

/** Vários escritores e leitores no mesmo volume. */
export const MULTIDAO: Cena = {
  numero: 10,
  titulo: 'Muitos ao mesmo tempo',
  async encenar(palco, apoio) {
    const { conferir, conferirAprovado, narrar } = apoio;
    const volume = palco.doUsuario ? palco.volume : palco.nome('multidao');
    const antes = palco.diario(volume).execucoes;
    const primeira = await palco.escritor(volume);
    const escritas = Array.from({ length: 4 }, () =>
      palco.escritor(volume, { registros: 2000, execucoes: 10, acompanhado: true }),
    );
    const leituras = Array.from({ length: 4 }, () =>
      palco.leitor(volume, { recibos: primeira.recibos, semDiario: true }),
    );
    const [escritores, leitores] = await Promise.all([esperarTodas(escritas), esperarTodas(leituras)]);
    const codigos = escritores.map(({ codigo }) => codigo);
    await conferir('os 4 escritores terminam com 0', [[0, 0, 0, 0], codigos], escritores[0]);
    const outro = leitores.find((leitura) => leitura.codigo !== 75 && leitura.codigo !== 0);
    await conferir(
      'os 4 leitores aprovam, ou dizem 75',
      ['nenhum outro código', outro ? `código ${outro.codigo}` : 'nenhum outro código'],
      outro ?? leitores[0],
    );
    const recibos = [primeira, ...escritores].flatMap((escrita) => escrita.recibos);
    const numeros = recibos.map((recibo) => Number.parseInt(recibo, 10)).sort((a, b) => a - b);
    const todos = Array.from({ length: 41 }, (_, indice) => antes + indice + 1);
    await conferir('os 41 recibos se seguem, sem repetição', [todos, numeros], escritores[0]);
    const fim = await palco.leitor(volume, { recibos, forma: 'json' });
    await conferirAprovado('depois, o leitor acha todos', fim);
    await conferir(
      'e tantas execuções quantos recibos',
      [antes + recibos.length, fim.mostrado?.execucoes],
      fim,
    );
    const autores = (fim.mostrado?.ultimas ?? []).map(({ container }) => container);
    const trocas = autores.filter((autor, indice) => indice > 0 && autor !== autores[indice - 1]).length;
    await esperarPelaTrava(palco, apoio, volume);
    await pararNaTrava(palco, apoio, volume);
    await narrar(
      `das ${autores.length} últimas execuções, ${trocas} vieram logo depois de uma de outro container`,
    );
  },
};

/** O leitor que acha o banco trancado espera que o soltem, e aprova. */
async function esperarPelaTrava(palco: Palco, { conferirAprovado }: Apoio, volume: string): Promise<void> {
  const nome = palco.nome('leitor-que-espera');
  const soltar = (guarda: string) => palco.remover(guarda);
  const leitura = await comTrava(palco, { volume, nome, soltar }, () => palco.leitor(volume, { nome }));
  await conferirAprovado('com o banco trancado, o leitor espera a sua vez', leitura);
}

/** E, enquanto espera, ouve um sinal. */
async function pararNaTrava(palco: Palco, { conferirCodigo }: Apoio, volume: string): Promise<void> {
  const nome = palco.nome('leitor-interrompido');
  const soltar = () => palco.docker.rodar(['kill', '-s', 'TERM', nome]);
  const ler = () => palco.compose(volume, 'run', '-T', '--no-deps', '--name', nome, 'leitor');
  const resposta = await comTrava(palco, { volume, nome, soltar }, ler);
  await conferirCodigo('e um SIGTERM enquanto espera: 143', 143, resposta);
}

interface Trava {
  volume: string;
  /** O container que vai esperar por ela. */
  nome: string;
  /** O que fazer quando ele já espera; a `guarda` é o container que a segura. */
  soltar(guarda: string): Promise<unknown>;
}

/** Roda um leitor com o banco trancado. */
async function comTrava<T extends Resposta>(
  palco: Palco,
  { volume, nome, soltar }: Trava,
  ler: () => Promise<T>,
): Promise<T> {
  // Numa máquina muito ocupada, a espera do leitor (10 s) pode acabar antes da nossa vez.
  for (let vez = 0; ; vez++) {
    const guarda = await segurarTrava(palco, volume, 'EXCLUSIVE');
    const lendo = ler();
    try {
      await palco.esperar(async () => jaEspera(palco, await palco.ficha(nome)), 'o leitor começar');
      await soltar(guarda);
      const leitura = await lendo;
      if (leitura.codigo !== 75 || vez === 2) return leitura;
    } finally {
      if (!palco.parada.aborted) await palco.remover(guarda, nome);
    }
  }
}

/** Um disco que enche: nenhum recibo se perde. */
export const DISCO_CHEIO: Cena = {
  numero: 11,
  titulo: 'Disco cheio',
  async encenar(palco, apoio) {
    const { conferir, conferirCodigo } = apoio;
    const volume = palco.nome('pequeno');
    const recusa = await segurarNaMemoria(palco, volume, '512k');
    if (recusa !== undefined) throw new CenaPulada(`o engine não monta um tmpfs: ${recusa}`);
    const lastro = `require('node:fs').writeFileSync('/v/lastro', new Uint8Array(256 * 1024))`;
    await conferirCodigo('metade do disco é ocupada', 0, await palco.bun([`${volume}:/v`], lastro));

    const cheia = await palco.escritor(volume, { registros: 50, execucoes: 1000 });
    await conferirCodigo('com o disco cheio, o escritor diz 74', 74, cheia);
    const explica = cheia.erros.includes('está cheio') && cheia.erros.includes('/data/desafio2.db');
    await conferir('e a mensagem diz por quê e em que arquivo', [true, explica], cheia);
    await conferir('depois de ter dado recibos', [true, cheia.recibos.length > 0], cheia);
    const { recibos } = cheia;
    const leitura = await palco.leitor(volume, { recibos });
    await conferirTudoMenosVolume(apoio, `os ${recibos.length} recibos estão lá`, leitura);

    const alivio = await palco.bun([`${volume}:/v`], "require('node:fs').rmSync('/v/lastro')");
    await conferirCodigo('o espaço é liberado', 0, alivio);
    const seguinte = await palco.escritor(volume, { passageiro: true });
    await conferirCodigo('com espaço de novo, o escritor segue', 0, seguinte);
    const fim = await palco.leitor(volume, { recibos: [...recibos, ...seguinte.recibos] });
    await conferirTudoMenosVolume(apoio, 'e todos os recibos estão lá', fim);
  },
};

/** Num tmpfs o leitor só pode dizer 69; o resto do laudo tem de aprovar. */
async function conferirTudoMenosVolume(
  { conferir, conferirRecusa }: Apoio,
  afirmacao: string,
  leitura: Leitura,
): Promise<void> {
  const recusa = { codigo: 69, verificacao: 'volume', soEla: true } as const;
  await conferirRecusa(`${afirmacao} (69: é um tmpfs)`, recusa, leitura);
  const visto = `recibos ${resultadoDe(leitura, 'recibos')}; puladas: ${quais(leitura, 'pulada')}`;
  await conferir(
    'com os recibos conferidos, e só a assinatura pulada',
    ['recibos aprovada; puladas: assinatura', visto],
    leitura,
  );
}
