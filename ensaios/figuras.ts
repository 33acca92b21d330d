import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { imagemBase, RAIZ } from '../apoio/projeto.ts';
import type { Bancada, Medicao } from './bancada.ts';
import { FIGURAS_DO_SERVIDOR } from './figuras-do-servidor.ts';
import { confirmarEmSql, escreverEmSql, LER_EM_SQL, node, PARES, type Par, python, SemPar } from './pares.ts';

/** Uma comparação, com o valor que se quer. */
export interface Figura {
  figura: string;
  par: string;
  /** O maior valor aceito, ou o menor. Sem nenhum, só se mede. */
  meta?: number;
  aoMenos?: number;
  /** Lança `SemPar` se a máquina não tem o que é preciso. */
  medir(bancada: Bancada): Promise<Medicao>;
}

const TRES = python('escrever.py', 3);
const escrever = (b: Bancada, par: Par) => b.compararEscrita(['-n', `${b.milhao}`], par, 7);
const ler = (b: Bancada, par: Par) => b.compararLeitura(b.milhao, par, 7);

/** As figuras, na ordem da tabela. */
export const FIGURAS: Figura[] = [
  { figura: 'escreve 3', par: 'Python', meta: 1.1, medir: (b) => b.compararEscrita([], TRES, 31) },
  { figura: 'lê 3', par: 'Python', meta: 1.3, medir: (b) => b.compararLeitura(3, python('ler.py'), 31) },
  {
    figura: 'escreve 10⁶',
    par: 'Python',
    meta: 0.55,
    medir: (b) => escrever(b, python('escrever.py', b.milhao)),
  },
  {
    figura: 'escreve 10⁶',
    par: 'SQL',
    meta: 1.5,
    medir: (b) => escrever(b, b.emSql(escreverEmSql(b.milhao))),
  },
  { figura: 'escreve 10⁶', par: 'node:sqlite', medir: (b) => escrever(b, node('escrever.mjs', b.milhao)) },
  { figura: 'lê 10⁶', par: 'Python', meta: 0.5, medir: (b) => ler(b, python('ler.py')) },
  { figura: 'lê 10⁶', par: 'SQL e sha256sum', meta: 0.8, medir: (b) => ler(b, LER_EM_SQL) },
  { figura: 'COMMIT', par: 'SQL', aoMenos: 0.9, medir: compararCommit },
  { figura: 'lê 10⁵ execuções, cada', par: '10⁴', meta: 1.2, medir: compararExecucoes },
  { figura: 'memória, escreve 10⁷', par: '10⁶', meta: 1.1, medir: (b) => b.compararMemoria('escritor') },
  { figura: 'memória, lê 10⁷', par: '10⁶', meta: 1.1, medir: (b) => b.compararMemoria('leitor') },
  { figura: 'container do leitor', par: 'base nua', meta: 40, medir: compararContainer },
  { figura: 'imagem, acima da base', par: 'base', meta: 65.536, medir: compararImagem },
  { figura: 'docker compose up', par: 'Python', meta: 1, medir: compararCompose },
  ...FIGURAS_DO_SERVIDOR,
];

/** Quantas execuções de um usuário se confirmam num segundo. */
async function compararCommit(b: Bancada): Promise<Medicao> {
  const execucoes = b.milhao / 500;
  const opcoes = ['-n', '1', '-e', `${execucoes}`, '--json'];
  const tempo = await b.compararEscrita(opcoes, b.emSql(confirmarEmSql(execucoes)), 7);
  const porSegundo = (ms: number) => execucoes / (ms / 1000);
  const [nosso, doPar] = [porSegundo(tempo.nosso), porSegundo(tempo.doPar)];
  return { ...tempo, unidade: '/s', nosso, doPar, valor: nosso / doPar };
}

/** Quanto leva cada execução quando há dez vezes mais, sem o que custa só começar, que pesaria mais nas menos. */
async function compararExecucoes(b: Bancada): Promise<Medicao> {
  const poucas = b.milhao / 100;
  const ler = async (execucoes: number) => b.ler(await b.escrever(1, execucoes));
  const uma = await ler(1);
  const comeco = await b.comparar(uma, uma, 7);
  const tempo = await b.comparar(await ler(10 * poucas), await ler(poucas), 7);
  const [nosso, doPar] = [
    (1000 * (tempo.nosso - comeco.nosso)) / (10 * poucas),
    (1000 * (tempo.doPar - comeco.nosso)) / poucas,
  ];
  return { ...tempo, unidade: 'µs', nosso, doPar, valor: nosso / doPar };
}

/** `docker run` do leitor menos o da imagem base nua. */
async function compararContainer(b: Bancada): Promise<Medicao> {
  const containers = await b.containers();
  const { nome } = containers.projeto;
  const rodar = ['run', '--rm', '--name', nome];
  const [escritor, leitor] = [containers.projeto.imagem('escritor'), containers.projeto.imagem('leitor')];
  await containers.docker.exigir([...rodar, '-v', `${nome}-leitura:/data`, escritor]);
  const medicao = await b.comparar(
    containers.rodar([...rodar, '-v', `${nome}-leitura:/data:ro`, leitor]),
    containers.rodar([...rodar, imagemBase(), '--version']),
    21,
  );
  return { ...medicao, valor: medicao.nosso - medicao.doPar, unidadeDoValor: 'ms' };
}

async function compararImagem(b: Bancada): Promise<Medicao> {
  const containers = await b.containers();
  const nossa = await containers.tamanho(containers.projeto.imagem('leitor'));
  const base = await containers.tamanho(imagemBase());
  const valor = (nossa - base) / 1e3;
  return { unidade: 'MB', nosso: nossa / 1e6, doPar: base / 1e6, valor, unidadeDoValor: 'kB' };
}

const IMAGEM_PYTHON = 'python:3-slim';

/** Os dois serviços, com o volume novo e as imagens prontas. */
async function compararCompose(b: Bancada): Promise<Medicao> {
  const containers = await b.containers();
  if (!(await containers.docker.inspecionar('image', IMAGEM_PYTHON)))
    throw new SemPar(`não há a imagem ${IMAGEM_PYTHON}`);
  // Numa pasta nossa, porque o engine monta nos containers o caminho de onde o Compose os lê.
  const pares = b.em('pares');
  cpSync(PARES, pares, { recursive: true });
  const { nome } = containers.projeto;
  const nossa = containers.subir(join(RAIZ, 'compose.yaml'), nome);
  return await b.comparar(nossa, containers.subir(join(pares, 'compose.yaml'), `${nome}-par`), 7);
}
