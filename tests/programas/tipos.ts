import { expect, setDefaultTimeout, test } from 'bun:test';
import { bancoTemporario } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, pedirLaudo, recibosDe, verificacao } from '../apoio/programas.ts';
import { sortearComSemente } from '../apoio/sorteio.ts';

setDefaultTimeout(PRAZO_MS);

/*
 * Dois conteúdos gravados que diferem num byte ou num tipo nunca podem ter o mesmo selo. Para o `json_array`, um BLOB
 * que é JSONB é o texto que ele guarda: `selos` e `recibos` aprovavam a troca, com o recibo exigido.
 */

const COLUNAS = {
  usuarios: { nome: 'TEXT', email: 'TEXT', criado_em: 'TEXT' },
  execucoes: {
    container: 'TEXT',
    iniciada_em: 'TEXT',
    versao: 'TEXT',
    primeiro_id: 'INTEGER',
    ultimo_id: 'INTEGER',
    registros: 'INTEGER',
    selo: 'TEXT',
  },
} as const;

/** Refaz uma tabela, com os mesmos valores, em que `coluna` declara outro tipo. */
function redeclarar(tabela: keyof typeof COLUNAS, coluna: string, tipo: string, estrita: boolean): string[] {
  const colunas = Object.entries({ ...COLUNAS[tabela], [coluna]: tipo });
  return [
    `CREATE TABLE n (id INTEGER PRIMARY KEY, ${colunas.map((uma) => `${uma.join(' ')} NOT NULL`).join(', ')}) ${estrita ? 'STRICT' : ''}`,
    `INSERT INTO n SELECT * FROM ${tabela}`,
    `DROP TABLE ${tabela}`,
    `ALTER TABLE n RENAME TO ${tabela}`,
  ];
}

const { rotulo, sorte } = sortearComSemente();

grupoQuePrecisa('longos', `um valor de outro tipo que tem a mesma linha (${rotulo})`, () => {
  for (const tabela of ['usuarios', 'execucoes'] as const) {
    for (const estrita of [true, false]) {
      for (const onde of ['primeira', 'do meio', 'última']) {
        const textos = Object.entries(COLUNAS[tabela]).filter(
          ([nome, tipo]) => tipo === 'TEXT' && nome !== 'selo',
        );
        const coluna = sorte.um(textos)[0];
        const tipo = sorte.um(estrita ? ['ANY'] : ['ANY', 'BLOB', 'TEXT', '']);
        test(`JSONB em ${tabela}.${coluna} ${tipo}${estrita ? ' STRICT' : ''}, linha ${onde}: 65`, async () => {
          using banco = bancoTemporario();
          const { saida } = await escritor('-b', banco.caminho, '-n', '3', '-e', '5', '--json');
          const total = tabela === 'usuarios' ? 15 : 5;
          const id = { primeira: 1, 'do meio': sorte.inteiro(2, total - 1), última: total }[onde];
          banco.sabotar(
            ...redeclarar(tabela, coluna, tipo, estrita),
            `UPDATE ${tabela} SET ${coluna} = jsonb(json_quote(${coluna})) WHERE id = ${id}`,
          );
          expect(banco.consultar(`SELECT typeof(${coluna}) FROM ${tabela} WHERE id = ${id}`)).toEqual([
            ['blob'],
          ]);
          const exigidos = recibosDe(saida).slice(-sorte.inteiro(1, 5));
          const laudo = await pedirLaudo(banco.caminho, ...exigidos.flatMap((recibo) => ['-r', recibo]));
          expect(laudo).toMatchObject({ aprovado: false, codigo: 65 });
        });
      }
    }
  }

  test('execucoes com outro tipo declarado: 65, ainda que nenhum valor mude', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const [coluna, declarado] = sorte.um(Object.entries(COLUNAS.execucoes));
    banco.sabotar(...redeclarar('execucoes', coluna, 'ANY', true));
    expect(verificacao(await pedirLaudo(banco.caminho), 'esquema')).toMatchObject({
      resultado: 'reprovada',
      detalhe: `execucoes declara ${coluna} ANY, e não ${coluna} ${declarado}`,
    });
  });

  test('uma tabela que volta a declarar TEXT com um BLOB dentro: estrutura, 65', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '9');
    banco.dispensarConferencia();
    const id = sorte.inteiro(1, 9);
    banco.sabotar(
      ...redeclarar('usuarios', 'nome', 'ANY ', true),
      `UPDATE usuarios SET nome = jsonb(json_quote(nome)) WHERE id = ${id}`,
    );
    // O esquema é um texto no arquivo, do mesmo tamanho com um tipo ou com o outro.
    banco.estragar((bytes) => {
      const vezes = bytes.toString('latin1').split('nome ANY ').length - 1;
      expect(vezes).toBeGreaterThan(0);
      for (let vez = 0; vez < vezes; vez++) bytes.write('nome TEXT', bytes.indexOf('nome ANY '));
    });
    expect(banco.consultar(`SELECT typeof(nome) FROM usuarios WHERE id = ${id}`)).toEqual([['blob']]);
    const laudo = await pedirLaudo(banco.caminho);
    expect(verificacao(laudo, 'esquema').resultado).toBe('aprovada');
    expect(verificacao(laudo, 'estrutura')).toMatchObject({
      resultado: 'reprovada',
      detalhe: 'integrity_check do SQLite: non-TEXT value in usuarios.nome',
    });
    expect(laudo.codigo).toBe(65);
  });

  test('em bytes, um container que não é texto não conta como outro', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-e', '2');
    banco.sabotar(
      ...redeclarar('execucoes', 'container', 'ANY', true),
      'UPDATE execucoes SET container = jsonb(json_quote(container))',
    );
    const laudo = await pedirLaudo(banco.caminho);
    expect(verificacao(laudo, 'origem').resultado).toBe('pulada');
    expect(laudo.codigo).toBe(65);
  });
});
