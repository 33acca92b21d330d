import { Database } from 'bun:sqlite';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pastaTemporaria as pastaCom } from '../../apoio/projeto.ts';
import './limpeza.ts';

/** Uma pasta que some no fim do bloco, ou com os testes. */
export const pastaTemporaria = () => pastaCom('pasta-');

/** Um caminho de banco numa pasta temporária; ao fim do bloco, o banco deve estar inteiro e sem vizinhos. */
export function bancoTemporario() {
  const pasta = pastaTemporaria();
  const caminho = pasta.em('desafio2.db');
  let conferir = true;
  return {
    caminho,
    pasta,
    /** Para um teste que estraga o banco de propósito. */
    dispensarConferencia(): void {
      conferir = false;
    },
    /** Cria o banco por SQL, como faria outro programa. */
    criar(...comandos: string[]): void {
      using banco = new Database(caminho, { create: true, readwrite: true });
      for (const sql of comandos) banco.run(sql);
    },
    /** Muda o banco por SQL, como faria quem tem acesso ao arquivo. */
    sabotar(...comandos: string[]): void {
      using banco = new Database(caminho, { readwrite: true });
      for (const sql of comandos) banco.run(sql);
    },
    /** Muda os bytes do arquivo. */
    estragar(mudar: (bytes: Buffer) => void): void {
      const bytes = readFileSync(caminho);
      mudar(bytes);
      writeFileSync(caminho, bytes);
    },
    consultar(sql: string): unknown[][] {
      using banco = new Database(caminho, { readonly: true });
      return banco.query(sql).values();
    },
    [Symbol.dispose](): void {
      try {
        if (!conferir || !existsSync(caminho)) return;
        for (const sufixo of ['-journal', '-wal', '-shm']) {
          if (existsSync(caminho + sufixo)) throw new Error(`ficou um ${sufixo} ao lado do banco`);
        }
        using banco = new Database(caminho, { readonly: true });
        const estado = banco.query('PRAGMA integrity_check').values();
        if (estado[0]?.[0] !== 'ok') throw new Error(`o banco ficou estragado: ${estado}`);
      } finally {
        pasta[Symbol.dispose]();
      }
    },
  };
}
