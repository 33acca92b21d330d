import type { Verificacao } from '../lib/laudo.ts';

/** Uma mudança que o leitor tem de reprovar, feita em `/data` a partir da cópia boa em `/de`. */
export interface Sabotagem {
  oQue: string;
  /** A verificação que deve reprovar. */
  verificacao: Verificacao['nome'];
  /** JavaScript, depois de `PREPARO`; lança se não conseguiu sabotar. */
  codigo: string;
}

/** Copia o arquivo bom e define o que as sabotagens usam. */
export const PREPARO = `
  const fs = require('node:fs');
  const { Database } = require('bun:sqlite');
  const ARQUIVO = '/data/desafio2.db';
  fs.copyFileSync('/de/desafio2.db', ARQUIVO);
  const comBanco = (acao) => {
    const banco = new Database(ARQUIVO, { readwrite: true });
    try { return acao(banco); } finally { banco.close(); }
  };
  const sql = (...comandos) => comBanco((banco) => {
    for (const comando of comandos) if (banco.run(comando).changes === 0) throw new Error('nada mudou: ' + comando);
  });
`;

/** Nem todas as sabotagens mexem no fim: um leitor que só olhasse o mais novo também tem de ser apanhado. */
export const SABOTAGENS: Sabotagem[] = [
  {
    oQue: 'um byte do primeiro nome mudado',
    verificacao: 'selos',
    codigo: `
      const nome = () => comBanco((banco) => banco.query('SELECT id, nome FROM usuarios ORDER BY id').get()).nome;
      const antes = nome();
      const bytes = fs.readFileSync(ARQUIVO);
      let onde = -1;
      do {
        onde = bytes.indexOf(antes, onde + 1);
        if (onde < 0) throw new Error('não achei o nome no arquivo');
        bytes[onde] ^= 1;
        fs.writeFileSync(ARQUIVO, bytes);
        bytes[onde] ^= 1;
      } while (nome() === antes);`,
  },
  {
    oQue: 'uma data da 2ª execução mudada por SQL',
    verificacao: 'selos',
    codigo: `sql("UPDATE usuarios SET criado_em = '2000' WHERE id = (SELECT primeiro_id FROM execucoes WHERE id = 2)");`,
  },
  {
    oQue: 'um e-mail da última mudado por SQL',
    verificacao: 'selos',
    codigo: `sql("UPDATE usuarios SET email = email || '.br' WHERE id = (SELECT max(id) FROM usuarios)");`,
  },
  {
    oQue: 'o container da 1ª execução trocado',
    verificacao: 'selos',
    codigo: `sql("UPDATE execucoes SET container = 'outro' WHERE id = 1");`,
  },
  {
    oQue: 'uma linha da 2ª execução apagada',
    verificacao: 'selos',
    codigo: `sql('DELETE FROM usuarios WHERE id = (SELECT ultimo_id FROM execucoes WHERE id = 2)');`,
  },
  {
    oQue: 'uma linha acrescentada',
    verificacao: 'avulsos',
    codigo: `sql("INSERT INTO usuarios SELECT max(id) + 1, 'a', 'b', 'c' FROM usuarios");`,
  },
  {
    oQue: 'a 2ª execução tirada do meio',
    verificacao: 'selos',
    codigo: `sql(
      'DELETE FROM usuarios WHERE id BETWEEN (SELECT primeiro_id FROM execucoes WHERE id = 2)'
        + ' AND (SELECT ultimo_id FROM execucoes WHERE id = 2)',
      'DELETE FROM execucoes WHERE id = 2');`,
  },
  {
    oQue: 'a última execução tirada',
    verificacao: 'recibos',
    codigo: `sql(
      'DELETE FROM usuarios WHERE id >= (SELECT primeiro_id FROM execucoes ORDER BY id DESC LIMIT 1)',
      'DELETE FROM execucoes WHERE id = (SELECT max(id) FROM execucoes)');`,
  },
  {
    oQue: 'o arquivo de volta a uma cópia antiga',
    verificacao: 'recibos',
    codigo: `fs.copyFileSync('/antiga/desafio2.db', ARQUIVO);`,
  },
  {
    oQue: 'o arquivo de outro volume',
    verificacao: 'recibos',
    codigo: `fs.copyFileSync('/outro/desafio2.db', ARQUIVO);`,
  },
  {
    oQue: 'o arquivo cortado pela metade',
    verificacao: 'arquivo',
    codigo: `fs.truncateSync(ARQUIVO, Math.floor(fs.statSync(ARQUIVO).size / 2));`,
  },
  {
    oQue: 'um -wal alheio ao lado',
    verificacao: 'arquivo',
    codigo: `
      fs.copyFileSync(ARQUIVO, '/tmp/alheio.db');
      const alheio = new Database('/tmp/alheio.db', { readwrite: true });
      alheio.run('PRAGMA journal_mode = WAL');
      alheio.run('DELETE FROM usuarios');
      fs.copyFileSync('/tmp/alheio.db-wal', ARQUIVO + '-wal');
      if (fs.statSync(ARQUIVO + '-wal').size === 0) throw new Error('o -wal saiu vazio');`,
  },
];
