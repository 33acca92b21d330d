import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { ate } from '../../apoio/processo.ts';
import { verificarBanco } from '../../lib/cadeia/verificar.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { conteudo, forjarCadeia, origemTemporaria } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, type Resultado } from '../apoio/processos.ts';
import { copiador, iniciar, leitor, terminar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Com um escritor que não para, numa máquina ocupada, a vez pode não vir em 10 s (75): tenta-se de novo. */
async function teimar(rodar: () => Promise<Resultado>): Promise<Resultado> {
  let feito: Resultado | undefined;
  await ate(async () => {
    feito = await rodar();
    return feito.codigo !== 75;
  }, 'chegue a vez');
  expect([feito?.erros, feito?.codigo]).toEqual(['', 0]);
  return feito as Resultado;
}

grupoQuePrecisa('longos', 'sem que ninguém espere por ela', () => {
  test('vários copiadores ao mesmo tempo, para um mesmo destino, acabam todos bem', async () => {
    using lugar = await origemTemporaria('-e', '30', '-n', '500');
    const feitos = await Promise.all(
      Array.from({ length: 4 }, () => copiador('-d', lugar.de, '-p', lugar.para)),
    );
    expect(feitos.map(({ codigo, erros }) => [codigo, erros])).toEqual(feitos.map(() => [0, '']));
    expect(conteudo(lugar.para)).toEqual(conteudo(lugar.de));
  });

  test('com um escritor sem fim na origem, cada cópia é aprovada, e ele não para', async () => {
    using lugar = await origemTemporaria();
    for (const lote of ['1', '500']) {
      using processo = iniciar('escritor', ['-b', lugar.de, '-e', '0', '-n', lote, '--json']);
      const exigidos: string[] = [];
      // Só duas: enquanto se faz uma, ele grava o que a seguinte tem a copiar, e mais.
      for (let vez = 0; vez < 2; vez++) {
        const { saida } = await teimar(() => copiador('-d', lugar.de, '-p', lugar.para, '--json'));
        exigidos.push('-r', JSON.parse(saida).recibo);
      }
      processo.kill('SIGTERM');
      expect((await terminar(processo)).codigo).toBe(143);
      // Só agora: um leitor, que não cede, podia ele prender o escritor mais de 10 s.
      expect((await leitor('-b', lugar.de, ...exigidos)).codigo).toBe(0);
    }
  });
});

grupoQuePrecisa('longos', 'verificarBanco() cedendo', () => {
  /** Se alguém conseguiu a vez de escrever enquanto se conferia um banco de 2000 usuários, muito devagar. */
  async function escreveram(cedendo: boolean): Promise<boolean> {
    using pasta = pastaTemporaria();
    forjarCadeia(pasta.em('de.db'), [2000]);
    using outro = new Database(pasta.em('de.db'), { readwrite: true });
    const acaba = { [Symbol.dispose]: () => {} };
    const contexto = {
      ...{ parada: new AbortController().signal, comecar: () => acaba, respirar: async () => {} },
      passo: (usuarios: number) => (usuarios > 0 ? Bun.sleep(60) : undefined),
    };
    let conseguiu = false;
    const relogio = setInterval(() => {
      try {
        outro.run('BEGIN EXCLUSIVE');
        outro.run('ROLLBACK');
        conseguiu = true;
      } catch {} // a vez é de quem lê
    }, 1);
    const { falhas } = await verificarBanco(
      { banco: pasta.em('de.db'), recibos: [], limite: 0, cedendo },
      contexto,
    );
    clearInterval(relogio);
    expect(falhas).toEqual([]);
    return conseguiu;
  }

  test('deixa escrever a meio; sem ceder, não', async () => {
    expect(await escreveram(true)).toBe(true);
    expect(await escreveram(false)).toBe(false);
  });
});
