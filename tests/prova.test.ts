import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CENAS } from '../prova/cenas/todas.ts';
import { pareceContainer } from '../prova/maquina.ts';
import type { Prova } from '../prova/veredito.ts';
import { docker, dockerOuErro, projetoTemporario } from './apoio/docker.ts';
import { blocos, lerTexto } from './apoio/documentos.ts';
import { coisasDe, espiarDocker } from './apoio/espiao.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { PRAZO_MS, pastaTemporaria, RAIZ, type Resultado } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const LIMITE_MS = PRAZO_MS;

interface Modo {
  antes?: string[];
  ambiente?: Record<string, string>;
}

/** Começa a prova; se os testes acabarem antes dela, o SIGTERM do guarda a faz limpar o que criou. */
function comecarProva(argumentos: string[], { antes = [], ambiente = {} }: Modo = {}) {
  return Bun.spawn([...antes, process.execPath, join(RAIZ, 'prova.ts'), ...argumentos], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...ambiente },
  });
}

async function provar(argumentos: string[], modo: Modo = {}): Promise<Resultado> {
  const processo = comecarProva(argumentos, modo);
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { saida, erros, codigo: await processo.exited };
}

/** Os campos que uma prova em JSON tem. */
function camposDe(prova: Prova): Set<string> {
  const afirmacoes = prova.cenas.flatMap((cena) => cena.afirmacoes);
  return new Set([prova, ...prova.cenas, ...afirmacoes].flatMap((objeto) => Object.keys(objeto)));
}

/** Os campos que docs/prova.md diz que ela tem. */
function camposDaPagina(): (string | undefined)[] {
  const doJson = lerTexto('docs/prova.md').split('`--json` tem: `aprovada`')[1]?.split('\n\n')[0];
  return [...`\`aprovada\`${doJson}`.matchAll(/`([a-z_]+)`/g)].map(([, nome]) => nome);
}

/** Manda um sinal a uma prova no meio de uma cena: tem de limpar tudo e sair com 128 + o sinal. */
async function interromper(sinal: 'SIGINT' | 'SIGTERM', esperado: number, cena: number): Promise<void> {
  // Ao segundo container já perguntou ao engine, construiu, e está no meio da cena.
  using espiao = espiarDocker({ em: '*run\\ *', vez: 2 });
  const processo = comecarProva(['--cena', `${cena}`], { ambiente: espiao.ambiente });
  const saidas = Promise.all([processo.stdout.text(), processo.stderr.text()]);
  await espiao.atePararNele();
  const projeto = espiao.projeto();
  expect(await coisasDe(projeto)).toContain(`imagem ${projeto}-escritor`);
  processo.kill(sinal);
  const [saida, erros] = await saidas;
  expect(saida).toContain(`Cena ${cena} ·`);
  expect(saida).not.toMatch(/^ {2}(aprovada|reprovada|pulada)/m);
  expect(erros).toBe(`prova: interrompida (${sinal})\n       Tudo o que ela criou foi removido do engine.\n`);
  expect(await processo.exited).toBe(esperado);
  expect(await coisasDe(projeto)).toEqual(new Set());
}

grupoQuePrecisa('docker', 'prova', () => {
  test(
    'aprova as cenas pedidas, em JSON, e não deixa nada seu no engine',
    async () => {
      const cenas = ['--cena', '2', '--cena', '3', '--cena', '19'];
      const { saida, erros, codigo } = await provar(['--json', ...cenas]);
      const prova: Prova = JSON.parse(saida);
      expect(prova.cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual([
        [2, 'aprovada'],
        [3, 'aprovada'],
        [19, 'aprovada'],
      ]);
      expect(prova.aprovada).toBe(true);
      expect([erros, codigo]).toEqual(['', 0]);
      expect(await coisasDe(prova.projeto)).toEqual(new Set());
      const [exemplo = ''] = blocos(lerTexto('docs/prova.md'), 'text');
      const mostradas = [...exemplo.matchAll(/^ {2}✔ (.*)$/gm)].map(([, texto]) => texto);
      expect(mostradas).toEqual(prova.cenas[0]?.afirmacoes.map(({ texto }) => texto) ?? []);
      expect(new Set(camposDaPagina())).toEqual(camposDe(prova).add('motivo') as Set<string | undefined>);
    },
    LIMITE_MS,
  );

  test(
    'num terminal de 80 colunas, conta cada cena e fecha com uma linha por cena e uma frase',
    async () => {
      const { saida, codigo } = await provar(['--cena', '19', '--cena', '3']);
      expect(saida).toMatch(
        /^Prova desafio2-prova-[0-9a-f]{8}, no volume desafio2-prova-[0-9a-f]{8}-dados\nSemente \d+\n/,
      );
      expect(saida.indexOf('Cena 3 · O escritor escreve e some')).toBeLessThan(saida.indexOf('Cena 19'));
      expect(saida).toMatch(/ {2}aprovada \([\d,]+ s\)\n/);
      const [, quantas] = saida.match(/^APROVADA: as (\d+) afirmações acima \(cenas 3 e 19\) foram/m) ?? [];
      const linhas = [...saida.matchAll(/^✔ +(?:3|19) · .+ (\d+) de \1 +[\d,]+ s$/gm)];
      expect(linhas.reduce((soma, [, certas]) => soma + Number(certas), 0)).toBe(Number(quantas));
      for (const linha of saida.split('\n')) expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(80);
      expect(codigo).toBe(0);
    },
    LIMITE_MS,
  );

  test.concurrent(
    'interrompida no meio de uma cena, limpa tudo e sai com 128 + o sinal',
    async () => {
      await interromper('SIGINT', 130, 2);
    },
    LIMITE_MS,
  );

  test.concurrent(
    'interrompida durante a construção das imagens, remove as que já há',
    async () => {
      using espiao = espiarDocker({ em: 'compose\\ *\\ build*', depois: true });
      const processo = comecarProva(['--cena', '3'], { ambiente: espiao.ambiente });
      await espiao.atePararNele();
      const projeto = espiao.projeto();
      expect(await coisasDe(projeto)).toContain(`imagem ${projeto}-leitor`);
      processo.kill('SIGTERM');
      expect(await processo.exited).toBe(143);
      expect(await coisasDe(projeto)).toEqual(new Set());
    },
    LIMITE_MS,
  );

  test(
    '--volume recusa um volume que não existe (66), guarda outra coisa (65) ou é do root (77), sem tocar nele',
    async () => {
      using projeto = projetoTemporario();
      using espiao = espiarDocker();
      const ausente = await provar(['--volume', projeto.volume], { ambiente: espiao.ambiente });
      expect(ausente.erros).toContain(`o volume ${projeto.volume} não existe`);
      expect(ausente.codigo).toBe(66);
      expect(await coisasDe(espiao.projeto())).toEqual(new Set());
      expect(await coisasDe(projeto.nome)).toEqual(new Set());

      const base = process.env.IMAGEM_BASE || 'oven/bun:1.4.5-distroless';
      const noVolume = (codigo: string) =>
        dockerOuErro('run', '--rm', '-v', `${projeto.volume}:/v`, base, '-e', codigo);
      await noVolume("require('fs').writeFileSync('/v/diário.txt', 'meu')");
      const alheio = await provar(['--volume', projeto.volume]);
      expect(alheio.erros).toContain(`o volume ${projeto.volume} guarda outra coisa (diário.txt)`);
      expect(alheio.codigo).toBe(65);
      expect(await noVolume("console.log(require('fs').readdirSync('/v').join())")).toBe('diário.txt');

      await noVolume("require('fs').rmSync('/v/diário.txt'); require('fs').chmodSync('/v', 0o755)");
      const doRoot = await provar(['--volume', projeto.volume]);
      expect(doRoot.erros).toContain(`não pode ler e gravar no volume ${projeto.volume} (EACCES)`);
      expect(doRoot.erros).toContain('docs/volumes.md');
      expect(doRoot.codigo).toBe(77);
    },
    LIMITE_MS,
  );

  test(
    '--manter deixa tudo no engine',
    async () => {
      const { saida, codigo } = await provar(['--cena', '3', '--cena', '19', '--manter', '--json']);
      const { projeto, cenas }: Prova = JSON.parse(saida);
      expect(codigo).toBe(0);
      expect(cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual([
        [3, 'aprovada'],
        [19, 'pulada'],
      ]);
      const ficou = await coisasDe(projeto);
      for (const coisa of [
        `volume ${projeto}-dados`,
        `imagem ${projeto}-escritor`,
        `imagem ${projeto}-leitor`,
      ]) {
        expect(ficou).toContain(coisa);
      }
      await docker(['network', 'rm', `${projeto}_isolada`]);
      await dockerOuErro('volume', 'rm', `${projeto}-dados`, `${projeto}-exame`);
      await dockerOuErro('image', 'rm', `${projeto}-escritor`, `${projeto}-leitor`, `${projeto}-olhos`);
      expect(await coisasDe(projeto)).toEqual(new Set());
    },
    LIMITE_MS,
  );

  test(
    'sem a imagem base: 69, e nada fica',
    async () => {
      using espiao = espiarDocker();
      const ambiente = { ...espiao.ambiente, IMAGEM_BASE: 'localhost:1/nao-existe:0' };
      const { erros, codigo } = await provar([], { ambiente });
      expect(erros).toStartWith('prova: as imagens não puderam ser construídas');
      expect(codigo).toBe(69);
      expect(await coisasDe(espiao.projeto())).toEqual(new Set());
    },
    LIMITE_MS,
  );

  test('sem o Compose v2: 69', async () => {
    using pasta = pastaTemporaria();
    const roteiro = `#!/bin/sh\n[ "$1" != compose ] || exit 1\nexec "${Bun.which('docker')}" "$@"\n`;
    writeFileSync(pasta.em('docker'), roteiro, { mode: 0o755 });
    const { erros, codigo } = await provar([], {
      ambiente: { PATH: `${pasta.caminho}:${process.env.PATH}` },
    });
    expect(erros).toContain('o Docker Compose v2 ("docker compose") não responde');
    expect(codigo).toBe(69);
  });

  test('com um socket que não aceita este usuário: 77', async () => {
    using pasta = pastaTemporaria();
    const socket = pasta.em('docker.sock');
    using _servidor = Bun.listen({ unix: socket, socket: { data() {} } });
    Bun.spawnSync(['chmod', '0', socket]);
    const antes = process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];
    const { erros, codigo } = await provar([], { antes, ambiente: { DOCKER_HOST: `unix://${socket}` } });
    expect(erros).toContain('recusa este usuário');
    expect(codigo).toBe(77);
  });
});

grupoQuePrecisa('longos', 'prova inteira', () => {
  test(
    'aprova as dezenove cenas e não deixa nada seu no engine',
    async () => {
      const { saida, erros, codigo } = await provar(['--json', '--rodadas', '1']);
      const prova: Prova = JSON.parse(saida);
      const afirmacoes = prova.cenas.flatMap((cena) => cena.afirmacoes);
      expect(afirmacoes.filter(({ aprovada }) => !aprovada)).toEqual([]);
      expect(prova.cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual(
        Array.from({ length: 19 }, (_, indice) => [indice + 1, 'aprovada']),
      );
      expect(afirmacoes.length).toBeGreaterThan(300);
      expect(prova.aprovada).toBe(true);
      expect([erros, codigo]).toEqual(['', 0]);
      expect(await coisasDe(prova.projeto)).toEqual(new Set());
    },
    LIMITE_MS,
  );

  test.concurrent(
    '--volume prova um volume do usuário, e o que havia nele continua selado',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      await projeto.escritor('-e', '2', '--json');
      const antes = await projeto.laudo();
      const cenas = [3, 4, 6, 7, 9, 19].flatMap((cena) => ['--cena', `${cena}`]);
      const { saida, codigo } = await provar([
        '--json',
        '--rodadas',
        '1',
        '--volume',
        projeto.volume,
        ...cenas,
      ]);
      expect(JSON.parse(saida)).toMatchObject({ aprovada: true, volume: projeto.volume });
      expect(codigo).toBe(0);
      const depois = await projeto.laudo('-r', antes.recibo ?? '');
      expect(depois).toMatchObject({ aprovado: true, codigo: 0 });
      expect(depois.execucoes).toBeGreaterThan(4);
    },
    LIMITE_MS,
  );

  for (const [sinal, esperado, cena] of [
    ['SIGINT', 130, 9],
    ['SIGTERM', 143, 13],
  ] as const) {
    test.concurrent(
      `interrompida no meio da cena ${cena}, limpa tudo e sai com 128 + o sinal`,
      async () => {
        await interromper(sinal, esperado, cena);
      },
      LIMITE_MS,
    );
  }

  test.concurrent(
    'interrompida no meio de uma gravação num volume do usuário, desfaz o que ficou pela metade',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      await projeto.escritor('--json');
      const inicial = await projeto.laudo();
      // Na segunda morte o escritor está no meio de um lote sem fim, com o journal quente.
      using espiao = espiarDocker({ em: 'kill\\ -s\\ KILL\\ *', vez: 2 });
      const argumentos = ['--volume', projeto.volume, '--cena', '9', '--rodadas', '100'];
      const processo = comecarProva(argumentos, { ambiente: espiao.ambiente });
      const saidas = Promise.all([processo.stdout.text(), processo.stderr.text()]);
      await espiao.atePararNele();
      expect((await projeto.laudo()).codigo).toBe(75);
      processo.kill('SIGINT');
      expect(await processo.exited).toBe(130);
      await saidas;
      expect(await coisasDe(espiao.projeto())).toEqual(new Set());
      const depois = await projeto.laudo('-r', inicial.recibo ?? '');
      expect(depois).toMatchObject({ aprovado: true, codigo: 0 });
    },
    LIMITE_MS,
  );
});

test('prova sem engine que responda: 69, com o que fazer', async () => {
  using pasta = pastaTemporaria();
  const semSocket = await provar([], { ambiente: { DOCKER_HOST: `unix://${pasta.em('nada.sock')}` } });
  expect(semSocket.erros).toMatch(
    /^prova: (o engine do Docker não responde|o comando docker não está no PATH)/,
  );
  expect(semSocket.codigo).toBe(69);
  const semDocker = await provar([], { ambiente: { PATH: pasta.caminho } });
  expect(semDocker.erros).toContain('o comando docker não está no PATH');
  expect(semDocker.codigo).toBe(69);
});

test('prova com opções erradas: 64', async () => {
  for (const argumentos of [
    ['--cena', '20'],
    ['--semente', '-1'],
    ['--rodadas', '0'],
    ['--volume', '/etc'],
    ['--volume', 'a'],
    ['x'],
  ]) {
    expect((await provar(argumentos)).codigo).toBe(64);
  }
});

test('pareceContainer() só diz não se nada o indica, ou se a raiz é um disco inteiro', () => {
  const disco = '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n';
  const subvolume = '27 1 0:30 /raiz / rw,relatime - btrfs /dev/vda2 rw\n';
  const camadas = '27 1 0:50 / / rw,relatime - overlay overlay rw\n';
  const doDocker = '0::/system.slice/docker-0123.scope\n';
  expect(pareceContainer(disco, doDocker, true)).toBe(false);
  expect(pareceContainer(subvolume, '0::/\n', false)).toBe(false);
  expect(pareceContainer('', '', false)).toBe(false);
  expect(pareceContainer(subvolume, '0::/\n', true)).toBe(true);
  expect(pareceContainer(subvolume, doDocker, false)).toBe(true);
  expect(pareceContainer(camadas, '0::/\n', false)).toBe(true);
});

test('docs/prova.md diz cada cena pelo nome', () => {
  const titulos = [...lerTexto('docs/prova.md').matchAll(/^\| (\d+) \| ([^|]+) \|/gm)];
  const ditos = titulos.map(([, numero, titulo]) => [Number(numero), titulo]);
  expect(ditos).toEqual(CENAS.map(({ numero, titulo }) => [numero, titulo]));
});
