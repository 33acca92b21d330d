import { Falha } from '../../lib/falhas.ts';
import { Mao } from '../maos.ts';
import type { Palco } from '../palco.ts';
import type { Apoio, Cena } from './cena.ts';
import { conferirTravas, disputarTravas, type Lugar, TODAS } from './travas.ts';

/** Aquilo de que o SQLite precisa, pedido ao volume por dois containers: um volume que falhe aqui não serve. */
export const VOLUME: Cena = {
  numero: 0,
  titulo: 'O que o SQLite pede ao volume',
  async encenar(palco, geral) {
    // Cada prova tem os seus nomes: os dois containers abrem de novo o que nenhum outro abriu.
    const nome = `${palco.projeto.nome}.`;
    await using uma = new Mao(palco, palco.docker);
    await using outra = new Mao(palco, palco.outroDocker);
    const lugar: Lugar = { maos: [uma, outra], nome };
    const comando = [uma, outra].map((mao) => mao.comando).join('; ');
    const resposta = { codigo: 0, saida: '', erros: '', comando };
    const conferir: Apoio['conferir'] = (texto, valores) => geral.conferir(texto, valores, resposta);
    const apoio = { ...geral, conferir };
    try {
      await conferirTravas(lugar, apoio);
      await conferirPaginas(lugar, apoio);
      await disputarTravas(lugar, apoio);
      await conferirNomes(lugar, apoio);
      await conferirCommits(palco, lugar, apoio);
    } finally {
      if (!palco.parada.aborted) await uma.pedir({ acao: 'limpar', arquivo: nome }).catch(ignorarFalha);
    }
  },
};

/** O volume que não deixa apagar já foi reprovado pelo que disse antes. */
function ignorarFalha(erro: unknown): void {
  if (!(erro instanceof Falha)) throw erro;
}

/** Quantas vezes uma página passa de um container para o outro. */
const PASSAGENS = 40;

/** Cada um grava com a trava na mão, e o outro, que já tinha lido a página de antes, lê a nova. */
async function conferirPaginas({ maos, nome }: Lugar, { conferir }: Apoio): Promise<void> {
  const arquivo = `${nome}pagina`;
  const velhas: string[] = [];
  const travado = async <T>(mao: Mao, pedido: Parameters<Mao['pedir']>[0]) => {
    const trava = pedido.acao === 'ler' ? 'compartilhada' : 'exclusiva';
    await mao.pedir({ acao: 'travar', arquivo, trava, bytes: TODAS });
    const dito = await mao.pedir<T>(pedido);
    await mao.pedir({ acao: 'travar', arquivo, bytes: TODAS });
    return dito;
  };
  for (let valor = 1; valor <= PASSAGENS; valor++) {
    const [grava, le] = valor % 2 === 1 ? maos : (maos.toReversed() as [Mao, Mao]);
    await travado(grava, { acao: 'gravar', arquivo, valor });
    const lido = await travado<number>(le, { acao: 'ler', arquivo });
    if (lido !== valor) velhas.push(`gravada a página ${valor}, o outro lê a ${lido}`);
  }
  await conferir('o que um grava e sincroniza, o outro lê', [[], velhas.slice(0, 3)]);
}

/** Mudar um nome, apagar e alongar: é ao apagar o journal que o SQLite confirma. */
async function conferirNomes({ maos: [uma, outra], nome }: Lugar, { conferir }: Apoio): Promise<void> {
  const [novo, velho, journal] = [`${nome}nome-novo`, `${nome}nome-velho`, `${nome}nome-journal`];
  await uma.pedir({ acao: 'gravar', arquivo: novo, valor: 7 });
  await uma.pedir({ acao: 'gravar', arquivo: velho, valor: 6 });
  await uma.pedir({ acao: 'gravar', arquivo: journal, valor: 5 });
  const nomes = () => outra.pedir<string[]>({ acao: 'nomes', arquivo: `${nome}nome-` });
  await conferir('os nomes que um cria, o outro vê', [[journal, novo, velho], await nomes()]);
  await uma.pedir({ acao: 'renomear', arquivo: novo, para: velho });
  await uma.pedir({ acao: 'apagar', arquivo: journal });
  await conferir('o que muda de nome fica, o que se apaga some', [[velho], await nomes()]);
  const ficou = await outra.pedir<number>({ acao: 'ler', arquivo: velho });
  await conferir('e com o nome vai o que estava gravado', [7, ficou]);
  await outra.pedir({ acao: 'alongar', arquivo: velho, valor: 3 * 4096 });
  // Quem lhe mudou o nome ainda o tem aberto com o antigo.
  const tamanho = await uma.pedir<number>({ acao: 'tamanho', arquivo: novo });
  await conferir('o tamanho que um dá, o outro vê', [3 * 4096, tamanho]);
}

/** Quantos COMMIT se medem. */
const COMMITS = 300;

/** Um SQLite de verdade em cada container; e quanto leva um COMMIT, que não é veredito nenhum. */
async function conferirCommits(
  palco: Palco,
  { maos: [uma, outra], nome }: Lugar,
  apoio: Apoio,
): Promise<void> {
  const arquivo = `${nome}commits`;
  const tempos = await uma.pedir<number[]>({ acao: 'confirmar', arquivo, valor: COMMITS });
  const contados = await outra.pedir<number>({ acao: 'contar', arquivo });
  await apoio.conferir('os COMMIT de um, o outro conta', [tempos.length, contados]);
  const ordenados = tempos.toSorted((a, b) => a - b);
  const naParte = (parte: number) => {
    return Math.round((ordenados[Math.ceil(parte * ordenados.length) - 1] ?? 0) * 100) / 100;
  };
  const medida = { execucoes: tempos.length, mediana: naParte(0.5), p99: naParte(0.99) };
  palco.commit_ms = medida;
  const dizer = (ms: number) => `${ms.toLocaleString('pt-BR')} ms`;
  await apoio.narrar(
    `um COMMIT durável: mediana ${dizer(medida.mediana)}, 99.º ${dizer(medida.p99)} (de ${medida.execucoes})\n` +
      '    (o etcd quer 10 ms, no 99.º, por sincronização; um COMMIT são várias)',
  );
}
