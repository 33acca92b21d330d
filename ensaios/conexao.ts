import { esperarTodas } from '../apoio/paralelo.ts';
import { Postgres } from '../apoio/postgres.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { cortarTodas } from './cortador.ts';
import { comCadaQuebra, type Defeito, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { exigirTodos, repetido } from './exigidos.ts';
import { iniciarEscritor, terminar } from './programas.ts';

/** Usuários por execução de cada um dos escritores que gravam ao mesmo tempo. */
const LOTES = [1, 1, 3, 200];
/** Quantas vezes cada um grava no mesmo banco de dados, antes de começarem outro. */
const EXECUCOES = 10;

/** Um escritor, com um intermediário só dele. */
async function escreverCortado({ sorte }: Sessao, { servidor, banco, lote, mudo, raiz }: Pedido) {
  using cortador = await cortarTodas(servidor.porta, sorte, mudo);
  const lugar = `postgres://postgres@127.0.0.1:${cortador.porta}/${banco}`;
  const corrida = await terminar(iniciarEscritor(lugar, ['-n', `${lote}`, '-e', `${EXECUCOES}`], { raiz }));
  return { ...corrida, lote, cortes: cortador.cortes };
}

interface Pedido {
  servidor: Postgres;
  banco: string;
  lote: number;
  mudo: boolean;
  raiz: string;
}

interface Quanto {
  cortes: number;
  /** Da primeira vez, nenhum dos escritores tem resposta ao primeiro COMMIT que pede. */
  mudos: boolean;
}

/**
 * Corta tantas conexões, ou até que algo se perca, de escritores que acabam todos por gravar o que se lhes pediu: cada
 * execução, uma vez.
 */
async function cortarTantas(sessao: Sessao, { cortes, mudos }: Quanto, raiz = sessao.raiz): Promise<void> {
  using pasta = pastaDeEnsaio();
  await using servidor = new Postgres(pasta.caminho);
  await servidor.comecar();
  for (let feitos = 0, vez = 1; feitos < cortes; vez++) {
    const mudo = mudos && vez === 1;
    const banco = `banco_${vez}`;
    await servidor.sql(`CREATE DATABASE ${banco}`);
    const corridas = await esperarTodas(
      LOTES.map((lote) => escreverCortado(sessao, { servidor, banco, lote, mudo, raiz })),
    );
    const recibos = corridas.flatMap((corrida) => corrida.recibos);
    const { defeito, execucoes, registros } = await exigirTodos(servidor.endereco(banco), recibos);
    const mau = corridas.find(({ codigo }) => codigo !== CODIGOS.feito);
    const escritos = corridas.reduce((soma, corrida) => soma + corrida.lote * corrida.recibos.length, 0);
    for (const onde of corridas.flatMap((corrida) => corrida.cortes)) {
      sessao.contar(true, onde);
      feitos++;
    }
    const defeitos: Defeito[] = [
      mau && `um sai com ${mau.codigo}: ${mau.erros}`,
      defeito,
      repetido(recibos),
      execucoes !== recibos.length && `${execucoes} execuções e ${recibos.length} recibos`,
      registros !== escritos && `${registros} usuários, e os recibos são de ${escritos}`,
    ];
    sessao.contar(false, `os escritores do ${banco}`, ...defeitos);
    if (defeitos.some(Boolean)) return;
  }
}

/** A conexão com o servidor cai, em qualquer mensagem. */
export const conexao: Ensaio<Quanto> = {
  nome: 'conexao',
  oQue: 'conexões cortadas em cada mensagem em volta do COMMIT: nenhum recibo se perde, e nada se grava duas vezes',
  precisa: ['postgres'],
  dose: { amostra: { cortes: 40, mudos: false }, completa: { cortes: 2000, mudos: true } },
  ensaiar: cortarTantas,
  controle: {
    oQue: 'um escritor que dá o recibo de um COMMIT sem resposta, e outro que grava de novo sem o procurar',
    dose: { amostra: { cortes: 200, mudos: false } },
    ensaiar: comCadaQuebra(
      [
        [
          [
            'lib/armazem/postgres/transacao.ts',
            'await this.conexao.confirmar()',
            'await this.conexao.confirmar().catch(() => true)',
          ],
        ],
        [
          [
            'lib/armazem/postgres/transacao.ts',
            'ficou = feito?.execucao && (await this.#tem(feito.execucao))',
            'ficou = false',
          ],
        ],
      ],
      cortarTantas,
    ),
  },
};
