import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { reconhecer } from '../../lib/container.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor, pedirLaudo, recibosDe, rodar, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/* O que alguém que escreve no volume, ou um descuido, pode fazer sem refazer a cadeia, e que passava. */

grupoQuePrecisa('longos', 'um arquivo feito para enganar', () => {
  describe('um gatilho cujo tipo foi escrito à mão', () => {
    const tipos: [oQue: string, mudar: (bytes: Buffer, onde: number) => void][] = [
      ['em maiúsculas', (bytes, onde) => bytes.write('TRIGGER', onde)],
      // No cabeçalho do registro, 27 é um texto de 7 bytes, e 26 um BLOB de 7.
      ['num BLOB', (bytes, onde) => bytes.writeUInt8(26, bytes.lastIndexOf(27, onde))],
    ];
    for (const [oQue, mudar] of tipos) {
      test(`${oQue}: os dois o veem, 65, e nada é gravado`, async () => {
        using banco = bancoTemporario();
        const [recibo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
        banco.sabotar(
          'CREATE TRIGGER t AFTER INSERT ON execucoes BEGIN DELETE FROM usuarios WHERE id = 1; END',
        );
        banco.estragar((bytes) => mudar(bytes, bytes.indexOf('triggertexecucoes')));
        expect(banco.consultar("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'")).toEqual([[0]]);
        const laudo = await pedirLaudo(banco.caminho, '-r', recibo);
        expect(verificacao(laudo, 'esquema').detalhe).toBe('o gatilho t mudaria o que se grava');
        expect(laudo.codigo).toBe(65);
        const { saida, codigo } = await escritor('-b', banco.caminho);
        expect([saida, codigo]).toEqual(['', 65]);
        expect(banco.consultar('SELECT count(*) FROM usuarios')).toEqual([[3]]);
      });
    }
  });

  test('um índice que mente sobre o último selo: o escritor prende-se ao da tabela', async () => {
    using banco = bancoTemporario();
    banco.dispensarConferencia();
    const [recibo = ''] = recibosDe((await escritor('-b', banco.caminho)).saida);
    banco.sabotar(
      'CREATE INDEX i ON execucoes (id DESC, selo, ultimo_id)',
      'ANALYZE',
      "UPDATE sqlite_stat1 SET stat = '1 1 1 1 sz=1'",
      "INSERT INTO sqlite_stat1 VALUES ('execucoes', NULL, '1 sz=9999')",
    );
    const selo = recibo.slice(2);
    banco.estragar((bytes) => void bytes.write(selo.toUpperCase(), bytes.lastIndexOf(selo)));
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    const laudo = await pedirLaudo(banco.caminho, '-r', recibo);
    expect(verificacao(laudo, 'selos').resultado).toBe('aprovada');
    expect(laudo.ultimas_execucoes[0]?.recibo).toBe(recibo);
  });

  describe('um -journal que não é deste banco: 65, e fica onde está', () => {
    test('um texto', async () => {
      using banco = bancoTemporario();
      banco.dispensarConferencia();
      await escritor('-b', banco.caminho);
      const journal = `${banco.caminho}-journal`;
      writeFileSync(journal, 'meu diário');
      for (const { erros, codigo } of [
        await leitor('-b', banco.caminho),
        await escritor('-b', banco.caminho),
      ]) {
        expect(erros).toContain('há um -journal ao lado de');
        expect(codigo).toBe(65);
      }
      expect(readFileSync(journal, 'utf8')).toBe('meu diário');
    });

    test('o de um banco que tinha páginas, ao lado de um arquivo vazio', async () => {
      using banco = bancoTemporario();
      banco.dispensarConferencia();
      await escritor('-b', banco.caminho, '-n', '1000');
      using outro = new Database(banco.caminho, { readwrite: true });
      outro.run('BEGIN');
      outro.run('DELETE FROM usuarios');
      const journal = readFileSync(`${banco.caminho}-journal`);
      outro.run('ROLLBACK');
      const vazio = banco.pasta.em('vazio.db');
      writeFileSync(vazio, '');
      writeFileSync(`${vazio}-journal`, journal);
      for (const { codigo } of [await leitor('-b', vazio), await escritor('-b', vazio)])
        expect(codigo).toBe(65);
      expect(existsSync(`${vazio}-journal`)).toBe(true);
      expect(readFileSync(vazio).length).toBe(0);
    });
  });

  test('uma máquina com nome de id de container não conta como um', () => {
    const nome = (maquina: string) => reconhecer({ montagens: [], cgroup: '', marcas: {}, maquina }).nome;
    expect(nome('b827eb123456')).toBe('b827eb123456 (máquina)');
    for (const outro of ['minha-maquina', 'sala-b827eb123456', 'b827eb1234567', 'B827EB123456']) {
      expect(nome(outro)).toBe(outro);
    }
  });

  test('uma execução com um número que não cabe nos de JavaScript: o escritor não se prende a outra, 65', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    banco.sabotar('UPDATE execucoes SET id = 9007199254740993');
    const { saida, erros, codigo } = await escritor('-b', banco.caminho);
    expect(saida).toBe('');
    expect(erros).toContain('tem ids grandes demais');
    expect(codigo).toBe(65);
  });

  test('um arquivo de um byte: 65, e o byte fica', async () => {
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('x.db'), 'a');
    expect((await escritor('-b', pasta.em('x.db'))).codigo).toBe(65);
    expect(readFileSync(pasta.em('x.db'), 'utf8')).toBe('a');
  });

  test('com o próprio banco na saída padrão: 64, e nele nada muda', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const antes = readFileSync(banco.caminho);
    for (const programa of ['escritor', 'leitor'] as const) {
      const modo = { antes: ['sh', '-c', `exec "$@" >> "${banco.caminho}"`, 'sh'] };
      const { erros, codigo } = await rodar(programa, ['-b', banco.caminho], modo);
      expect(erros).toContain('a saída padrão é o próprio');
      expect(codigo).toBe(64);
    }
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
  });

  test('um caminho que não está em UTF-8: 64, e nada é criado', async () => {
    using pasta = pastaTemporaria();
    const antes = ['sh', '-c', `exec "$@" -b "${pasta.caminho}/$(printf '\\377').db"`, 'sh'];
    for (const programa of ['escritor', 'leitor'] as const) {
      const { erros, codigo } = await rodar(programa, [], { antes });
      expect(erros).toContain('não está em UTF-8');
      expect(codigo).toBe(64);
    }
    expect(readdirSync(pasta.caminho)).toEqual([]);
  });

  test('um usuário alheio com um id que não deixa lugar ao seguinte: o escritor não grava, 65', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    banco.sabotar("INSERT INTO usuarios VALUES (9223372036854775807, 'a', 'b', 'c')");
    const { saida, erros, codigo } = await escritor('-b', banco.caminho);
    expect(saida).toBe('');
    expect(erros).toContain('tem ids grandes demais');
    expect(codigo).toBe(65);
  });
});
