import { copyFileSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Contagem,
  conferirInvariante,
  type Ensaio,
  type Estado,
  type Plano,
  pastaDeEnsaio,
} from './ensaio.ts';
import {
  COMMIT_SEM_OLHAR,
  escrever,
  iniciarEscritor,
  projetoQuebrado,
  rodar,
  terminar,
} from './programas.ts';

const PAGINA_BYTES = 4096;
const MENOR_BYTES = 4 * PAGINA_BYTES;
/** Onde parar de alargar, se um escritor nunca diz que tudo coube. */
const MAIOR_BYTES = 2 * 2 ** 20;

/** O que o escritor grava em cada lugar. */
const EXECUCOES = 10;
const OPCOES = ['-n', '300', '-e', `${EXECUCOES}`];

/** Um lugar com limite: o comando que roda o escritor nele, e como alargá-lo. */
interface Lugar {
  caminho: string;
  antes: string[];
  alargar(): void;
  desfazer(): void;
}

/** Um tmpfs de tantos bytes. */
function montarTmpfs(ponto: string, bytes: number): Lugar {
  mkdirSync(ponto);
  rodar('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', ponto);
  return {
    caminho: join(ponto, 'desafio2.db'),
    antes: [],
    alargar: () => rodar('mount', '-o', 'remount,size=64m', ponto),
    desfazer: () => {
      Bun.spawnSync(['umount', '--lazy', ponto]);
      rmSync(ponto, { recursive: true });
    },
  };
}

/** Uma pasta onde nenhum arquivo do escritor pode passar de tantos bytes (RLIMIT_FSIZE). */
function limitarArquivos(pasta: string, bytes: number): Lugar {
  mkdirSync(pasta);
  return {
    caminho: join(pasta, 'desafio2.db'),
    antes: ['prlimit', `--fsize=${bytes}`, '--'],
    alargar: () => {},
    desfazer: () => rmSync(pasta, { recursive: true }),
  };
}

const LUGARES = { tmpfs: montarTmpfs, RLIMIT_FSIZE: limitarArquivos };

/** De uma página em uma página, até o tamanho em que tudo cabe; cada um num banco novo e num que já existe. */
async function encher(plano: Plano, contagem: Contagem, passo: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  const existente = pasta.em('existente.db');
  const { recibos } = await escrever(existente, '-n', '100', '-e', '2');
  const existia: Estado = { execucoes: 2, recibo: recibos[1] ?? '' };
  const tudo = pasta.em('tudo.db');
  await escrever(tudo, ...OPCOES);
  contagem.previstos = (4 * statSync(tudo).size) / (passo * PAGINA_BYTES);

  for (const [nome, criar] of Object.entries(LUGARES)) {
    for (const antes of [{ execucoes: 0 }, existia]) {
      const menor = antes.recibo ? statSync(existente).size : MENOR_BYTES;
      let cabe = false;
      for (let bytes = menor; !cabe && bytes < MAIOR_BYTES; bytes += passo * PAGINA_BYTES) {
        plano.parada.throwIfAborted();
        const lugar = criar(pasta.em('lugar'), bytes);
        try {
          if (antes.recibo) copyFileSync(existente, lugar.caminho);
          const processo = iniciarEscritor(lugar.caminho, OPCOES, {
            antes: lugar.antes,
            raiz,
          });
          const corrida = await terminar(processo);
          cabe = corrida.codigo === 0 && corrida.recibos.length === EXECUCOES;
          const { violacao } = await conferirInvariante(
            lugar.caminho,
            antes,
            corrida,
            plano.parada,
            lugar.alargar,
          );
          const previsto = cabe || corrida.codigo === 74 || corrida.codigo === 73;
          const defeito = violacao ?? (previsto ? undefined : `código ${corrida.codigo}: ${corrida.erros}`);
          contagem.contar(!cabe, defeito && `${nome} de ${bytes} bytes: ${defeito}`);
        } finally {
          lugar.desfazer();
        }
      }
      if (!cabe) contagem.contar(false, `${nome}: tudo tinha de caber em ${MAIOR_BYTES} bytes`);
    }
  }
}

/** O disco enche, em cada ponto de uma gravação, e depois volta a ter lugar. */
export const discoCheio: Ensaio = {
  nome: 'disco-cheio',
  oQue: 'o disco enche em cada página: nada confirmado se perde, e com lugar o escritor segue',
  precisa: ['root'],
  async ensaiar(plano, contagem) {
    await encher(plano, contagem, plano.completo ? 1 : 8);
  },
  controle: {
    oQue: 'um escritor que dá o recibo ainda que o COMMIT falhe',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(...COMMIT_SEM_OLHAR);
      await encher(plano, contagem, plano.completo ? 4 : 16, quebrado.raiz);
    },
  },
};
