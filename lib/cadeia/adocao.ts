import pacote from '../../package.json' with { type: 'json' };
import { lerLinhas } from '../armazem/linhas.ts';
import type { Banco } from '../armazem/sqlite.ts';
import { contarUsuarios } from '../armazem/usuarios.ts';
import { Falha, opcao } from '../falhas.ts';
import { respirar } from '../programa/sinais.ts';
import { type Execucao, iniciarSelo, linhaDaExecucao, SELO_ZERO } from '../selo.ts';

/** O container da execução 1 de um banco que o programa original do exercício começou. */
export const DESCONHECIDO = 'desconhecido';

/** Sela, como execução 1, os usuários que o programa original deixou: aqui só o que está gravado é conhecido. */
export async function adotar(banco: Banco, caminho: string, parada: AbortSignal): Promise<Execucao> {
  const faixa = banco
    .query<{ primeiro: number | null; ultimo: number | null }, []>(
      'SELECT min(id) AS primeiro, max(id) AS ultimo FROM usuarios NOT INDEXED',
    )
    .get();
  recusarIdGrande(caminho, faixa?.primeiro ?? 0);
  recusarIdGrande(caminho, faixa?.ultimo ?? 0);
  const execucao = {
    id: 1,
    container: DESCONHECIDO,
    iniciada_em: new Date().toISOString(),
    versao: pacote.version,
    primeiro_id: faixa?.primeiro ?? 1,
    ultimo_id: faixa?.ultimo ?? 0,
    registros: await contarUsuarios(banco, parada),
  };
  const selo = iniciarSelo(SELO_ZERO, linhaDaExecucao(execucao));
  for (const { linhas, ambiguo } of lerLinhas(banco)(`${execucao.primeiro_id}`, `${execucao.ultimo_id}`)) {
    if (ambiguo !== null) {
      throw new Falha(
        'reprovado',
        `${caminho}: o usuário ${ambiguo} tem um valor BLOB ou REAL, que o selo não distingue de outros`,
        `Converta esse valor para texto, ou indique outro caminho com ${opcao('banco')}.`,
      );
    }
    selo.update(linhas);
    await respirar(parada);
  }
  return inserirExecucao(banco, { ...execucao, selo: selo.digest('hex') });
}

/** Um número de JavaScript só conta de um em um até 2⁵³; para muito antes quem ainda vai somar a ele. */
export function recusarIdGrande(caminho: string, id: number): void {
  if (Math.abs(id) < Number.MAX_SAFE_INTEGER / 2) return;
  throw new Falha(
    'reprovado',
    `${caminho} tem ids grandes demais (${id})`,
    `Indique outro caminho com ${opcao('banco')}.`,
  );
}

/** Grava a execução selada. */
export function inserirExecucao(banco: Banco, execucao: Execucao): Execucao {
  const { id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros, selo } = execucao;
  banco
    .query('INSERT OR ABORT INTO execucoes VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros, selo);
  return execucao;
}
