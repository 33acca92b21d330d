import { esperarTodas } from '../lib/paralelo.ts';
import {
  type Contagem,
  conferirCodigo,
  type Ensaio,
  escolher,
  ler,
  type Plano,
  pastaDeEnsaio,
} from './ensaio.ts';
import { escrever, iniciar, iniciarEscritor, projetoQuebrado, terminar } from './programas.ts';

/** Quanto o escritor e o leitor esperam pela vez antes de desistir. */
const ESPERA_MS = 10_000;
const TENTE_DE_NOVO = 75;
/** Quanto mais se espera, além da duração, por uma morte e por uma leitura aprovada. */
const LIMITE_MS = 60_000;

/** Um momento que um leitor aprovou: o que ele contou, e até onde a cadeia ia. */
interface Aprovado {
  recibo: string;
  execucoes: number;
  registros: number;
  ultimo_id: number;
}

async function juntar(
  plano: Plano,
  contagem: Contagem,
  { escritores, leitores, duracaoMs }: { escritores: number; leitores: number; duracaoMs: number },
  raiz?: string,
): Promise<void> {
  using pasta = pastaDeEnsaio();
  const caminho = pasta.em('desafio2.db');
  const recibos = (await escrever(caminho)).recibos;
  const aprovados: Aprovado[] = [];
  let mortes = 0;
  const comeco = performance.now();
  const fim = comeco + duracaoMs;
  // Numa máquina lenta, segue até que tenha havido o que se quer ver; com um limite, que dirá que não houve.
  const segue = () => {
    const agora = performance.now();
    const falta = aprovados.length === 0 || mortes === 0;
    return !plano.parada.aborted && (agora < fim || (falta && agora < fim + LIMITE_MS));
  };
  const contar = (injetado: boolean, defeito: string | undefined) => {
    contagem.previstos = (contagem.casos * duracaoMs) / (performance.now() - comeco);
    contagem.contar(injetado, defeito);
  };

  /** Um código previsto; e quem diz que esperou demais tem de ter esperado. */
  const conferirFim = (corrida: Parameters<typeof conferirCodigo>[0], duracao: number) => {
    const { codigo, sinal, erros } = corrida;
    if (codigo === TENTE_DE_NOVO && (duracao >= ESPERA_MS || erros.includes('-journal'))) return;
    if (codigo !== 0 && sinal === null) return `código ${codigo}: ${erros}`;
    return conferirCodigo(corrida);
  };

  const umEscritor = async () => {
    while (segue()) {
      const opcoes = ['-n', escolher(plano, ['1', '3', '50']), '-e', escolher(plano, ['1', '5'])];
      const inicio = performance.now();
      const processo = iniciarEscritor(caminho, opcoes, { raiz });
      const relogio =
        plano.sortear() < 0.2
          ? setTimeout(() => processo.kill('SIGKILL'), plano.sortear() * 1000)
          : undefined;
      const corrida = await terminar(processo);
      clearTimeout(relogio);
      const morreu = corrida.sinal === 'SIGKILL';
      if (morreu) mortes++;
      recibos.push(...corrida.recibos);
      contar(morreu, conferirFim(corrida, performance.now() - inicio));
    }
  };

  const umLeitor = async () => {
    while (segue()) {
      const conhecidos = recibos.length;
      const recibo = recibos.at(-1) ?? '';
      const inicio = performance.now();
      const processo = iniciar('leitor', ['-b', caminho, '--json', '--limite', '1', '-r', recibo], { raiz });
      const corrida = await terminar(processo);
      let defeito = conferirFim(corrida, performance.now() - inicio);
      if (corrida.codigo === 0) {
        const laudo = JSON.parse(corrida.saida);
        aprovados.push({ ...laudo, ultimo_id: laudo.ultimas_execucoes[0].ultimo_id });
        if (laudo.execucoes < conhecidos)
          defeito = `contou ${laudo.execucoes}, e havia ${conhecidos} recibos`;
      }
      contar(false, defeito);
    }
  };

  await esperarTodas([
    ...Array.from({ length: escritores }, umEscritor),
    ...Array.from({ length: leitores }, umLeitor),
  ]);
  plano.parada.throwIfAborted();

  recibos.push(...(await escrever(caminho)).recibos);
  // Cada cadeia que um leitor aprovou tem de ser um começo da que ficou.
  const { motivo, laudo } = await ler(
    caminho,
    [...recibos, ...aprovados.map(({ recibo }) => recibo)],
    plano.parada,
  );
  const semRecibo = (laudo.execucoes ?? 0) - recibos.length;
  const errados = aprovados.filter(
    ({ recibo, execucoes, registros, ultimo_id }) =>
      Number(recibo.split(':')[0]) !== execucoes || registros !== ultimo_id,
  );
  const defeitos = [
    motivo === 'feito' ? '' : `no fim, o leitor diz ${motivo}`,
    semRecibo >= 0 && semRecibo <= mortes ? '' : `${semRecibo} execuções sem recibo, com ${mortes} mortes`,
    errados.length === 0 ? '' : `${errados.length} contagens erradas aprovadas`,
    aprovados.length > 0 ? '' : 'nenhum leitor chegou a aprovar',
  ].filter((texto) => texto !== '');
  contagem.contar(false, defeitos.length > 0 ? defeitos.join('; ') : undefined);
}

/** Muitos escritores e leitores ao mesmo tempo sobre um banco, e alguns escritores mortos. */
export const multidao: Ensaio = {
  nome: 'multidao',
  oQue: 'escritores e leitores ao mesmo tempo, alguns mortos: recibos = execuções, sem falta nem engano',
  async ensaiar(plano, contagem) {
    const muitos = { escritores: 32, leitores: 8, duracaoMs: 60_000 };
    await juntar(plano, contagem, plano.completo ? muitos : { ...muitos, duracaoMs: 8000 });
  },
  controle: {
    oQue: 'um escritor sem BEGIN IMMEDIATE nem espera',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(
        ['lib/armazem/escrita.ts', "? 'EXCLUSIVE' : 'IMMEDIATE'", "? 'DEFERRED' : 'DEFERRED'"],
        ['lib/armazem/erros.ts', 'const ESPERA_MS = 10_000', 'const ESPERA_MS = 0'],
      );
      await juntar(plano, contagem, { escritores: 8, leitores: 2, duracaoMs: 4000 }, quebrado.raiz);
    },
  },
};
