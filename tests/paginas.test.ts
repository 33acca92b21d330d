import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { blocos, DOCUMENTOS, entreCrases, lerTexto, secao } from './apoio/documentos.ts';
import { RAIZ } from './apoio/processos.ts';

const PAGINAS = [...DOCUMENTOS, 'ensaios/README.md'];

/** As âncoras que o GitHub dá aos títulos de uma página. */
function ancoras(pagina: string): string[] {
  const semBlocos = lerTexto(pagina).replace(/^```.*?^```$/gms, '');
  return [...semBlocos.matchAll(/^#+ (.+)$/gm)].map(([, titulo = '']) =>
    titulo
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('as páginas', () => {
  test('cada ligação leva a um arquivo que existe, e a um título dele', () => {
    for (const pagina of PAGINAS) {
      const ligacoes = [...lerTexto(pagina).matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)].map(
        ([, alvo = '']) => alvo,
      );
      for (const ligacao of ligacoes) {
        const [arquivo = '', ancora] = ligacao.split('#');
        const alvo = arquivo ? join(dirname(pagina), arquivo) : pagina;
        expect([pagina, ligacao, existsSync(join(RAIZ, alvo))]).toEqual([pagina, ligacao, true]);
        if (ancora !== undefined)
          expect([ligacao, ancoras(alvo)]).toEqual([ligacao, expect.arrayContaining([ancora])]);
      }
    }
  });

  test('a cada página de docs se chega pelo README', () => {
    const readme = lerTexto('README.md');
    for (const pagina of DOCUMENTOS.slice(1)) expect(readme).toContain(`](${pagina}`);
  });

  test('os arquivos que nomeiam existem', () => {
    const daqui =
      /^(?:(?:lib|prova|vigia|tests|ensaios|mutantes|docs|\.ci)\/|[\w.]+\.(?:ts|yaml|json)$|Dockerfile$)/;
    const nomeados = DOCUMENTOS.flatMap((pagina) => entreCrases(lerTexto(pagina))).filter((nome) =>
      daqui.test(nome),
    );
    expect(nomeados.length).toBeGreaterThan(40);
    for (const nome of nomeados) expect([nome, existsSync(join(RAIZ, nome))]).toEqual([nome, true]);
  });

  test('o README cabe em 180 linhas, e cada problema comum em 80 palavras', () => {
    expect(lerTexto('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(180);
    const problemas = secao('README.md', '## Problemas comuns')
      .split(/^(?=\*\*)/m)
      .slice(1);
    expect(problemas.length).toBeGreaterThan(4);
    for (const problema of problemas) expect(problema.split(/\s+/).length).toBeLessThanOrEqual(80);
  });

  test('os blocos cabem num terminal de 80 colunas, e as linhas em 120', () => {
    for (const pagina of DOCUMENTOS) {
      const dosBlocos = ['sh', 'text', 'sql'].flatMap((linguagem) => blocos(lerTexto(pagina), linguagem));
      const largas = dosBlocos
        .flatMap((bloco) => bloco.split('\n'))
        .filter((linha) => Bun.stringWidth(linha) > 80);
      const longas = lerTexto(pagina)
        .split('\n')
        .filter((linha) => !linha.startsWith('|') && Bun.stringWidth(linha) > 120);
      expect([pagina, largas, longas]).toEqual([pagina, [], []]);
    }
  });

  test('onde há um comando do Compose que só lê, há --no-deps', () => {
    const textos = [
      ...PAGINAS,
      'compose.yaml',
      'compose.externo.yaml',
      'lib/programa/opcoes-do-escritor.ts',
      'lib/programa/opcoes-do-leitor.ts',
    ].map(lerTexto);
    const comandos = textos.flatMap((texto) => [
      ...texto.matchAll(/docker compose[^`\n]* run [^`\n]*\bleitor\b/g),
    ]);
    expect(comandos.length).toBeGreaterThan(5);
    for (const [comando] of comandos) expect(comando).toContain('--no-deps');
  });
});
