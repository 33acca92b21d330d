import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import type { Motivo } from '../falhas.ts';
import { type Execucao, formatarRecibo, type Usuario } from '../selo.ts';

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
      mostra.registros = reprovado ? await armazem.contarUsuarios() : await somarRegistros(armazem);
      mostra.usuarios = await armazem.lerDados(limite);
    }
    if (armazem.temTabela('execucoes')) {
      const ultimas = await armazem.lerUltimas(Math.max(limite, 1));
      mostra.execucoes = await contarExecucoes(armazem);
      mostra.recibo = ultimas[0] ? formatarRecibo(ultimas[0]) : null;
      mostra.ultimas_execucoes = ultimas.slice(0, limite).reverse().map(comRecibo);
    }
  } catch (erro) {
    armazem.contexto.parada.throwIfAborted();
    if (!reprovado) throw armazem.traduzir(erro);
  }
  return mostra;
}

async function somarRegistros(armazem: ArmazemDeLeitura): Promise<number> {
  const sql = `SELECT sum(registros) AS soma FROM ${armazem.tabelas.execucoes}`;
  const [linha] = await armazem.consultar<{ soma: number }>(sql);
  return Number(linha?.soma);
}

async function contarExecucoes(armazem: ArmazemDeLeitura): Promise<number> {
  const sql = `SELECT count(*) AS quantas FROM ${armazem.tabelas.execucoes}`;
  const [linha] = await armazem.consultar<{ quantas: number }>(sql);
  return Number(linha?.quantas);
}

function comRecibo({ id, selo, ...execucao }: Execucao): Laudo['ultimas_execucoes'][number] {
  return { execucao: id, recibo: formatarRecibo({ id, selo }), ...execucao };
}
