import { expect, setDefaultTimeout, test } from 'bun:test';
import { usuarioDe } from '../../lib/armazem/postgres/insercao.ts';
import { bancoTemporario } from '../apoio/bancos.ts';
import { conteudo } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor, pedirLaudo } from '../apoio/programas.ts';
import { servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

test('usuarioDe() dá em texto um id que não cabe num número', () => {
  expect(usuarioDe('[9007199254740993,"a","b","c"]').id).toBe('9007199254740993');
  expect(usuarioDe('[-7,"a","","c"]')).toEqual({ id: -7, nome: 'a', email: '', criado_em: 'c' });
});

grupoQuePrecisa(['postgres', 'longos'], 'os textos de um arquivo num servidor', () => {
  const servidor = servidorDoGrupo();

  test.concurrent('os que o COPY escapa chegam como são, e voltam', async () => {
    using banco = bancoTemporario();
    banco.criar(
      'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em TEXT)',
      `INSERT INTO usuarios VALUES (-4503599627370495, 'a' || char(9) || '\\n' || char(10), '"', ''), (1, '', ',', '\\.')`,
    );
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    const { lugar } = await servidor.banco();
    const volta = banco.pasta.em('volta.db');
    expect(await copiador('-d', banco.caminho, '-p', lugar)).toMatchObject({ codigo: 0 });
    expect(await copiador('-d', lugar, '-p', volta)).toMatchObject({ codigo: 0 });
    expect(conteudo(volta)).toEqual(conteudo(banco.caminho));
  });

  test.concurrent('um texto que o servidor não pode guardar: 65 antes de gravar, com o id', async () => {
    for (const valor of ["'a' || char(0) || 'b'", 'NULL', '7.5', "x'00'"]) {
      using banco = bancoTemporario();
      banco.criar(
        'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email TEXT, criado_em TEXT)',
        `INSERT INTO usuarios VALUES (1, 'Ana', 'a', 'b'), (2, ${valor}, 'a', 'b')`,
      );
      const adotado = await escritor('-b', banco.caminho);
      if (adotado.codigo !== 0) continue; // nem todo valor se pode selar
      const { lugar } = await servidor.banco();
      const { erros, codigo } = await copiador('-d', banco.caminho, '-p', lugar);
      expect(erros).toContain('o usuário 2 tem um valor que não é texto, ou um U+0000');
      expect(codigo).toBe(65);
      expect((await pedirLaudo(lugar)).codigo).toBe(66);
    }
  });
});
