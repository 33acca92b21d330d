import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, writeFileSync } from 'node:fs';
import { imagemBase } from '../../apoio/projeto.ts';
import type { Prova } from '../../prova/veredito.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { docker, dockerOuErro, projetoTemporario } from '../apoio/docker.ts';
import { blocos, lerTexto } from '../apoio/documentos.ts';
import { coisasDe, espiarDocker } from '../apoio/espiao.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, SEM_PODERES } from '../apoio/processos.ts';
import { provar } from '../apoio/prova.ts';

setDefaultTimeout(PRAZO_MS);

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

grupoQuePrecisa('docker', 'prova', () => {
  test('aprova as cenas pedidas, em JSON, e não deixa nada seu no engine', async () => {
    const { saida, erros, codigo } = await provar(['--json', '--cena', '19', '--cena', '3']);
    const prova: Prova = JSON.parse(saida);
    expect(prova.cenas.map(({ cena, resultado }) => [cena, resultado])).toEqual([
      [3, 'aprovada'],
      [19, 'aprovada'],
    ]);
    expect(prova.aprovada).toBe(true);
    expect(prova.repetir).toBe(`bun run prova --cena 19 --cena 3 --rodadas 5 --semente ${prova.semente}`);
    expect([erros, codigo]).toEqual(['', 0]);
    expect(await coisasDe(prova.projeto)).toEqual(new Set());
    expect(new Set(camposDaPagina())).toEqual(
      camposDe(prova).add('motivo').add('commit_ms').add('stderr') as Set<string | undefined>,
    );
  });

  test('--volume recusa um volume que não existe (66), e um .env da pasta não diz em que engine o procura', async () => {
    await using projeto = projetoTemporario();
    using espiao = espiarDocker();
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('.env'), 'DOCKER_HOST=unix:///nao/existe.sock\n');
    const modo = { ambiente: espiao.ambiente, pasta: pasta.caminho };
    const { erros, codigo } = await provar(['--volume', projeto.volume], modo);
    expect(erros).toContain(`o volume ${projeto.volume} não existe`);
    expect(codigo).toBe(66);
    expect(() => espiao.projeto()).toThrow(); // nada chegou a ser construído
    expect(await coisasDe(projeto.nome)).toEqual(new Set());
  });

  test('sem a imagem base: 69, e nada fica', async () => {
    using espiao = espiarDocker();
    const ambiente = { ...espiao.ambiente, IMAGEM_BASE: 'localhost:1/nao-existe:0' };
    const { erros, codigo } = await provar([], { ambiente });
    expect(erros).toStartWith('prova: as imagens não puderam ser construídas');
    expect(codigo).toBe(69);
    expect(await coisasDe(espiao.projeto())).toEqual(new Set());
  });

  test('sem a imagem base, não diz que é o volume indicado que não se monta', async () => {
    await using projeto = projetoTemporario();
    await dockerOuErro('volume', 'create', projeto.volume);
    const imagem = 'localhost:1/nao-existe:0';
    const { erros, codigo } = await provar(['--volume', projeto.volume], {
      ambiente: { IMAGEM_BASE: imagem },
    });
    expect(erros).toStartWith(`prova: a imagem base (${imagem}) não está no engine`);
    expect(erros).toContain(`docker pull ${imagem}\n`);
    expect(erros).not.toContain('não se monta');
    expect(codigo).toBe(69);
  });

  test('sem o Compose v2: 69', async () => {
    using pasta = pastaTemporaria();
    const roteiro = `#!/bin/sh\n[ "$1" != compose ] || exit 1\nexec "${Bun.which('docker')}" "$@"\n`;
    writeFileSync(pasta.em('docker'), roteiro, { mode: 0o755 });
    const ambiente = { PATH: `${pasta.caminho}:${process.env.PATH}` };
    const { erros, codigo } = await provar([], { ambiente });
    expect(erros).toContain('o Docker Compose v2 ("docker compose") não responde');
    expect(codigo).toBe(69);
  });

  test('com um socket que não aceita este usuário: 77', async () => {
    using pasta = pastaTemporaria();
    const socket = pasta.em('docker.sock');
    using _servidor = Bun.listen({ unix: socket, socket: { data() {} } });
    chmodSync(socket, 0);
    const ambiente = { DOCKER_HOST: `unix://${socket}` };
    const { erros, codigo } = await provar([], { antes: SEM_PODERES, ambiente });
    expect(erros).toContain('recusa este usuário');
    expect(codigo).toBe(77);
  });
});

grupoQuePrecisa(['docker', 'longos'], 'prova, em outros volumes e num terminal', () => {
  test('a cena do exemplo afirma o que a página mostra', async () => {
    const { saida } = await provar(['--json', '--cena', '2']);
    const prova: Prova = JSON.parse(saida);
    expect(prova.aprovada).toBe(true);
    const [exemplo = ''] = blocos(lerTexto('docs/prova.md'), 'text');
    const mostradas = [...exemplo.matchAll(/^ {2}✔ (.*)$/gm)].map(([, texto]) => texto);
    expect(mostradas).toEqual(prova.cenas[0]?.afirmacoes.map(({ texto }) => texto) ?? []);
  });

  test('num terminal de 80 colunas, conta cada cena e fecha com uma linha por cena e uma frase', async () => {
    const { saida, codigo } = await provar(['--cena', '19', '--cena', '3']);
    expect(saida).toMatch(
      /^Prova desafio2-prova-[0-9a-f]{8}, no volume desafio2-prova-[0-9a-f]{8}-dados\nSemente \d+\n/,
    );
    expect(saida.match(/^ {2}✘ .*/gm)).toBeNull();
    expect(saida.indexOf('Cena 3 · O escritor escreve e some')).toBeLessThan(saida.indexOf('Cena 19'));
    expect(saida).toMatch(/ {2}aprovada \([\d,]+ s\)\n/);
    const [, quantas] = saida.match(/^APROVADA: as (\d+) afirmações acima \(cenas 3 e 19\) foram/m) ?? [];
    const linhas = [...saida.matchAll(/^✔ +(?:3|19) · .+ (\d+) de \1 +[\d,]+ s$/gm)];
    expect(linhas.reduce((soma, [, certas]) => soma + Number(certas), 0)).toBe(Number(quantas));
    for (const linha of saida.split('\n')) expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(80);
    expect(codigo).toBe(0);
  });

  test('--volume recusa um que guarda outra coisa (65) ou é do root (77), sem tocar nele', async () => {
    await using projeto = projetoTemporario();
    const noVolume = (codigo: string) =>
      dockerOuErro('run', '--rm', '-v', `${projeto.volume}:/v`, imagemBase(), '-e', codigo);
    await noVolume("require('fs').writeFileSync('/v/diário.txt', 'meu')");
    const alheio = await provar(['--volume', projeto.volume]);
    expect(alheio.erros).toContain(`o volume ${projeto.volume} guarda outra coisa (diário.txt)`);
    expect(alheio.codigo).toBe(65);
    expect(await noVolume("console.log(require('fs').readdirSync('/v').join())")).toBe('diário.txt');

    await noVolume(`const fs = require('fs'); fs.chmodSync('/v', 0o755);
      fs.rmSync('/v/diário.txt'); fs.mkdirSync('/v/lost+found')`);
    const doRoot = await provar(['--volume', projeto.volume]);
    expect(doRoot.erros).toContain(`no volume ${projeto.volume} (EACCES: é de 0:0, com 755)`);
    expect(doRoot.codigo).toBe(77);
    const [remedio = ''] = doRoot.erros.match(/docker run --rm -u 0 .*/) ?? [];
    expect(Bun.spawnSync(['sh', '-c', remedio]).exitCode).toBe(0);
    const dado = await provar(['--volume', projeto.volume, '--cena', '3', '--limpar']);
    expect(dado.saida).toContain('Dono 65532:65532, modo 755');
    expect(dado.codigo).toBe(0);
    expect(await noVolume("console.log(require('fs').readdirSync('/v').join())")).toBe('lost+found');
    await provar(['--volume', projeto.volume, '--cena', '3']);
    await provar(['--volume', projeto.volume, '--cena', '3', '--limpar']);
    expect(await noVolume("console.log(require('fs').readdirSync('/v').join())")).toContain('desafio2.db');
  });

  test('--volume recusa, antes de construir, o que vive na memória e o que é só de leitura', async () => {
    await using projeto = projetoTemporario();
    using espiao = espiarDocker();
    for (const [tipo, opcoes, resposta, codigo] of [
      ['tmpfs', ['device=tmpfs'], 'vive na memória', 69],
      ['overlay', ['device=overlay', 'o=lowerdir=/usr:/etc'], 'é somente leitura', 77],
    ] as const) {
      const volume = `${projeto.nome}-${tipo}`;
      const criar = [`type=${tipo}`, ...opcoes].flatMap((uma) => ['--opt', uma]);
      await dockerOuErro('volume', 'create', ...criar, volume);
      const recusado = await provar(['--volume', volume], { ambiente: espiao.ambiente });
      expect(recusado.erros).toContain(resposta);
      expect(recusado.codigo).toBe(codigo);
      expect(() => espiao.projeto()).toThrow();
    }
  });
});

grupoQuePrecisa(['docker', 'longos'], 'prova --manter', () => {
  test('deixa tudo no engine', async () => {
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
    await dockerOuErro(
      'image',
      'rm',
      `${projeto}-escritor`,
      `${projeto}-leitor`,
      `${projeto}-copiador`,
      `${projeto}-olhos`,
    );
    expect(await coisasDe(projeto)).toEqual(new Set());
  });
});
