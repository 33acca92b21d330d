import { expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prova } from '../prova/veredito.ts';
import { docker, dockerOuErro, projetoTemporario } from './apoio/docker.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { aoTerminar } from './apoio/limpeza.ts';
import { ate, pastaTemporaria, RAIZ, type Resultado } from './apoio/programas.ts';

const LIMITE_MS = 300_000;

interface Modo {
  antes?: string[];
  ambiente?: Record<string, string>;
}

/** Começa a prova; se os testes acabarem antes dela, um SIGTERM a faz limpar o que criou. */
function comecarProva(argumentos: string[], { antes = [], ambiente = {} }: Modo = {}) {
  const processo = Bun.spawn([...antes, process.execPath, join(RAIZ, 'prova.ts'), ...argumentos], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    env: { ...process.env, ...ambiente },
  });
  const parar = aoTerminar(() => processo.kill('SIGTERM'));
  return { processo, parar };
}

async function provar(argumentos: string[], modo: Modo = {}): Promise<Resultado> {
  const { processo } = comecarProva(argumentos, modo);
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { saida, erros, codigo: await processo.exited };
}

/** Tudo o que há no engine, para comparar antes e depois. */
async function estadoDoEngine(): Promise<string[]> {
  return await Promise.all([
    dockerOuErro('ps', '-aq', '--no-trunc'),
    dockerOuErro('volume', 'ls', '-q'),
    dockerOuErro('network', 'ls', '-q', '--no-trunc'),
    dockerOuErro('images', '-aq', '--no-trunc'),
  ]);
}

grupoQuePrecisa('docker', 'prova', () => {
  test(
    'aprova as dezesseis cenas e deixa o engine como estava',
    async () => {
      const antes = await estadoDoEngine();
      const { saida, erros, codigo } = await provar(['--json', '--rodadas', '1']);
      const prova: Prova = JSON.parse(saida);
      const afirmacoes = prova.cenas.flatMap((cena) => cena.afirmacoes);
      expect(afirmacoes.filter(({ aprovada }) => !aprovada)).toEqual([]);
      expect(prova.cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual(
        Array.from({ length: 16 }, (_, indice) => [indice + 1, 'aprovada']),
      );
      expect(afirmacoes.length).toBeGreaterThan(150);
      expect(prova.aprovada).toBe(true);
      expect([erros, codigo]).toEqual(['', 0]);
      expect(await estadoDoEngine()).toEqual(antes);

      const doReadme =
        readFileSync(join(RAIZ, 'README.md'), 'utf8').split('`--json` tem: `aprovada`')[1] ?? '';
      const campos = new Set([prova, ...prova.cenas, ...afirmacoes].flatMap((objeto) => Object.keys(objeto)));
      const citados = [...`\`aprovada\`${doReadme.split('\n\n')[0]}`.matchAll(/`([a-z_]+)`/g)].map(
        ([, nome]) => nome,
      );
      expect(new Set(citados)).toEqual(campos.add('motivo') as Set<string | undefined>);
    },
    LIMITE_MS,
  );

  test(
    'num terminal de 80 colunas, conta cada cena e fecha com a tabela e uma frase',
    async () => {
      const { saida, codigo } = await provar(['--cena', '4', '--cena', '3']);
      expect(saida).toMatch(
        /^Prova desafio2-prova-[0-9a-f]{8}, no volume desafio2-prova-[0-9a-f]{8}-dados, semente \d+\n/,
      );
      expect(saida.indexOf('Cena 3 · O escritor escreve e some')).toBeLessThan(saida.indexOf('Cena 4'));
      expect(saida).toMatch(/ {2}aprovada \([\d,]+ s\)\n/);
      expect(saida).toContain('APROVADA: as 21 afirmações acima (cenas 3 e 4) foram conferidas neste engine');
      const tabela = saida.split('\n').filter((linha) => linha.startsWith('│'));
      expect(tabela.length).toBe(22);
      for (const linha of tabela) expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(80);
      expect(codigo).toBe(0);
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
      const cenas = [3, 4, 6, 7, 9, 16].flatMap((cena) => ['--cena', `${cena}`]);
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

  test(
    'interrompida em qualquer cena, limpa tudo e sai com 128 + o sinal',
    async () => {
      const antes = await estadoDoEngine();
      const casos = [
        ['SIGINT', 130, 2],
        ['SIGINT', 130, 9],
        ['SIGTERM', 143, 13],
      ] as const;
      await Promise.all(
        casos.map(async ([sinal, esperado, cena]) => {
          const { processo } = comecarProva(['--cena', `${cena}`]);
          let saida = '';
          const leitura = (async () => {
            for await (const parte of processo.stdout.pipeThrough(new TextDecoderStream())) saida += parte;
          })();
          // No meio da cena: depois da primeira coisa que ela diz.
          await ate(() => saida.includes('Cena') && /\n {2}[✔·]/.test(saida), `a cena ${cena} comece`);
          processo.kill(sinal);
          expect(await processo.stderr.text()).toBe(
            `prova: interrompida (${sinal})\n       Tudo o que ela criou foi removido do engine.\n`,
          );
          expect(await processo.exited).toBe(esperado);
          await leitura;
        }),
      );
      expect(await estadoDoEngine()).toEqual(antes);
    },
    LIMITE_MS,
  );

  test(
    'interrompida durante a construção, ou no meio de uma gravação num volume do usuário',
    async () => {
      const antes = await estadoDoEngine();
      const cedo = comecarProva(['--cena', '3']);
      await Bun.sleep(300);
      cedo.processo.kill('SIGTERM');
      expect(await cedo.processo.exited).toBe(143);
      expect(await estadoDoEngine()).toEqual(antes);

      using projeto = projetoTemporario();
      await projeto.construir();
      await projeto.escritor('--json');
      const inicial = await projeto.laudo();
      const { processo } = comecarProva(['--volume', projeto.volume, '--cena', '9', '--rodadas', '100']);
      let saida = '';
      const leitura = (async () => {
        for await (const parte of processo.stdout.pipeThrough(new TextDecoderStream())) saida += parte;
      })();
      await ate(() => saida.includes('morte 1: no máximo'), 'a segunda morte comece');
      await Bun.sleep(1500);
      processo.kill('SIGINT');
      expect(await processo.exited).toBe(130);
      await leitura;
      const depois = await projeto.laudo('-r', inicial.recibo ?? '');
      expect(depois).toMatchObject({ aprovado: true, codigo: 0 });
    },
    LIMITE_MS,
  );

  test(
    '--volume recusa um volume que não existe (66) ou guarda outra coisa (65), sem tocar nele',
    async () => {
      using projeto = projetoTemporario();
      const antes = await estadoDoEngine();
      const ausente = await provar(['--volume', projeto.volume]);
      expect(ausente.erros).toContain(`o volume ${projeto.volume} não existe`);
      expect(ausente.codigo).toBe(66);
      expect(await estadoDoEngine()).toEqual(antes);

      const base = process.env.IMAGEM_BASE || 'oven/bun:1.4.5-distroless';
      const noVolume = (codigo: string) =>
        dockerOuErro('run', '--rm', '-v', `${projeto.volume}:/v`, base, '-e', codigo);
      await noVolume("require('fs').writeFileSync('/v/diário.txt', 'meu')");
      const alheio = await provar(['--volume', projeto.volume]);
      expect(alheio.erros).toContain(`o volume ${projeto.volume} guarda outra coisa (diário.txt)`);
      expect(alheio.codigo).toBe(65);
      expect(await noVolume("console.log(require('fs').readdirSync('/v').join())")).toBe('diário.txt');
    },
    LIMITE_MS,
  );

  test(
    '--manter deixa tudo no engine',
    async () => {
      const { saida, codigo } = await provar(['--cena', '3', '--cena', '16', '--manter', '--json']);
      const { projeto, cenas }: Prova = JSON.parse(saida);
      expect(codigo).toBe(0);
      expect(cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual([
        [3, 'aprovada'],
        [16, 'pulada'],
      ]);
      expect(await dockerOuErro('volume', 'ls', '-q', '--filter', `name=${projeto}`)).toBe(
        `${projeto}-dados`,
      );
      await docker(['network', 'rm', `${projeto}_isolada`]);
      await dockerOuErro('volume', 'rm', `${projeto}-dados`);
      await dockerOuErro('image', 'rm', `${projeto}-escritor`, `${projeto}-leitor`, `${projeto}-olhos`);
    },
    LIMITE_MS,
  );

  test(
    'sem a imagem base: 69, e nada fica',
    async () => {
      const antes = await estadoDoEngine();
      const { erros, codigo } = await provar([], { ambiente: { IMAGEM_BASE: 'localhost:1/nao-existe:0' } });
      expect(erros).toStartWith('prova: as imagens não puderam ser construídas');
      expect(codigo).toBe(69);
      expect(await estadoDoEngine()).toEqual(antes);
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
    ['--cena', '17'],
    ['--semente', '-1'],
    ['--rodadas', '0'],
    ['--volume', '/etc'],
    ['--volume', 'a'],
    ['x'],
  ]) {
    expect((await provar(argumentos)).codigo).toBe(64);
  }
});
