import { esperarTodas } from '../../apoio/paralelo.ts';
import { Falha } from '../../lib/falhas.ts';
import { acharRecibos } from '../diario.ts';
import { type Escrita, interpretarEscrita } from '../escrita.ts';
import type { Leitura } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import { impressaoDigital, temJournal } from '../volumes.ts';
import type { Apoio, Cena } from './cena.ts';

/** Escritores mortos no meio do trabalho. */
export const MORTE: Cena = {
  numero: 9,
  titulo: 'kill -9',
  async encenar(palco, apoio) {
    const { conferir, conferirCodigo, conferirAprovado, narrar } = apoio;
    await palco.garantirEscrita();
    for (let rodada = 1; rodada <= palco.opcoes.rodadas; rodada++) {
      const morte = await matarEscritor(palco, rodada);
      const { recibos, comJournal, leitor, retomada, depois } = morte;
      await narrar(
        `morte ${rodada}, ${morte.momento}: ${recibos} recibos, ${comJournal ? 'com' : 'sem'} journal; o leitor diz ${leitor.codigo}`,
      );
      const frase = (oQue: string) => `morte ${rodada}: ${oQue}`;
      await conferir(frase('o engine usou SIGKILL'), ['código 137', `código ${morte.codigo}`], retomada);
      await conferirCodigo(frase('75 se ficou journal, senão 0'), comJournal ? 75 : 0, leitor);
      if (morte.intocado !== undefined) {
        await conferir(frase('nem podendo escrever o leitor a desfaz'), [SEM_TOCAR, morte.intocado], leitor);
      }
      await conferirCodigo(frase('o escritor seguinte retomou'), 0, retomada);
      await conferirAprovado(frase('todos os recibos impressos estão lá'), depois);
      const aMais = [0, 1].includes(morte.aMais) ? 'no máximo uma' : `${morte.aMais}`;
      await conferir(frase('no máximo uma execução sem recibo'), ['no máximo uma', aMais], depois);
    }
    await esperarTodas([
      interromperEscritor(palco, apoio, 'INT'),
      interromperEscritor(palco, apoio, 'HUP'),
      pararEscritor(palco, apoio),
    ]);
  },
};

/** Quantos recibos cabem numa linha de comando sem aperto; o último de cada vez vale por todos os anteriores. */
const RECIBOS_EXIGIDOS = 1000;
/** O lote de uma morte entre lotes pequenos, e o de uma no meio de um grande: este nunca chega ao fim. */
const LOTES = { pequeno: 500, grande: 100_000_000 };

/** Um escritor que depois de um sinal ainda dá tantos recibos é surdo. */
const SEGUIU = 5000;

/** O que se viu de um escritor morto no meio do trabalho. */
interface Morte {
  momento: string;
  codigo: number;
  /** Quantos recibos ele imprimiu. */
  recibos: number;
  /** Se a morte deixou uma gravação para desfazer. */
  comJournal: boolean;
  /** O leitor, logo depois. */
  leitor: Leitura;
  /** O que fez um leitor que podia escrever, se isso se viu: ficou uma gravação para desfazer. */
  intocado: string | undefined;
  retomada: Escrita;
  /** O leitor, depois da retomada, com todos os recibos exigidos. */
  depois: Leitura;
  /** Execuções que estão no banco e de que ninguém recebeu recibo. */
  aMais: number;
}

/**
 * Começa um escritor sem fim, deixa-o trabalhar por um tempo ao acaso e manda o engine matá-lo: nas rodadas
 * ímpares entre muitos lotes pequenos, nas pares no meio de um grande, que já passou páginas ao arquivo.
 */
async function matarEscritor(palco: Palco, rodada: number): Promise<Morte> {
  const diario = palco.diario(palco.volume);
  const antes = diario.execucoes;
  const nome = palco.nome(`morte-${rodada}`);
  const sorte = palco.sorte(nome);
  const grande = rodada % 2 === 0;
  const registros = grande ? LOTES.grande : LOTES.pequeno;
  const de = palco.agora();
  try {
    await comecarEscritor(palco, palco.volume, [nome, ...semFim(registros)]);
    const relatar = () => relatado(palco, nome);
    const trabalha = async () =>
      grande ? await temJournal(palco, palco.volume) : (await relatar()).recibos.length > 0;
    await palco.esperar(trabalha, `o escritor ${nome} trabalhar`);
    await Bun.sleep(sorte.inteiro(0, 300));
    await palco.docker.exigir(['kill', '-s', 'KILL', nome]);
    const codigo = Number(await palco.docker.exigir(['wait', nome]));
    const escrita = await relatar();
    palco.anotar(palco.volume, escrita, { registros, de });
    diario.talvez.push(registros);

    const comJournal = await temJournal(palco, palco.volume);
    const leitor = await palco.leitor(palco.volume, { recibos: escrita.recibos.slice(-1) });
    // Basta uma vez de cada, num lote pequeno e num grande.
    const intocado = comJournal && rodada <= 2 ? await lerPodendoEscrever(palco) : undefined;
    const retomada = await palco.escritor(palco.volume, { acompanhado: true, forma: 'json' });
    const exigidos = diario.recibos.slice(-RECIBOS_EXIGIDOS);
    const depois = await palco.leitor(palco.volume, { recibos: exigidos, forma: 'json' });
    const aMais =
      (depois.mostrado?.execucoes ?? Number.NaN) - antes - escrita.recibos.length - retomada.recibos.length;
    // O que ele confirmou sem o dizer, se algo, a prova o acha agora com os próprios olhos.
    await palco.olhar(palco.volume);
    diario.talvez.length = 0;
    palco.porOlhar.add(palco.volume);
    const momento = grande ? 'num lote grande' : 'entre lotes pequenos';
    const recibos = escrita.recibos.length;
    return { momento, codigo, recibos, comJournal, leitor, intocado, retomada, depois, aMais };
  } finally {
    if (!palco.parada.aborted) await palco.remover(nome);
  }
}

const SEM_TOCAR = 'código 75, e nem um byte mudado';

/** O leitor sobre uma gravação interrompida, numa montagem em que a podia desfazer: quem desfaz é o escritor. */
async function lerPodendoEscrever(palco: Palco): Promise<string> {
  const antes = await impressaoDigital(palco, palco.volume);
  const { codigo } = await palco.leitorSolto(['-v', `${palco.volume}:/data`]);
  const igual = antes === (await impressaoDigital(palco, palco.volume));
  return `código ${codigo}, e ${igual ? 'nem um byte mudado' : 'os arquivos mudaram'}`;
}

/** Começa um escritor num container que fica, com este nome e estas opções. */
async function comecarEscritor(palco: Palco, volume: string, [nome, ...opcoes]: string[]): Promise<void> {
  const container = ['-d', '--name', `${nome}`];
  const inicio = await palco.compose(volume, 'run', ...container, 'escritor', '--json', ...opcoes);
  if (inicio.codigo === 0) return;
  throw new Falha('indisponivel', `o escritor não começou: ${inicio.erros}`, inicio.comando);
}

const semFim = (registros: number) => ['-e', '0', '-n', `${registros}`];

/** O que um escritor já disse, num container que fica. */
async function relatado(palco: Palco, nome: string): Promise<Escrita> {
  return interpretarEscrita(await palco.docker.rodar(['logs', nome]), 'json');
}

/** Interrompe um escritor depois do primeiro recibo; um surdo é morto, e o código é outro. */
async function interromperEscritor(palco: Palco, { conferir }: Apoio, sinal: 'INT' | 'HUP'): Promise<void> {
  const volume = palco.nome(`volume-${sinal.toLowerCase()}`);
  const nome = palco.nome(`interrompido-${sinal.toLowerCase()}`);
  const registros = 50;
  const de = palco.agora();
  try {
    await comecarEscritor(palco, volume, [nome, ...semFim(registros)]);
    // Cada execução é uma linha: a última diz quantas foram.
    const quantos = async () => {
      const { saida } = await palco.docker.rodar(['logs', '--tail', '1', nome]);
      return Number.parseInt(acharRecibos(saida)[0] ?? '0', 10);
    };
    await palco.esperar(async () => (await quantos()) > 0, `o escritor ${nome} trabalhar`);
    await palco.docker.exigir(['kill', '-s', sinal, nome]);
    const ate = (await quantos()) + SEGUIU;
    const acabou = async () =>
      (await palco.ficha(nome))?.State.Status !== 'running' || (await quantos()) > ate;
    await palco.esperar(acabou, `o escritor ${nome} parar`);
    await palco.docker.rodar(['kill', '-s', 'KILL', nome]);
    const codigo = await palco.docker.exigir(['wait', nome]);
    const escrita = await relatado(palco, nome);
    palco.diario(volume).talvez.push(registros);
    palco.anotar(volume, escrita, { registros, de });
    const esperado = { INT: 'código 130', HUP: 'código 129' }[sinal];
    await conferir(`um SIG${sinal} a um escritor: ${esperado}`, [esperado, `código ${codigo}`], escrita);
    await palco.olharEConferir(volume, conferir);
  } finally {
    if (!palco.parada.aborted) await palco.remover(nome);
  }
}

/** Para um escritor no meio de um lote que não acabaria: diz o código dele, e não deixa uma gravação por desfazer. */
async function pararEscritor(palco: Palco, { conferir }: Apoio): Promise<void> {
  const nome = palco.nome('parado');
  try {
    await comecarEscritor(palco, palco.volume, [nome, ...semFim(LOTES.grande)]);
    await palco.esperar(() => temJournal(palco, palco.volume), `o escritor ${nome} trabalhar`);
    await palco.docker.exigir(['stop', '-t', '60', nome]);
    const codigo = await palco.docker.exigir(['wait', nome]);
    palco.porOlhar.add(palco.volume);
    const visto = `código ${codigo}, ${(await temJournal(palco, palco.volume)) ? 'com' : 'sem'} journal`;
    const oQue = '"docker stop" desfaz o lote em curso, e dá 143';
    await conferir(oQue, ['código 143, sem journal', visto]);
  } finally {
    if (!palco.parada.aborted) await palco.remover(nome);
  }
}
