import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { abrir, selarTudo } from './receita.ts';

/** Uma mudança, sempre a mesma, que o leitor tem de reprovar. */
export interface Sabotagem {
  oQue: string;
  /** A verificação que deve reprovar; sem ela, nenhuma chega a rodar. */
  verificacao?: 'arquivo' | 'estrutura' | 'esquema' | 'selos' | 'avulsos' | 'recibos';
  /** 65, se não for dito. */
  codigo?: number;
  /** Com que código o escritor o recusa, sem tocar nele; sem ele, o escritor não precisa notar. */
  escritor?: number;
  /** Estraga `arquivo`, uma cópia do bom; em `outros` há uma cópia mais antiga e a de outro volume. */
  estragar(arquivo: string, outros: { antiga: string; outro: string }): void;
}

function sql(arquivo: string, ...comandos: string[]): void {
  using banco = abrir(arquivo, 'readwrite');
  for (const comando of comandos) {
    if (banco.run(comando).changes === 0) throw new Error(`nada mudou: ${comando}`);
  }
}

/** Muda um byte do arquivo, no lugar, sem que o SQLite o saiba. */
function mudarByte(arquivo: string, onde: number, valor: number): void {
  const bytes = readFileSync(arquivo);
  bytes[onde] = valor;
  writeFileSync(arquivo, bytes);
}

function mudarPrimeiroNome(arquivo: string): void {
  const nome = () => {
    using banco = abrir(arquivo, 'readonly');
    return banco.query<{ nome: string }, []>('SELECT nome FROM usuarios ORDER BY id').get()?.nome ?? '';
  };
  const antes = nome();
  const bytes = readFileSync(arquivo);
  let onde = -1;
  do {
    onde = bytes.indexOf(antes, onde + 1);
    if (onde < 0) throw new Error('não achei o nome no arquivo');
    const certo = bytes[onde] ?? 0;
    bytes[onde] = certo ^ 1;
    writeFileSync(arquivo, bytes);
    bytes[onde] = certo;
  } while (nome() === antes);
}

function deixarWalAlheio(arquivo: string): void {
  const alheio = '/tmp/alheio.db';
  copyFileSync(arquivo, alheio);
  using banco = abrir(alheio, 'readwrite');
  banco.run('PRAGMA journal_mode = WAL');
  banco.run('DELETE FROM usuarios');
  copyFileSync(`${alheio}-wal`, `${arquivo}-wal`);
  if (statSync(`${arquivo}-wal`).size === 0) throw new Error('o -wal saiu vazio');
}

const SEGUNDA =
  '(SELECT primeiro_id FROM execucoes WHERE id = 2) AND (SELECT ultimo_id FROM execucoes WHERE id = 2)';

/** Nem todas mexem no fim: um leitor que só olhasse o mais novo também tem de ser detectado. */
export const SABOTAGENS: Sabotagem[] = [
  { oQue: 'um byte do primeiro nome mudado', verificacao: 'selos', estragar: mudarPrimeiroNome },
  {
    oQue: 'uma linha da 2ª execução apagada',
    verificacao: 'selos',
    estragar: (arquivo) =>
      sql(arquivo, 'DELETE FROM usuarios WHERE id = (SELECT ultimo_id FROM execucoes WHERE id = 2)'),
  },
  {
    oQue: 'um nome mudado depois do 10.000º usuário',
    verificacao: 'selos',
    estragar: (arquivo) =>
      sql(
        arquivo,
        "UPDATE usuarios SET nome = nome || '.' WHERE id = (SELECT ultimo_id - 1 FROM execucoes WHERE registros > 10000)",
      ),
  },
  {
    oQue: 'um nome mudado depois da 1.000ª execução',
    verificacao: 'selos',
    estragar: (arquivo) =>
      sql(
        arquivo,
        "UPDATE usuarios SET nome = nome || '.' WHERE id = (SELECT ultimo_id FROM execucoes WHERE id = 1050)",
      ),
  },
  {
    oQue: 'uma linha acrescentada',
    verificacao: 'avulsos',
    estragar: (arquivo) =>
      sql(arquivo, "INSERT INTO usuarios SELECT max(id) + 1, 'a', 'b', 'c' FROM usuarios"),
  },
  {
    oQue: 'a 2ª execução tirada do meio',
    verificacao: 'selos',
    estragar: (arquivo) =>
      sql(arquivo, `DELETE FROM usuarios WHERE id BETWEEN ${SEGUNDA}`, 'DELETE FROM execucoes WHERE id = 2'),
  },
  {
    oQue: 'a 2ª execução tirada, e tudo selado de novo',
    verificacao: 'selos',
    estragar: (arquivo) => {
      sql(arquivo, `DELETE FROM usuarios WHERE id BETWEEN ${SEGUNDA}`, 'DELETE FROM execucoes WHERE id = 2');
      using banco = abrir(arquivo, 'readwrite');
      selarTudo(banco);
    },
  },
  {
    oQue: 'a última execução tirada',
    verificacao: 'recibos',
    estragar: (arquivo) =>
      sql(
        arquivo,
        'DELETE FROM usuarios WHERE id >= (SELECT primeiro_id FROM execucoes ORDER BY id DESC LIMIT 1)',
        'DELETE FROM execucoes WHERE id = (SELECT max(id) FROM execucoes)',
      ),
  },
  {
    oQue: 'o arquivo de volta a uma cópia antiga',
    verificacao: 'recibos',
    estragar: (arquivo, { antiga }) => copyFileSync(antiga, arquivo),
  },
  {
    oQue: 'o arquivo de outro volume',
    verificacao: 'recibos',
    estragar: (arquivo, { outro }) => copyFileSync(outro, arquivo),
  },
  {
    oQue: 'o arquivo cortado pela metade',
    verificacao: 'arquivo',
    estragar: (arquivo) => truncateSync(arquivo, Math.floor(statSync(arquivo).size / 2)),
  },
  { oQue: 'um -wal alheio ao lado', verificacao: 'arquivo', escritor: 65, estragar: deixarWalAlheio },
  {
    oQue: 'um -shm alheio ao lado',
    verificacao: 'arquivo',
    escritor: 65,
    estragar: (arquivo) => writeFileSync(`${arquivo}-shm`, 'x'),
  },
  {
    oQue: 'um byte a mais no fim do arquivo',
    verificacao: 'arquivo',
    estragar: (arquivo) => appendFileSync(arquivo, 'x'),
  },
  {
    oQue: 'o application_id de outro programa',
    verificacao: 'arquivo',
    escritor: 65,
    estragar: (arquivo) => mudarByte(arquivo, 71, 'x'.charCodeAt(0)),
  },
  {
    oQue: 'páginas livres que não existem',
    verificacao: 'estrutura',
    estragar: (arquivo) => mudarByte(arquivo, 39, 7),
  },
  {
    oQue: 'uma página de usuários zerada',
    verificacao: 'estrutura',
    estragar(arquivo) {
      const bytes = readFileSync(arquivo);
      const pagina = bytes.readUInt16BE(16);
      bytes.fill(0, pagina, 2 * pagina); // a segunda: a primeira das tabelas que o escritor cria
      writeFileSync(arquivo, bytes);
    },
  },
  {
    oQue: 'o arquivo esvaziado',
    verificacao: 'arquivo',
    codigo: 66,
    estragar: (arquivo) => truncateSync(arquivo, 0),
  },
  {
    oQue: 'o formato de uma versão mais nova',
    codigo: 78,
    escritor: 78,
    estragar: (arquivo) => mudarByte(arquivo, 63, 2),
  },
  {
    oQue: 'o arquivo que ninguém pode ler',
    codigo: 77,
    escritor: 77,
    estragar: (arquivo) => chmodSync(arquivo, 0),
  },
];
