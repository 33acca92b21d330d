import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { doDocker, prometer, rodarComandos } from '../apoio/comandos.ts';
import { blocos, comandosDe, DOCUMENTOS, entreCrases, lerTexto, secao } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, RAIZ } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'os comandos dos documentos, sem Docker', () => {
  test('o da memória, e o mesmo na linha do crontab', async () => {
    using pasta = pastaTemporaria();
    const [comando] = comandosDe(lerTexto('docs/memoria.md'));
    const [linha = ''] = blocos(lerTexto('docs/memoria.md'), 'text');
    expect(linha.trim()).toBe(`0 * * * * cd projeto && ${comando?.texto}`);
    const ambiente = { BANCO: pasta.em('dados/desafio2.db'), HOME: pasta.caminho };
    const escrever = prometer(0, 'bun run escritor.ts');
    const ler = prometer(0, comando?.texto ?? '');
    await rodarComandos([...escrever, ...ler, ...escrever, ...ler], ambiente);
    expect(readFileSync(pasta.em('laudo.txt'), 'utf8')).toContain('1 vem da memória');
    rmSync(ambiente.BANCO);
    const depois = [
      ...prometer(66, comando?.texto ?? ''),
      ...escrever,
      ...prometer(65, comando?.texto ?? ''),
    ];
    const [perdido] = await rodarComandos(depois, ambiente);
    expect(perdido).toContain('não existe');
  });

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
