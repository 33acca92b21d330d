import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import { bancoAssinado, fazerChaves } from '../apoio/chaves.ts';
import { mudar } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor, pedirLaudo, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** As assinaturas de um banco; nenhuma, se nem tem a tabela delas. */
function lerAssinaturas(caminho: string): unknown[][] {
  using banco = new Database(caminho, { readonly: true });
  const tem = banco.query("SELECT 1 FROM sqlite_schema WHERE name = 'assinaturas'").get();
  return tem ? banco.query('SELECT id, assinatura FROM assinaturas ORDER BY id').values() : [];
}

/** O que o leitor diz da assinatura de um banco, com uma chave pública. */
async function assinaturaDe(caminho: string, publica: string): Promise<string> {
  return verificacao(await pedirLaudo(caminho, '--chave-publica', publica), 'assinatura').resultado;
}

grupoQuePrecisa('longos', 'a cópia de uma cadeia assinada', () => {
  test('é aprovada com a mesma chave pública, e só com ela, e tem as mesmas assinaturas', async () => {
    using banco = await bancoAssinado(true, false, true);
    const para = banco.pasta.em('para.db');
    const outra = await fazerChaves(banco.pasta.em, 'outra');
    const recibo = banco.recibos[0] ?? '';
    expect(await copiador('-d', banco.caminho, '-p', para, '-r', recibo)).toMatchObject({ codigo: 0 });
    expect(await assinaturaDe(para, banco.chaves.publica)).toBe('aprovada');
    expect(await assinaturaDe(para, outra.publica)).toBe('reprovada');
    const origem = lerAssinaturas(banco.caminho);
    expect(origem.map(([id]) => id)).toEqual([1, 3]);
    expect(lerAssinaturas(para)).toEqual(origem);
  });

  test('a que tiraram a assinatura da execução mais nova já não é uma: 65', async () => {
    using banco = await bancoAssinado(true);
    const para = banco.pasta.em('para.db');
    expect(await copiador('-d', banco.caminho, '-p', para)).toMatchObject({ codigo: 0 });
    for (const sql of [
      "UPDATE assinaturas SET assinatura = 'x'",
      'DELETE FROM assinaturas',
      'DROP TABLE assinaturas',
    ]) {
      mudar(para, sql);
      const { erros, codigo } = await copiador('-d', banco.caminho, '-p', para);
      expect(erros).toContain(`a execução 1 não tem a assinatura que tem em ${banco.caminho}`);
      expect(codigo).toBe(65);
    }
  });

  test('recebe depois as assinaturas das execuções que lhe faltam', async () => {
    using banco = await bancoAssinado(false);
    const para = banco.pasta.em('para.db');
    const copiar = async () => expect((await copiador('-d', banco.caminho, '-p', para)).codigo).toBe(0);
    await copiar();
    expect(lerAssinaturas(para)).toEqual([]);
    expect((await escritor('-b', banco.caminho, '--chave', banco.chaves.privada)).codigo).toBe(0);
    await copiar();
    expect(lerAssinaturas(para)).toEqual(lerAssinaturas(banco.caminho));
    expect(await assinaturaDe(para, banco.chaves.publica)).toBe('aprovada');
  });

  test('não leva o que não tem a forma de uma assinatura', async () => {
    using banco = await bancoAssinado(true, true);
    const para = banco.pasta.em('para.db');
    mudar(banco.caminho, "UPDATE assinaturas SET assinatura = assinatura || 'A' || char(0) WHERE id = 2");
    expect((await copiador('-d', banco.caminho, '-p', para)).codigo).toBe(0);
    expect(lerAssinaturas(para)).toEqual(lerAssinaturas(banco.caminho).slice(0, 1));
    expect(await assinaturaDe(para, banco.chaves.publica)).toBe('reprovada');
  });

  test('recusa um destino em que essa tabela é outra coisa, e ele fica como estava', async () => {
    using banco = await bancoAssinado(false);
    const para = banco.pasta.em('para.db');
    await copiador('-d', banco.caminho, '-p', para);
    mudar(para, 'CREATE TABLE assinaturas (id INTEGER PRIMARY KEY, assinatura BLOB)');
    await escritor('-b', banco.caminho, '--chave', banco.chaves.privada);
    const { erros, codigo } = await copiador('-d', banco.caminho, '-p', para);
    expect(erros).toContain('assinaturas não é uma tabela STRICT');
    expect(codigo).toBe(65);
    expect((await pedirLaudo(para)).execucoes).toBe(1);
  });
});
