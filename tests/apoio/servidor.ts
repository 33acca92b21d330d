import { afterAll, beforeAll } from 'bun:test';
import { type Feitio, Postgres } from '../../ensaios/postgres.ts';
import { PRAZO_MS, pastaTemporaria } from './programas.ts';

/** Um servidor para os testes de um grupo: começa antes do primeiro, e acaba depois do último, ou com os testes. */
export function servidorDoGrupo(feitio: Feitio = {}) {
  let servidor: Postgres | undefined;
  let pasta: ReturnType<typeof pastaTemporaria> | undefined;
  let bancos = 0;
  beforeAll(async () => {
    pasta = pastaTemporaria();
    servidor = new Postgres(pasta.caminho, feitio);
    await servidor.comecar();
  }, PRAZO_MS);
  afterAll(async () => {
    await servidor?.parar();
    pasta?.[Symbol.dispose]();
  }, PRAZO_MS);
  const agora = (): Postgres => {
    if (!servidor) throw new Error('o servidor ainda não começou');
    return servidor;
  };
  return {
    agora,
    /** Um banco de dados novo, só de um teste. */
    banco: async () => {
      const nome = `banco_${++bancos}`;
      await agora().sql(`CREATE DATABASE ${nome}`);
      return bancoDe(agora(), nome);
    },
  };
}

/** Um banco de dados de um servidor. */
export function bancoDe(servidor: Postgres, nome: string) {
  return {
    nome,
    lugar: servidor.endereco(nome),
    /** Muda-o por SQL, como faria quem entra nele. */
    sabotar: async (...comandos: string[]) => {
      for (const sql of comandos) await servidor.sql(sql, nome);
    },
    consultar: (sql: string) => servidor.sql(sql, nome),
  };
}
