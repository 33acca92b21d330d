import { expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { conteudo, forjarCadeia, mudar, origemTemporaria, pararAMeio } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { ateEsperarVez, PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor, iniciar, leitor, pedirLaudo, recibosDe, terminar } from '../apoio/programas.ts';
import { sortearComSemente } from '../apoio/sorteio.ts';

setDefaultTimeout(PRAZO_MS);

/** Uma primeira execução grande, em que se pode parar o copiador, e duas pequenas. */
const GRANDE = [200_000, 2, 2];

let grande: ReturnType<typeof forjar> | undefined;

/** A cadeia de `GRANDE`, que se faz uma vez. */
function forjar() {
  using pasta = pastaTemporaria();
  const recibo = forjarCadeia(pasta.em('de.db'), GRANDE);
  return { recibo, bytes: readFileSync(pasta.em('de.db')) };
}

/** Uma origem com uma execução grande e o copiador parado no meio dela. */
async function parado(pasta: ReturnType<typeof pastaTemporaria>, ...opcoes: string[]) {
  const [de, para] = [pasta.em('de.db'), pasta.em('para.db')];
  grande ??= forjar();
  writeFileSync(de, grande.bytes);
  return { de, para, recibo: grande.recibo, processo: await pararAMeio(de, para, ...opcoes) };
}

grupoQuePrecisa('longos', 'com o copiador no meio de uma execução,', () => {
  test('morto, o destino não tem nada dela, e a cópia seguinte continua', async () => {
    using pasta = pastaTemporaria();
    const { de, para, recibo, processo } = await parado(pasta);
    processo.kill('SIGKILL');
    await terminar(processo);
    expect((await leitor('-b', para)).codigo).toBe(75);
    const { saida, codigo } = await copiador('-d', de, '-p', para, '--json');
    expect(JSON.parse(saida)).toMatchObject({ copiadas: 3, recibo });
    expect(codigo).toBe(0);
    expect(readdirSync(pasta.caminho).sort()).toEqual(['de.db', 'para.db']);
  });

  for (const [sinal, esperado] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    test(`um ${sinal} desfaz o que dela estava feito, e sai com ${esperado}`, async () => {
      using pasta = pastaTemporaria();
      const { de, para, processo } = await parado(pasta);
      processo.kill(sinal);
      processo.kill('SIGCONT');
      const { saida, erros, codigo } = await terminar(processo);
      expect(saida).toBe('');
      expect(erros).toStartWith(`copiador: interrompido por ${sinal}\n`);
      expect(codigo).toBe(esperado);
      expect((await leitor('-b', para)).codigo).toBe(66);
      expect((await copiador('-d', de, '-p', para)).codigo).toBe(0);
    });
  }

  test('quem escreve na origem continua, e a cópia acaba no que ela tinha no começo', async () => {
    using pasta = pastaTemporaria();
    const { de, para, recibo, processo } = await parado(pasta, '--json');
    const escrito = await escritor('-b', de, '-n', '20000', '-e', '2', '--json');
    expect(escrito.codigo).toBe(0);
    processo.kill('SIGCONT');
    const { saida, codigo } = await terminar(processo);
    expect(JSON.parse(saida)).toMatchObject({ copiadas: 3, recibo });
    expect(codigo).toBe(0);
    expect(JSON.parse((await copiador('-d', de, '-p', para, '--json')).saida)).toMatchObject({
      copiadas: 2,
      recibo: recibosDe(escrito.saida)[1],
    });
  });

  test('um usuário da origem mudado à mão não passa: 65, e o destino tem só o que vinha antes', async () => {
    using pasta = pastaTemporaria();
    const { de, para, processo } = await parado(pasta);
    mudar(de, "UPDATE usuarios SET nome = 'x' WHERE id = 200002");
    processo.kill('SIGCONT');
    const { saida, erros, codigo } = await terminar(processo);
    expect(erros).toContain(
      `a execução 2, recalculada do que ${para} passaria a guardar, não tem o selo que tem na origem`,
    );
    expect([saida, codigo]).toEqual(['', 65]);
    expect(await pedirLaudo(para)).toMatchObject({ aprovado: true, execucoes: 1, registros: 200_000 });
  });

  test('um usuário posto à mão entre duas execuções, que nenhum selo vê, também não', async () => {
    using pasta = pastaTemporaria();
    const { de, para, processo } = await parado(pasta);
    mudar(de, "INSERT INTO usuarios VALUES (200004, 'x', 'x', 'x')");
    processo.kill('SIGCONT');
    const { erros, codigo } = await terminar(processo);
    expect(erros).toContain(`${de} mudou durante a cópia, e não por um escritor`);
    expect(codigo).toBe(65);
    expect(await pedirLaudo(para)).toMatchObject({ aprovado: true, execucoes: 1 });
  });

  test('a origem revertida a uma cópia antiga, com cp: o que falta já não está lá', async () => {
    using pasta = pastaTemporaria();
    const [de, para] = [pasta.em('de.db'), pasta.em('para.db')];
    forjarCadeia(de, [200_000]);
    copyFileSync(de, pasta.em('antiga.db'));
    await escritor('-b', de);
    const processo = await pararAMeio(de, para);
    copyFileSync(pasta.em('antiga.db'), de);
    processo.kill('SIGCONT');
    const { erros, codigo } = await terminar(processo);
    expect(erros).toContain(`${de} mudou durante a cópia`);
    expect(codigo).toBe(65);
    expect(await pedirLaudo(para)).toMatchObject({ aprovado: true, execucoes: 1 });
  });

  test('a origem trocada por outra, com mv: 75, e nada dela fica no destino', async () => {
    using pasta = pastaTemporaria();
    const { de, para, processo } = await parado(pasta);
    copyFileSync(de, pasta.em('outra.db'));
    renameSync(pasta.em('outra.db'), de);
    processo.kill('SIGCONT');
    const { erros, codigo } = await terminar(processo);
    expect(erros).toContain(`${de} foi trocado, movido ou apagado durante a leitura`);
    expect(codigo).toBe(75);
    expect((await leitor('-b', para)).codigo).toBe(66);
  });

  test('outro copiador para o mesmo destino espera por ele, e os dois acabam bem', async () => {
    using pasta = pastaTemporaria();
    const { de, para, recibo, processo } = await parado(pasta);
    using outro = iniciar('copiador', ['-d', de, '-p', para, '--json']);
    await ateEsperarVez(outro.pid, para);
    processo.kill('SIGCONT');
    const feitos = await Promise.all([terminar(processo), terminar(outro)]);
    expect(feitos.map(({ codigo, erros }) => [codigo, erros])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(await pedirLaudo(para, '-r', recibo)).toMatchObject({ aprovado: true, execucoes: 3 });
  });
});

grupoQuePrecisa('longos', 'o copiador morto', () => {
  const { rotulo, sorte } = sortearComSemente();

  test(`em momentos ao acaso, o destino é sempre um começo da origem (${rotulo})`, async () => {
    using pasta = pastaTemporaria();
    const [de, para] = [pasta.em('de.db'), pasta.em('para.db')];
    const recibo = forjarCadeia(
      de,
      Array.from({ length: 40 }, () => sorte.um([1, 300, 9000, 15_000])),
    );
    let antes = 0;
    for (let vez = 0; vez < 12 && antes < 40; vez++) {
      const processo = iniciar('copiador', ['-d', de, '-p', para]);
      await ate(() => existsSync(`${para}-journal`) || processo.exitCode !== null, 'o copiador grave');
      await Bun.sleep(sorte.inteiro(0, 60));
      processo.kill('SIGKILL');
      await terminar(processo);
      if (existsSync(para)) mudar(para, 'PRAGMA user_version'); // abrir desfaz o que ficou a meio
      const { execucoes, aprovado, recibo: ultimo } = await pedirLaudo(para);
      if (execucoes !== null) {
        expect(aprovado).toBe(true);
        expect(execucoes).toBeGreaterThanOrEqual(antes);
        expect((await leitor('-b', de, '-r', ultimo ?? '')).codigo).toBe(0);
      }
      antes = execucoes ?? 0;
    }
    expect((await copiador('-d', de, '-p', para, '-r', recibo)).codigo).toBe(0);
    expect(conteudo(para)).toEqual(conteudo(de));
  });

  test('ao criar o destino, com o -journal ainda vazio, a cópia seguinte continua', async () => {
    using lugar = await origemTemporaria();
    writeFileSync(lugar.para, '');
    writeFileSync(`${lugar.para}-journal`, '');
    expect((await leitor('-b', lugar.para)).codigo).toBe(75);
    expect((await copiador('-d', lugar.de, '-p', lugar.para)).codigo).toBe(0);
    expect(readdirSync(lugar.caminho).sort()).toEqual(['de.db', 'para.db']);
  });
});
