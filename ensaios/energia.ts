import { dlopen } from 'bun:ffi';
import { Database } from 'bun:sqlite';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { esperarTodas } from '../apoio/paralelo.ts';
import { ate, exigir } from '../apoio/processo.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirInvariante, type Estragada } from './invariante.ts';
import { iniciarEscritor, recibosDe, terminar } from './programas.ts';
import { SEM_EXTRA } from './quebras.ts';

const SISTEMAS = ['ext4', 'xfs'] as const;
/** O que o escritor faz quando a energia cai. */
const MOMENTOS = ['saiu', 'espera', 'grava'] as const;
/** O mkfs.xfs não faz um sistema menor do que 300 MB; o arquivo é esparso. */
const DISCO_BYTES = 320 * 2 ** 20;
/** Quedas seguidas sobre um mesmo banco, antes de começar outro. */
const QUEDAS_POR_BANCO = 10;

/** `EXT4_IOC_SHUTDOWN` e `XFS_IOC_GOINGDOWN`: `_IOR('X', 125, __u32)`. */
const SHUTDOWN = 0x8004587d;
/** Nem o log do próprio sistema de arquivos chega ao disco. */
const SEM_GRAVAR_O_LOG = 2;
const IOCTL = { args: ['int', 'u64', 'buffer'], returns: 'int' } as const;

type Sistema = (typeof SISTEMAS)[number];
type Momento = (typeof MOMENTOS)[number];
type Disco = ReturnType<typeof montarDisco>;

/** Um sistema de arquivos numa imagem, montado numa pasta; no fim do bloco fica desmontado. */
function montarDisco(sistema: Sistema, em: (nome: string) => string) {
  const imagem = em(`${sistema}.img`);
  const ponto = em(sistema);
  mkdirSync(ponto);
  writeFileSync(imagem, '');
  truncateSync(imagem, DISCO_BYTES);
  exigir(`mkfs.${sistema}`, '-q', sistema === 'xfs' ? '-f' : '-F', imagem);
  const { symbols } = dlopen('libc.so.6', { ioctl: IOCTL }); // já: entre ler os recibos e cortar não há demora
  const montar = () => exigir('mount', '-o', 'loop', imagem, ponto);
  montar();
  return {
    ponto,
    /** Um arquivo que o corte não alcança. */
    saida: em(`${sistema}.saida`),
    cortarEnergia: () => {
      const fd = openSync(ponto, 'r');
      const resposta = symbols.ioctl(fd, SHUTDOWN, new Uint32Array([SEM_GRAVAR_O_LOG]));
      closeSync(fd);
      if (resposta !== 0) throw new Error(`${ponto} não deixa cortar a energia`);
    },
    /** O que o kernel ainda tinha só na memória perdeu-se com o corte; aqui volta o que estava no disco. */
    religar: async (parada: AbortSignal) => {
      exigir('umount', ponto);
      // Um container que começa leva consigo, por um instante, as montagens que há: enquanto uma ficar, montar outra
      // vez daria o mesmo sistema, ainda cortado.
      await ate(() => exigir('losetup', '-j', imagem) === '', `o kernel solte ${imagem}`, parada);
      montar();
    },
    // Depois de um sinal no meio de um caso, um escritor pode ainda estar lá.
    [Symbol.dispose]: () => void Bun.spawnSync(['umount', '--lazy', ponto]),
  };
}

/**
 * Roda um escritor e corta a energia no momento pedido. Os recibos são os que ele imprimiu antes do corte: depois,
 * um computador de verdade não imprime mais nada, e este imprime (o XFS já cortado diz que sincronizou a pasta).
 */
async function escreverAteOCorte(
  { raiz, sorte, parada }: Sessao,
  { caminho, momento, disco }: { caminho: string; momento: Momento; disco: Disco },
): Promise<Pick<Estragada, 'corrida' | 'incertos'>> {
  writeFileSync(disco.saida, '');
  const execucoes = momento === 'saiu' ? sorte.inteiro(1, 3) : 0;
  const opcoes = ['-n', sorte.um(['1', '50', '1000']), '-e', `${execucoes}`];
  const antes = ['sh', '-c', `exec "$0" "$@" >${disco.saida}`];
  const processo = iniciarEscritor(caminho, opcoes, { antes, raiz });
  const impressos = () => recibosDe(readFileSync(disco.saida, 'utf8'));
  let recibos: string[] = [];
  const cortar = () => {
    recibos = impressos();
    disco.cortarEnergia();
  };
  try {
    if (momento === 'saiu') {
      await processo.exited;
      cortar();
      if (recibos.length !== execucoes) throw new Error('o escritor não escreveu o que se pediu');
    } else {
      await ate(() => statSync(disco.saida).size > 0, 'o escritor confirme', parada);
      await Bun.sleep(sorte.inteiro(0, 100));
      using _trava = momento === 'espera' ? await trancar(caminho, parada) : undefined;
      cortar();
    }
  } finally {
    processo.kill('SIGKILL');
  }
  await terminar(processo);
  // Como terminou não conta: um computador sem energia não devolve códigos.
  const morte = { codigo: null, sinal: 'SIGKILL', preso: false, saida: '', erros: '' } as const;
  return { corrida: { ...morte, recibos }, incertos: impressos().length - recibos.length };
}

/** Tranca o banco: o escritor, que o tinha entre duas execuções, espera a vez, e nada está pela metade. */
async function trancar(caminho: string, parada: AbortSignal) {
  const banco = new Database(caminho, { readwrite: true });
  const limite = performance.now() + 60_000;
  for (;;) {
    try {
      banco.run('BEGIN IMMEDIATE');
      return banco;
    } catch (erro) {
      // Sem dormir: a vez que um escritor sem fim deixa aos outros dura um instante.
      if (performance.now() < limite && !parada.aborted) continue;
      banco.close();
      throw erro;
    }
  }
}

interface Quanto {
  /** Em cada sistema de arquivos. */
  quedas: number;
  momentos: readonly Momento[];
}

async function cortarTantas(sessao: Sessao, { quedas, momentos }: Quanto): Promise<void> {
  const { parada } = sessao;
  // Na memória, para que o disco desta máquina não faça esperar: o que se perde é o que o kernel não gravou na imagem.
  using pasta = pastaDeEnsaio(existsSync('/dev/shm') ? '/dev/shm' : undefined);
  const fila = async (sistema: Sistema) => {
    using disco = montarDisco(sistema, pasta.em);
    let caminho = '';
    let antes: string | undefined;
    for (let queda = 0; queda < quedas; queda++) {
      if (queda % QUEDAS_POR_BANCO === 0) {
        // Em outra pasta: a queda pode desfazer o apagar, e o banco anterior voltar.
        if (caminho) rmSync(dirname(caminho), { recursive: true });
        caminho = join(disco.ponto, `banco-${queda}`, 'desafio2.db');
        antes = undefined;
      }
      const momento = momentos[queda % momentos.length] ?? 'saiu';
      const corte = await escreverAteOCorte(sessao, { caminho, momento, disco });
      await disco.religar(parada);
      const { depois, defeitos } = await conferirInvariante({ caminho, antes, ...corte }, parada);
      antes = depois;
      sessao.contar(true, `${sistema}, o escritor ${momento}`, ...defeitos);
    }
  };
  await esperarTodas(SISTEMAS.map(fila));
}

/** A energia cai: o que só estava na memória do kernel se perde, em ext4 e em XFS. */
export const energia: Ensaio<Quanto> = {
  nome: 'energia',
  oQue: 'queda de energia em ext4 e XFS: todo recibo impresso antes dela está no banco',
  precisa: ['root', 'xfs'],
  dose: { amostra: { quedas: 24, momentos: MOMENTOS }, completa: { quedas: 500, momentos: MOMENTOS } },
  ensaiar: cortarTantas,
  controle: {
    oQue: 'um escritor com synchronous = FULL, depois que saiu: perde ao menos 95 %',
    aoMenos: 0.95,
    quebra: SEM_EXTRA,
    dose: { amostra: { quedas: 12, momentos: ['saiu'] }, completa: { quedas: 100, momentos: ['saiu'] } },
  },
};
