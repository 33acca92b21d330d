import type { Troca } from '../../apoio/projeto.ts';
import type { Mutante } from '../mutante.ts';

/** Um programa com um trecho trocado do que só faz com um servidor. */
function comServidor(nome: string, viola: string, [troca, teste]: [troca: Troca, teste: string]): Mutante {
  return { nome: `servidor-${nome}`, viola, trocas: [troca], teste };
}

const CONEXAO = 'lib/armazem/postgres/conexao.ts';
const ENDERECO = 'lib/armazem/postgres/endereco.ts';
const ESQUEMA = 'lib/armazem/postgres/esquema.ts';
const LEITURA = 'lib/armazem/postgres/leitura.ts';
const LEVAR = 'lib/cadeia/levar.ts';
const LIGAR = 'lib/armazem/postgres/ligar.ts';
const POSTGRES = 'lib/armazem/postgres/postgres.ts';
const TRANSACAO = 'lib/armazem/postgres/transacao.ts';

/** Programas que falam com um servidor e lhe acreditam mais do que deviam. */
export const SERVIDORES: Mutante[] = [
  comServidor('sem-tranca', 'vários escritores se revezam pela linha da execução 1', [
    [TRANSACAO, 'WHERE id = 1 FOR UPDATE;', 'WHERE id = 1;'],
    'a cadeia trancada por outro',
  ]),
  comServidor('que-repete-na-duvida', 'uma resposta que se perde não se adivinha: nada se grava duas vezes', [
    [TRANSACAO, 'if (!feito || !ficou)', 'if (!feito || trancada)'],
    'a conexão cai depois',
  ]),
  comServidor('que-cre-na-duvida', 'nenhum recibo do que não ficou gravado', [
    [TRANSACAO, 'if (!feito || !ficou)', 'if (!feito)'],
    'a conexão cai antes',
  ]),
  comServidor('que-toma-rollback-por-commit', 'nenhum recibo do que não ficou gravado', [
    [CONEXAO, ".command === 'COMMIT'", ".command !== ''"],
    'a que se responde ROLLBACK',
  ]),
  comServidor('que-cancela-o-commit', 'um sinal enquanto um COMMIT espera: diz que não sabe', [
    [TRANSACAO, "CODIGOS[falha.motivo] > 128 ? falha.motivo : 'entradaSaida'", "'entradaSaida'"],
    'acaba com o escritor, que diz que não sabe',
  ]),
  comServidor('sem-reler-synchronous-commit', 'liga synchronous_commit na sua sessão e lê o que ficou', [
    [LIGAR, "|| sessao.confirma !== 'on')", ')'],
    'synchronous_commit que não fica ligado',
  ]),
  comServidor('com-fsync-desligado', 'com fsync desligado, 69', [
    [LEITURA, "fsync === 'on' && paginas_inteiras === 'on'", "paginas_inteiras === 'on'"],
    'fsync desligado',
  ]),
  comServidor('que-le-da-replica', 'uma réplica pode estar atrasada: não se lê dela', [
    [LIGAR, 'if (replica || (', 'if (('],
    'o primário cai, ela é promovida',
  ]),
  comServidor('sem-instantaneo', 'tudo o que se lê é de um só instantâneo', [
    [LEITURA, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', 'BEGIN READ ONLY'],
    'um leitor aberto não vê',
  ]),
  comServidor('sem-ver-o-esquema', 'o escritor para se alguém muda a tabela enquanto ele roda', [
    [TRANSACAO, '      exigirEsquema(exames, this.endereco);\n', ''],
    'uma mudança com o escritor rodando',
  ]),
  comServidor('sem-gatilhos', 'um gatilho na tabela é reprovado', [
    [ESQUEMA, 'AND NOT tgisinternal LIMIT 1', 'AND tgisinternal LIMIT 0'],
    'um gatilho: 65 nos dois',
  ]),
  comServidor('sem-regras', 'uma regra na tabela é reprovada', [
    [ESQUEMA, 'WHERE ev_class = c.oid LIMIT 1', 'WHERE ev_class = c.oid LIMIT 0'],
    'uma regra: 65 nos dois',
  ]),
  comServidor('sem-seguranca-por-linha', 'linhas escondidas por segurança por linha são reprovadas', [
    [ESQUEMA, 'CASE WHEN c.relrowsecurity THEN', 'CASE WHEN false THEN'],
    'segurança por linha: 65 nos dois',
  ]),
  comServidor('sem-o-ultimo-bloco', 'cada selo é recalculado de todos os usuários', [
    [
      POSTGRES,
      'proximo = ate < ultimo ? pedir(ate + 1n) : undefined;',
      'proximo = ate + 1000n < ultimo ? pedir(ate + 1n) : undefined;',
    ],
    'execuções de um usuário e de milhares',
  ]),
  comServidor('com-sessao-alheia', 'nada do que o servidor tenha por padrão decide por nós', [
    [CONEXAO, 'SET search_path = pg_catalog; ', ''],
    'funções do servidor com outro sentido',
  ]),
  comServidor('que-diz-a-senha', 'a senha nunca aparece no que os programas dizem', [
    [ENDERECO, 'usuario}@`}', 'quem}@`}'],
    'do arquivo ao servidor, dele a outro',
  ]),
  comServidor('que-aceita-qualquer-certificado', 'com verify-full, o certificado tem de ser de confiança', [
    [ENDERECO, '{ rejectUnauthorized: true }', '{ rejectUnauthorized: false }'],
    'um certificado de que não se sabe',
  ]),
  comServidor('copiador-sem-recalcular', 'cada selo é recalculado antes do COMMIT que o confirma', [
    [LEVAR, '      await recalcular(destino, lote, ponta);\n', ''],
    'uma origem mudada à mão durante a cópia',
  ]),
  comServidor(
    'copiador-sem-comparar-selos',
    'o destino tem de ser um começo da origem, com os mesmos selos',
    [
      ['lib/cadeia/lados.ts', 'recibo !== dela[indice]', '!dela[indice]'],
      'um destino à frente, ou com outra cadeia',
    ],
  ),
  comServidor('copiador-de-si-para-si', 'dois endereços de um só banco de dados são o mesmo', [
    [LEITURA, '(await trancar(outro)) === false', '(await trancar(outro)) === undefined'],
    'dois endereços de um só banco',
  ]),
  comServidor('copiador-de-texto-qualquer', 'um texto que o servidor não pode guardar é recusado antes', [
    [TRANSACAO, 'if (estranho !== undefined) throw', "if (estranho === 'nenhum') throw"],
    'um texto que o servidor não pode guardar',
  ]),
];
