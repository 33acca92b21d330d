import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { bancoAssinado, fazerChaves } from '../apoio/chaves.ts';
import { conteudo, origemTemporaria } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { executar, PRAZO_MS, RAIZ } from '../apoio/processos.ts';
import { copiador, escritor, pedirLaudo, recibosDe } from '../apoio/programas.ts';
import { servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('postgres', 'copiador e servidor', () => {
  const servidor = servidorDoGrupo();

  test.concurrent('do arquivo ao servidor, dele a outro e de volta a um arquivo: os mesmos bytes e recibos', async () => {
    using lugar = await origemTemporaria('-e', '30');
    await escritor('-b', lugar.de, '-n', '5000', '-e', '2');
    const [um, outro] = [await servidor.banco(), await servidor.banco()];
    const secreto = um.lugar.replace('postgres@', 'postgres:segredo@');
    const ida = await copiador('-d', lugar.de, '-p', secreto, '--json');
    expect(ida).toMatchObject({ erros: '', codigo: 0 });
    expect(JSON.parse(ida.saida)).toMatchObject({
      copiadas: 32,
      registros: 10_090,
      de: lugar.de,
      para: um.lugar,
    });
    const entre = await copiador('-d', secreto, '-p', outro.lugar, '--json');
    expect(JSON.parse(entre.saida)).toMatchObject({ copiadas: 32, de: um.lugar, para: outro.lugar });
    expect(`${ida.saida}${entre.saida}`).not.toContain('segredo');
    expect((await copiador('-d', outro.lugar, '-p', lugar.para)).codigo).toBe(0);
    expect(conteudo(lugar.para)).toEqual(conteudo(lugar.de));
    // E a cadeia continua num servidor, e a cópia seguinte só leva o que falta.
    const [recibo = ''] = recibosDe((await escritor('-b', um.lugar, '--json')).saida);
    const depois = await copiador('-d', um.lugar, '-p', lugar.para, '--json');
    expect(JSON.parse(depois.saida)).toMatchObject({ copiadas: 1, registros: 3, recibo });
    expect(await pedirLaudo(lugar.para, '-r', recibo)).toMatchObject({ aprovado: true });
  });

  test.concurrent('com --de -, os bytes esperam na pasta dos temporários, e nada fica nela nem onde se está', async () => {
    using lugar = await origemTemporaria('-e', '2');
    using onde = pastaTemporaria();
    using temporarios = pastaTemporaria();
    const { lugar: para } = await servidor.banco();
    const programa = [process.execPath, join(RAIZ, 'copiador.ts'), '-d', '-', '-p', para];
    const { erros, codigo } = await executar(programa, {
      cwd: onde.caminho,
      env: { ...process.env, TMPDIR: temporarios.caminho },
      stdin: readFileSync(lugar.de),
    });
    expect([erros, codigo]).toEqual(['', 0]);
    expect(await pedirLaudo(para)).toMatchObject({ aprovado: true, execucoes: 2 });
    expect([readdirSync(onde.caminho), readdirSync(temporarios.caminho)]).toEqual([[], []]);
  });

  test.concurrent('um destino à frente, ou com outra cadeia: 65, e fica como estava', async () => {
    using lugar = await origemTemporaria('-e', '2');
    const [frente, outra] = [await servidor.banco(), await servidor.banco()];
    await copiador('-d', lugar.de, '-p', frente.lugar);
    await escritor('-b', frente.lugar);
    await escritor('-b', outra.lugar);
    for (const [{ lugar: para }, erro] of [
      [frente, /perdeu execuções: acaba na 2/],
      [outra, /guarda outra cadeia: a execução 1/],
    ] as const) {
      const antes = await pedirLaudo(para);
      const { erros, codigo } = await copiador('-d', lugar.de, '-p', para);
      expect(erros).toMatch(erro);
      expect(codigo).toBe(65);
      expect((await pedirLaudo(para)).recibo).toBe(antes.recibo);
    }
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

  test.concurrent('uma cadeia assinada leva consigo as assinaturas, ao servidor e de volta', async () => {
    using banco = await bancoAssinado(true, false, true);
    const { lugar } = await servidor.banco();
    const volta = banco.pasta.em('volta.db');
    expect(await copiador('-d', banco.caminho, '-p', lugar)).toMatchObject({ codigo: 0 });
    expect(await copiador('-d', lugar, '-p', volta)).toMatchObject({ codigo: 0 });
    const outra = await fazerChaves(banco.pasta.em, 'outra');
    for (const copia of [lugar, volta]) {
      expect((await pedirLaudo(copia, '--chave-publica', banco.chaves.publica)).aprovado).toBe(true);
      expect((await pedirLaudo(copia, '--chave-publica', outra.publica)).codigo).toBe(65);
    }
  });
});
