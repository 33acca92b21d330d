import { expect, setDefaultTimeout, test } from 'bun:test';
import { CENAS } from '../prova/cenas/todas.ts';
import { descreverErros } from '../prova/docker.ts';
import { descreverSobras } from '../prova/limpar.ts';
import { pareceContainer } from '../prova/maquina.ts';
import { CHEGA_AO_FIM, darVeredito, type ResultadoDaCena } from '../prova/veredito.ts';
import { pastaTemporaria } from './apoio/bancos.ts';
import { lerTexto } from './apoio/documentos.ts';
import { PRAZO_MS } from './apoio/processos.ts';
import { provar } from './apoio/prova.ts';
import { provaDe } from './apoio/provas.ts';

setDefaultTimeout(PRAZO_MS);

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

test('descreverErros() diz o que falhou, curto e sem comandar o terminal, e não o que o Compose vai contando', () => {
  const doCompose = ' Network p_isolada  Creating\n Network p_isolada  Created\n Container p-x  Creating\n';
  const doDocker = "\nRun 'docker run --help' for more information\n";
  expect(descreverErros(`${doCompose}Error: x\u001b[31m\n${doDocker}`)).toBe('Error: x\\u001b[31m');
  expect(descreverErros(doCompose)).toBe('Container p-x  Creating');
  expect(descreverErros('')).toBe('');
  expect(Bun.stringWidth(descreverErros('longo '.repeat(1000)))).toBe(130);
  expect(descreverErros(`${'longo '.repeat(1000)}\n-----\no disco encheu\n`)).toEndWith(
    ' | ----- | o disco encheu',
  );
});

test('descreverSobras() remove as imagens de todos os serviços, e a dos olhos da prova', () => {
  const { services } = Bun.YAML.parse(lerTexto('compose.yaml')) as { services: object };
  const [, ditas = ''] = descreverSobras('p').match(/docker image rm (.*)$/m) ?? [];
  expect(ditas.split(' ').sort()).toEqual([...Object.keys(services), 'olhos'].map((um) => `p-${um}`).sort());
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

test('darVeredito() só diz que nada ficou sem resposta se cada cena pedida foi feita até ao fim', () => {
  const [uma, outra] = provaDe(0).cenas as [ResultadoDaCena, ResultadoDaCena];
  const parada = { texto: CHEGA_AO_FIM, aprovada: false, esperado: '', visto: '' };
  const ESTADOS: Record<string, ResultadoDaCena> = {
    aprovada: uma,
    reprovada: { ...uma, resultado: 'reprovada' },
    parada: { ...uma, resultado: 'reprovada', afirmacoes: [...uma.afirmacoes, parada] },
    interrompida: { ...uma, resultado: 'reprovada', motivo: 'sem tmpfs' },
    pulada: { ...uma, resultado: 'pulada', motivo: 'sem tmpfs' },
  };
  const TUDO = 'nenhuma cena pedida ficou sem resposta.';
  for (const [estado, fim] of [
    ['aprovada', TUDO],
    ['reprovada', `REPROVADA: cena 0; ${TUDO}`],
    ['parada', 'REPROVADA: cena 0; sem chegar ao fim: cena 0.'],
    ['interrompida', 'REPROVADA: cena 0; sem chegar ao fim: cena 0.'],
    ['pulada', 'sem resposta: cena 0.'],
  ] as const) {
    const cenas = [ESTADOS[estado], outra] as ResultadoDaCena[];
    const aprovada = !['reprovada', 'parada', 'interrompida'].includes(estado);
    expect(darVeredito({ ...provaDe(0), aprovada, cenas }, 'acima')).toEndWith(fim);
  }
});

test('docs/prova.md diz cada cena pelo nome', () => {
  const titulos = [...lerTexto('docs/prova.md').matchAll(/^\| (\d+) \| ([^|]+) \|/gm)];
  const ditos = titulos.map(([, numero, titulo]) => [Number(numero), titulo]);
  expect(ditos).toEqual(CENAS.map(({ numero, titulo }) => [numero, titulo]));
});
