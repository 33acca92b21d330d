import { version as VERSAO } from '../../package.json' with { type: 'json' };
import type { ArmazemDeEscrita } from '../armazem/armazem.ts';
import { Falha, opcao } from '../falhas.ts';
import type { Assinar } from '../recibo.ts';
import { DESCONHECIDO, type Execucao, iniciarSelo, linhaDaExecucao, SELO_ZERO } from '../selo.ts';

/**
 * Sela, como execução 1, os usuários que o programa original deixou: aqui só o que está gravado é conhecido. Dentro da
 * transação de `escrever`. Lança `Falha` (`reprovado`) se um deles não se pode selar.
 */
export async function adotar(armazem: ArmazemDeEscrita, assinar: Assinar | undefined): Promise<Execucao> {
  const { endereco, tabelas } = armazem;
  const [faixa] = await armazem.consultar<{ primeiro: number | null; ultimo: number | null }>(
    `SELECT min(id) AS primeiro, max(id) AS ultimo FROM ${tabelas.usuarios}`,
  );
  recusarIdGrande(endereco, faixa?.primeiro ?? 0);
  recusarIdGrande(endereco, faixa?.ultimo ?? 0);
  const execucao = {
    id: 1,
    container: DESCONHECIDO,
    iniciada_em: new Date().toISOString(),
    versao: VERSAO,
    primeiro_id: faixa?.primeiro ?? 1,
    ultimo_id: faixa?.ultimo ?? 0,
    registros: await armazem.contarUsuarios(),
  };
  const selo = iniciarSelo(SELO_ZERO, linhaDaExecucao(execucao));
  using _andamento = armazem.contexto.comecar('selando', execucao.registros);
  await armazem.percorrer()(`${execucao.primeiro_id}`, `${execucao.ultimo_id}`, ({ linhas, ambiguo }) => {
    if (ambiguo !== null) throw ambiguoDemais(endereco, ambiguo);
    selo.update(linhas);
  });
  return await registrar(armazem, { ...execucao, selo: selo.digest('hex') }, assinar);
}

/** Grava uma execução, com o recibo assinado se há com quê; devolve-a como ficou. Dentro da transação de `escrever`. */
export async function registrar(
  armazem: ArmazemDeEscrita,
  execucao: Execucao,
  assinar: Assinar | undefined,
): Promise<Execucao> {
  const assinatura = await assinar?.(execucao);
  await armazem.registrar({ ...execucao, linha: Buffer.from(linhaDaExecucao(execucao)) }, assinatura);
  return assinatura === undefined ? execucao : { ...execucao, assinatura };
}

function ambiguoDemais(endereco: string, id: string): Falha {
  return new Falha(
    'reprovado',
    `${endereco}: o usuário ${id} tem um valor BLOB ou REAL, que o selo não distingue de outros`,
    `Converta esse valor para texto, ou indique outro caminho com ${opcao('banco')}.`,
  );
}

/**
 * Um número de JavaScript só conta de um em um até 2⁵³; para muito antes quem ainda vai somar a ele. Lança `Falha`
 * (`reprovado`).
 */
export function recusarIdGrande(endereco: string, id: number): void {
  if (Math.abs(id) < Number.MAX_SAFE_INTEGER / 2) return;
  const remedio = `Indique outro caminho com ${opcao('banco')}.`;
  throw new Falha('reprovado', `${endereco} tem ids grandes demais (${id})`, remedio);
}
