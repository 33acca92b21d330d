import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bancoTemporario } from '../apoio/bancos.ts';
import { doDocker, rodarComandos } from '../apoio/comandos.ts';
import { comandosDe, DOCUMENTOS, entreCrases, lerTexto, secao } from '../apoio/documentos.ts';
import { PRAZO_MS, RAIZ } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

describe('os comandos dos documentos, sem Docker', () => {
  test('os das tabelas da entrega são dos que se rodam', () => {
    const rodados = ['README.md', 'docs/entrega.md'].flatMap(doDocker).map(({ texto }) => texto);
    const citados = entreCrases(secao('docs/entrega.md', '## Cada requisito')).filter((texto) =>
      texto.startsWith('docker '),
    );
    expect(citados.length).toBeGreaterThan(7);
    for (const citado of citados) {
      expect([citado, rodados.some((texto) => texto.startsWith(citado))]).toEqual([citado, true]);
    }
  });

  test('os dos programas', async () => {
    using banco = bancoTemporario();
    const comandos = DOCUMENTOS.flatMap((nome) => comandosDe(lerTexto(nome)));
    const programas = comandos.filter(({ texto }) => /^bun (start|run \w+\.ts)/.test(texto));
    expect(programas.length).toBeGreaterThan(3);
    await rodarComandos(programas, { BANCO: banco.caminho });
  });

  test('os outros de "bun run" existem', () => {
    const { scripts } = JSON.parse(lerTexto('package.json'));
    for (const documento of [...DOCUMENTOS, 'ensaios/README.md']) {
      for (const [comando, alvo = ''] of lerTexto(documento).matchAll(/\bbun run ([\w./-]+)/g)) {
        const existe = alvo.endsWith('.ts') ? existsSync(join(RAIZ, alvo)) : alvo in scripts;
        expect([documento, comando, existe]).toEqual([documento, comando, true]);
      }
    }
  });
});
