import type { ArmazemDeLeitura, Bloco, Selada } from '../armazem/armazem.ts';
import { ACHADOS, type Achado, aprovar, pular, type Resultado, reprovar, reprovarDados } from '../falhas.ts';
import { DESCONHECIDO, iniciarSelo, type Recibo, SELO_ZERO } from '../selo.ts';
import { contar, emMilhares } from '../texto.ts';

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

/** O que uma verificação achou de errado: diz os três primeiros, conta os outros, e de alguns mais guarda onde estão. */
class Defeitos {
  readonly achados: Achado[] = [];
  readonly #primeiros: string[] = [];
  #quantos = 0;

  juntar(defeito: string | undefined, achado: Achado): void {
    if (defeito === undefined) return;
    if (++this.#quantos <= 3) this.#primeiros.push(defeito);
    if (this.#quantos <= ACHADOS) this.achados.push(achado);
  }

  /** Todos numa frase; vazia se não há nenhum. */
  get tudo(): string {
    const resto = this.#quantos - this.#primeiros.length;
    return this.#primeiros.join('; ') + (resto > 0 ? `; e mais ${emMilhares(resto)}` : '');
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

/** O que se exige da cadeia, já lido dos arquivos em que está. */
export interface Exigido {
  recibos: Recibo[];
  /** O que dizer dos que vieram de arquivos. */
  notas: string[];
  /** Cada chave pública, pelo arquivo dela. */
  chaves: Map<string, CryptoKey>;
}

/** `recibos`: a execução de cada recibo exigido está na cadeia, com o mesmo selo. */
export async function conferirRecibos(
  armazem: ArmazemDeLeitura,
  { recibos, notas }: Exigido,
): Promise<Resultado> {
  const comNotas = (detalhe: string) => [detalhe, ...notas].join('; ');
  if (recibos.length === 0) return pular(comNotas('nenhum recibo foi exigido'));
  const consulta = `SELECT selo FROM ${armazem.tabelas.execucoes} WHERE id = $1`;
  const faltam = new Defeitos();
  for (const { execucao, selo } of recibos) {
    await armazem.contexto.passo(0);
    const [gravada] = await armazem.consultar<{ selo: string }>(consulta, execucao);
    const achado = { execucao, falta: !gravada };
    if (!gravada) faltam.juntar(`a execução ${execucao}, de um recibo exigido, não está no banco`, achado);
    else if (gravada.selo !== selo) {
      faltam.juntar(`a execução ${execucao} tem um selo diferente do recibo exigido`, achado);
    }
  }
  if (!faltam.tudo)
    return aprovar(
      comNotas(contar(recibos.length, 'exigido, e está na cadeia', 'exigidos, todos na cadeia')),
    );
  const remedio =
    'Este não é o volume que deu o recibo, ou voltou a um estado mais antigo: restaure uma cópia mais nova.';
  return { ...reprovar('reprovado', comNotas(faltam.tudo), remedio), achados: faltam.achados };
}

/** `assinatura`, sem chave pública: os recibos assinados são exigidos, e a assinatura deles não é olhada. */
export function pularAssinatura(recibos: Recibo[]): Resultado {
  const assinados = recibos.filter(({ assinatura }) => assinatura !== undefined).length;
  const resto = `, e fica por conferir a assinatura de ${contar(assinados, 'recibo exigido', 'recibos exigidos')}`;
  return pular(`nenhuma chave pública foi dada${assinados > 0 ? resto : ''}`);
}

/** O id de um container; fora de um, o escritor grava o nome da máquina. */
const DE_CONTAINER = "length(container) = 12 AND ltrim(container, '0123456789abcdef') = ''";

/** `origem`: quem escreveu. Sem execução de outro container, nada se pode dizer de persistência. */
export async function conferirOrigem(armazem: ArmazemDeLeitura, container: string): Promise<Resultado> {
  const [contados] = await armazem.consultar<Record<'este' | 'outros' | 'desconhecidos' | 'todas', number>>(
    `SELECT count(*) FILTER (WHERE container = $1) AS este,
            count(*) FILTER (WHERE container <> $1 AND ${DE_CONTAINER}) AS outros,
            count(*) FILTER (WHERE container <> $1 AND container = $2) AS desconhecidos,
            count(*) AS todas FROM ${armazem.tabelas.execucoes}`,
    container,
    DESCONHECIDO,
  );
  const { este = 0, outros = 0, desconhecidos = 0, todas = 0 } = contados ?? {};
  const deFora = todas - este - outros - desconhecidos;
  const detalhe = [
    `execuções de outros containers: ${emMilhares(outros)}`,
    `deste (${container}): ${emMilhares(este)}`,
    ...(deFora > 0 ? [`de fora de um container: ${emMilhares(deFora)}`] : []),
    ...(desconhecidos > 0 ? [`de origem desconhecida: ${emMilhares(desconhecidos)}`] : []),
  ].join('; ');
  return outros === 0 ? pular(detalhe) : aprovar(detalhe);
}
