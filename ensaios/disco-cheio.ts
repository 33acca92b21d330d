import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exigir } from '../apoio/processo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirInvariante } from './invariante.ts';
import { type Corrida, escrever, iniciarEscritor, terminar } from './programas.ts';
import { COMMIT_SEM_OLHAR } from './quebras.ts';

const PAGINA_BYTES = 4096;
const MENOR_BYTES = 4 * PAGINA_BYTES;
/** Onde parar de alargar, se um escritor nunca diz que tudo coube. */
const MAIOR_BYTES = 2 * 2 ** 20;

/** O que o escritor grava em cada lugar. */
const EXECUCOES = 10;
const OPCOES = ['-n', '300', '-e', `${EXECUCOES}`];

/** Um lugar com limite: o comando que roda o escritor nele, e como alargá-lo. */
interface Lugar {
  antes?: string[];
  alargar?(): void;
  [Symbol.dispose](): void;
}

/** Cada um faz da pasta, que ainda não há, um lugar de tantos bytes. */
const LUGARES: Record<string, (pasta: string, bytes: number) => Lugar> = {
  tmpfs: (pasta, bytes) => {
    mkdirSync(pasta);
    exigir('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', pasta);
    return {
      alargar: () => exigir('mount', '-o', 'remount,size=64m', pasta),
      [Symbol.dispose]: () => {
        Bun.spawnSync(['umount', '--lazy', pasta]);
        rmSync(pasta, { recursive: true });
      },
    };
  },
  /** Nenhum arquivo do escritor pode passar de tantos bytes. */
  RLIMIT_FSIZE: (pasta, bytes) => {
    mkdirSync(pasta);
    return {
      antes: ['prlimit', `--fsize=${bytes}`, '--'],
      [Symbol.dispose]: () => rmSync(pasta, { recursive: true }),
    };
  },
};

const coubeTudo = ({ codigo, recibos }: Corrida) => codigo === 0 && recibos.length === EXECUCOES;

/** De uma página em uma página, ou de `passo` em `passo`, até onde tudo cabe; num banco novo e num que já existe. */
async function encher(sessao: Sessao, passo: number): Promise<void> {
  using pasta = pastaDeEnsaio();
  const existente = pasta.em('existente.db');
  const { recibos } = await escrever(existente, '-n', '100', '-e', '2');
  const tudo = pasta.em('tudo.db');
  await escrever(tudo, ...OPCOES);

  for (const [nome, criar] of Object.entries(LUGARES)) {
    for (const antes of [undefined, recibos[1]]) {
      const menor = antes ? statSync(existente).size : MENOR_BYTES;
      let cabe = false;
      for (let bytes = menor; !cabe && bytes < MAIOR_BYTES; bytes += passo * PAGINA_BYTES) {
        using lugar = criar(pasta.em('lugar'), bytes);
        const caminho = join(pasta.em('lugar'), 'desafio2.db');
        if (antes) copyFileSync(existente, caminho);
        const modo = { antes: lugar.antes ?? [], raiz: sessao.raiz };
        const corrida = await terminar(iniciarEscritor(caminho, OPCOES, modo));
        cabe = coubeTudo(corrida);
        const { codigo } = corrida;
        const previsto = cabe || codigo === CODIGOS.entradaSaida || codigo === CODIGOS.naoCriado;
        const estragada = { caminho, antes, corrida, antesDeRetomar: () => lugar.alargar?.() };
        const { defeitos } = await conferirInvariante(estragada, sessao.parada);
        sessao.contar(!cabe, `${nome} de ${bytes} bytes`, ...defeitos, !previsto && `código ${codigo}`);
      }
      if (!cabe) sessao.contar(false, nome, `tudo tinha de caber em ${MAIOR_BYTES} bytes`);
    }
  }
}

/** O disco enche, em cada ponto de uma gravação, e depois volta a ter lugar. */
export const discoCheio: Ensaio<number> = {
  nome: 'disco-cheio',
  oQue: 'o disco enche em cada página: nada confirmado se perde, e com lugar o escritor segue',
  precisa: ['root'],
  dose: { amostra: 8, completa: 1 },
  ensaiar: encher,
  controle: {
    oQue: 'um escritor que dá o recibo ainda que o COMMIT falhe',
    quebra: COMMIT_SEM_OLHAR,
    dose: { amostra: 16, completa: 4 },
  },
};
