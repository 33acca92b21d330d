import type { Troca } from '../apoio/projeto.ts';

/** Um escritor que imprime o recibo, demora-se, e só então confirma. */
export const RECIBO_ANTES_DO_COMMIT: Troca[] = [
  [
    'lib/armazem/escrita.ts',
    'await esperarVez(confirmar, parada);',
    `const { execucao } = resultado;
     require('node:fs').writeSync(1, JSON.stringify({ recibo: execucao.id + ':' + execucao.selo }) + '\\n');
     await Bun.sleep(200);
     await esperarVez(confirmar, parada);`,
  ],
];

/** Um escritor que dá o recibo ainda que o COMMIT falhe: com o disco cheio, por exemplo. */
export const COMMIT_SEM_OLHAR: Troca[] = [
  [
    'lib/armazem/escrita.ts',
    'await esperarVez(confirmar, parada);',
    'try { await esperarVez(confirmar, parada); } catch {}',
  ],
];

/** Um escritor com o `synchronous` que o SQLite tem por padrão. */
export const SEM_EXTRA: Troca[] = [
  ['lib/armazem/escrita.ts', 'PRAGMA synchronous = EXTRA', 'PRAGMA synchronous = FULL'],
  [
    'lib/armazem/escrita.ts',
    "consultarUm(banco, 'PRAGMA synchronous') !== 3",
    "consultarUm(banco, 'PRAGMA synchronous') !== 2",
  ],
];

/** Um escritor que deixa o `synchronous_commit` como o servidor o tem. */
export const SEM_CONFIRMAR: Troca[] = [
  ['lib/armazem/postgres/conexao.ts', 'SET synchronous_commit = on; ', ''],
  ['lib/armazem/postgres/transacao.ts', '; SET LOCAL synchronous_commit = on', ''],
  ['lib/armazem/postgres/ligar.ts', "sessao.confirma !== 'on'", "sessao.confirma !== 'off'"],
];
