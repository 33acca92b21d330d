import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import { ate } from '../apoio/processo.ts';
import { abrirParaLeitura } from '../lib/armazem/abrir.ts';
import { criarArquivo, examinarArquivo } from '../lib/armazem/arquivo.ts';
import { caminhoReal, identificarArquivo } from '../lib/armazem/disco.ts';
import { Falha } from '../lib/falhas.ts';
import { criarContexto } from '../lib/programa/andamento.ts';
import { bancoTemporario, pastaTemporaria } from './apoio/bancos.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS } from './apoio/processos.ts';
import { escritor } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Os arquivos e as pastas que este processo tem abertos dentro de `pasta`. */
function abertosEm(pasta: string): string[] {
  const real = realpathSync(pasta);
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const alvo = readlinkSync(`/proc/self/fd/${fd}`);
      return alvo.startsWith(real) ? [alvo] : [];
    } catch {
      return []; // o desta própria leitura, que já fechou
    }
  });
}

describe('um arquivo', () => {
  test('criado e examinado, com as suas pastas, não fica aberto', () => {
    using pasta = pastaTemporaria();
    const caminho = pasta.em('a/b/c/x.db');
    criarArquivo(caminho);
    expect(examinarArquivo(caminho, 'nadaParaLer')).toMatchObject({ tamanhoBytes: 0 });
    expect(abertosEm(pasta.caminho)).toEqual([]);
  });

  test('aberto para leitura, fecha-se com o armazém', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    {
      await using _armazem = await abrirParaLeitura(
        banco.caminho,
        criarContexto(new AbortController().signal),
      );
      expect(abertosEm(banco.pasta.caminho)).not.toEqual([]);
    }
    expect(abertosEm(banco.pasta.caminho)).toEqual([]);
  });
});

grupoQuePrecisa('longos', 'caminhoReal()', () => {
  test('um arquivo que outro processo troca sem parar, como a memória, não é outro lugar', async () => {
    using pasta = pastaTemporaria();
    const arquivo = pasta.em('memoria.json');
    writeFileSync(arquivo, '');
    const [real, antes] = [realpathSync(arquivo), identificarArquivo(arquivo)];
    const trocar = `const { renameSync, writeFileSync } = require('node:fs');
      for (;;) { writeFileSync('${arquivo}.n', ''); renameSync('${arquivo}.n', '${arquivo}'); }`;
    await using processo = Bun.spawn([process.execPath, '-e', trocar], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await ate(() => identificarArquivo(arquivo) !== antes, 'ele troque o arquivo');
    for (let vez = 0; vez < 50_000; vez++) expect(caminhoReal(arquivo)).toBe(real);
    processo.kill('SIGKILL');
  });
});

describe('percorrer()', () => {
  // Os blocos são de 10, 100 e daí em diante 250, e dá-se a vez de mil em mil: no fim destas faixas.
  for (const total of [1110, 2110]) {
    test(`a parada que chega com o último bloco de ${total} usuários é dita`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho, '-n', `${total}`);
      const parada = new AbortController();
      const falha = new Falha('SIGTERM', 'interrompido por SIGTERM', 'remédio');
      await using armazem = await abrirParaLeitura(banco.caminho, criarContexto(parada.signal));
      let vistos = 0;
      const lendo = armazem.percorrer()('1', `${total}`, ({ usuarios }) => {
        vistos += usuarios;
        if (vistos === total) parada.abort(falha);
      });
      await expect(lendo).rejects.toBe(falha);
    });
  }
});
