import { expect, setDefaultTimeout, test } from 'bun:test';
import { abrirParaLeitura } from '../../lib/armazem/abrir.ts';
import { lerUltimas } from '../../lib/cadeia/laudo.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { SELO_ZERO } from '../../lib/selo.ts';
import { blocos, lerTexto } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, recibosDe } from '../apoio/programas.ts';
import { recusam, servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'o que há num servidor', () => {
  const servidor = servidorDoGrupo();

  test('à mão, com psql e sha256sum, o selo é o mesmo', async () => {
    const banco = await servidor.banco();
    const [recibo] = recibosDe((await escritor('-b', banco.lugar, '-n', '5', '--json')).saida);
    const [, dosUsuarios = ''] = blocos(lerTexto('docs/servidor.md'), 'sql');
    const daExecucao = `SELECT '[' || id || ',' || to_json(container) || ',' || to_json(iniciada_em) || ',' ||
      to_json(versao) || ',' || primeiro_id || ',' || ultimo_id || ',' || registros || ']' FROM desafio2.execucoes`;
    const { stdout } = Bun.spawnSync(['psql', '-AtX', banco.lugar, '-c', daExecucao, '-c', dosUsuarios], {
      env: { PATH: process.env.PATH, PGCLIENTENCODING: 'SQL_ASCII' },
    });
    const selo = new Bun.CryptoHasher('sha256').update(`${SELO_ZERO}\n`).update(stdout).digest('hex');
    expect(`1:${selo}`).toBe(recibo ?? '');
  });

  test('as linhas de execuções pequenas vêm com a página delas, e não se perguntam uma a uma', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar, '-e', '500', '-n', '1');
    await using armazem = await abrirParaLeitura(banco.lugar, criarContexto(new AbortController().signal));
    const percorrer = armazem.percorrer();
    let vistas = 0;
    while (vistas < 500) {
      for (const gravada of await armazem.lerSeladas(vistas + 1, 500)) {
        vistas++;
        if (typeof gravada === 'number') throw new Error(`falta a execução ${gravada}`);
        let usuarios = 0;
        expect(
          percorrer(gravada.primeiro, gravada.ultimo, (bloco) => (usuarios += bloco.usuarios)),
        ).toBeUndefined();
        expect(usuarios).toBe(1);
      }
    }
  });

  test('um leitor aberto não vê o que se grava depois: tudo é de um só instantâneo', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await using armazem = await abrirParaLeitura(banco.lugar, criarContexto(new AbortController().signal));
    expect(await armazem.contarUsuarios()).toBe(3);
    expect((await escritor('-b', banco.lugar)).codigo).toBe(0);
    expect([await armazem.contarUsuarios(), (await lerUltimas(armazem, 9)).length]).toEqual([3, 1]);
  });

  test('funções do servidor com outro sentido, primeiro no caminho de procura, não mudam nada', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await banco.sabotar(
      'CREATE SCHEMA mau',
      'CREATE FUNCTION mau.to_json(text) RETURNS json LANGUAGE sql AS $$ SELECT NULL::json $$',
      `ALTER DATABASE ${banco.nome} SET search_path = mau, pg_catalog`,
    );
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, codigo: 0 });
  });

  test('nomes que o servidor escreve todos entre aspas não mudam nada', async () => {
    const banco = await servidor.banco();
    await banco.sabotar(`ALTER DATABASE ${banco.nome} SET quote_all_identifiers = on`);
    expect(await escritor('-b', banco.lugar)).toMatchObject({ codigo: 0, erros: '' });
    expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, codigo: 0 });
  });

  test('um esquema desafio2 de outra aplicação: 65, e fica como está; vazio, serve', async () => {
    const banco = await servidor.banco();
    await banco.sabotar('CREATE SCHEMA desafio2', 'CREATE TABLE desafio2.pedidos (id int)');
    const { erros, codigo } = await escritor('-b', banco.lugar);
    expect(erros).toContain('tem um esquema desafio2 que não é o deste programa');
    expect(codigo).toBe(65);
    const tabelas =
      "SELECT relname FROM pg_class WHERE relnamespace = 'desafio2'::regnamespace AND relkind = 'r'";
    expect(await banco.consultar(tabelas)).toEqual([['pedidos']]);
    await banco.sabotar('DROP TABLE desafio2.pedidos');
    expect(await escritor('-b', banco.lugar)).toMatchObject({ codigo: 0, erros: '' });
  });

  test('um formato mais novo: 78 nos dois', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await banco.sabotar('UPDATE desafio2.formato SET formato = 2');
    await recusam(banco.lugar, { codigo: 78, erros: /tem o formato 2, e este programa conhece até o 1/ });
    await banco.sabotar('DELETE FROM desafio2.formato');
    await recusam(banco.lugar, { codigo: 65, erros: /não diz o formato da cadeia/ });
  });

  test('as tabelas de outra aplicação, com os mesmos nomes, ficam como estão', async () => {
    const banco = await servidor.banco();
    await banco.sabotar(
      'CREATE TABLE usuarios (id int, nome text)',
      "INSERT INTO usuarios VALUES (1, 'Ana')",
    );
    expect((await escritor('-b', banco.lugar)).codigo).toBe(0);
    expect(await banco.consultar('SELECT * FROM usuarios')).toEqual([[1, 'Ana']]);
  });
});
