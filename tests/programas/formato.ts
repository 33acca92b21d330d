import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { bancoTemporario } from '../apoio/bancos.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** As tabelas do contrato: quem lê o arquivo com outro programa conta com elas. */
const TABELAS = `
CREATE TABLE execucoes (
  id INTEGER PRIMARY KEY,
  container TEXT NOT NULL,
  iniciada_em TEXT NOT NULL,
  versao TEXT NOT NULL,
  primeiro_id INTEGER NOT NULL,
  ultimo_id INTEGER NOT NULL,
  registros INTEGER NOT NULL,
  selo TEXT NOT NULL
) STRICT
CREATE TABLE usuarios (
  id INTEGER PRIMARY KEY,
  nome TEXT NOT NULL,
  email TEXT NOT NULL,
  criado_em TEXT NOT NULL
) STRICT`;

test('o arquivo tem as duas tabelas do contrato, e nada mais', async () => {
  using banco = bancoTemporario();
  await escritor('-b', banco.caminho);
  const sql = banco.consultar('SELECT sql FROM sqlite_schema ORDER BY name').flat().join(' ');
  const semEspacos = (texto: string) => texto.trim().replace(/\s+/g, ' ');
  expect(semEspacos(sql)).toBe(semEspacos(TABELAS));
});

test('o cabeçalho diz de quem é, em que formato, e que não é WAL', async () => {
  using banco = bancoTemporario();
  await escritor('-b', banco.caminho);
  const bytes = readFileSync(banco.caminho);
  expect(bytes.toString('latin1', 68, 72)).toBe('d2db');
  expect(bytes.readUInt32BE(60)).toBe(1);
  expect([bytes[18], bytes[19]]).toEqual([1, 1]);
});

for (const byte of [18, 19]) {
  test(`um cabeçalho que só no byte ${byte} diz WAL: 65 nos dois, e o arquivo fica como estava`, async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    banco.dispensarConferencia();
    banco.estragar((bytes) => bytes.writeUInt8(2, byte));
    const antes = readFileSync(banco.caminho);
    for (const programa of [escritor, leitor]) {
      const { erros, codigo } = await programa('-b', banco.caminho);
      expect(erros).toContain('está em modo WAL');
      expect(codigo).toBe(65);
    }
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
  });
}
