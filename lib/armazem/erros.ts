import { constants, type Database, SQLiteError } from 'bun:sqlite';
import { Falha, type Motivo, opcao } from '../falhas.ts';
import { aceitaEscrita } from './disco.ts';

/** Quanto se espera por um arquivo que outro processo trancou. */
export const ESPERA_MS = 10_000;

/** O que um código de erro quer dizer de um lugar, que vai no de `{}`; `naoServe` é um motivo para quem cria e outro para quem lê. */
export type Explicacao = readonly [motivo: Motivo | 'naoServe', oQue: string, remedio: string];

/** A `Falha` de uma explicação, com o que mais se sabe. */
export function explicada(
  [motivo, oQue, remedio]: Explicacao,
  lugar: string,
  mais: { detalhe?: string; naoServe?: Motivo; cause?: unknown } = {},
): Falha {
  const { detalhe = '', naoServe = 'reprovado', cause } = mais;
  const mensagem = `${oQue.replace('{}', () => lugar)}${detalhe}`;
  return new Falha(motivo === 'naoServe' ? naoServe : motivo, mensagem, remedio, { cause });
}

export const OUTRO_CAMINHO = `Indique outro caminho com ${opcao('banco')}.`;
/** O remédio de quem perdeu o que gravou. */
export const COPIA = 'Restaure uma cópia e exija o último recibo que você guardou.';

/** De um arquivo que não é do SQLite. */
export const NAO_E_SQLITE: Explicacao = ['reprovado', '{} não é um banco SQLite', OUTRO_CAMINHO];

const ENTRADA_SAIDA: Explicacao = [
  'entradaSaida',
  'erro de entrada e saída em {}',
  'Veja o espaço e o estado do disco.',
];

/** Pelo código do SQLite (sqlite.org/rescode.html): o primário, salvo um. */
const DO_SQLITE: Record<string, Explicacao> = {
  SQLITE_READONLY_ROLLBACK: [
    'tenteDeNovo',
    '{} tem ao lado um -journal de uma gravação interrompida no meio',
    'Rode o escritor uma vez: ele desfaz a gravação interrompida.',
  ],
  SQLITE_BUSY: [
    'tenteDeNovo',
    `{} ficou ocupado por outro processo por mais de ${ESPERA_MS / 1000} s`,
    'Tente de novo quando o outro processo terminar.',
  ],
  SQLITE_IOERR: ENTRADA_SAIDA,
  SQLITE_CORRUPT: ['reprovado', '{} está corrompido', COPIA],
  SQLITE_FULL: ['entradaSaida', 'o disco de {} está cheio', 'Libere espaço e tente de novo.'],
  SQLITE_CONSTRAINT: [
    'reprovado',
    '{} não aceita os usuários novos: uma restrição do banco os recusa',
    `Tire essa restrição, ou indique outro caminho com ${opcao('banco')}.`,
  ],
  SQLITE_NOTADB: NAO_E_SQLITE,
};

const DESCONHECIDO: Explicacao = ['reprovado', 'o SQLite recusou {}', COPIA];

const NAO_ABRE: Explicacao = [
  'entradaSaida',
  'não foi possível abrir {} ou o seu -journal',
  'Veja o estado do disco.',
];

const SEM_ESCRITA: Explicacao = [
  'semPermissao',
  'sem permissão para escrever em {} ou na sua pasta',
  'Dê acesso ao arquivo e à pasta a quem roda o programa, num volume montado com escrita.',
];

function explicarSqlite(codigo: string, caminho: string): Explicacao {
  const explicacao = DO_SQLITE[codigo] ?? DO_SQLITE[primarioDe(codigo)];
  if (explicacao) return explicacao;
  if (!/^SQLITE_(?:READONLY|CANTOPEN)/.test(codigo)) return DESCONHECIDO;
  // O SQLite dá o mesmo código a uma permissão que falta e a um disco que falha.
  return aceitaEscrita(caminho) ? NAO_ABRE : SEM_ESCRITA;
}

/** `SQLITE_IOERR`, de `SQLITE_IOERR_FSYNC`. */
function primarioDe(codigo = ''): string {
  return codigo.split('_', 2).join('_');
}

/** Se é um erro de quem acha o banco trancado. */
export function estaOcupado(erro: unknown): boolean {
  return erro instanceof SQLiteError && primarioDe(erro.code) === 'SQLITE_BUSY';
}

/** O que o SQLite diz de um arquivo aberto (sqlite.org/c3ref/c_fcntl_begin_atomic_write.html). */
export function lerControle(banco: Database, qual: number): number | undefined {
  const dito = new Int32Array(2); // o SQLite escreve um inteiro; o Bun quer ao menos 8 bytes
  banco.fileControl(qual, dito);
  return dito[0];
}

/** Se o sistema recusou algo ao SQLite: ele chama de corrompida uma página que o disco não entregou. */
export function discoFalhou(banco: Database): boolean {
  return lerControle(banco, constants.SQLITE_FCNTL_LAST_ERRNO) !== 0;
}

/** A `Falha` que corresponde a um erro do SQLite, num banco ainda aberto se o há; qualquer outro erro volta como veio. */
export function traduzirErro(erro: unknown, caminho: string, banco?: Database): unknown {
  if (!(erro instanceof SQLiteError)) return erro;
  const doDisco = banco && primarioDe(erro.code) === 'SQLITE_CORRUPT' && discoFalhou(banco);
  const explicacao = explicarSqlite(doDisco ? 'SQLITE_IOERR' : `${erro.code}`, caminho);
  return explicada(explicacao, caminho, { detalhe: ` (SQLite: ${erro.message})`, cause: erro });
}

/** Com o arquivo aberto, o SQLite segue a gravar num que já não tem esse nome. */
export const MOVIDO = 'trocado, movido ou apagado';

/** A `Falha` de quem mexeu, por fora do SQLite, no arquivo em que se grava. */
export function foraDoLugar(caminho: string, como: string, causa?: unknown): Falha {
  return new Falha(
    'entradaSaida',
    `${caminho} foi ${como} durante a gravação: o que esta rodada gravou, com recibo ou sem, pode não estar mais ali`,
    'Descubra quem mexeu nele; o leitor, com os recibos exigidos, dirá o que ficou.',
    { cause: causa },
  );
}

const SEM_PERMISSAO: Explicacao = [
  'semPermissao',
  'sem permissão em {}',
  'Dê acesso ao arquivo e à pasta a quem roda o programa (nos containers, o usuário 65532).',
];

const NAO_E_PASTA: Explicacao = [
  'naoServe',
  'em {}, uma parte do caminho não é uma pasta',
  `Corrija ${opcao('banco')}.`,
];

/** Pelo código do sistema de arquivos (errno(3)). */
const DO_SISTEMA: Record<string, Explicacao> = {
  EACCES: SEM_PERMISSAO,
  EPERM: SEM_PERMISSAO,
  EROFS: [
    'naoServe',
    '{} ficaria num sistema de arquivos montado somente para leitura',
    'Monte-o com escrita para quem roda o programa.',
  ],
  ENOENT: ['naoServe', '{} leva a algo que não existe', `Corrija o link ou ${opcao('banco')}.`],
  ELOOP: ['naoServe', '{} é um link que leva de volta a si mesmo', `Corrija o link ou ${opcao('banco')}.`],
  EISDIR: ['naoServe', '{} é uma pasta', `Corrija ${opcao('banco')}.`],
  ENOTDIR: NAO_E_PASTA,
  EEXIST: NAO_E_PASTA,
  EXDEV: ['naoServe', '{} leva a outra raiz, e nenhum caminho daqui a abre', OUTRO_CAMINHO],
  ENAMETOOLONG: ['naoServe', 'o caminho {} é longo demais', `Indique outro com ${opcao('banco')}.`],
};

/**
 * Traduz um erro do sistema de arquivos; o que não é um (nem `Falha`) volta como veio: é defeito nosso. `naoServe` é o
 * motivo se o caminho não serve a quem o usa.
 */
export function falhaDeArquivo(erro: unknown, caminho: string, naoServe: Motivo): unknown {
  const codigo = erro instanceof Error && 'code' in erro ? String(erro.code) : '';
  if (!/^E[A-Z0-9]+$/.test(codigo)) return erro;
  const achada = DO_SISTEMA[codigo];
  if (achada) return explicada(achada, caminho, { naoServe, cause: erro });
  return explicada(ENTRADA_SAIDA, caminho, { detalhe: ` (${codigo})`, cause: erro });
}
