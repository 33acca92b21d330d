import type { ArmazemDeLeitura, Bloco, Selada } from '../armazem/armazem.ts';
import { aprovar, type Resultado, reprovarDados } from '../falhas.ts';
import { iniciarSelo, SELO_ZERO } from '../selo.ts';
import { contar, emMilhares } from '../texto.ts';
import { Defeitos } from './laudo.ts';

/** `selos`: cada selo é o que se recalcula do que está gravado, e as execuções são 1…n. */
export async function conferirSelos(armazem: ArmazemDeLeitura): Promise<Resultado> {
  const { contexto, tabelas } = armazem;
  const [soma] = await armazem.consultar<{ execucoes: number; usuarios: number }>(
    `SELECT count(*) AS execucoes, sum(CAST(registros AS DOUBLE PRECISION)) AS usuarios FROM ${tabelas.execucoes}`,
  );
  const execucoes = Number(soma?.execucoes ?? 0);
  if (execucoes === 0) return reprovarDados('não há nenhuma execução selada');
  using _andamento = contexto.comecar('conferindo', Number(soma?.usuarios));
  const percorrer = armazem.percorrer();
  const defeitos = new Defeitos();
  let anterior: string | undefined = SELO_ZERO;
  for (let vistas = 0; vistas < execucoes; ) {
    const pagina = await armazem.lerSeladas(vistas + 1, execucoes);
    vistas += pagina.length;
    for (const gravada of pagina) {
      if (typeof gravada === 'number') {
        defeitos.juntar(`falta a execução ${gravada}`, { execucao: gravada, falta: true });
        anterior = undefined;
        continue;
      }
      const conta = new Conta(gravada, anterior);
      const lendo = percorrer(gravada.primeiro, gravada.ultimo, (bloco) => conta.juntar(bloco));
      if (lendo) await lendo;
      defeitos.juntar(conta.defeito(), { execucao: gravada.id, falta: false });
      // O selo gravado, e não o recalculado, prende o seguinte: assim só acusa a execução que mudou.
      anterior = gravada.selo;
    }
    await contexto.passo(0);
  }
  const iguais = contar(
    execucoes,
    'selo recalculado, igual ao gravado',
    'selos recalculados, iguais aos gravados',
  );
  return defeitos.tudo ? { ...reprovarDados(defeitos.tudo), achados: defeitos.achados } : aprovar(iguais);
}

/** A conta do selo de uma execução, refeita do que está gravado. */
export class Conta {
  readonly #gravada: Selada;
  readonly #selo: Bun.CryptoHasher;
  #usuarios = 0;
  #ambiguo: string | null = null;

  /** `anterior` é o selo da execução anterior, se ela não falta. */
  constructor(gravada: Selada, anterior: string | undefined) {
    this.#gravada = gravada;
    this.#selo = iniciarSelo(anterior ?? 'execução que falta', gravada.linha);
  }

  juntar({ linhas, usuarios, ambiguo }: Bloco): void {
    this.#selo.update(linhas);
    this.#usuarios += usuarios;
    this.#ambiguo ??= ambiguo;
  }

  /** O que há de errado com o selo, ou com o que a execução diz ter. */
  defeito(): string | undefined {
    const { id, selo, registros } = this.#gravada;
    if (this.#selo.digest('hex') !== selo) return `o selo da execução ${id} não confere`;
    if (this.#usuarios !== registros) {
      const diz = contar(registros, 'usuário', 'usuários');
      return `a execução ${id} diz ter ${diz}, e tem ${emMilhares(this.#usuarios)}`;
    }
    if (this.#ambiguo !== null)
      return `o usuário ${this.#ambiguo} tem um BLOB ou REAL, que o selo não distingue`;
  }
}

/** Para o PostgreSQL, só assim é um inteiro como os outros. */
const MENOR_ID = "CAST('-9223372036854775808' AS BIGINT)";
/** O maior id de usuário das execuções anteriores: não só da anterior, que pode estar vazia. */
const ULTIMO_ANTES = 'max(ultimo_id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)';

/** `avulsos`: cada usuário está na faixa de uma execução, e de uma só. */
export async function conferirAvulsos(armazem: ArmazemDeLeitura): Promise<Resultado> {
  const { usuarios, execucoes } = armazem.tabelas;
  const [repetida] = await armazem.consultar<{ id: number }>(
    `SELECT id FROM (SELECT id, primeiro_id, ${ULTIMO_ANTES} AS antes FROM ${execucoes}) AS faixas
     WHERE primeiro_id <= antes LIMIT 1`,
  );
  if (repetida) return reprovarDados(`a execução ${repetida.id} repete ids de usuários de uma anterior`);
  // Uma execução vazia não cobre ids, e os limites que diz ter não separam os de ninguém.
  const [avulsos] = await armazem.consultar<{ quantos: number; primeiro: string | null }>(
    `WITH cheias AS (SELECT id, primeiro_id, ultimo_id FROM ${execucoes} WHERE primeiro_id <= ultimo_id),
     vaos(de, ate) AS (
       SELECT coalesce(${ULTIMO_ANTES} + 1, ${MENOR_ID}), primeiro_id - 1 FROM cheias
       UNION ALL
       SELECT coalesce(max(ultimo_id) + 1, ${MENOR_ID}), 9223372036854775807 FROM cheias)
     SELECT count(*) AS quantos, CAST(min(usuarios.id) AS TEXT) AS primeiro
     FROM vaos CROSS JOIN ${usuarios} WHERE usuarios.id BETWEEN de AND ate AND de <= ate`,
  );
  const quantos = Number(avulsos?.quantos);
  if (quantos === 0) return aprovar('nenhum: cada usuário pertence a uma execução, e a uma só');
  const fora = contar(quantos, 'usuário', 'usuários');
  return reprovarDados(`${fora} fora de qualquer execução, a partir do id ${avulsos?.primeiro}`);
}
