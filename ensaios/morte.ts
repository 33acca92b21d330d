import { esperarTodas } from '../lib/palco.ts';
import { type Contagem, type Ensaio, ler, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever, iniciarEscritor, projetoQuebrado, terminar } from './programas.ts';

/** Mortes seguidas sobre um mesmo banco, antes de começar outro. */
const MORTES_POR_BANCO = 25;

/** Mata escritores sobre um mesmo banco, um depois do outro, e confere a invariante depois de cada morte. */
async function matar(plano: Plano, contagem: Contagem, mortes: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  const caminho = pasta.em('desafio2.db');
  await escrever(caminho);
  let antes = 1;
  for (let morte = 0; morte < mortes; morte++) {
    plano.parada.throwIfAborted();
    const lote = ['1', '50', '20000'][Math.floor(plano.sortear() * 3)] ?? '1';
    const processo = iniciarEscritor(caminho, ['-e', '0', '-n', lote], {}, raiz);
    await Bun.sleep(20 + plano.sortear() * 80);
    processo.kill('SIGKILL');
    const { sinal, recibos } = await terminar(processo);

    const logo = await ler(caminho, recibos, plano.parada);
    const retomada = await escrever(caminho);
    const depois = await ler(caminho, [...recibos, ...retomada.recibos], plano.parada);
    const execucoes = depois.laudo.execucoes ?? 0;
    const aMais = execucoes - antes - recibos.length - 1;
    antes = execucoes;
    const falha = [
      ['feito', 'tenteDeNovo'].includes(logo.motivo) ? '' : `logo depois, o leitor diz ${logo.motivo}`,
      retomada.codigo === 0 ? '' : `o escritor seguinte sai com ${retomada.codigo}`,
      depois.motivo === 'feito' ? '' : `depois da retomada, o leitor diz ${depois.motivo}`,
      aMais === 0 || aMais === 1 ? '' : `${aMais} execuções sem recibo`,
    ].filter((texto) => texto !== '');
    contagem.contar(sinal === 'SIGKILL', falha.length > 0 ? falha.join('; ') : undefined);
  }
}

/** Duas filas ao mesmo tempo, uma por núcleo das máquinas pequenas. */
async function matarTantos(plano: Plano, contagem: Contagem, mortes: number, raiz?: string): Promise<void> {
  let restantes = mortes;
  const fila = async () => {
    while (restantes > 0) {
      const lote = Math.min(restantes, MORTES_POR_BANCO);
      restantes -= lote;
      await matar(plano, contagem, lote, raiz);
    }
  };
  await esperarTodas([fila(), fila()]);
}

/** `kill -9` do escritor em momentos ao acaso. */
export const morte: Ensaio = {
  nome: 'morte',
  oQue: 'kill -9 do escritor: todo recibo impresso está no banco, e no máximo uma execução a mais',
  async ensaiar(plano, contagem) {
    await matarTantos(plano, contagem, plano.completo ? 10_000 : 100);
  },
  controle: {
    oQue: 'um escritor que imprime o recibo antes do COMMIT',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(RECIBO_ANTES_DO_COMMIT);
      await matarTantos(plano, contagem, 20, quebrado.raiz);
    },
  },
};

/** A troca que faz o escritor imprimir o recibo, demorar-se, e só então confirmar. */
export const RECIBO_ANTES_DO_COMMIT: [string, string, string] = [
  'lib/execucoes.ts',
  "await esperarVez(() => banco.run('COMMIT'), parada);",
  `const { execucao } = resultado as Gravacao;
   require('node:fs').writeSync(1, JSON.stringify({ recibo: execucao.id + ':' + execucao.selo }) + '\\n');
   await Bun.sleep(200);
   await esperarVez(() => banco.run('COMMIT'), parada);`,
];
