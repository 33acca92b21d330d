import { expect, setDefaultTimeout, test } from 'bun:test';
import { ate } from '../../apoio/processo.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, iniciar, pedirLaudo, recibosDe, terminar, verificacao } from '../apoio/programas.ts';
import { servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'um servidor que alguém mudou', () => {
  const servidor = servidorDoGrupo();
  const mudancas: [oQue: string, sql: string[], detalhe: RegExp][] = [
    [
      'um gatilho',
      [
        'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nome := $x$x$x$; RETURN NEW; END $$',
        'CREATE TRIGGER t BEFORE INSERT ON desafio2.usuarios FOR EACH ROW EXECUTE FUNCTION f()',
      ],
      /usuarios tem o gatilho t,/,
    ],
    [
      'uma regra',
      ['CREATE RULE r AS ON INSERT TO desafio2.execucoes DO INSTEAD NOTHING'],
      /execucoes tem a regra r,/,
    ],
    [
      'segurança por linha',
      ['ALTER TABLE desafio2.usuarios ENABLE ROW LEVEL SECURITY'],
      /usuarios tem segurança por linha,/,
    ],
    [
      'uma vista no lugar da tabela',
      [
        'ALTER TABLE desafio2.usuarios RENAME TO verdadeira',
        'CREATE VIEW desafio2.usuarios AS SELECT * FROM desafio2.verdadeira',
      ],
      /usuarios não é uma tabela comum/,
    ],
    [
      'uma coluna de outro tipo',
      ['ALTER TABLE desafio2.usuarios ALTER nome TYPE varchar(80)'],
      /usuarios tem as colunas \(.*nome character varying\(80\)/,
    ],
    [
      'uma coluna que aceita nulos',
      ['ALTER TABLE desafio2.usuarios ALTER nome DROP NOT NULL', 'UPDATE desafio2.usuarios SET nome = NULL'],
      /usuarios tem as colunas \(.*nome de outro modo/,
    ],
    [
      'uma coluna a mais',
      ['ALTER TABLE desafio2.execucoes ADD nota text'],
      /execucoes tem as colunas \(.*, nota de outro modo\)/,
    ],
    [
      'ids sem chave',
      ['ALTER TABLE desafio2.usuarios DROP CONSTRAINT usuarios_pkey'],
      /usuarios não tem id como/,
    ],
    [
      'uma restrição que corre código',
      ['ALTER TABLE desafio2.usuarios ADD CONSTRAINT c CHECK (id > 0)'],
      /usuarios tem a restrição c,/,
    ],
    [
      'uma chave estrangeira, que só o COMMIT confere',
      [
        'CREATE TABLE public.outra (id bigint PRIMARY KEY)',
        'INSERT INTO public.outra SELECT id FROM desafio2.usuarios',
        `ALTER TABLE desafio2.usuarios ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES public.outra
           ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED`,
      ],
      /usuarios tem a restrição c,/,
    ],
    [
      'um índice que corre código',
      ['CREATE INDEX i ON desafio2.usuarios (lower(nome))'],
      /usuarios tem o índice desafio2\.i,/,
    ],
    [
      'uma tabela herdeira',
      ['CREATE TABLE public.filha () INHERITS (desafio2.usuarios)'],
      /usuarios tem a tabela herdeira public\.filha,/,
    ],
    [
      'uma tabela que uma queda esvazia',
      ['ALTER TABLE desafio2.usuarios SET UNLOGGED'],
      /não é uma tabela perm/,
    ],
    ['a tabela do formato a menos', ['DROP TABLE desafio2.formato'], /falta a tabela formato/],
    ['a tabela de usuários a menos', ['DROP TABLE desafio2.usuarios'], /falta a tabela usuarios/],
  ];
  for (const [oQue, sql, detalhe] of mudancas) {
    test(`${oQue}: 65 nos dois, e o escritor não grava`, async () => {
      const banco = await servidor.banco();
      await escritor('-b', banco.lugar);
      await banco.sabotar(...sql);
      const laudo = await pedirLaudo(banco.lugar);
      expect(laudo.codigo).toBe(65);
      expect(verificacao(laudo, 'esquema').detalhe).toMatch(detalhe);
      const gravado = await escritor('-b', banco.lugar);
      expect(gravado.saida).toBe('');
      if (!/formato/.test(oQue)) expect(gravado.erros).toMatch(detalhe);
      expect(gravado.codigo).toBe(65);
      expect(await banco.consultar('SELECT count(*)::int FROM desafio2.execucoes')).toEqual([[1]]);
    });
  }

  test('uma mudança com o escritor rodando: ele para, e tudo o que tem recibo confere', async () => {
    const banco = await servidor.banco();
    using processo = iniciar('escritor', ['-b', banco.lugar, '-e', '0', '--json']);
    const contar = async () => {
      const [linha] = await banco.consultar("SELECT to_regclass('desafio2.execucoes') IS NOT NULL");
      if (!linha?.[0]) return 0;
      return Number((await banco.consultar('SELECT count(*) FROM desafio2.execucoes'))[0]?.[0]);
    };
    await ate(async () => (await contar()) >= 5, 'haja execuções');
    await banco.sabotar(
      'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nome := $x$x$x$; RETURN NEW; END $$',
      'CREATE TRIGGER t BEFORE INSERT ON desafio2.usuarios FOR EACH ROW EXECUTE FUNCTION f()',
    );
    const havia = await contar();
    await ate(async () => processo.exitCode !== null || (await contar()) > havia + 20, 'o escritor pare');
    processo.kill(); // um que não parou por si
    const { saida, erros, codigo } = await terminar(processo);
    expect(erros).toContain('usuarios tem o gatilho t');
    expect(codigo).toBe(65);
    await banco.sabotar('DROP TRIGGER t ON desafio2.usuarios');
    const recibos = recibosDe(saida);
    const laudo = await pedirLaudo(banco.lugar, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: recibos.length });
  });
});
