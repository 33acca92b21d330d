import { expect, setDefaultTimeout, test } from 'bun:test';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { conteudo, forjarCadeia, mudar, origemTemporaria } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor, leitor, pedirLaudo, picoDe } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Um banco do programa original, com estes usuários, adotado pelo escritor, e a cópia dele. */
async function copiarAdotado(
  pasta: ReturnType<typeof pastaTemporaria>,
  criacao: string,
  ...usuarios: string[]
) {
  const [de, para] = [pasta.em('de.db'), pasta.em('para.db')];
  mudar(de, criacao, ...usuarios.map((usuario) => `INSERT INTO usuarios VALUES (${usuario})`));
  expect((await escritor('-b', de)).codigo).toBe(0);
  return { de, para, ...(await copiador('-d', de, '-p', para)) };
}

const LIVRE = 'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)';

grupoQuePrecisa('longos', 'a cópia de uma cadeia adotada', () => {
  test('tem o tipo e os bytes de cada valor, e o escritor continua nela', async () => {
    using pasta = pastaTemporaria();
    const { de, para, erros, codigo } = await copiarAdotado(
      pasta,
      LIVRE,
      "-9007199254740, 'a' || char(0, 27, 10, 8232) || '🙂\"\\', '', NULL",
      "2, 7, '7', '7.0'",
      "3, CAST(x'61ff62eda080c3' AS TEXT), 9223372036854775807, -9223372036854775807 - 1",
      "5000000000, 'null', 'a,b', '[1,{}]'",
    );
    expect([erros, codigo]).toEqual(['', 0]);
    expect(conteudo(para)).toEqual(conteudo(de));
    expect((await escritor('-b', para)).codigo).toBe(0);
    expect((await copiador('-d', para, '-p', de)).codigo).toBe(0);
  });

  test('de colunas que convertem o que recebem, tem o que elas guardaram', async () => {
    using pasta = pastaTemporaria();
    const criacao = `CREATE TABLE usuarios (id INTEGER PRIMARY KEY AUTOINCREMENT, nome NUMERIC, email INTEGER UNIQUE,
      criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP)`;
    const { de, para, codigo } = await copiarAdotado(
      pasta,
      criacao,
      "1, '12', 'x', 5",
      "7, 'y', '0012', NULL",
    );
    expect(codigo).toBe(0);
    expect(conteudo(para)).toEqual(conteudo(de));
  });

  test('só com textos, está nas tabelas de sempre', async () => {
    using pasta = pastaTemporaria();
    const { para, codigo } = await copiarAdotado(pasta, LIVRE, "1, 'a', 'b', 'c'");
    expect(codigo).toBe(0);
    expect((await pedirLaudo(para)).aprovado).toBe(true);
    expect(() => mudar(para, "INSERT INTO usuarios VALUES (99, NULL, '', '')")).toThrow('NOT NULL');
  });

  test('sem ninguém, e com execuções vazias, também se faz', async () => {
    using pasta = pastaTemporaria();
    const { de, para, codigo } = await copiarAdotado(pasta, LIVRE);
    expect(codigo).toBe(0);
    expect(conteudo(para)).toEqual(conteudo(de));
    const [vazia, outra] = [pasta.em('vazia.db'), pasta.em('outra.db')];
    forjarCadeia(vazia, [0, 0, 3, 0, 2, 0]);
    expect((await copiador('-d', vazia, '-p', outra)).codigo).toBe(0);
    expect(conteudo(outra)).toEqual(conteudo(vazia));
  });

  test('com um BLOB ou REAL posto depois, que o selo não distingue, recusa-se com o id, e o destino nem nasce', async () => {
    using pasta = pastaTemporaria();
    const { de } = await copiarAdotado(pasta, LIVRE, "1, 'a', 'b', NULL");
    mudar(de, "UPDATE usuarios SET criado_em = x'00' WHERE id = 1");
    const { erros, codigo } = await copiador('-d', de, '-p', pasta.em('nova.db'));
    expect(erros).toContain('nada se copiou: o usuário 1 tem um BLOB ou REAL');
    expect(codigo).toBe(65);
    expect(await Bun.file(pasta.em('nova.db')).exists()).toBe(false);
  });
});

grupoQuePrecisa('longos', 'a cópia de uma cadeia comprida', () => {
  test('de cem mil execuções, com uma de trezentos mil usuários, cabe na memória da de um décimo disso', async () => {
    using pasta = pastaTemporaria();
    const pico = async (vezes: number) => {
      const [de, para] = [pasta.em(`de-${vezes}.db`), pasta.em(`para-${vezes}.db`)];
      const pequenas = Array(5000 * vezes).fill(1);
      const recibo = forjarCadeia(de, [...pequenas, 30_000 * vezes, ...pequenas]);
      const kB = await picoDe('copiador', ['-d', de, '-p', para, '-r', recibo]);
      expect((await leitor('-b', para, '-r', recibo)).codigo).toBe(0);
      return kB;
    };
    const [poucas, muitas] = [await pico(1), await pico(10)];
    expect(poucas).toBeGreaterThan(0);
    // Quanto o Bun deixa crescer o lixo varia; uma memória que crescesse com a cadeia seria umas dez vezes maior.
    expect(muitas / poucas).toBeLessThan(2.5);
  });

  test('em que um ANALYZE viu poucos usuários, e que depois cresceu, faz-se do mesmo modo', async () => {
    using lugar = await origemTemporaria();
    mudar(lugar.de, 'ANALYZE');
    await escritor('-b', lugar.de, '-n', '30000', '-e', '2', '--json');
    await escritor('-b', lugar.de, '-e', '40', '--json');
    expect((await copiador('-d', lugar.de, '-p', lugar.para)).codigo).toBe(0);
    expect(conteudo(lugar.para)).toEqual(conteudo(lugar.de));
  });
});
