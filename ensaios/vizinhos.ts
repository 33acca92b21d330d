import { Database } from 'bun:sqlite';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emParalelo } from '../apoio/paralelo.ts';
import { CODIGOS, type Motivo } from '../lib/falhas.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { julgarPeloSqlite } from './bytes.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { ler } from './invariante.ts';
import { escrever } from './programas.ts';

const SUFIXOS = ['-journal', '-wal', '-shm'] as const;
const CONTEUDOS = ['ausente', 'vazio', 'zerado', 'metade', 'velho', 'alheio'] as const;
const BANCOS = ['inteiro', 'vazio', 'ausente'] as const;

type Sufixo = (typeof SUFIXOS)[number];
type Conteudo = (typeof CONTEUDOS)[number];

/** O que há na pasta: o banco, e o que está ao lado dele. */
type Caso = { banco: (typeof BANCOS)[number] } & Record<Sufixo, Conteudo>;

const CASOS = BANCOS.flatMap((banco) =>
  CONTEUDOS.flatMap((journal) =>
    CONTEUDOS.flatMap((wal) =>
      CONTEUDOS.map((shm): Caso => ({ banco, '-journal': journal, '-wal': wal, '-shm': shm })),
    ),
  ),
);

const descrever = (caso: Caso) => Object.entries(caso).flat().join(' ');

/** O que se espera do leitor, do escritor e do leitor que, depois dele, exige o recibo de antes. */
function esperar({ banco, ...vizinhos }: Caso): { leitor: Motivo; escritor: Motivo; depois: Motivo } {
  const journal = vizinhos['-journal'];
  const recusa = vizinhos['-wal'] !== 'ausente' || vizinhos['-shm'] !== 'ausente';
  if (banco === 'ausente') {
    // Sem o banco, um vizinho qualquer pode ser a metade que falta de um banco movido.
    const sozinho = recusa || journal !== 'ausente';
    return { leitor: 'nadaParaLer', escritor: sozinho ? 'reprovado' : 'feito', depois: 'reprovado' };
  }
  if (recusa) return { leitor: 'reprovado', escritor: 'reprovado', depois: 'reprovado' };
  // Sem cabeçalho, um journal não desfaz nada; com um, o SQLite o desfaz, ainda que não seja o deste momento.
  const quente = journal === 'metade' || journal === 'velho' || journal === 'alheio';
  if (banco === 'vazio') {
    // O de um banco que tinha páginas não é deste: o SQLite o apagaria.
    if (quente) return { leitor: 'reprovado', escritor: 'reprovado', depois: 'reprovado' };
    const leitor = journal === 'ausente' ? 'nadaParaLer' : 'tenteDeNovo';
    return { leitor, escritor: 'feito', depois: 'reprovado' };
  }
  return {
    leitor: quente ? 'tenteDeNovo' : 'feito',
    escritor: journal === 'alheio' ? 'reprovado' : 'feito',
    depois: journal === 'velho' || journal === 'alheio' ? 'reprovado' : 'feito',
  };
}

type Vizinhos = Record<Sufixo, Buffer>;

/** Um banco de três execuções, o recibo da última, e o que pode haver ao lado: os deste momento, de antes e de outro. */
interface Modelos {
  inteiro: Buffer;
  recibo: string;
  deAgora: Vizinhos;
  velho: Vizinhos;
  alheio: Vizinhos;
}

async function prepararModelos(em: (nome: string) => string): Promise<Modelos> {
  const caminho = em('modelo.db');
  await escrever(caminho);
  const velho = colherVizinhos(caminho);
  const [, recibo = ''] = (await escrever(caminho, '-e', '2')).recibos;
  using outro = new Database(em('outro.db'));
  outro.run('PRAGMA application_id = 7');
  outro.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)');
  outro.run('CREATE TABLE execucoes (id INTEGER PRIMARY KEY)');
  const alheio = colherVizinhos(em('outro.db'));
  return { inteiro: readFileSync(caminho), recibo, deAgora: colherVizinhos(caminho), velho, alheio };
}

/** O `-journal`, o `-wal` e o `-shm` de uma transação que muda todos os usuários de uma cópia do banco. */
function colherVizinhos(banco: string): Vizinhos {
  const colher = (modo: string, ...sufixos: Sufixo[]) => {
    const copia = `${banco}-copia`;
    copyFileSync(banco, copia);
    using aberto = new Database(copia, { readwrite: true });
    aberto.run(`PRAGMA journal_mode = ${modo}`);
    aberto.run('PRAGMA cache_size = 1');
    if (modo === 'DELETE') aberto.run('BEGIN');
    aberto.run(`WITH RECURSIVE n(i) AS (VALUES (100) UNION ALL SELECT i + 1 FROM n WHERE i < 150)
      INSERT INTO usuarios SELECT i, hex(zeroblob(1000)), '', '' FROM n`);
    return sufixos.map((sufixo) => [sufixo, readFileSync(copia + sufixo)]);
  };
  return Object.fromEntries([...colher('DELETE', '-journal'), ...colher('WAL', '-wal', '-shm')]);
}

/** Os bytes de um vizinho; de um ausente, nenhuns. */
function encher(sufixo: Sufixo, qual: Conteudo, { deAgora, ...outros }: Modelos): Buffer {
  const inteiro = deAgora[sufixo];
  if (qual === 'velho' || qual === 'alheio') return outros[qual][sufixo];
  if (qual === 'zerado') return Buffer.concat([Buffer.alloc(512), inteiro.subarray(512)]);
  return inteiro.subarray(0, qual === 'metade' ? inteiro.length / 2 : 0);
}

/** Põe na pasta o que o caso pede; devolve o caminho do banco. */
function montar(onde: string, caso: Caso, modelos: Modelos): string {
  rmSync(onde, { recursive: true, force: true });
  mkdirSync(onde);
  const caminho = join(onde, 'desafio2.db');
  if (caso.banco !== 'ausente') writeFileSync(caminho, caso.banco === 'inteiro' ? modelos.inteiro : '');
  for (const sufixo of SUFIXOS) {
    if (caso[sufixo] !== 'ausente') writeFileSync(caminho + sufixo, encher(sufixo, caso[sufixo], modelos));
  }
  return caminho;
}

/** O que há numa pasta. */
function fotografar(pasta: string): string {
  const arquivos = readdirSync(pasta).sort();
  return JSON.stringify(arquivos.map((nome) => [nome, readFileSync(join(pasta, nome), 'base64')]));
}

/** O leitor vê todas as combinações; o escritor, e o leitor depois dele, uma em cada `passo`. */
async function avizinhar(sessao: Sessao, passo: number): Promise<void> {
  const { parada } = sessao;
  using pasta = pastaDeEnsaio();
  const modelos = await prepararModelos(pasta.em);
  const exigidos = [modelos.recibo];
  await emParalelo(CASOS, 2, async (caso, indice) => {
    await respirar(parada);
    const esperado = esperar(caso);
    const onde = pasta.em(`caso-${indice}`);
    const caminho = montar(onde, caso, modelos);
    const antes = fotografar(onde);
    const mudou = () => fotografar(onde) !== antes;
    const { motivo } = await ler(caminho, exigidos, parada);
    sessao.contar(
      true,
      descrever(caso),
      motivo !== esperado.leitor && `o leitor diz ${motivo}`,
      mudou() && 'o leitor mudou um arquivo',
    );
    if (indice % passo === 0) {
      const { codigo } = await escrever(caminho);
      const recusa = esperado.escritor !== 'feito' && esperado.leitor !== 'tenteDeNovo';
      const mexeu = recusa && mudou();
      const depois = await ler(caminho, exigidos, parada);
      const diferem = depois.motivo !== esperado.depois && esperado.leitor !== 'nadaParaLer';
      sessao.contar(
        true,
        descrever(caso),
        codigo !== CODIGOS[esperado.escritor] && `o escritor sai com ${codigo}`,
        mexeu && 'o escritor recusou, mas mudou um arquivo',
        diferem && `depois dele o leitor diz ${depois.motivo}`,
      );
    }
    rmSync(onde, { recursive: true });
  });
}

/** O que o SQLite sozinho faz de um banco inteiro com cada combinação ao lado. */
async function avizinharAoSqlite(sessao: Sessao): Promise<void> {
  using pasta = pastaDeEnsaio();
  const modelos = await prepararModelos(pasta.em);
  const julgar = (caso: Caso) => julgarPeloSqlite(montar(pasta.em('caso'), caso, modelos));
  const casos = CASOS.filter(({ banco }) => banco === 'inteiro');
  const sozinho = casos.find((caso) => SUFIXOS.every((sufixo) => caso[sufixo] === 'ausente'));
  const dados = sozinho && julgar(sozinho).dados;
  for (const caso of casos) {
    await respirar(sessao.parada);
    const visto = julgar(caso);
    sessao.contar(
      true,
      descrever(caso),
      visto.aprovado && visto.dados !== dados && 'aprovado, com outros dados',
    );
  }
}

/** Arquivos do SQLite que não são deste momento, ou não são deste banco, ao lado dele. */
export const vizinhos: Ensaio<number> = {
  nome: 'vizinhos',
  oQue: 'todo -journal, -wal e -shm vazio, pela metade, velho ou alheio: o código esperado de cada um',
  // Primo com 6, passa por todos os conteúdos.
  dose: { amostra: 7, completa: 1 },
  ensaiar: avizinhar,
  controle: {
    oQue: 'só o integrity_check do SQLite',
    dose: { amostra: 1 },
    ensaiar: avizinharAoSqlite,
  },
};
