import { Database } from 'bun:sqlite';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CODIGOS, type Motivo } from '../lib/falhas.ts';
import { emParalelo } from '../lib/paralelo.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { julgarPeloSqlite } from './bits.ts';
import { type Contagem, type Ensaio, ler, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever } from './programas.ts';

const SUFIXOS = ['-journal', '-wal', '-shm'] as const;
const CONTEUDOS = ['ausente', 'vazio', 'zerado', 'metade', 'velho', 'alheio'] as const;
const BANCOS = ['inteiro', 'vazio', 'ausente'] as const;

type Sufixo = (typeof SUFIXOS)[number];
type Conteudo = (typeof CONTEUDOS)[number];

/** O que há na pasta: o banco, e o que está ao lado dele. */
interface Caso {
  banco: (typeof BANCOS)[number];
  vizinhos: Record<Sufixo, Conteudo>;
}

/** O que se espera do leitor, do escritor e do leitor que, depois dele, exige o recibo de antes. */
function esperar({ banco, vizinhos }: Caso): { leitor: Motivo; escritor: Motivo; depois: Motivo } {
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

const COMBINACOES: Caso[] = BANCOS.flatMap((banco) =>
  CONTEUDOS.flatMap((journal) =>
    CONTEUDOS.flatMap((wal) =>
      CONTEUDOS.map((shm) => ({ banco, vizinhos: { '-journal': journal, '-wal': wal, '-shm': shm } })),
    ),
  ),
);

function descrever({ banco, vizinhos }: Caso): string {
  return `banco ${banco}, ${SUFIXOS.map((sufixo) => `${sufixo} ${vizinhos[sufixo]}`).join(', ')}`;
}

/** Um banco de três execuções, e o que pôr ao lado dele. */
async function prepararModelos(em: (nome: string) => string) {
  const inteiro = em('inteiro.db');
  await escrever(inteiro);
  const primeiro = em('primeiro.db');
  copyFileSync(inteiro, primeiro);
  const { recibos } = await escrever(inteiro, '-e', '2');
  const alheio = em('alheio.db');
  using outro = new Database(alheio);
  outro.run('PRAGMA application_id = 7');
  outro.run('CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)');
  outro.run('CREATE TABLE execucoes (id INTEGER PRIMARY KEY)');

  const deAgora = colherVizinhos(inteiro, em('agora.db'));
  const antigos = colherVizinhos(primeiro, em('antigo.db'));
  const deOutro = colherVizinhos(alheio, em('outro.db'));
  const conteudo = (sufixo: Sufixo, qual: Exclude<Conteudo, 'ausente'>): Buffer => {
    const inteiros = deAgora[sufixo];
    if (qual === 'vazio') return Buffer.alloc(0);
    if (qual === 'zerado') return Buffer.concat([Buffer.alloc(512), inteiros.subarray(512)]);
    if (qual === 'metade') return inteiros.subarray(0, inteiros.length / 2);
    return (qual === 'velho' ? antigos : deOutro)[sufixo];
  };
  return { inteiro: readFileSync(inteiro), recibo: recibos[1] ?? '', conteudo };
}

/** O `-journal`, o `-wal` e o `-shm` de uma transação que muda todos os usuários de uma cópia do banco. */
function colherVizinhos(banco: string, copia: string): Record<Sufixo, Buffer> {
  const colher = (modo: string, ...sufixos: Sufixo[]) => {
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

type Modelos = Awaited<ReturnType<typeof prepararModelos>>;

/** Põe na pasta o que o caso pede; devolve o caminho do banco. */
function montar(onde: string, caso: Caso, { inteiro, conteudo }: Modelos): string {
  rmSync(onde, { recursive: true, force: true });
  mkdirSync(onde);
  const caminho = join(onde, 'desafio2.db');
  if (caso.banco !== 'ausente') writeFileSync(caminho, caso.banco === 'inteiro' ? inteiro : '');
  for (const sufixo of SUFIXOS) {
    const qual = caso.vizinhos[sufixo];
    if (qual !== 'ausente') writeFileSync(caminho + sufixo, conteudo(sufixo, qual));
  }
  return caminho;
}

function fotografar(caminho: string): string {
  const arquivos = ['', ...SUFIXOS].map((sufixo) =>
    existsSync(caminho + sufixo) ? readFileSync(caminho + sufixo).toString('base64') : null,
  );
  return JSON.stringify(arquivos);
}

async function avizinhar(plano: Plano, contagem: Contagem): Promise<void> {
  using pasta = pastaDeEnsaio();
  const modelos = await prepararModelos(pasta.em);
  // Na amostra, o leitor vê todas as combinações, e o escritor uma em cada sete: primo com 6, passa por todos os conteúdos.
  contagem.previstos = COMBINACOES.length * (plano.completo ? 2 : 8 / 7);
  await emParalelo(COMBINACOES, 2, async (caso, indice) => {
    await respirar(plano.parada);
    const esperado = esperar(caso);
    const caminho = montar(pasta.em(`caso-${indice}`), caso, modelos);
    const antes = fotografar(caminho);
    const { motivo } = await ler(caminho, [modelos.recibo], plano.parada);
    const mudou = fotografar(caminho) === antes ? '' : ', e mudou um arquivo';
    const bom = motivo === esperado.leitor && mudou === '';
    contagem.contar(true, bom ? undefined : `${descrever(caso)}: o leitor diz ${motivo}${mudou}`);

    if (!plano.completo && indice % 7 !== 0) return;
    const { codigo } = await escrever(caminho);
    const mexeu =
      esperado.escritor !== 'feito' && esperado.leitor !== 'tenteDeNovo' && fotografar(caminho) !== antes;
    const depois = await ler(caminho, [modelos.recibo], plano.parada);
    const defeitos = [
      codigo === CODIGOS[esperado.escritor] ? '' : `o escritor sai com ${codigo}`,
      mexeu ? 'o escritor recusou, mas mudou um arquivo' : '',
      depois.motivo === esperado.depois || esperado.leitor === 'nadaParaLer'
        ? ''
        : `depois dele o leitor diz ${depois.motivo}`,
    ].filter((texto) => texto !== '');
    contagem.contar(true, defeitos.length > 0 ? `${descrever(caso)}: ${defeitos.join('; ')}` : undefined);
    rmSync(pasta.em(`caso-${indice}`), { recursive: true });
  });
}

/** Arquivos do SQLite que não são deste momento, ou não são deste banco, ao lado dele. */
export const vizinhos: Ensaio = {
  nome: 'vizinhos',
  oQue: 'todo -journal, -wal e -shm vazio, pela metade, velho ou alheio: o código esperado de cada um',
  async ensaiar(plano, contagem) {
    await avizinhar(plano, contagem);
  },
  controle: {
    oQue: 'só o integrity_check do SQLite',
    async ensaiar(plano, contagem) {
      using pasta = pastaDeEnsaio();
      const modelos = await prepararModelos(pasta.em);
      const sozinho: Caso = {
        banco: 'inteiro',
        vizinhos: { '-journal': 'ausente', '-wal': 'ausente', '-shm': 'ausente' },
      };
      const { dados } = julgarPeloSqlite(montar(pasta.em('caso'), sozinho, modelos));
      const casos = COMBINACOES.filter(({ banco }) => banco === 'inteiro');
      contagem.previstos = casos.length;
      for (const caso of casos) {
        await respirar(plano.parada);
        const visto = julgarPeloSqlite(montar(pasta.em('caso'), caso, modelos));
        const mudou = visto.aprovado && visto.dados !== dados;
        contagem.contar(true, mudou ? `${descrever(caso)}: aprovado, com outros dados` : undefined);
      }
    },
  },
};
