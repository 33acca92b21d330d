import { describe, expect, test } from 'bun:test';
import { lerEndereco } from '../lib/armazem/postgres/endereco.ts';
import { Falha } from '../lib/falhas.ts';

const SENHA = 'segredo-que-ninguem-vê';

describe('lerEndereco()', () => {
  test('dá cada host por ordem, e nunca mostra a senha', () => {
    const { nome, hosts } = lerEndereco(
      'postgres://ana:se%40gre%2Fdo@h1:1,h2,[::1]:3/loja?application_name=a%20b&password=x&sslpassword=y',
    );
    expect(nome).toBe('postgres://ana@h1:1,h2,[::1]:3/loja?application_name=a%20b');
    expect(hosts.map((host) => host.nome)).toEqual(['h1:1', 'h2', '[::1]:3']);
    const opcoes = hosts.map((host) => host.criar().options);
    expect(
      opcoes.map(({ hostname, port, username, database }) => [hostname, port, username, database]),
    ).toEqual([
      ['h1', 1, 'ana', 'loja'],
      ['h2', 5432, 'ana', 'loja'],
      ['[::1]', 3, 'ana', 'loja'],
    ]);
  });

  test('o que não se entende é um erro de uso que não o repete: pode ter uma senha', () => {
    for (const endereco of [
      `postgres://ana:${SENHA}@x@h/d`,
      `postgres://ana:${SENHA}/x@h/d`,
      `postgres://ana:12${SENHA}?@h/d`,
      `postgres://ana:${SENHA}#@h/d`,
      `postgres://ana:${SENHA}%zz@h/d`,
      `postgres://ana:${SENHA}@h:99999999/d`,
      `postgres://ana:${SENHA}@h:x/d`,
      `postgres://ana:${SENHA}@h:99999/d`,
      `postgres://ana:${SENHA}@h h/d`,
      `postgres://ana:${SENHA}@h/d?sslmode=talvez`,
      `postgres://ana:${SENHA}@h/d?ssl=false`,
      `postgres://ana:${SENHA}@localhost/d?host=outro`,
      `postgres://ana:${SENHA}@h/d?host=/tmp`,
      `postgres://ana:${SENHA}@h/d?password=%`,
    ]) {
      const falha = (() => {
        try {
          return lerEndereco(endereco);
        } catch (erro) {
          return erro;
        }
      })();
      expect(falha).toBeInstanceOf(Falha);
      expect((falha as Falha).motivo).toBe('uso');
      expect(`${(falha as Falha).message}${(falha as Falha).remedio}`).not.toContain('segredo');
    }
  });

  /** Os modos do Bun: 0 é sem TLS, 1 é se houver, 2 é com, 3 e 4 conferem o certificado. */
  const modoDe = (endereco: string) => {
    const [host] = lerEndereco(endereco).hosts;
    return (host?.criar().options as { sslMode?: number } | undefined)?.sslMode;
  };
  test('com outra máquina só se fala com TLS, a não ser que o endereço o dispense', () => {
    const modos = ['', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'disable'];
    const deFora = modos.map((modo) => modoDe(`postgres://ana@db.exemplo/d${modo && `?sslmode=${modo}`}`));
    expect(deFora).toEqual([4, 2, 2, 2, 3, 4, 0]);
    for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]', '']) {
      expect(modoDe(`postgres://ana@${host}/d`)).toBe(0);
    }
    for (const host of ['127.0.0.1.exemplo', 'localhost.exemplo', '10.0.0.1', '[::2]']) {
      expect(modoDe(`postgres://ana@${host}/d`)).toBe(4);
    }
  });
});
