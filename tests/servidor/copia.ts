import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Postgres } from '../../apoio/postgres.ts';
import { ate } from '../../apoio/processo.ts';
import { levar } from '../../lib/cadeia/levar.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { lerRecibo } from '../../lib/recibo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { bancoAssinado, fazerChaves } from '../apoio/chaves.ts';
import { conteudo, forjarCadeia, mudar, origemTemporaria } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { executar, PRAZO_MS, RAIZ } from '../apoio/processos.ts';
import { copiador, escritor, pedirLaudo, recibosDe, rodar } from '../apoio/programas.ts';
import { semSenha, servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'copiador e servidor', () => {
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

  test.concurrent('sem pasta dos temporários: 73, sem dizer a senha', async () => {
    const { lugar } = await servidor.banco();
    const secreto = lugar.replace('postgres@', 'postgres:segredo@');
    const ambiente = { TMPDIR: '/não/há' };
    await escritor('-b', lugar);
    for (const [de, para] of [
      ['-', secreto],
      [secreto, '-'],
    ] as const) {
      const resultado = await rodar('copiador', ['-d', de, '-p', para], { ambiente });
      expect([resultado.saida, resultado.codigo]).toEqual(['', 73]);
      expect(resultado.erros).toContain('/não/há leva a algo que não existe');
      semSenha(resultado);
    }
  });

  test.concurrent('com --para -, entrega um arquivo com a cadeia do servidor, e não deixa mais nada', async () => {
    using onde = pastaTemporaria();
    using temporarios = pastaTemporaria();
    const { lugar: de } = await servidor.banco();
    const recibos = recibosDe((await escritor('-b', de, '-e', '3', '-n', '5000', '--json')).saida);
    const programa = [process.execPath, join(RAIZ, 'copiador.ts'), '-d', de, '-p', '-'];
    const ambiente = { ...process.env, TMPDIR: temporarios.caminho };
    const processo = Bun.spawn(programa, { cwd: onde.caminho, env: ambiente, stderr: 'pipe' });
    const chegado = onde.em('copia.db');
    await Bun.write(chegado, new Response(processo.stdout));
    const [erros, codigo] = [await processo.stderr.text(), await processo.exited];
    expect(erros).toStartWith(`${de} foi entregue na saída padrão: execuções, 3; usuários, 15.000.\n`);
    expect([recibosDe(erros), codigo]).toEqual([recibos.slice(-1), 0]);
    expect(await pedirLaudo(chegado, ...recibos.flatMap((recibo) => ['-r', recibo]))).toMatchObject({
      aprovado: true,
      execucoes: 3,
    });
    expect([readdirSync(onde.caminho), readdirSync(temporarios.caminho)]).toEqual([['copia.db'], []]);
  });

  test.concurrent('com --para -, de um servidor sem o recibo exigido nada se entrega: 65', async () => {
    const { lugar } = await servidor.banco();
    await escritor('-b', lugar);
    const { saida, codigo } = await copiador('-d', lugar, '-p', '-', '-r', `1:${'0'.repeat(64)}`);
    expect([saida, codigo]).toEqual(['', 65]);
  });

  test.concurrent('dois endereços de um só banco de dados são o mesmo: 64; dois bancos do mesmo servidor, não', async () => {
    const [um, outro] = [await servidor.banco(), await servidor.banco()];
    await escritor('-b', um.lugar);
    await um.sabotar('CREATE ROLE outra LOGIN SUPERUSER');
    const { lugar } = um;
    for (const mesmo of [
      lugar.replace('127.0.0.1', 'localhost'),
      lugar.replace('postgres@', 'outra@'),
      lugar.replace('127.0.0.1', '127.0.0.1:1,127.0.0.1'),
    ]) {
      const { saida, erros, codigo } = await copiador('-d', lugar, '-p', mesmo);
      expect(erros).toContain(`${lugar} e ${mesmo} são o mesmo`);
      expect(erros).toContain('com --para.');
      expect([saida, codigo]).toEqual(['', 64]);
    }
    const semBanco = await copiador('-d', lugar, '-p', `${lugar}_nenhum`);
    expect(semBanco.erros).toContain('corrija --para.');
    expect(semBanco.codigo).toBe(73);
    expect(await copiador('-d', lugar, '-p', outro.lugar)).toMatchObject({ codigo: 0 });
    // Um clone do servidor tem o mesmo número, e é outro.
    using pasta = pastaTemporaria();
    await using clone = new Postgres(pasta.caminho, {
      replicaDe: { primario: servidor.agora(), nome: 'clone' },
    });
    await clone.comecar();
    await clone.promover();
    await ate(async () => !(await clone.sql('SELECT pg_is_in_recovery()'))[0]?.[0], 'o clone aceite escrita');
    expect(await copiador('-d', lugar, '-p', clone.endereco(um.nome))).toMatchObject({ codigo: 0 });
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

  test.concurrent('uma origem mudada à mão durante a cópia: o que não confere não chega a entrar', async () => {
    using pasta = pastaTemporaria();
    const de = pasta.em('de.db');
    const meta = lerRecibo(forjarCadeia(de, [100_000]), 'teste');
    const { lugar: para } = await servidor.banco();
    let mudada = false;
    const passo = async () => {
      if (!mudada) mudar(de, "UPDATE usuarios SET nome = 'x' WHERE id = 100000");
      mudada = true;
    };
    const contexto = Object.assign(criarContexto(new AbortController().signal), { passo });
    await expect(levar({ de, para, meta }, contexto)).rejects.toThrow('a execução 1, recalculada do que');
    expect((await pedirLaudo(para)).codigo).toBe(66);
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
