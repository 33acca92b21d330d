import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CODIGOS } from '../lib/falhas.ts';
import { escreverAjuda, formasDe } from '../lib/programa/opcoes.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { MUTANTES } from '../mutantes/tabela.ts';
import { PROVA } from '../prova/opcoes.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { bancoTemporario, escritor, PRAZO_MS, pedirLaudo, RAIZ } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const README = readFileSync(join(RAIZ, 'README.md'), 'utf8');

/** O texto de uma seção, até a seguinte do mesmo nível ou acima. */
function secao(titulo: string): string {
  const nivel = titulo.match(/^#+/)?.[0] ?? '';
  const depois = README.split(`${titulo}\n`)[1];
  if (depois === undefined) throw new Error(`o README não tem a seção "${titulo}"`);
  return depois.split(new RegExp(`^#{1,${nivel.length}} `, 'm'))[0] ?? '';
}

const entreCrases = (texto: string) => [...texto.matchAll(/`([^`]+)`/g)].map(([, dentro]) => dentro ?? '');
/** As linhas da ajuda que descrevem opções, e não as dos comandos. */
const semComandos = (ajuda: string) => ajuda.replace(/^.*(?:docker compose|Compose roda).*$/gm, '');
const opcoesDe = (texto: string) =>
  [...texto.matchAll(/(?<![\w-])--?[a-zA-Z]+/g)].map(([opcao]) => opcao).sort();

describe('o README', () => {
  const secoes: Record<string, string> = {
    escritor: '### escritor',
    leitor: '### leitor',
    prova: '## A prova',
  };
  for (const programa of [ESCRITOR, LEITOR, PROVA]) {
    test(`tem as opções de ${programa.nome}, e só elas, com os mesmos limites`, () => {
      const tabela = secao(secoes[programa.nome] ?? '')
        .split('\n')
        .filter((linha) => linha.startsWith('| `-'));
      const doReadme = tabela.flatMap((linha) => opcoesDe(linha.split('|')[1] ?? '')).sort();
      expect(doReadme).toEqual(opcoesDe(semComandos(escreverAjuda(programa))));
      const doPrograma = Object.entries(formasDe(programa)).flatMap(([nome, { short }]) =>
        short ? [`--${nome}`, `-${short}`] : [`--${nome}`],
      );
      expect(doReadme).toEqual(doPrograma.sort());
    });
  }

  test('onde há um comando do Compose que só lê, há --no-deps', () => {
    const textos = [
      'README.md',
      'compose.yaml',
      'compose.externo.yaml',
      'ensaios/README.md',
      'lib/programa/opcoes-do-escritor.ts',
      'lib/programa/opcoes-do-leitor.ts',
    ];
    const comandos = textos.flatMap((nome) => [
      ...readFileSync(join(RAIZ, nome), 'utf8').matchAll(/docker compose[^`\n]* run [^`\n]*\bleitor\b/g),
    ]);
    expect(comandos.length).toBeGreaterThan(5);
    for (const [comando] of comandos) expect(comando).toContain('--no-deps');
  });

  test('tem os códigos de saída dos programas, e só eles', () => {
    const codigos = secao('### Códigos de saída')
      .split('\n')
      .filter((linha) => /^\| \d/.test(linha))
      .flatMap((linha) => [...(linha.split('|')[1] ?? '').matchAll(/\d+/g)].map(Number));
    expect(codigos).toEqual([...new Set<number>(Object.values(CODIGOS))]);
  });

  test('tem os campos JSON dos programas, e só eles', async () => {
    using banco = bancoTemporario();
    const linha = JSON.parse((await escritor('-b', banco.caminho, '--json')).saida);
    const doEscritor = secao('### escritor').split('Cada linha de `--json` tem:')[1] ?? '';
    expect(entreCrases(doEscritor)).toEqual(Object.keys(linha));

    const { codigo, erros, ...laudo } = await pedirLaudo(banco.caminho);
    const doLeitor = (secao('### leitor').split('O documento de `--json` tem:')[1] ?? '').replace(
      '`null`',
      '',
    );
    const campos = Object.entries(laudo).flatMap(([nome, valor]) => [
      nome,
      ...(Array.isArray(valor) ? Object.keys(valor[0] ?? {}) : []),
    ]);
    expect(entreCrases(doLeitor).sort()).toEqual(campos.sort());
    const tabela = [...secao('### leitor').matchAll(/^\| `([a-z]+)` \|/gm)].map(([, nome]) => nome ?? '');
    expect(tabela).toEqual(laudo.verificacoes.map(({ nome }) => nome));
  });

  test('nomeia todos os arquivos de lib e da prova, e só os que existem', () => {
    for (const pasta of ['lib', 'prova', 'prova/cenas', 'prova/dentro']) {
      if (!existsSync(join(RAIZ, pasta))) continue;
      const daPasta = new RegExp(`^${pasta}/[^/]+\\.[a-z]+$`);
      const nomeados = entreCrases(secao('## O código')).filter((nome) => daPasta.test(nome));
      const arquivos = readdirSync(join(RAIZ, pasta)).filter((nome) => nome.includes('.'));
      expect(nomeados.sort()).toEqual(arquivos.map((nome) => `${pasta}/${nome}`).sort());
    }
    for (const nome of ['escritor.ts', 'leitor.ts', 'Dockerfile', 'compose.yaml', 'LICENSE', '.ci/run']) {
      expect(README).toContain(nome);
      expect(existsSync(join(RAIZ, nome))).toBe(true);
    }
  });
});

test('cada violação que se achou é fechada por testes, mutantes e ensaios que existem', () => {
  const historia =
    readFileSync(join(RAIZ, 'ensaios/README.md'), 'utf8').split('\n# O que já enganou\n')[1] ?? '';
  const linhas = historia.split('\n').filter((linha) => linha.startsWith('| ') && !/fechado por/.test(linha));
  expect(linhas.length).toBeGreaterThan(40);
  const mutantes = MUTANTES.map(({ nome }) => nome);
  for (const nome of linhas.flatMap((linha) => entreCrases(linha.split('|').at(-2) ?? ''))) {
    const existe =
      mutantes.includes(nome) ||
      mutantes.some((mutante) => nome.endsWith('-…') && mutante.startsWith(nome.slice(0, -1))) ||
      existsSync(join(RAIZ, 'tests', nome)) ||
      existsSync(join(RAIZ, 'ensaios', `${nome}.ts`)) ||
      ['conferirCodigo', '$RECIBO', 'esquema', 'origem'].includes(nome);
    expect([nome, existe]).toEqual([nome, true]);
  }
});

grupoQuePrecisa('sqlite3', 'a receita do README', () => {
  test('recalcula o selo de cada execução com sqlite3 e sha256sum', async () => {
    const receita = secao('## Conferir um selo à mão').match(/```sh\n(n=1\n.*?)```/s)?.[1] ?? '';
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '7', '-e', '3');
    for (const n of [1, 2, 3]) {
      const roteiro = receita.replace('n=1', `n=${n}`).replaceAll('copia.db', banco.caminho);
      const [calculado, gravado] = Bun.spawnSync(['sh', '-c', roteiro]).stdout.toString().split('\n');
      expect(calculado).toBe(`${gravado}  -`);
      expect(banco.consultar(`SELECT selo FROM execucoes WHERE id = ${n}`)).toEqual([[gravado]]);
    }
  });
});
