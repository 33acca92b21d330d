import { Database } from 'bun:sqlite';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { esperarTodas } from '../apoio/paralelo.ts';
import { ate, exigir } from '../apoio/processo.ts';
import { CODIGOS } from '../lib/falhas.ts';
import { comCadaQuebra, type Defeito, type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { conferirCodigo, ler } from './invariante.ts';
import { type Corrida, iniciar, iniciarEscritor, terminar, vigiar } from './programas.ts';

/** Mortes seguidas com uma mesma origem, e com um mesmo destino. */
const POR_ORIGEM = 25;
const POR_DESTINO = 8;

/** As chamadas do SQLite ao sistema que se fazem falhar, e como: ver `intruso.c`. */
const CHAMADAS = ['pwrite64', 'fsync', 'fdatasync', 'ftruncate64', 'unlink', 'open64', 'pread64'] as const;
const MODOS = ['EIO', 'EIO+', 'ENOSPC', 'morte'] as const;

/** Como um copiador pode terminar de uma origem sã para um começo dela, seja qual for a falha do sistema. */
const DO_COPIADOR: (number | null)[] = [
  null,
  CODIGOS.feito,
  CODIGOS.naoCriado,
  CODIGOS.entradaSaida,
  CODIGOS.tenteDeNovo,
  CODIGOS.semPermissao,
];

/** Uma pasta com um banco em que escritores gravam, um depois do outro, até o fim do bloco. */
export async function origemViva({ parada }: Pick<Sessao, 'parada'>, opcoes: string[], pausaMs: number) {
  const pasta = pastaDeEnsaio();
  const caminho = pasta.em('origem/desafio2.db');
  let acabou = false;
  let escritor: ReturnType<typeof iniciarEscritor> | undefined;
  const escrevendo = (async () => {
    while (!acabou) {
      escritor = iniciarEscritor(caminho, opcoes);
      await terminar(escritor);
      await Bun.sleep(pausaMs);
    }
  })();
  const acabar = async () => {
    acabou = true;
    escritor?.kill();
    await escrevendo;
    pasta[Symbol.dispose]();
  };
  try {
    await ate(() => existsSync(caminho) && statSync(caminho).size > 0, 'haja execuções', parada);
  } catch (erro) {
    await acabar();
    throw erro;
  }
  return { pasta, caminho, [Symbol.asyncDispose]: acabar };
}

/** O que há de errado num destino que devia ser um começo da origem, com ao menos `antes` execuções; e quantas tem. */
async function conferirComeco(
  { origem, destino, antes }: { origem: string; destino: string; antes: number },
  parada: AbortSignal,
) {
  if (existsSync(destino)) {
    // Abri-lo para escrita desfaz o que ficou pela metade, como faria a cópia seguinte.
    using banco = new Database(destino, { readwrite: true });
    banco.query('PRAGMA schema_version').get();
  }
  const { motivo, laudo } = await ler(destino, [], parada);
  const execucoes = laudo.execucoes ?? 0;
  // Vazio, ainda que com um -journal também vazio ao lado, que o SQLite não vê e a cópia seguinte enche.
  const bytes = statSync(destino, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes === 0 && antes === 0) return { execucoes, violacao: undefined };
  if (motivo !== 'feito') return { execucoes, violacao: `o leitor diz ${motivo}, de ${bytes} bytes` };
  if (execucoes < antes) return { execucoes, violacao: `tinha ${antes} execuções, e tem ${execucoes}` };
  using banco = new Database(origem, { readonly: true });
  banco.run('PRAGMA busy_timeout = 60000');
  const daOrigem = banco.query<{ recibo: string }, [number]>(
    "SELECT id || ':' || selo AS recibo FROM execucoes WHERE id = ?",
  );
  const igual = daOrigem.get(execucoes)?.recibo === laudo.recibo;
  return { execucoes, violacao: igual ? undefined : `a execução ${execucoes} não é a da origem` };
}

/** Mata copiadores, ou faz falhar uma chamada deles, e confere o destino depois de cada um. */
async function matar(sessao: Sessao, mortes: number, raiz: string): Promise<void> {
  const { sorte, parada } = sessao;
  await using origem = await origemViva(sessao, ['-e', '20', '-n', sorte.um(['1', '50', '400'])], 200);
  const { em } = origem.pasta;
  const [destino, intruso, registro] = [em('destino/desafio2.db'), em('intruso.so'), em('registro')];
  exigir('cc', '-shared', '-fPIC', '-O1', '-o', intruso, join(import.meta.dir, 'intruso.c'));
  let [antes, estragado] = [0, false];
  for (let morte = 0; morte < mortes; morte++) {
    if (estragado || morte % POR_DESTINO === 0) {
      rmSync(em('destino'), { recursive: true, force: true });
      antes = 0;
    }
    rmSync(registro, { force: true });
    const falha = `${sorte.um(CHAMADAS)}:${sorte.inteiro(1, 12)}:${sorte.um(MODOS)}`;
    const comIntruso = sorte.um([true, false]);
    const ambiente = comIntruso ? { LD_PRELOAD: intruso, FALHA: falha, REGISTRO: registro } : {};
    const mudou = vigiar(destino);
    const processo = iniciar('copiador', ['-d', origem.caminho, '-p', destino], { ambiente, raiz });
    if (!comIntruso) {
      await ate(() => mudou() || processo.exitCode !== null, 'o copiador grave', parada);
      await Bun.sleep(sorte.inteiro(0, 25));
      processo.kill('SIGKILL');
    }
    const corrida = await terminar(processo);
    const { execucoes, violacao } = await conferirComeco({ origem: origem.caminho, destino, antes }, parada);
    antes = execucoes;
    estragado = violacao !== undefined;
    const injetado = existsSync(registro) || corrida.sinal === 'SIGKILL';
    sessao.contar(injetado, comIntruso ? falha : 'kill -9', conferirFim(corrida), violacao);
  }
}

function conferirFim(corrida: Corrida): Defeito {
  if (DO_COPIADOR.includes(corrida.codigo)) return conferirCodigo(corrida);
  return `o copiador sai com ${corrida.codigo}: ${corrida.erros}`;
}

async function matarTantos(sessao: Sessao, mortes: number, raiz = sessao.raiz): Promise<void> {
  let restantes = mortes;
  const fila = async () => {
    while (restantes > 0) {
      const lote = Math.min(restantes, POR_ORIGEM);
      restantes -= lote;
      await matar(sessao, lote, raiz);
    }
  };
  await esperarTodas([fila(), fila()]);
}

/** O copiador morto ou com falhas do sistema, de uma origem em que se grava. */
export const copia: Ensaio<number> = {
  nome: 'copia',
  oQue: 'kill -9 do copiador, ou uma falha do sistema, de uma origem viva: o destino é sempre um começo dela',
  precisa: ['cc'],
  dose: { amostra: 40, completa: 4000 },
  ensaiar: matarTantos,
  controle: {
    oQue: 'um copiador sem transação, e outro que perde linhas e não recalcula os selos',
    dose: { amostra: 20, completa: 50 },
    ensaiar: comCadaQuebra(
      [
        [
          ['lib/armazem/escrita.ts', '`BEGIN ${grande', '`-- ${grande'],
          ['lib/armazem/escrita.ts', "banco.run('COMMIT');", ''],
        ],
        [
          ['lib/cadeia/levar.ts', '      await recalcular(destino, lote, ponta);\n', ''],
          ['lib/armazem/escrita.ts', 'value->>2, value->>3\n', "'', value->>3\n"],
        ],
      ],
      matarTantos,
    ),
  },
};
