import { SQLiteError } from 'bun:sqlite';
import { Falha, type Motivo } from '../falhas.ts';
import { aceitaEscrita } from './arquivo.ts';

/** Quanto se espera por um arquivo que outro processo trancou. */
export const ESPERA_MS = 10_000;

/** Os códigos primários do SQLite. */
export const SQLITE = {
  busy: 5,
  readonly: 8,
  ioerr: 10,
  corrupt: 11,
  full: 13,
  cantopen: 14,
  constraint: 19,
  notadb: 26,
};
const READONLY_ROLLBACK = 776;

/** Se é um erro de quem acha o banco trancado. */
export function estaOcupado(erro: unknown): boolean {
  return erro instanceof SQLiteError && (erro.errno & 255) === SQLITE.busy;
}

/** Espera `acao` e traduz o que ela lançar com `traduzirErro`. */
export async function traduzindo<T>(caminho: string, acao: () => Promise<T>): Promise<T> {
  try {
    return await acao();
  } catch (erro) {
    throw traduzirErro(erro, caminho);
  }
}

/** A `Falha` que corresponde a um erro do SQLite; qualquer outro erro volta como veio. */
export function traduzirErro(erro: unknown, caminho: string): unknown {
  if (!(erro instanceof SQLiteError)) return erro;
  const [motivo, oQue, remedio] = explicar(erro.errno, caminho);
  return new Falha(motivo, `${oQue} (SQLite: ${erro.message})`, remedio, { cause: erro });
}

/** O que um código do SQLite quer dizer. */
export function explicar(errno: number, caminho: string): [motivo: Motivo, oQue: string, remedio: string] {
  if (errno === READONLY_ROLLBACK) {
    return [
      'tenteDeNovo',
      `${caminho} tem ao lado um -journal de uma gravação interrompida no meio`,
      'Rode o escritor uma vez: ele desfaz a gravação interrompida.',
    ];
  }
  switch (errno & 255) {
    case SQLITE.busy:
      return [
        'tenteDeNovo',
        `${caminho} ficou ocupado por outro processo por mais de ${ESPERA_MS / 1000} s`,
        'Tente de novo quando o outro processo terminar.',
      ];
    case SQLITE.full:
      return ['entradaSaida', `o disco de ${caminho} está cheio`, 'Libere espaço e tente de novo.'];
    case SQLITE.ioerr:
      return ['entradaSaida', `erro de entrada e saída em ${caminho}`, 'Veja o espaço e o estado do disco.'];
    case SQLITE.readonly:
    case SQLITE.cantopen:
      // O SQLite dá o mesmo código a uma permissão que falta e a um disco que falha.
      if (aceitaEscrita(caminho)) {
        return [
          'entradaSaida',
          `não foi possível abrir ${caminho} ou o seu -journal`,
          'Veja o estado do disco.',
        ];
      }
      return [
        'semPermissao',
        `sem permissão para escrever em ${caminho} ou na sua pasta`,
        'Dê acesso ao arquivo e à pasta a quem roda o programa, num volume montado com escrita.',
      ];
    case SQLITE.constraint:
      return [
        'reprovado',
        `${caminho} não aceita os usuários novos: uma restrição do banco os recusa`,
        'Tire essa restrição, ou indique outro caminho com --banco.',
      ];
    case SQLITE.notadb:
      return ['reprovado', `${caminho} não é um banco SQLite`, 'Indique outro caminho com --banco.'];
    case SQLITE.corrupt:
      return [
        'reprovado',
        `${caminho} está corrompido`,
        'Restaure uma cópia e exija o último recibo que você guardou.',
      ];
    default:
      return [
        'reprovado',
        `o SQLite recusou ${caminho}`,
        'Restaure uma cópia e exija o último recibo que você guardou.',
      ];
  }
}
