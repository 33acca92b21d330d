import { Database } from 'bun:sqlite';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { criarContexto } from '../lib/programa/contexto.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { selarTudo } from '../prova/dentro/receita.ts';
import { type Contagem, type Ensaio, escolher, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever, projetoQuebrado, type Troca } from './programas.ts';

type Verificar = typeof import('../lib/cadeia/verificar.ts').verificarBanco;

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

/** O que se põe no lugar de uma cadeia que o leitor aprovou até `lembrada`. */
const ESTRAGOS: Record<
  string,
  (caminho: string, lembrada: number, historia: Historia, plano: Plano) => void
> = {
  'cópia antiga': (caminho, lembrada, { cadeia }, plano) =>
    writeFileSync(caminho, escolher(plano, cadeia.slice(0, lembrada - 1)) ?? ''),
  'volume trocado': (caminho, _, { outra }, plano) => writeFileSync(caminho, escolher(plano, outra) ?? ''),
  'volume trocado por um maior': (caminho, lembrada, { outra }) =>
    writeFileSync(caminho, outra[lembrada] ?? ''),
  bifurcação: (caminho, lembrada, { desvios }, plano) =>
    writeFileSync(caminho, escolher(plano, escolher(plano, desvios.slice(0, lembrada - 1)) ?? []) ?? ''),
  'fim cortado': (caminho, lembrada, { cadeia }, plano) =>
    mudar(caminho, cadeia[lembrada - 1], (banco) => {
      const ficam = 1 + Math.floor(plano.sortear() * (lembrada - 1));
      banco.run('DELETE FROM usuarios WHERE id > ?', [3 * ficam]);
      banco.run('DELETE FROM execucoes WHERE id > ?', [ficam]);
    }),
  'cadeia refeita': (caminho, lembrada, { cadeia }, plano) =>
    mudar(caminho, cadeia[lembrada - 1], (banco) => {
      banco.run("UPDATE usuarios SET nome = 'X' WHERE id = ?", [
        1 + Math.floor(plano.sortear() * 3 * lembrada),
      ]);
      selarTudo(banco);
    }),
  'sem arquivo': (caminho) => rmSync(caminho),
};

function mudar(caminho: string, bytes: Buffer | undefined, acao: (banco: Database) => void): void {
  writeFileSync(caminho, bytes ?? '');
  using banco = new Database(caminho, { readwrite: true });
  banco.run('PRAGMA synchronous = OFF; BEGIN');
  acao(banco);
  banco.run('COMMIT');
}

/**
 * Um leitor que só recebe `--memoria`: aprova uma cadeia que cresce, e depois encontra no lugar dela um estrago. Lido duas
 * vezes, não o pode aprovar nem guardar; e a cadeia de volta tem de ser aprovada.
 */
async function lembrar(plano: Plano, contagem: Contagem, casos: number, verificar: Verificar): Promise<void> {
  using volume = pastaDeEnsaio();
  using fora = pastaDeEnsaio();
  const [banco, memoria] = [volume.em('desafio2.db'), fora.em('memoria.json')];
  const historia = await fazerHistoria(banco);
  const contexto = criarContexto(plano.parada);
  const ler = async () => {
    try {
      return (await verificar({ banco, recibos: [], limite: 0, memoria }, contexto)).laudo.aprovado;
    } catch (erro) {
      // Uma memória que não serve, ou que se contradiz, também não aprova.
      if (erro instanceof Error && erro.name === 'Falha') return false;
      throw erro;
    }
  };
  contagem.previstos = casos;
  for (let caso = 0; caso < casos; caso++) {
    await respirar(plano.parada);
    rmSync(memoria, { force: true });
    const primeira = sortearAte(plano, ULTIMA - 1);
    const lembrada = primeira + sortearAte(plano, ULTIMA - primeira);
    for (const execucao of [primeira, lembrada]) {
      writeFileSync(banco, historia.cadeia[execucao - 1] ?? '');
      if (!(await ler())) throw new Error(`a cadeia até ${execucao} não foi aprovada`);
    }
    const guardada = readFileSync(memoria, 'utf8');
    const estrago = escolher(plano, Object.keys(ESTRAGOS));
    ESTRAGOS[estrago]?.(banco, lembrada, historia, plano);
    const aprovados = [await ler(), await ler()].filter(Boolean).length;
    const defeitos = [
      ...(aprovados > 0 ? [`${estrago}: aprovado ${aprovados} de 2 vezes`] : []),
      ...(existsSync(memoria) && readFileSync(memoria, 'utf8') === guardada ? [] : [`${estrago}: guardado`]),
    ];
    if (defeitos.length === 0) {
      writeFileSync(banco, historia.cadeia[ULTIMA - 1] ?? '');
      if (!(await ler())) defeitos.push(`depois de ${estrago}, a cadeia de volta não foi aprovada`);
    }
    contagem.contar(true, defeitos.join('; ') || undefined);
  }
}

const sortearAte = (plano: Plano, ate: number) => 1 + Math.floor(plano.sortear() * ate);

/** Uma memória guardada antes da última verificação. */
export const ANTES_DO_VEREDITO: Troca[] = [
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
export const memoria: Ensaio = {
  nome: 'memoria',
  oQue: 'um volume que voltou atrás, foi trocado, cortado ou refeito: só com --memoria, reprovado',
  async ensaiar(plano, contagem) {
    const { verificarBanco } = await import('../lib/cadeia/verificar.ts');
    await lembrar(plano, contagem, plano.completo ? 10_000 : 200, verificarBanco);
  },
  controle: {
    oQue: 'memórias guardadas antes da última verificação, ou com o nome que o volume dá a si mesmo',
    async ensaiar(plano, contagem) {
      for (const trocas of [ANTES_DO_VEREDITO, PELO_QUE_O_VOLUME_DIZ]) {
        const antes = contagem.violacoes;
        using quebrado = projetoQuebrado(...trocas);
        const { verificarBanco } = await import(join(quebrado.raiz, 'lib/cadeia/verificar.ts'));
        await lembrar(plano, contagem, 100, verificarBanco);
        if (contagem.violacoes === antes) throw new Error('um dos controles não teve violações');
      }
    },
  },
};
