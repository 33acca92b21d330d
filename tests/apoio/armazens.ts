import { describe } from 'bun:test';
import { bancoTemporario, pastaTemporaria } from './bancos.ts';
import { type Condicao, grupoQuePrecisa } from './exigencias.ts';
import { servidorDoGrupo } from './servidor.ts';

/** Onde uma cadeia se guarda, para um teste. */
export interface Lugar extends AsyncDisposable {
  lugar: string;
  /** Muda-o por SQL, em que `{u}`, `{e}` e `{a}` são as tabelas. */
  sabotar(...comandos: string[]): Promise<void>;
  /** Uma pasta para o mais que o teste tenha. */
  em(nome: string): string;
}

/**
 * Os mesmos testes, num arquivo e num servidor: o que se pede a qualquer armazém, pelos programas, como quem os usa.
 * `doServidor` é do que os do servidor precisam.
 */
export function emCadaArmazem(
  testar: (abrir: () => Promise<Lugar>) => void,
  doServidor: Condicao[] = ['postgres', 'longos'],
): void {
  describe('um arquivo', () => {
    testar(async () => {
      const banco = bancoTemporario();
      const trocar = (sql: string) => sql.replace(/\{(\w)\}/g, (_, letra) => TABELAS[letra] ?? '');
      return {
        lugar: banco.caminho,
        sabotar: async (...comandos) => banco.sabotar(...comandos.map(trocar)),
        em: banco.pasta.em,
        [Symbol.asyncDispose]: async () => banco[Symbol.dispose](),
      };
    });
  });

  grupoQuePrecisa(doServidor, 'um servidor', () => {
    const servidor = servidorDoGrupo();
    testar(async () => {
      const banco = await servidor.banco();
      const pasta = pastaTemporaria();
      const trocar = (sql: string) => sql.replace(/\{(\w)\}/g, (_, letra) => `desafio2.${TABELAS[letra]}`);
      return {
        lugar: banco.lugar,
        sabotar: async (...comandos) => await banco.sabotar(...comandos.map(trocar)),
        em: pasta.em,
        [Symbol.asyncDispose]: async () => pasta[Symbol.dispose](),
      };
    });
  });
}

const TABELAS: Record<string, string> = { u: 'usuarios', e: 'execucoes', a: 'assinaturas' };
