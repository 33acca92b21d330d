import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, dockerOuErro, projetoTemporario } from './apoio/docker.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS, pastaTemporaria, RAIZ, recibosDe, rodar } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Roda um programa como quem está noutra pasta. */
async function rodarEm(pasta: string, comando: string[], ambiente: Record<string, string> = {}) {
  const processo = Bun.spawn([process.execPath, ...comando], {
    cwd: pasta,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...ambiente },
  });
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { saida, erros, codigo: await processo.exited };
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

describe('um arquivo de ambiente da pasta em que se está', () => {
  for (const [nome, modo] of [
    ['.env', ''],
    ['.env.local', ''],
    ['.env.development', 'development'],
    ['.env.production', 'production'],
    ['.env.production.local', 'production'],
    ['.env.test', 'test'],
  ] as const) {
    test.concurrent(`${nome} não escolhe o banco nem exige recibos`, async () => {
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

  test.concurrent('não vence o que quem chama exporta', async () => {
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

  test.concurrent('conta se é pedido com --env-file', async () => {
    using pasta = pastaComEnv('meu.env');
    for (const opcoes of [['--env-file=meu.env'], ['run', '--env-file', 'meu.env']]) {
      const { erros, codigo } = await rodarEm(pasta.aqui, [...opcoes, LEITOR]);
      expect(erros).toContain('$RECIBO: "1:zzz"');
      expect(codigo).toBe(64);
    }
  });
});

grupoQuePrecisa('docker', 'um .env, no engine do Docker', () => {
  test.concurrent('na pasta dos programas do container, não conta', async () => {
    using projeto = projetoTemporario();
    await projeto.construir();
    using pasta = pastaComEnv('.env');
    const nome = `${projeto.nome}-com-env`;
    await dockerOuErro('create', '--name', nome, '-v', `${projeto.volume}:/data`, `${projeto.nome}-leitor`);
    await dockerOuErro('cp', join(pasta.aqui, '.env'), `${nome}:/app/.env`);
    const { erros, codigo } = await docker(['start', '-a', nome]);
    expect(erros).toStartWith('leitor: /data/desafio2.db não existe');
    expect(codigo).toBe(66);
  }, 180_000);

  test.concurrent('o Compose passa $RECIBO ao leitor se ele existe, e só então; vazio, é um erro', async () => {
    using projeto = projetoTemporario();
    await projeto.construir();
    const [recibo = ''] = recibosDe((await projeto.escritor('--json')).saida);
    const comando = ['compose', '-f', join(RAIZ, 'compose.yaml'), '-p', projeto.nome];
    const ler = async (ambiente: Record<string, string>) => {
      const lido = await docker([...comando, 'run', '--rm', '--no-deps', 'leitor'], {
        VOLUME_DADOS: projeto.volume,
        ...ambiente,
      });
      return { codigo: lido.codigo, texto: lido.saida + lido.erros };
    };
    const sem = await ler({});
    expect(sem.texto).toContain('pulada: nenhum recibo foi exigido');
    expect(sem.codigo).toBe(0);
    const com = await ler({ RECIBO: recibo });
    expect(com.texto).toContain('1 exigido, e está na cadeia');
    expect(com.codigo).toBe(0);
    const alheio = await ler({ RECIBO: `1:${'0'.repeat(64)}` });
    expect(alheio.codigo).toBe(65);
    const vazio = await ler({ RECIBO: '' });
    expect(vazio.texto).toContain('$RECIBO existe, mas não tem nenhum recibo');
    expect(vazio.codigo).toBe(64);
    expect((await projeto.laudo()).execucoes).toBe(1);
  }, 180_000);

  test.concurrent('não diz à prova em que engine ela corre', async () => {
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('.env'), 'DOCKER_HOST=unix:///nao/existe.sock\n');
    const opcoes = ['run', join(RAIZ, 'prova.ts'), '--cena', '1', '--json'];
    const { saida, codigo } = await rodarEm(pasta.caminho, opcoes, process.env as Record<string, string>);
    expect(JSON.parse(saida).aprovada).toBe(true);
    expect(codigo).toBe(0);
  }, 180_000);
});
