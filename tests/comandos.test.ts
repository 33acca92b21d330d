import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { docker, projetoTemporario } from './apoio/docker.ts';
import {
  blocos,
  type Comando,
  comandosDe,
  corrido,
  DOCUMENTOS,
  entreCrases,
  lerTexto,
  secao,
} from './apoio/documentos.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { bancoTemporario, PRAZO_MS, pastaTemporaria, RAIZ } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const MARCA = '@@ código';

/**
 * Roda comandos de um documento num só shell, um depois do outro, na raiz do projeto ou noutra pasta. Cada um tem de sair com o código
 * que o documento promete. Devolve o que cada um disse, sem cores.
 */
async function rodarComandos(
  comandos: Comando[],
  ambiente: Record<string, string>,
  pasta = RAIZ,
): Promise<string[]> {
  const roteiro = comandos.map(({ texto }) => `${texto}\nprintf '\\n${MARCA} %s\\n' "$?"`).join('\n');
  const processo = Bun.spawn(['sh', '-c', `exec 2>&1\nbun() { "$BUN" "$@"; }\n${roteiro}`], {
    cwd: pasta,
    stdin: 'ignore',
    stdout: 'pipe',
    env: { ...process.env, RECIBO: undefined, BUN: process.execPath, ...ambiente },
  });
  const partes = Bun.stripANSI(await processo.stdout.text()).split(new RegExp(`\n${MARCA} (\\d+)\n`));
  const saidas = comandos.map((_, indice) => partes[2 * indice] ?? '');
  const vistos = comandos.map(({ texto }, indice) => ({ texto, codigo: Number(partes[2 * indice + 1]) }));
  if (!Bun.deepEquals(vistos, comandos)) {
    const indice = vistos.findIndex(({ codigo }, i) => codigo !== comandos[i]?.codigo);
    const { texto, codigo } = vistos[indice] ?? {};
    throw new Error(`"${texto}" saiu com ${codigo}:\n${saidas.slice(0, indice + 1).join('\n')}`);
  }
  return saidas;
}

/** Os mesmos comandos, com os nomes que o documento usa trocados pelos de um projeto só deste teste. */
function noProjeto(comandos: Comando[], { nome, volume }: { nome: string; volume: string }): Comando[] {
  const trocar = (texto: string) =>
    texto
      .replaceAll('desafio2_volume', volume)
      .replace(/\bdesafio2-(escritor|leitor|copiador)/g, `${nome}-$1`)
      .replace(/\b(meu|outro)\b/g, `${nome}-$1`);
  return comandos.map(({ texto, codigo }) => ({ texto: trocar(texto), codigo }));
}

const prometer = (codigo: number, ...textos: string[]): Comando[] =>
  textos.map((texto) => ({ texto, codigo }));
const doDocker = (documento: string) =>
  comandosDe(lerTexto(documento)).filter(({ texto }) => texto.includes('docker'));
const doCompose = ({ nome, volume }: { nome: string; volume: string }) => ({
  COMPOSE_PROJECT_NAME: nome,
  VOLUME_DADOS: volume,
});

/** Um trecho de saída como expressão: `…` é o que foi cortado, e o que muda de uma vez para outra é qualquer um. */
function comoExpressao(exemplo: string): RegExp {
  const partes = semPrefixo(exemplo)
    .split(/\s*…\s*/)
    .map((parte) => parte.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\b[0-9a-f]{12,}/g, '[0-9a-f]+'));
  return new RegExp(partes.join('.*?').replace('ext4', '[a-z0-9]+'), 's');
}

/** O que os dois programas dizem em `up`, sem o prefixo do Compose e como se o terminal não acabasse. */
const semPrefixo = (saida: string) => corrido(saida.replace(/^\w+-1 +\| ?/gm, ''));

grupoQuePrecisa('docker', 'os comandos dos documentos, no engine do Docker', () => {
  test.concurrent('os do README, e o que o primeiro imprime', async () => {
    using projeto = projetoTemporario();
    const saidas = await rodarComandos(noProjeto(doDocker('README.md'), projeto), doCompose(projeto));
    const [exemplo = ''] = blocos(secao('README.md', '## Começar'), 'text');
    expect(semPrefixo(saidas[0] ?? '')).toMatch(
      comoExpressao(exemplo.replace('desafio2_volume', projeto.volume)),
    );
  });

  test.concurrent('os da entrega, e o que a tabela diz que se vê', async () => {
    using projeto = projetoTemporario();
    const saidas = await rodarComandos(noProjeto(doDocker('docs/entrega.md'), projeto), doCompose(projeto));
    const prometido = [...secao('docs/entrega.md', '## Cada requisito').matchAll(/"([^"]+)"/g)];
    expect(prometido.length).toBeGreaterThan(5);
    const ausentes = prometido.filter(([, texto = '']) => !saidas.join('\n').includes(texto));
    expect(ausentes.map(([texto]) => texto)).toEqual([]);
  });

  test.concurrent('os dos volumes, e o que dá a outro dono o volume', async () => {
    using projeto = projetoTemporario();
    const comandos = noProjeto(doDocker('docs/volumes.md'), projeto);
    await rodarComandos(comandos.slice(0, -1), doCompose(projeto));
    const meu = `${projeto.nome}-meu`;
    const semOsDois = `VOLUME_DADOS=${meu} docker compose down -v`;
    const apagar = prometer(0, `docker volume create ${meu}`, semOsDois, `! docker volume inspect ${meu}`);
    await rodarComandos(apagar, doCompose(projeto));
    const doRoot = ['run', '--rm', '-u', '0', '-v', `${projeto.volume}:/data`, '--entrypoint', 'bun'];
    const estragar = "require('fs').mkdirSync('/data/x'); require('fs').chownSync('/data', 0, 0)";
    expect((await docker([...doRoot, `${projeto.nome}-escritor`, '-e', estragar])).codigo).toBe(0);
    expect((await projeto.escritor()).codigo).toBe(77);
    expect((await projeto.compose('up')).codigo).toBe(1);
    await rodarComandos(comandos.slice(-1), {});
    expect((await projeto.escritor()).codigo).toBe(0);
  });

  test.concurrent('os dos programas, e o que copia o banco', async () => {
    using projeto = projetoTemporario();
    using pasta = pastaTemporaria();
    const copia = pasta.em('copia.db');
    const copiar = doDocker('docs/selo.md').map(({ texto }) => texto.replace('copia.db', copia));
    const comandos = [...doDocker('docs/programas.md'), ...prometer(0, 'docker compose up', ...copiar)];
    await rodarComandos(noProjeto(comandos, projeto), doCompose(projeto));
    expect(existsSync(copia)).toBe(true);
  });

  test.concurrent('os das cópias, numa pasta só deles', async () => {
    using projeto = projetoTemporario();
    using pasta = pastaTemporaria();
    for (const nome of ['compose.yaml', 'compose.externo.yaml']) {
      const texto = lerTexto(nome).replaceAll('context: .', `context: ${RAIZ}`);
      await Bun.write(pasta.em(nome), texto);
    }
    const escrever = prometer(0, 'docker compose run --rm escritor -e 3');
    const comandos = noProjeto([...escrever, ...comandosDe(lerTexto('docs/copias.md'))], projeto);
    const saidas = await rodarComandos(comandos, doCompose(projeto), pasta.caminho);
    expect(saidas.join('\n').match(/APROVADO, persistência comprovada/g)?.length).toBeGreaterThan(4);
    const tabela = [
      ...secao('docs/copias.md', '## Todas as noites, só o que falta').matchAll(/^\| "(.*?)"/gm),
    ];
    const fonte = ['copia', 'levar'].map((nome) => lerTexto(`lib/cadeia/${nome}.ts`)).join('');
    expect(tabela.map(([, dito = '']) => [dito, fonte.includes(dito)])).toEqual(
      tabela.map(([, dito = '']) => [dito, true]),
    );
    expect(tabela.length).toBe(3);
  });

  test.concurrent('os problemas comuns são como o README os conta', async () => {
    using projeto = projetoTemporario();
    const alheio = `RECIBO=1:${'0'.repeat(64)}`;
    const [, outroVolume, reprovado, comCodigo, , , semApagar] = await rodarComandos(
      [
        ...prometer(0, 'docker compose up', `VOLUME_DADOS=${projeto.volume}-2 docker compose up`),
        ...prometer(0, `${alheio} docker compose up`),
        ...prometer(65, `${alheio} docker compose up --exit-code-from leitor leitor`),
        ...prometer(64, 'docker compose run --rm --no-deps leitor --recibo ""'),
        ...prometer(0, 'docker compose run --no-deps leitor', 'docker compose down -v'),
      ],
      doCompose(projeto),
    );
    expect(semPrefixo(outroVolume ?? '')).toContain(`volume ${projeto.volume} em /data`);
    expect(reprovado).toContain('REPROVADO');
    expect(comCodigo).toContain('Aborting on container exit');
    expect(comCodigo).not.toContain('escritor-1  |');
    expect(semApagar).toContain('Resource is still in use');
  });
});

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
