import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import { imagemBase } from '../../apoio/projeto.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { dockerOuErro } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { esperar, PRAZO_MS, RAIZ } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

const APOIO = join(RAIZ, 'tests/apoio');

/** Um arquivo de testes que começa uma gravação sem fim, diz o PID dele e só então faz o seu único teste. */
const comEscritor = (corpo: string, prazoMs: number) => `
import { expect, test } from 'bun:test';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { bancoTemporario } from '${APOIO}/bancos.ts';
import { ate } from '${RAIZ}/apoio/processo.ts';
import { iniciar } from '${APOIO}/programas.ts';
const { caminho } = bancoTemporario();
const processo = iniciar('escritor', ['-b', caminho, '-n', '100000000']);
await ate(() => existsSync(caminho) && statSync(caminho).size > 5_000_000, 'a transação cresça');
writeFileSync('pid', String(processo.pid));
test('um', async () => { ${corpo} }, ${prazoMs});`;

const SEM_FIM = comEscritor('await processo.exited;', 600_000);

/** Começa `bun test` sobre esse arquivo, num grupo de processos seu, com uma pasta de temporários só sua. */
function testar(pasta: ReturnType<typeof pastaTemporaria>, arquivo: string, ...opcoes: string[]) {
  mkdirSync(pasta.em('tmp'));
  writeFileSync(pasta.em('um.test.ts'), arquivo);
  const processo = Bun.spawn([process.execPath, 'test', ...opcoes, './um.test.ts'], {
    cwd: pasta.caminho,
    env: { ...process.env, TMPDIR: pasta.em('tmp') },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    detached: true,
  });
  return { processo, fim: esperar(processo) };
}

/** Se o processo existe e ainda é o que herdou essa pasta de temporários. */
function vive(pid: number, tmp: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${tmp}`);
  } catch {
    return false;
  }
}

async function pidDoEscritor(pasta: ReturnType<typeof pastaTemporaria>): Promise<number> {
  await ate(() => existsSync(pasta.em('pid')) && readFileSync(pasta.em('pid'), 'utf8') !== '', 'haja um PID');
  return Number(readFileSync(pasta.em('pid'), 'utf8'));
}

grupoQuePrecisa('longos', 'os testes não deixam nada, nem processo nem pasta', () => {
  const fins: [como: string, arquivo: string, opcoes: string[], codigo: number][] = [
    ['que passam e esquecem um escritor', comEscritor('', 60_000), [], 0],
    ['que falham', comEscritor('expect(1).toBe(2);', 60_000), [], 1],
    ['que falham com --bail', comEscritor('expect(1).toBe(2);', 60_000), ['--bail'], 1],
    ['que passam do prazo', comEscritor('await processo.exited;', 50), [], 1],
    ['que passam do prazo com --bail', comEscritor('await processo.exited;', 50), ['--bail'], 1],
    ['que morrem de repente', comEscritor("process.kill(process.pid, 'SIGKILL');", 60_000), [], 137],
  ];
  for (const [como, arquivo, opcoes, codigo] of fins) {
    test(como, async () => {
      using pasta = pastaTemporaria();
      const { fim } = testar(pasta, arquivo, ...opcoes);
      const pid = await pidDoEscritor(pasta);
      // Os dois canos se fecham: ninguém os segura.
      expect(await fim).toMatchObject({ codigo, erros: expect.stringContaining('um.test.ts') });
      expect(vive(pid, pasta.em('tmp'))).toBe(false);
      expect(readdirSync(pasta.em('tmp'))).toEqual([]);
    });
  }

  for (const sinal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
    for (const [aQuem, alvo] of [
      ['só ao bun test', (pid: number) => pid],
      ['a todo o grupo', (pid: number) => -pid],
    ] as const) {
      test(`${sinal} ${aQuem}`, async () => {
        using pasta = pastaTemporaria();
        const { processo, fim } = testar(pasta, SEM_FIM);
        const pid = await pidDoEscritor(pasta);
        expect(vive(pid, pasta.em('tmp'))).toBe(true);
        expect(readdirSync(pasta.em('tmp'))).toEqual([expect.stringMatching(/^desafio2-teste-/)]);
        process.kill(alvo(processo.pid), sinal);
        expect((await fim).codigo).not.toBe(0);
        expect(vive(pid, pasta.em('tmp'))).toBe(false);
        expect(readdirSync(pasta.em('tmp'))).toEqual([]);
      });
    }
  }

  test('com o escritor parado (SIGSTOP)', async () => {
    using pasta = pastaTemporaria();
    const { processo, fim } = testar(pasta, SEM_FIM);
    const pid = await pidDoEscritor(pasta);
    process.kill(pid, 'SIGSTOP');
    processo.kill('SIGINT');
    await fim;
    expect(vive(pid, pasta.em('tmp'))).toBe(false);
    expect(readdirSync(pasta.em('tmp'))).toEqual([]);
  });
});

test('todo arquivo que roda programas lhes dá o prazo largo', () => {
  const arquivos = [...new Bun.Glob('**/*.ts').scanSync(join(RAIZ, 'tests'))].filter(
    (nome) => !nome.startsWith('apoio/'),
  );
  const semPrazo = arquivos.filter((nome) => {
    const fonte = readFileSync(join(RAIZ, 'tests', nome), 'utf8');
    return (
      /Bun\.spawn|apoio\/(docker|prova)|\b(escritor|iniciar|leitor|rodar)\(/.test(fonte) &&
      !fonte.includes('\nsetDefaultTimeout(PRAZO_MS);\n')
    );
  });
  expect(arquivos.length).toBeGreaterThan(40);
  expect(semPrazo).toEqual([]);
});

grupoQuePrecisa(['docker', 'longos'], 'os testes não deixam nada no engine', () => {
  test('nem um volume nem um container, mortos com SIGKILL', async () => {
    using pasta = pastaTemporaria();
    const arquivo = `
import { test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { dockerOuErro, projetoTemporario } from '${APOIO}/docker.ts';
const { nome, volume } = projetoTemporario();
await dockerOuErro('volume', 'create', volume);
await dockerOuErro('network', 'create', nome + '-rede');
await dockerOuErro('tag', '${imagemBase()}', nome + '-imagem');
await dockerOuErro('run', '-d', '--name', nome, '-v', volume + ':/v', '${imagemBase()}', '-e', 'setInterval(() => {}, 1e6)');
writeFileSync('nome', nome);
test('um', () => new Promise(() => {}), 600_000);`;
    const { processo, fim } = testar(pasta, arquivo);
    await ate(
      () => existsSync(pasta.em('nome')) && readFileSync(pasta.em('nome'), 'utf8') !== '',
      'haja um nome',
    );
    const nome = readFileSync(pasta.em('nome'), 'utf8');
    expect((await doEngine(nome)).length).toBe(4);
    processo.kill('SIGKILL');
    await fim;
    expect(await doEngine(nome)).toEqual([]);
  });

  async function doEngine(nome: string): Promise<string[]> {
    const filtro = ['--filter', `name=${nome}`];
    const listas = await Promise.all([
      dockerOuErro('ps', '-aq', ...filtro),
      dockerOuErro('volume', 'ls', '-q', ...filtro),
      dockerOuErro('network', 'ls', '-q', ...filtro),
      dockerOuErro('images', '-q', '--filter', `reference=${nome}*`),
    ]);
    return listas.flatMap((lista) => lista.split('\n')).filter(Boolean);
  }
});
