import { afterAll, beforeAll, expect } from 'bun:test';
import { type Feitio, Postgres } from '../../apoio/postgres.ts';
import { pastaTemporaria } from './bancos.ts';
import { PRAZO_MS, type Resultado } from './processos.ts';
import { type Programa, rodar } from './programas.ts';

/** Uma senha que não se confunde com mais nada do que os programas dizem. */
export const SENHA = 'segredo-que-ninguem-vê';

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

/** Um servidor que já aceita ligações. */
export async function comecado(pasta: string, feitio: Feitio = {}): Promise<Postgres> {
  const servidor = new Postgres(pasta, feitio);
  await servidor.comecar();
  return servidor;
}

/** Roda os dois programas, e espera deles o código, a mensagem e que não digam a senha. */
export async function recusam(
  lugar: string,
  esperado: { codigo: number; erros: RegExp; escritor?: number },
  ambiente: Record<string, string> = {},
): Promise<void> {
  for (const programa of ['escritor', 'leitor'] as Programa[]) {
    const resultado = await rodar(programa, ['-b', lugar], { ambiente });
    expect(resultado.erros).toMatch(esperado.erros);
    expect(resultado.codigo).toBe((programa === 'escritor' && esperado.escritor) || esperado.codigo);
    semSenha(resultado);
  }
}

/** Nada do que disse tem a senha. */
export function semSenha({ saida, erros }: Resultado): void {
  expect(`${saida}${erros}`).not.toContain('segredo');
}
