import type { Database } from 'bun:sqlite';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Troca } from '../apoio/projeto.ts';
import { criarContexto } from '../lib/programa/andamento.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { abrir, selarTudo } from '../prova/dentro/receita.ts';
import type { Sorte } from '../prova/sorte.ts';
import { comCadaQuebra, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { carregarLeitor } from './invariante.ts';
import { escrever } from './programas.ts';

/** Até que execução vai cada cadeia. */
const ULTIMA = 6;

/** Uma cadeia depois de cada execução, o desvio que parte de cada uma, e outra cadeia. */
interface Historia {
  cadeia: Buffer[];
  desvios: Buffer[][];
  outra: Buffer[];
}

async function fotografar(caminho: string, ate: number): Promise<Buffer[]> {
  const fotos: Buffer[] = [];
  while (fotos.length < ate) {
    await escrever(caminho);
    fotos.push(readFileSync(caminho));
  }
  return fotos;
}

async function fazerHistoria(caminho: string): Promise<Historia> {
  const cadeia = await fotografar(caminho, ULTIMA);
  const desvios: Buffer[][] = [];
  for (const comeco of cadeia.slice(0, -1)) {
    writeFileSync(caminho, comeco);
    desvios.push(await fotografar(caminho, ULTIMA - desvios.length));
  }
  rmSync(caminho);
  return { cadeia, desvios, outra: await fotografar(caminho, ULTIMA + 1) };
}

/** Um banco que o leitor aprovou até a execução `lembrada`. */
interface Alvo {
  caminho: string;
  lembrada: number;
  historia: Historia;
}

/** O que se põe no lugar dele. */
const ESTRAGOS: Record<string, (alvo: Alvo, sorte: Sorte) => void> = {
  'cópia antiga': ({ caminho, lembrada, historia }, sorte) =>
    writeFileSync(caminho, sorte.um(historia.cadeia.slice(0, lembrada - 1))),
  'volume trocado': ({ caminho, historia }, sorte) => writeFileSync(caminho, sorte.um(historia.outra)),
  'volume trocado por um maior': ({ caminho, lembrada, historia }) =>
    writeFileSync(caminho, historia.outra[lembrada] ?? ''),
  bifurcação: ({ caminho, lembrada, historia }, sorte) =>
    writeFileSync(caminho, sorte.um(sorte.um(historia.desvios.slice(0, lembrada - 1)))),
  'fim cortado': ({ caminho, lembrada }, sorte) =>
    mudar(caminho, (banco) => {
      const ficam = sorte.inteiro(1, lembrada - 1);
      banco.run('DELETE FROM usuarios WHERE id > ?', [3 * ficam]);
      banco.run('DELETE FROM execucoes WHERE id > ?', [ficam]);
    }),
  'cadeia refeita': ({ caminho, lembrada }, sorte) =>
    mudar(caminho, (banco) => {
      banco.run("UPDATE usuarios SET nome = 'X' WHERE id = ?", [sorte.inteiro(1, 3 * lembrada)]);
      selarTudo(banco);
    }),
  'sem arquivo': ({ caminho }) => rmSync(caminho),
};

function mudar(caminho: string, acao: (banco: Database) => void): void {
  using banco = abrir(caminho, 'readwrite');
  banco.run('BEGIN');
  acao(banco);
  banco.run('COMMIT');
}

type Ler = () => Promise<boolean>;

/** Se um leitor que só recebe `--memoria` aprova. */
async function criarLeitor(raiz: string, lugar: { banco: string; memoria: string }, parada: AbortSignal) {
  const verificar = await carregarLeitor(raiz);
  const contexto = criarContexto(parada);
  return async (): Promise<boolean> => {
    try {
      return (await verificar({ ...lugar, recibos: [], limite: 0 }, contexto)).laudo.aprovado;
    } catch (erro) {
      // Uma memória que não serve, ou que se contradiz, também não aprova.
      if (erro instanceof Error && erro.name === 'Falha') return false;
      throw erro;
    }
  };
}

/** Aprova uma cadeia que cresce; devolve até onde. */
async function aprovar(
  ler: Ler,
  { caminho, historia }: Omit<Alvo, 'lembrada'>,
  sorte: Sorte,
): Promise<number> {
  const primeira = sorte.inteiro(1, ULTIMA - 1);
  const lembrada = sorte.inteiro(primeira + 1, ULTIMA);
  for (const execucao of [primeira, lembrada]) {
    writeFileSync(caminho, historia.cadeia[execucao - 1] ?? '');
    if (!(await ler())) throw new Error(`a cadeia até ${execucao} não foi aprovada`);
  }
  return lembrada;
}

/** Depois que se aprovou uma cadeia, lê duas vezes o que se pôs no lugar dela: não o pode aprovar nem guardar. */
async function lembrar(sessao: Sessao, casos: number, raiz = sessao.raiz): Promise<void> {
  const { sorte, parada } = sessao;
  using volume = pastaDeEnsaio();
  using fora = pastaDeEnsaio();
  const [caminho, memoria] = [volume.em('desafio2.db'), fora.em('memoria.json')];
  const historia = await fazerHistoria(caminho);
  const ler = await criarLeitor(raiz, { banco: caminho, memoria }, parada);
  for (let caso = 0; caso < casos; caso++) {
    await respirar(parada);
    rmSync(memoria, { force: true });
    const lembrada = await aprovar(ler, { caminho, historia }, sorte);
    const guardada = readFileSync(memoria, 'utf8');
    const [estrago, estragar] = sorte.um(Object.entries(ESTRAGOS));
    estragar({ caminho, lembrada, historia }, sorte);
    const aprovados = [await ler(), await ler()].filter(Boolean).length;
    const guardou = !existsSync(memoria) || readFileSync(memoria, 'utf8') !== guardada;
    writeFileSync(caminho, historia.cadeia[ULTIMA - 1] ?? '');
    const desfez = !(aprovados || guardou) && !(await ler());
    sessao.contar(
      true,
      estrago,
      aprovados > 0 && `aprovado ${aprovados} de 2 vezes`,
      guardou && 'guardado',
      desfez && 'a cadeia de volta não foi aprovada',
    );
  }
}

/** Uma memória guardada antes da última verificação, seja o que for que outro leitor lá deixou. */
export const ANTES_DO_VEREDITO: Troca[] = [
  [
    'lib/cadeia/memoria.ts',
    'if (guardado && guardado.execucao > novo.execucao) throw jaHaMaisNovo(guardado);',
    '',
  ],
  ['lib/cadeia/memoria.ts', 'if (guardado && !(await tem(guardado))) throw outraCadeia(guardado);', ''],
  [
    'lib/cadeia/verificar.ts',
    'memoria !== undefined && falhas.length === 0 &&',
    'memoria !== undefined && true &&',
  ],
];

/** Uma memória com o nome que o volume dá a si mesmo, o selo da primeira execução: outro volume é um começo. */
export const PELO_QUE_O_VOLUME_DIZ: Troca[] = [
  [
    'lib/cadeia/memoria.ts',
    '  if (de === banco) return recibo;',
    '  return de === seloUm(banco) ? recibo : undefined;',
  ],
  ['lib/cadeia/memoria.ts', 'banco: memoria.banco, recibo })', 'banco: seloUm(memoria.banco), recibo })'],
  [
    'lib/cadeia/memoria.ts',
    '/** O recibo que uma memória guarda;',
    `function seloUm(banco: string): string {
       if (!existe(banco)) return '';
       using aberto = new (require('bun:sqlite').Database)(banco, { readonly: true });
       return aberto.query('SELECT selo FROM execucoes WHERE id = 1').values()[0]?.[0] ?? '';
     }
     /** O recibo que uma memória guarda;`,
  ],
];

/** O que se põe no lugar de um volume que o leitor já aprovou. */
export const memoria: Ensaio<number> = {
  nome: 'memoria',
  oQue: 'um volume que voltou atrás, foi trocado, cortado ou refeito: só com --memoria, reprovado',
  dose: { amostra: 200, completa: 10_000 },
  ensaiar: lembrar,
  controle: {
    oQue: 'memórias guardadas antes da última verificação, ou com o nome que o volume dá a si mesmo',
    dose: { amostra: 100 },
    ensaiar: comCadaQuebra([ANTES_DO_VEREDITO, PELO_QUE_O_VOLUME_DIZ], lembrar),
  },
};
