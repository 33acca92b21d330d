import { Pulada, REMEDIO } from '../armazem/conferencia.ts';
import { lerLinhas, SQL_LINHA_DA_EXECUCAO } from '../armazem/linhas.ts';
import { type Banco, valor } from '../armazem/sqlite.ts';
import { Falha } from '../falhas.ts';
import { Progresso } from '../programa/andamento.ts';
import { respirar } from '../programa/sinais.ts';
import { iniciarSelo, type Recibo, SELO_ZERO } from '../selo.ts';
import { contar, emMilhares } from '../texto.ts';
import { DESCONHECIDO } from './adocao.ts';

/*
 * Cada verificação devolve o detalhe do que aprovou, lança uma `Falha` se reprova, ou `Pulada` se não tem o que
 * conferir. Nenhuma muda coisa alguma, e todas leem o mesmo instantâneo.
 */

/** `selos`: cada selo é o que se recalcula do que está gravado, e as execuções são 1…n. */
export async function conferirSelos(banco: Banco, parada: AbortSignal): Promise<string> {
  const execucoes = Number(valor(banco, 'SELECT count(*) FROM execucoes NOT INDEXED'));
  if (execucoes === 0) throw new Falha('reprovado', 'não há nenhuma execução selada', REMEDIO);
  using progresso = new Progresso(
    'conferindo',
    Number(valor(banco, 'SELECT total(registros) FROM execucoes NOT INDEXED')),
  );
  const erros = new Lista();
  const linhasDe = lerLinhas(banco);
  let anterior: string | undefined = SELO_ZERO;
  let semRespirar = 0;
  for (let id = 1; id <= execucoes; id++) {
    const gravada = lerSelada(banco, id);
    if (!gravada) erros.juntar(`falta a execução ${id}`);
    else {
      // O selo gravado, e não o recalculado, prende o seguinte: assim só acusa a execução que mudou.
      const selo = iniciarSelo(anterior ?? 'execução que falta', gravada.linha);
      let usuarios = 0;
      let ambiguo: string | null = null;
      for (const bloco of linhasDe(gravada.primeiro, gravada.ultimo)) {
        selo.update(bloco.linhas);
        usuarios += bloco.usuarios;
        ambiguo ??= bloco.ambiguo;
        progresso.avancar(bloco.usuarios);
        semRespirar += bloco.usuarios;
        if (semRespirar > USUARIOS_POR_PASSO) semRespirar = await respirar(parada);
      }
      if (selo.digest('hex') !== gravada.selo) erros.juntar(`o selo da execução ${id} não confere`);
      else if (usuarios !== gravada.registros) {
        const diz = contar(gravada.registros, 'usuário', 'usuários');
        erros.juntar(`a execução ${id} diz ter ${diz}, e tem ${emMilhares(usuarios)}`);
      } else if (ambiguo !== null)
        erros.juntar(`o usuário ${ambiguo} tem um BLOB ou REAL, que o selo não distingue`);
    }
    anterior = gravada?.selo;
    if (++semRespirar > USUARIOS_POR_PASSO) semRespirar = await respirar(parada);
  }
  erros.reprovar(REMEDIO);
  return contar(execucoes, 'selo recalculado, igual ao gravado', 'selos recalculados, iguais aos gravados');
}

/** Entre um `respirar` e o seguinte; uma execução conta como um usuário. */
const USUARIOS_POR_PASSO = 1000;

/** O que uma verificação achou de errado: guarda os três primeiros e conta os outros. */
class Lista {
  readonly #primeiros: string[] = [];
  #quantos = 0;

  juntar(erro: string): void {
    if (++this.#quantos <= 3) this.#primeiros.push(erro);
  }

  /** Lança uma `Falha` se algo foi juntado. */
  reprovar(remedio: string): void {
    if (this.#quantos === 0) return;
    const resto = this.#quantos - this.#primeiros.length;
    const fim = resto > 0 ? `; e mais ${emMilhares(resto)}` : '';
    throw new Falha('reprovado', this.#primeiros.join('; ') + fim, remedio);
  }
}

interface Selada {
  selo: string;
  registros: number;
  primeiro: string;
  ultimo: string;
  linha: Uint8Array;
}

/** A execução como está gravada; os `CAST` fazem de um valor estragado um limite que ao menos se pode ler. */
function lerSelada(banco: Banco, id: number): Selada | null {
  return banco
    .query<Selada, [number]>(
      `SELECT selo, registros,
              CAST(coalesce(CAST(primeiro_id AS INTEGER), 0) AS TEXT) AS primeiro,
              CAST(coalesce(CAST(ultimo_id AS INTEGER), 0) AS TEXT) AS ultimo,
              CAST(${SQL_LINHA_DA_EXECUCAO} AS BLOB) AS linha
       FROM execucoes WHERE id = ?`,
    )
    .get(id);
}

/** O maior id de usuário das execuções anteriores: não só da anterior, que pode estar vazia. */
const ULTIMO_ANTES = 'max(ultimo_id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)';

/** `avulsos`: cada usuário está na faixa de uma execução, e de uma só. */
export function conferirAvulsos(banco: Banco): string {
  const repetida = valor(
    banco,
    `SELECT id FROM (SELECT id, primeiro_id, ${ULTIMO_ANTES} AS antes FROM execucoes NOT INDEXED)
     WHERE primeiro_id <= antes LIMIT 1`,
  );
  if (repetida !== undefined) {
    throw new Falha('reprovado', `a execução ${repetida} repete ids de usuários de uma anterior`, REMEDIO);
  }
  // Uma execução vazia não cobre ids, e os limites que diz ter não separam os de ninguém.
  const [avulsos] = banco
    .query<Record<string, number | string>, []>(
      `WITH cheias AS (SELECT id, primeiro_id, ultimo_id FROM execucoes NOT INDEXED WHERE primeiro_id <= ultimo_id),
       vaos(de, ate) AS (
         SELECT coalesce(${ULTIMO_ANTES} + 1, -9223372036854775808), primeiro_id - 1 FROM cheias
         UNION ALL
         SELECT coalesce(max(ultimo_id) + 1, -9223372036854775808), 9223372036854775807 FROM cheias)
       SELECT count(*), CAST(min(usuarios.id) AS TEXT)
       FROM vaos CROSS JOIN usuarios NOT INDEXED ON usuarios.id BETWEEN de AND ate WHERE de <= ate`,
    )
    .values();
  if (avulsos?.[0] === 0) return 'nenhum: cada usuário pertence a uma execução, e a uma só';
  throw new Falha(
    'reprovado',
    `${contar(Number(avulsos?.[0]), 'usuário', 'usuários')} fora de qualquer execução, a partir do id ${avulsos?.[1]}`,
    REMEDIO,
  );
}

/** `recibos`: a execução de cada recibo exigido está na cadeia, com o mesmo selo. */
export function conferirRecibos(banco: Banco, recibos: Recibo[]): string {
  if (recibos.length === 0) throw new Pulada('nenhum recibo foi exigido');
  const consulta = banco.query<{ selo: string }, [number]>('SELECT selo FROM execucoes WHERE id = ?');
  const faltam = new Lista();
  for (const { execucao, selo } of recibos) {
    const gravada = consulta.get(execucao);
    if (!gravada) faltam.juntar(`a execução ${execucao}, de um recibo exigido, não está no banco`);
    else if (gravada.selo !== selo)
      faltam.juntar(`a execução ${execucao} tem um selo diferente do recibo exigido`);
  }
  faltam.reprovar(
    'Este não é o volume que deu o recibo, ou voltou a um estado mais antigo: restaure uma cópia mais nova.',
  );
  return contar(recibos.length, 'exigido, e está na cadeia', 'exigidos, todos na cadeia');
}

/** O id de um container; fora de um, o escritor grava o nome da máquina. */
const DE_CONTAINER = "length(container) = 12 AND container NOT GLOB '*[^0-9a-f]*'";

/** `origem`: quem escreveu. Sem execução de outro container, nada se pode dizer de persistência. */
export function conferirOrigem(banco: Banco, container: string): string {
  const contados = banco
    .query<Record<'este' | 'outros' | 'desconhecidos' | 'todas', number>, [string, string]>(
      `SELECT count(*) FILTER (WHERE container = ?1) AS este,
              count(*) FILTER (WHERE container <> ?1 AND ${DE_CONTAINER}) AS outros,
              count(*) FILTER (WHERE container <> ?1 AND container = ?2) AS desconhecidos,
              count(*) AS todas FROM execucoes NOT INDEXED`,
    )
    .get(container, DESCONHECIDO);
  const { este = 0, outros = 0, desconhecidos = 0, todas = 0 } = contados ?? {};
  const deFora = todas - este - outros - desconhecidos;
  const detalhe = [
    `execuções de outros containers: ${emMilhares(outros)}`,
    `deste (${container}): ${emMilhares(este)}`,
    ...(deFora > 0 ? [`de fora de um container: ${emMilhares(deFora)}`] : []),
    ...(desconhecidos > 0 ? [`de origem desconhecida: ${emMilhares(desconhecidos)}`] : []),
  ].join('; ');
  if (outros === 0) throw new Pulada(detalhe);
  return detalhe;
}
