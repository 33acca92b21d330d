import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { ACHADOS, type Achado, type Motivo } from '../falhas.ts';
import { formatarRecibo } from '../recibo.ts';
import { type Execucao, SELADAS_DA_EXECUCAO } from '../selo.ts';
import { emMilhares } from '../texto.ts';
import { SELADAS_DO_USUARIO, type Usuario } from '../usuario.ts';

/** As de um arquivo, ou de um servidor. */
type DoLugar = 'volume' | 'arquivo' | 'replicas' | 'servidor';

export interface Verificacao {
  nome: DoLugar | 'estrutura' | 'esquema' | 'selos' | 'avulsos' | 'recibos' | 'assinatura' | 'origem';
  resultado: 'aprovada' | 'reprovada' | 'pulada';
  detalhe: string;
}

/** O documento de `leitor.ts --json`. O que não pôde ser lido é `null` ou uma lista vazia. */
export interface Laudo {
  aprovado: boolean;
  banco: string;
  container: string;
  registros: number | null;
  execucoes: number | null;
  /** O recibo da execução mais nova. */
  recibo: string | null;
  verificacoes: Verificacao[];
  ultimas_execucoes: (Omit<Execucao, 'id' | 'selo'> & { execucao: number; recibo: string })[];
  usuarios: Usuario[];
}

/** Falhas de quem lê, e não do que é lido: a verificação não rodou, e o laudo não aprova nem reprova. */
export const SEM_VEREDITO: Motivo[] = ['entradaSaida', 'tenteDeNovo', 'semPermissao'];

type Mostra = Pick<Laudo, 'registros' | 'execucoes' | 'recibo' | 'ultimas_execucoes' | 'usuarios'>;

/** A mostra do que não se pode abrir. */
export const NADA_LIDO: Mostra = {
  registros: null,
  execucoes: null,
  recibo: null,
  ultimas_execucoes: [],
  usuarios: [],
};

/** O que o laudo mostra dos dados. Num banco já reprovado, o que não se consegue ler fica de fora. */
export async function lerMostra(
  armazem: ArmazemDeLeitura,
  limite: number,
  reprovado: boolean,
): Promise<Mostra> {
  const mostra = { ...NADA_LIDO };
  try {
    if (armazem.temTabela('usuarios')) {
      // Num banco aprovado, os usuários são os das execuções, e só eles: as verificações já os contaram.
      mostra.registros = await (reprovado ? armazem.contarUsuarios() : resumir(armazem, 'sum(registros)'));
      mostra.usuarios = await lerDados(armazem, limite);
    }
    if (armazem.temTabela('execucoes')) {
      const ultimas = await lerUltimas(armazem, Math.max(limite, 1));
      mostra.execucoes = await resumir(armazem, 'count(*)');
      mostra.recibo = ultimas[0] ? formatarRecibo(ultimas[0]) : null;
      mostra.ultimas_execucoes = ultimas
        .slice(0, limite)
        .reverse()
        .map(({ id, selo, ...execucao }) => ({
          execucao: id,
          recibo: formatarRecibo({ id, selo }),
          ...execucao,
        }));
    }
  } catch (erro) {
    armazem.contexto.parada.throwIfAborted();
    if (!reprovado) throw armazem.traduzir(erro);
  }
  return mostra;
}

/** Os primeiros usuários, no máximo `limite`, em ordem de id. */
export async function lerDados(armazem: Mostravel, limite: number): Promise<Usuario[]> {
  const colunas = SELADAS_DO_USUARIO.map(armazem.mostrar);
  const sql = `SELECT ${colunas} FROM ${armazem.tabelas.usuarios} ORDER BY usuarios.id LIMIT $1`;
  return await armazem.consultar(sql, limite);
}

/** As últimas execuções, no máximo `limite`, da mais nova à mais antiga. */
export async function lerUltimas(armazem: Mostravel, limite: number): Promise<Execucao[]> {
  const colunas = [...SELADAS_DA_EXECUCAO, 'selo'].map(armazem.mostrar);
  const sql = `SELECT ${colunas} FROM ${armazem.tabelas.execucoes} ORDER BY execucoes.id DESC LIMIT $1`;
  return await armazem.consultar(sql, limite);
}

type Mostravel = Pick<ArmazemDeLeitura, 'consultar' | 'tabelas' | 'mostrar'>;

/** Um número que se tira de todas as execuções. */
async function resumir(armazem: ArmazemDeLeitura, conta: string): Promise<number> {
  const sql = `SELECT ${conta} AS numero FROM ${armazem.tabelas.execucoes}`;
  const [linha] = await armazem.consultar<{ numero: number }>(sql);
  return Number(linha?.numero);
}

/** O que uma verificação achou de errado: diz os três primeiros, conta os outros, e de alguns mais guarda onde estão. */
export class Defeitos {
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
