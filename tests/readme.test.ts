import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CODIGOS } from '../lib/falhas.ts';
import { escreverAjuda } from '../lib/programa/ajuda.ts';
import { formasDe } from '../lib/programa/opcoes.ts';
import { COPIADOR } from '../lib/programa/opcoes-do-copiador.ts';
import { ESCRITOR } from '../lib/programa/opcoes-do-escritor.ts';
import { LEITOR } from '../lib/programa/opcoes-do-leitor.ts';
import { MUTANTES } from '../mutantes/tabela.ts';
import { PROVA } from '../prova/opcoes.ts';
import { VIGIA } from '../vigia/opcoes.ts';
import { PODER } from '../vigia/programas.ts';
import { bancoTemporario } from './apoio/bancos.ts';
import { corrido, entreCrases, lerTexto, secao } from './apoio/documentos.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS, RAIZ } from './apoio/processos.ts';
import { copiador, escritor, pedirLaudo } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** As linhas da ajuda que descrevem opções, e não as dos comandos. */
const semComandos = (ajuda: string) =>
  ajuda.replace(/^.*(?:docker compose|Compose roda).*$|^Exemplos:[\s\S]*/gm, '');
const opcoesDe = (texto: string) =>
  [...texto.matchAll(/(?<![\w-])--?[a-zA-Z]+(?:-[a-z]+)*/g)].map(([opcao]) => opcao).sort();

describe('os documentos', () => {
  const secoes: Record<string, [documento: string, titulo: string]> = {
    escritor: ['docs/programas.md', '## escritor'],
    leitor: ['docs/programas.md', '## leitor'],
    copiador: ['docs/programas.md', '## copiador'],
    prova: ['docs/prova.md', '## Opções'],
    vigia: ['docs/vigia.md', '## Opções'],
  };
  for (const programa of [ESCRITOR, LEITOR, COPIADOR, PROVA, VIGIA]) {
    test(`têm as opções de ${programa.nome}, e só elas, com os mesmos limites`, () => {
      const tabela = secao(...(secoes[programa.nome] ?? ['', '']))
        .split('\n')
        .filter((linha) => linha.startsWith('| `-'));
      const ditas = tabela.flatMap((linha) => opcoesDe(linha.split('|')[1] ?? '')).sort();
      expect(ditas).toEqual(opcoesDe(semComandos(escreverAjuda(programa))));
      const doPrograma = Object.entries(formasDe(programa)).flatMap(([nome, { short }]) =>
        short ? [`--${nome}`, `-${short}`] : [`--${nome}`],
      );
      expect(ditas).toEqual(doPrograma.sort());
    });
  }

  test('têm os códigos de saída dos programas, e só eles', () => {
    const codigos = secao('docs/programas.md', '## Códigos de saída')
      .split('\n')
      .filter((linha) => /^\| \d/.test(linha))
      .flatMap((linha) => [...(linha.split('|')[1] ?? '').matchAll(/\d+/g)].map(Number));
    expect(codigos).toEqual([...new Set<number>(Object.values(CODIGOS))]);
    const ditas = [...secao('README.md', '## Opções e códigos').matchAll(/\b\d+(?=, )/g)].map(Number);
    expect(ditas.length).toBeGreaterThan(5);
    expect(codigos).toEqual(expect.arrayContaining(ditas));
  });

  test('têm os campos JSON dos programas, e só eles', async () => {
    using banco = bancoTemporario();
    const linha = JSON.parse((await escritor('-b', banco.caminho, '--json')).saida);
    const [doEscritor = '', doLeitor = '', doCopiador = ''] = ['escritor', 'leitor', 'copiador'].map(
      (nome) => secao('docs/programas.md', `## ${nome}`).split(' `--json` tem:')[1],
    );
    expect(entreCrases(doEscritor)).toEqual(Object.keys(linha));
    const copia = await copiador('-d', banco.caminho, '-p', banco.pasta.em('copia.db'), '--json');
    expect(entreCrases(doCopiador)).toEqual(Object.keys(JSON.parse(copia.saida)));

    const { codigo, erros, ...laudo } = await pedirLaudo(banco.caminho);
    const campos = Object.entries(laudo).flatMap(([nome, valor]) => [
      nome,
      ...(Array.isArray(valor) ? Object.keys(valor[0] ?? {}) : []),
    ]);
    expect(entreCrases(doLeitor.replace('`null`', '')).sort()).toEqual(campos.sort());
    const verificacoes = secao('docs/programas.md', '## leitor').matchAll(/^\| `([a-z]+)` \|/gm);
    expect([...verificacoes].map(([, nome]) => nome)).toEqual(laudo.verificacoes.map(({ nome }) => nome));
  });

  test('nomeiam cada arquivo de lib, da prova e do vigia, e só os que existem', () => {
    for (const pasta of ['lib', 'prova', 'vigia']) {
      const nomeados = entreCrases(secao('docs/codigo.md', `## ${pasta}`)).filter((nome) =>
        nome.startsWith(`${pasta}/`),
      );
      const arquivos = [...new Bun.Glob(`${pasta}/**/*.*`).scanSync(RAIZ)];
      expect(nomeados.sort()).toEqual(arquivos.sort());
    }
  });

  test('as funções do exercício estão onde se diz', () => {
    const linhas = secao('docs/entrega.md', '## Os nomes do exercício').matchAll(
      /^\| `(\w+)` \| `([\w/.]+)`/gm,
    );
    const funcoes = [...linhas].map(([, funcao, arquivo = '']) => [funcao, lerTexto(arquivo)] as const);
    expect(funcoes.length).toBe(5);
    for (const [funcao, codigo] of funcoes) {
      expect(codigo).toMatch(new RegExp(`^export (async )?function\\*? ${funcao}\\(`, 'm'));
    }
  });

  test('dizem o formato do arquivo e os três primeiros usuários', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const arquivo = secao('docs/selo.md', '## O arquivo');
    const tabelas = banco.consultar('SELECT sql FROM sqlite_schema ORDER BY rowid DESC').flat();
    for (const sql of tabelas) expect(arquivo).toContain(`${sql};`);
    expect(tabelas.length).toBe(2);
    const [[aplicacao, formato] = []] = banco.consultar(
      `SELECT printf('%#x', application_id), user_version FROM pragma_application_id, pragma_user_version`,
    );
    expect(corrido(arquivo)).toContain(
      `\`application_id\` ${aplicacao} (\`d2db\`), \`user_version\` ${formato} `,
    );
    const nomes = banco.consultar('SELECT nome FROM usuarios ORDER BY id').flat();
    expect(corrido(secao('README.md', '## Como funciona'))).toContain(
      `${nomes[0]}, ${nomes[1]} e ${nomes[2]}`,
    );
  });

  test('dizem o poder que o Compose dá aos containers, e o vigia aos seus', () => {
    const { services, networks } = Bun.YAML.parse(lerTexto('compose.yaml')) as {
      services: Record<string, Record<string, unknown>>;
      networks: unknown;
    };
    const dito = corrido(secao('docs/garantias.md', '## O poder dos containers'));
    for (const { user, mem_limit, pids_limit, read_only, cap_drop, security_opt } of Object.values(
      services,
    )) {
      expect(dito).toContain(`não é root, o ${`${user}`.split(':')[0]};`);
      expect(dito).toContain(
        `até ${`${mem_limit}`.replace('m', ' MB')} de memória e ${pids_limit} processos`,
      );
      expect([read_only, cap_drop, security_opt]).toEqual([true, ['ALL'], ['no-new-privileges:true']]);
      const limites = `--memory ${mem_limit} --pids-limit ${pids_limit}`;
      expect(PODER.join(' ')).toBe(
        `--read-only --cap-drop ALL --security-opt no-new-privileges:true --network none --init ${limites}`,
      );
    }
    expect(networks).toEqual({ isolada: { internal: true } });
  });
});

test('cada violação que se achou é fechada por testes, mutantes e ensaios que existem', () => {
  const historia = lerTexto('ensaios/README.md').split('\n# O que já enganou\n')[1] ?? '';
  const linhas = historia.split('\n').filter((linha) => linha.startsWith('| ') && !/fechado por/.test(linha));
  expect(linhas.length).toBeGreaterThan(40);
  const mutantes = MUTANTES.map(({ nome }) => nome);
  const outros = ['conferirCodigo', '$RECIBO', 'esquema', 'origem', 'docs/garantias.md'];
  for (const nome of linhas.flatMap((linha) => entreCrases(linha.split('|').at(-2) ?? ''))) {
    const existe =
      mutantes.includes(nome) ||
      mutantes.some((mutante) => nome.endsWith('-…') && mutante.startsWith(nome.slice(0, -1))) ||
      existsSync(join(RAIZ, 'tests', nome)) ||
      existsSync(join(RAIZ, 'ensaios', `${nome}.ts`)) ||
      outros.includes(nome);
    expect([nome, existe]).toEqual([nome, true]);
  }
});

grupoQuePrecisa('sqlite3', 'a receita de docs/selo.md', () => {
  test('recalcula o selo de cada execução com sqlite3 e sha256sum', async () => {
    const receita = lerTexto('docs/selo.md').match(/```sh\n(n=1\n.*?)```/s)?.[1] ?? '';
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

grupoQuePrecisa('python3', 'um programa feito para o exercício', () => {
  test('lê o arquivo do escritor', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const lido = Bun.spawnSync(['python3', join(RAIZ, 'ensaios/pares/ler.py'), banco.caminho]);
    expect(lido.stdout.toString()).toMatch(/^1 João Silva joao@example\.com .*\n3\n$/s);
  });
});
