import { expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { levar } from '../../lib/cadeia/levar.ts';
import { opcao } from '../../lib/falhas.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { lerRecibo } from '../../lib/recibo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { forjarCadeia, mudar, origemTemporaria } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'copiador recusa, com 65 e sem mudar nada,', () => {
  test('um destino com outra cadeia: diz a primeira execução que difere', async () => {
    using lugar = await origemTemporaria('-e', '2');
    await copiador('-d', lugar.de, '-p', lugar.para);
    await escritor('-b', lugar.de, '-e', '3');
    await escritor('-b', lugar.para, '-e', '2');
    for (const [de, para] of [
      [lugar.de, lugar.para],
      [lugar.para, lugar.de],
    ] as const) {
      const antes = readFileSync(para);
      const { saida, erros, codigo } = await copiador('-d', de, '-p', para);
      expect(erros).toContain(`${para} guarda outra cadeia: a execução 3 não é a de ${de}\n`);
      expect([saida, codigo]).toEqual(['', 65]);
      expect(readFileSync(para).equals(antes)).toBe(true);
    }
  });

  test('outra cadeia que só difere depois de milhares de execuções', async () => {
    using pasta = pastaTemporaria();
    const [de, para] = [pasta.em('de.db'), pasta.em('para.db')];
    forjarCadeia(de, Array(2345).fill(1));
    copyFileSync(de, para);
    await escritor('-b', de);
    await escritor('-b', para);
    const { erros, codigo } = await copiador('-d', de, '-p', para);
    expect(erros).toContain('guarda outra cadeia: a execução 2346 não é');
    expect(codigo).toBe(65);
  });

  test('um destino mais adiantado: a origem perdeu execuções', async () => {
    using lugar = await origemTemporaria('-e', '2');
    await copiador('-d', lugar.de, '-p', lugar.para);
    await escritor('-b', lugar.para, '-e', '2');
    const antes = readFileSync(lugar.para);
    const { saida, erros, codigo } = await copiador('-d', lugar.de, '-p', lugar.para);
    expect(erros).toContain(
      `${lugar.de} perdeu execuções: acaba na 2, e ${lugar.para} tem as mesmas e mais\n`,
    );
    expect([saida, codigo]).toEqual(['', 65]);
    expect(readFileSync(lugar.para).equals(antes)).toBe(true);
  });

  test('uma origem que não passa nas suas verificações, ou sem o recibo exigido: o destino nem nasce', async () => {
    using lugar = await origemTemporaria('-e', '2');
    const semRecibo = await copiador('-d', lugar.de, '-p', lugar.para, '-r', `2:${'0'.repeat(64)}`);
    expect(semRecibo.erros).toContain(
      'a origem não foi aprovada, e nada se copiou: a execução 2 tem um selo diferente do recibo exigido',
    );
    mudar(lugar.de, "UPDATE usuarios SET nome = 'x' WHERE id = 5");
    const estragada = await copiador('-d', lugar.de, '-p', lugar.para);
    expect(estragada.erros).toContain('nada se copiou: o selo da execução 2 não confere');
    expect([semRecibo.codigo, estragada.codigo]).toEqual([65, 65]);
    expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
  });

  test('uma origem que não existe (66) ou de que não gosta, com o nome da opção certa no remédio', async () => {
    using lugar = await origemTemporaria();
    const { erros, codigo } = await copiador('-d', lugar.em('nada.db'), '-p', lugar.para);
    expect(erros).toContain('nada.db não existe');
    expect(erros).toContain('indique o arquivo com --de.');
    expect(codigo).toBe(66);
    writeFileSync(lugar.em('texto'), 'isto não é um banco de dados, e não vai ser nunca');
    const alheio = await copiador('-d', lugar.de, '-p', lugar.em('texto'));
    expect(alheio.erros).toContain('não é um banco SQLite');
    expect(alheio.erros).toContain('com --para.');
    expect(alheio.codigo).toBe(65);
  });

  test('o que falha na origem a meio da cópia é da origem: o remédio diz --de', async () => {
    using lugar = await origemTemporaria();
    const contexto = criarContexto(new AbortController().signal);
    const meta = lerRecibo(lugar.ultimo, 'teste');
    for (const de of [lugar.em('nada.db'), lugar.caminho]) {
      const falha = await levar({ de, para: lugar.para, meta }, contexto).catch((erro) => erro);
      expect(falha).toMatchObject({
        motivo: 'nadaParaLer',
        remedio: expect.stringContaining(opcao('de')),
      });
    }
    expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
  });

  const alheios: [oQue: string, criar: (caminho: string) => void, codigo?: number][] = [
    [
      'um texto',
      (caminho) => writeFileSync(caminho, 'nada do que se espera, por muitas linhas\n'.repeat(99)),
    ],
    ['um byte', (caminho) => writeFileSync(caminho, '\n')],
    ['um banco de outra aplicação', (caminho) => mudar(caminho, 'CREATE TABLE t (x)')],
    [
      'os usuários do programa original, sem selo',
      (caminho) =>
        mudar(
          caminho,
          'CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome, email, criado_em)',
          "INSERT INTO usuarios VALUES (1, 'a', 'b', 'c')",
        ),
    ],
    [
      'um banco de uma versão mais nova',
      (caminho) =>
        mudar(caminho, 'CREATE TABLE t (x)', 'PRAGMA application_id = 0x64326462', 'PRAGMA user_version = 2'),
      78,
    ],
    [
      'um banco nosso com um gatilho',
      (caminho) => {
        forjarCadeia(caminho, [1]);
        mudar(caminho, 'CREATE TRIGGER t AFTER INSERT ON usuarios BEGIN DELETE FROM usuarios; END');
      },
    ],
    ['uma pasta', (caminho) => mkdirSync(caminho), 73],
  ];
  for (const [oQue, criar, esperado = 65] of alheios) {
    test.concurrent(`um destino que é ${oQue}${esperado === 65 ? '' : `: ${esperado}`}`, async () => {
      using lugar = await origemTemporaria();
      criar(lugar.para);
      const ler = () => (esperado === 73 ? '' : readFileSync(lugar.para, 'latin1'));
      const antes = ler();
      const { saida, codigo } = await copiador('-d', lugar.de, '-p', lugar.para);
      expect([saida, codigo]).toEqual(['', esperado]);
      expect(ler()).toBe(antes);
      expect(readdirSync(lugar.caminho)).toEqual(['de.db', 'para.db']);
    });
  }
});
