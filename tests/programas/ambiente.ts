import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { executar, PRAZO_MS, RAIZ } from '../apoio/processos.ts';
import { rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Roda um programa como quem está noutra pasta. */
async function rodarEm(cwd: string, argumentos: string[], ambiente: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH, HOME: tmpdir(), ...ambiente };
  return await executar([process.execPath, ...argumentos], { cwd, env });
}

const ESCRITOR = join(RAIZ, 'escritor.ts');
const LEITOR = join(RAIZ, 'leitor.ts');

/** Uma pasta com um arquivo de ambiente que escolhe outro banco e exige um recibo malformado. */
function pastaComEnv(nome: string) {
  const pasta = pastaTemporaria();
  mkdirSync(pasta.em('aqui'));
  writeFileSync(pasta.em(`aqui/${nome}`), `BANCO=${pasta.em('do-env.db')}\nRECIBO=1:zzz\n`);
  return { ...pasta, aqui: pasta.em('aqui') };
}

grupoQuePrecisa('longos', 'um arquivo de ambiente da pasta em que se está', () => {
  for (const [nome, modo] of [
    ['.env', ''],
    ['.env.local', ''],
    ['.env.development', 'development'],
    ['.env.production', 'production'],
    ['.env.production.local', 'production'],
    ['.env.test', 'test'],
  ] as const) {
    test(`${nome} não escolhe o banco nem exige recibos`, async () => {
      using pasta = pastaComEnv(nome);
      const ambiente: Record<string, string> = modo ? { NODE_ENV: modo } : {};
      const escrita = await rodarEm(pasta.aqui, ['run', ESCRITOR], ambiente);
      expect(escrita.saida).toStartWith('Execução 1 em dados/desafio2.db,');
      expect(existsSync(pasta.em('aqui/dados/desafio2.db'))).toBe(true);
      expect(existsSync(pasta.em('do-env.db'))).toBe(false);
      const leitura = await rodarEm(pasta.aqui, [LEITOR], ambiente);
      expect(leitura.erros).toBe('');
      expect(leitura.saida).toContain('pulada: nenhum recibo foi exigido');
      expect(leitura.codigo).toBe(0);
    });
  }

  test('não vence o que quem chama exporta', async () => {
    using pasta = pastaComEnv('.env');
    const meu = pasta.em('meu.db');
    await rodar('escritor', ['-b', meu]);
    const { saida, codigo } = await rodarEm(pasta.aqui, ['run', LEITOR], { BANCO: meu });
    expect(saida).toStartWith(`Banco ${meu}, lido por`);
    expect(codigo).toBe(0);
    const recusada = await rodarEm(pasta.aqui, ['run', LEITOR], { BANCO: meu, RECIBO: '2:zzz' });
    expect(recusada.erros).toContain('$RECIBO: "2:zzz"');
    expect(recusada.codigo).toBe(64);
  });

  test('conta se é pedido com --env-file', async () => {
    using pasta = pastaComEnv('meu.env');
    for (const opcoes of [['--env-file=meu.env'], ['run', '--env-file', 'meu.env']]) {
      const { erros, codigo } = await rodarEm(pasta.aqui, [...opcoes, LEITOR]);
      expect(erros).toContain('$RECIBO: "1:zzz"');
      expect(codigo).toBe(64);
    }
  });
});
