import { Falha, type Motivo, opcao } from '../../falhas.ts';
import { COPIA, type Explicacao, explicada } from '../erros.ts';

/** Uma pergunta que o servidor deixou sem resposta. */
export class SemResposta extends Error {
  constructor(limiteMs: number) {
    super(`nenhuma resposta em ${limiteMs / 1000} s`);
    this.name = 'SemResposta';
  }
}

const TENTE = 'Veja o estado do servidor e da rede; depois, tente de novo.';
const CORRIJA = `Corrija ${opcao('banco')}.`;
const SENHA = 'Corrija o usuário e a senha (em PGPASSWORD, num arquivo PGPASSFILE ou no endereço).';
const CERTIFICADO =
  'Indique no endereço quem o assina, com sslrootcert=ARQUIVO, ou aceite qualquer um, com sslmode=require.';

/** Pelo SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), inteiro ou só a classe. */
const DO_SERVIDOR: Record<string, Explicacao> = {
  '08': ['tenteDeNovo', 'a conexão com {} caiu', TENTE],
  '22': ['reprovado', '{} tem um valor que não cabe nas contas', COPIA],
  '23': [
    'reprovado',
    '{} não aceita o que se grava: uma restrição o recusa',
    `Tire essa restrição, ou indique outro lugar com ${opcao('banco')}.`,
  ],
  '25': ['tenteDeNovo', '{} interrompeu a transação', 'Tente de novo.'],
  '25006': [
    'tenteDeNovo',
    '{} só aceita leituras',
    'Indique o servidor que aceita escrita, ou espere por ele.',
  ],
  '28': ['semPermissao', '{} recusa o usuário ou a senha', SENHA],
  '3D000': ['naoServe', '{}: não há esse banco de dados', `Crie-o (createdb), ou corrija ${opcao('banco')}.`],
  '40': ['tenteDeNovo', '{} desfez a transação', 'Tente de novo.'],
  '22023': ['uso', '{} não aceita uma opção do endereço', CORRIJA],
  '42704': ['uso', '{} não conhece uma opção do endereço', CORRIJA],
  '42501': [
    'semPermissao',
    '{} não dá a este usuário a permissão que falta',
    'Dê essa permissão com GRANT, ou use um usuário que a tenha: docs/servidor.md diz quais são.',
  ],
  '53': ['tenteDeNovo', 'faltam recursos a {}', TENTE],
  '53100': ['entradaSaida', 'o disco de {} está cheio', 'Libere espaço e tente de novo.'],
  '55P03': [
    'tenteDeNovo',
    '{} ficou ocupado por outra transação por mais de 10 s',
    'Tente de novo quando ela terminar.',
  ],
  '57': ['tenteDeNovo', '{} está parando ou começando', TENTE],
  '58': ['entradaSaida', 'erro de entrada e saída em {}', 'Veja o espaço e o estado do disco do servidor.'],
  XX001: ['reprovado', '{} achou dados estragados', COPIA],
  XX002: ['reprovado', '{} achou um índice estragado', COPIA],
};

/** Pelo código do Bun, quando não é o servidor que responde. */
const DO_BUN: [RegExp, Explicacao][] = [
  [
    /_TLS_NOT_AVAILABLE$/,
    [
      'semPermissao',
      '{} não fala TLS',
      'Ligue-o no servidor, ou aceite ficar sem ele, com sslmode=disable no endereço.',
    ],
  ],
  [/^ERR_INVALID_ARG/, ['uso', 'o endereço de {} não serve', CORRIJA]],
  [/_CONNECTION_REFUSED$/, ['tenteDeNovo', 'ninguém atende em {}', TENTE]],
  [/_CONNECTION_TIMEOUT$/, ['tenteDeNovo', '{} não responde', TENTE]],
  [/_CONNECTION_/, ['tenteDeNovo', 'a conexão com {} caiu', TENTE]],
  [
    /_(?:SASL|AUTHENTICATION|SERVER_KEY|SERVER_SIGNATURE|CHANNEL_BINDING)_/,
    ['semPermissao', '{} não aceita, ou não sabe conferir, a senha', SENHA],
  ],
  [
    /_TLS_|CERT|UNABLE_TO_|SIGNATURE|^ERR_TLS/,
    ['semPermissao', 'o certificado de {} não é de confiança', CERTIFICADO],
  ],
];

const OUTRO: Explicacao = ['reprovado', '{} recusou o pedido', COPIA];

/** O SQLSTATE de um erro que o servidor mandou. */
export function sqlstate(erro: unknown): string | undefined {
  return erro instanceof Bun.SQL.PostgresError ? erro.errno : undefined;
}

/** A `Falha` que corresponde a um erro de um servidor ou da conexão com ele; qualquer outro erro volta como veio. */
export function traduzirErro(erro: unknown, nome: string, naoServe: Motivo = 'nadaParaLer'): unknown {
  if (erro instanceof Falha || !(erro instanceof Error)) return erro;
  const explicacao = explicar(erro);
  if (!explicacao) return erro;
  return explicada(explicacao, nome, { detalhe: ` (${erro.message})`, naoServe, cause: erro });
}

function explicar(erro: Error): Explicacao | undefined {
  if (erro instanceof SemResposta) return ['tenteDeNovo', '{} não responde', TENTE];
  const estado = sqlstate(erro);
  if (estado) return DO_SERVIDOR[estado] ?? DO_SERVIDOR[estado.slice(0, 2)] ?? OUTRO;
  const codigo = 'code' in erro ? `${erro.code}` : '';
  const doBun = DO_BUN.find(([padrao]) => padrao.test(codigo))?.[1];
  return doBun ?? (erro instanceof Bun.SQL.PostgresError ? OUTRO : undefined);
}

/** Se outra tentativa, talvez com outro servidor do mesmo endereço, pode dar certo. */
export function ePassageiro(erro: unknown): boolean {
  if (erro instanceof SemResposta) return true;
  const estado = sqlstate(erro);
  if (estado === undefined) return erro instanceof Bun.SQL.PostgresError && /_CONNECTION_/.test(erro.code);
  // 23505: outro escritor criou as tabelas, ou a execução 1, ao mesmo tempo. Uma restrição alheia não passa.
  if (estado === '23505') return /_pkey$|^pg_/.test((erro as Bun.SQL.PostgresError).constraint ?? '');
  return /^(?:08|40|57|25006|53300|42P0[67])/.test(estado);
}
