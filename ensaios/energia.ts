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
import { esperarTodas } from '../lib/paralelo.ts';
import {
  ate,
  type Contagem,
  conferirInvariante,
  type Ensaio,
  type Estado,
  escolher,
  type Plano,
  pastaDeEnsaio,
} from './ensaio.ts';
import {
  type Corrida,
  iniciarEscritor,
  projetoQuebrado,
  recibosDe,
  rodar,
  SEM_EXTRA,
  terminar,
} from './programas.ts';

const SISTEMAS = ['ext4', 'xfs'] as const;
/** O que o escritor faz quando a energia cai. */
const MOMENTOS = ['saiu', 'espera', 'grava'] as const;
/** O mkfs.xfs não faz um sistema menor do que 300 MB; o arquivo é esparso. */
const DISCO_BYTES = 320 * 2 ** 20;
/** Quedas seguidas sobre um mesmo banco, antes de começar outro. */
const QUEDAS_POR_BANCO = 10;

/** Um sistema de arquivos numa imagem, montado numa pasta; no fim do bloco fica desmontado. */
function montarDisco(sistema: (typeof SISTEMAS)[number], em: (nome: string) => string) {
  const imagem = em(`${sistema}.img`);
  const ponto = em(sistema);
  mkdirSync(ponto);
  writeFileSync(imagem, '');
  truncateSync(imagem, DISCO_BYTES);
  rodar(`mkfs.${sistema}`, '-q', sistema === 'xfs' ? '-f' : '-F', imagem);
  const libc = abrirLibC(); // antes, porque entre ler os recibos e cortar não pode haver demora
  const montar = () => rodar('mount', '-o', 'loop', imagem, ponto);
  montar();
  return {
    ponto,
    /** Um arquivo que o corte não alcança. */
    saida: em(`${sistema}.saida`),
    cortarEnergia: () => cortarEnergia(ponto, libc),
    /** O que o núcleo ainda tinha só na memória perdeu-se com o corte; aqui volta o que estava no disco. */
    religar: async (parada: AbortSignal) => {
      rodar('umount', ponto);
      // Um container que começa leva consigo, por um instante, as montagens que há: enquanto uma ficar, montar outra
      // vez daria o mesmo sistema, ainda cortado.
      const solta = () => Bun.spawnSync(['losetup', '-j', imagem]).stdout.length === 0;
      await ate(solta, `o núcleo solte ${imagem}`, parada);
      montar();
    },
    // Depois de um sinal no meio de um caso, um escritor pode ainda estar lá.
    [Symbol.dispose]: () => void Bun.spawnSync(['umount', '--lazy', ponto]),
  };
}

/** `EXT4_IOC_SHUTDOWN` e `XFS_IOC_GOINGDOWN`: `_IOR('X', 125, __u32)`. */
const SHUTDOWN = 0x8004587d;
/** Nem o log do próprio sistema de arquivos chega ao disco. */
const SEM_GRAVAR_O_LOG = 2;

function abrirLibC() {
  return dlopen('libc.so.6', { ioctl: { args: ['int', 'u64', 'buffer'], returns: 'int' } });
}

function cortarEnergia(ponto: string, { symbols }: ReturnType<typeof abrirLibC>): void {
  const fd = openSync(ponto, 'r');
  try {
    const resposta = symbols.ioctl(fd, SHUTDOWN, new Uint32Array([SEM_GRAVAR_O_LOG]));
    if (resposta !== 0) throw new Error(`${ponto} não deixa cortar a energia`);
  } finally {
    closeSync(fd);
  }
}

/**
 * Roda um escritor e corta a energia no momento pedido. Os recibos são os que ele imprimiu antes do corte: depois,
 * um computador de verdade não imprime mais nada, e este imprime (o XFS já cortado diz que sincronizou a pasta).
 */
async function escreverAteOCorte(
  plano: Plano,
  caminho: string,
  momento: (typeof MOMENTOS)[number],
  disco: { saida: string; cortarEnergia(): void },
  raiz: string | undefined,
): Promise<Corrida & { incertos: number }> {
  writeFileSync(disco.saida, '');
  const lote = escolher(plano, ['1', '50', '1000']);
  const execucoes = momento === 'saiu' ? escolher(plano, ['1', '2', '3']) : '0';
  const antes = ['sh', '-c', `exec "$0" "$@" >${disco.saida}`];
  const processo = iniciarEscritor(caminho, ['-n', lote, '-e', execucoes], { antes, raiz });
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
      if (recibos.length !== Number(execucoes)) throw new Error('o escritor não escreveu o que se pediu');
    } else {
      const confirmou = () => statSync(disco.saida).size > 0;
      await ate(confirmou, 'o escritor confirme', plano.parada);
      await Bun.sleep(plano.sortear() * 100);
      using _trava = momento === 'espera' ? await trancar(caminho, plano.parada) : undefined;
      cortar();
    }
  } finally {
    processo.kill('SIGKILL');
  }
  await terminar(processo);
  // Como terminou não conta: um computador sem energia não devolve códigos.
  const morte = { codigo: null, sinal: 'SIGKILL', preso: false, erros: '' } as const;
  return { ...morte, recibos, incertos: impressos().length - recibos.length };
}

/** Tranca o banco: o escritor, que o tinha entre duas execuções, espera a vez, e nada está a meio. */
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

async function cortarTantas(
  plano: Plano,
  contagem: Contagem,
  quedas: number,
  momentos: readonly [(typeof MOMENTOS)[number], ...(typeof MOMENTOS)[number][]],
  raiz?: string,
): Promise<void> {
  // Na memória, para que o disco desta máquina não faça esperar: o que se perde é o que o núcleo não gravou na imagem.
  using pasta = pastaDeEnsaio(existsSync('/dev/shm') ? '/dev/shm' : undefined);
  contagem.previstos = quedas * SISTEMAS.length;
  const fila = async (sistema: (typeof SISTEMAS)[number]) => {
    using disco = montarDisco(sistema, pasta.em);
    let caminho = join(disco.ponto, 'nenhum', 'desafio2.db');
    let estado: Estado = { execucoes: 0 };
    for (let queda = 0; queda < quedas; queda++) {
      plano.parada.throwIfAborted();
      if (queda % QUEDAS_POR_BANCO === 0) {
        // Noutra pasta: a queda pode desfazer o apagar, e o banco anterior voltar.
        rmSync(dirname(caminho), { recursive: true, force: true });
        caminho = join(disco.ponto, `banco-${queda}`, 'desafio2.db');
        estado = { execucoes: 0 };
      }
      const momento = momentos[queda % momentos.length] ?? 'saiu';
      const corrida = await escreverAteOCorte(plano, caminho, momento, disco, raiz);
      await disco.religar(plano.parada);
      const { depois, violacao } = await conferirInvariante(caminho, estado, corrida, plano.parada);
      estado = depois;
      contagem.contar(true, violacao && `${sistema}, o escritor ${momento}: ${violacao}`);
    }
  };
  await esperarTodas(SISTEMAS.map(fila));
}

/** A energia cai: o que só estava na memória do núcleo se perde, em ext4 e em XFS. */
export const energia: Ensaio = {
  nome: 'energia',
  oQue: 'queda de energia em ext4 e XFS: todo recibo impresso antes dela está no banco',
  precisa: ['root', 'xfs'],
  async ensaiar(plano, contagem) {
    await cortarTantas(plano, contagem, plano.completo ? 500 : 24, MOMENTOS);
  },
  controle: {
    oQue: 'um escritor com synchronous = FULL, depois que saiu: perde ao menos 95 %',
    aoMenos: 0.95,
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(...SEM_EXTRA);
      await cortarTantas(plano, contagem, plano.completo ? 100 : 12, ['saiu'], quebrado.raiz);
    },
  },
};
