import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync } from 'node:fs';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { doCompose, rodarComandos } from '../apoio/comandos.ts';
import { projetoTemporario } from '../apoio/docker.ts';
import { type Comando, comandosDe, corrido, lerTexto } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

/** Os comandos de docs/assinaturas.md, com as chaves numa pasta que não é do projeto. */
function dasAssinaturas(chaves: string): Comando[] {
  return comandosDe(lerTexto('docs/assinaturas.md')).map(({ texto, codigo }) => ({
    texto: texto.replaceAll(/\bchaves(?=\/|$)/gm, chaves),
    codigo,
  }));
}

grupoQuePrecisa(['openssl', 'longos'], 'as assinaturas, com as chaves do openssl', () => {
  test('os comandos de docs/assinaturas.md, sem Docker', async () => {
    using pasta = pastaTemporaria();
    const comandos = dasAssinaturas(pasta.em('chaves')).filter(({ texto }) => !texto.includes('docker'));
    expect(comandos.length).toBeGreaterThan(14);
    const saidas = await rodarComandos(comandos, { BANCO: pasta.em('desafio2.db') });
    expect(saidas.at(-1)).toContain('Signature Verified Successfully');
  });

  grupoQuePrecisa(['docker', 'longos'], 'no engine do Docker', () => {
    test('os do Compose, com os segredos', async () => {
      await using projeto = projetoTemporario();
      await projeto.prepararImagens();
      using pasta = pastaTemporaria();
      chmodSync(pasta.caminho, 0o711);
      const chaves = pasta.em('chaves');
      const comandos = dasAssinaturas(chaves);
      const daChave = comandos.slice(
        0,
        comandos.findIndex(({ texto }) => texto.includes('docker')),
      );
      const doEngine = comandos.filter(({ texto }) => texto.includes('docker'));
      const [escrita, lida, , reprovada] = (
        await rodarComandos([...daChave, ...doEngine], { ...doCompose(projeto), CHAVES: chaves })
      ).slice(daChave.length);
      expect(escrita).toMatch(/^recibo: 1:[0-9a-f]{64}:[\w-]{86}$/m);
      expect(corrido(lida ?? '')).toContain('foi assinada com a chave de /run/secrets/chave_publica');
      expect(corrido(reprovada ?? '')).toContain('nenhuma das chaves dadas assinou o recibo da execução 2');
    });
  });
});
