import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { projetoQuebrado } from '../../apoio/projeto.ts';
import type { Prova } from '../../prova/veredito.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { dockerOuErro, projetoTemporario, volumeTemporario } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { provar } from '../apoio/prova.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['docker', 'longos'], 'prova de um projeto quebrado', () => {
  test('se o engine não começa um container, diz por quê, em texto, em JSON e no fim', async () => {
    // Menos do que o engine aceita: nenhum programa chega a dizer nada.
    using quebrado = projetoQuebrado(['compose.yaml', 'mem_limit: 256m', 'mem_limit: 1m']);
    const { saida, erros, codigo } = await provar(['--cena', '3'], { raiz: quebrado.raiz });
    expect(saida).toMatch(/^ {6}stderr: {3}.*memory limit/im);
    for (const linha of saida.split('\n').filter((uma) => /^ {6}stderr|^ {16}/.test(uma))) {
      expect(Bun.stringWidth(linha)).toBeLessThanOrEqual(80);
    }
    expect(erros).toMatch(
      /não se confirmou: o escritor termina com 0 \(visto: código 1; stderr: .*memory limit/i,
    );
    expect(codigo).toBe(65);
    const emJson = await provar(['--json', '--cena', '3'], { raiz: quebrado.raiz });
    const { cenas }: Prova = JSON.parse(emJson.saida);
    expect(cenas[0]?.afirmacoes[0]?.stderr).toMatch(/memory limit/i);
  });

  test('--limpar nada apaga do volume indicado se a prova não é aprovada', async () => {
    await using dados = await volumeTemporario();
    await dockerOuErro('volume', 'create', dados.volume);
    // O que o escritor grava está certo; o poder que o engine lhe dá, não.
    using quebrado = projetoQuebrado(['compose.yaml', 'cap_drop: [ALL]', 'cap_drop: []']);
    const argumentos = ['--volume', dados.volume, '--cena', '3', '--limpar'];
    const { saida, codigo } = await provar(argumentos, { raiz: quebrado.raiz });
    expect(saida).toContain('✘ cena 3: e só o poder de que precisa\n');
    expect(codigo).toBe(65);
    expect(await dados.laudo()).toMatchObject({ aprovado: true, execucoes: 1 });
  });

  test('um engine que não monta um arquivo só não faz esquecer o que a cena já achou', async () => {
    using pasta = pastaTemporaria();
    const recusar = `case "$*" in *volume-subpath*) echo 'invalid mount option: volume-subpath' >&2; exit 125;; esac`;
    const roteiro = `#!/bin/sh\n${recusar}\nexec "${Bun.which('docker')}" "$@"\n`;
    writeFileSync(pasta.em('docker'), roteiro, { mode: 0o755 });
    const ambiente = { PATH: `${pasta.caminho}:${process.env.PATH}` };
    const sao = await provar(['--cena', '2'], { ambiente });
    expect(sao.saida).toContain('este engine não monta um arquivo só de um volume');
    expect(sao.codigo).toBe(0);
    // Na camada do container sai com 69, e diz no JSON que aprova.
    using quebrado = projetoQuebrado([
      'lib/cadeia/verificar.ts',
      'aprovado: falhas.length === 0,',
      "aprovado: falhas.every(({ motivo }) => motivo === 'naoPersiste'),",
    ]);
    const { saida, codigo } = await provar(['--cena', '2'], { ambiente, raiz: quebrado.raiz });
    expect(saida).toMatch(/^ {2}✘ as \d+ respostas concordam/m);
    expect(codigo).toBe(65);
  });

  test('uma cena que para no meio, e as que por isso não se fazem, não contam como respondidas', async () => {
    await using projeto = projetoTemporario();
    await dockerOuErro('volume', 'create', projeto.volume);
    using quebrado = projetoQuebrado(['prova/dentro/mao.ts', 'count(*) FROM t', 'count(*) FROM outra']);
    const argumentos = ['--volume', projeto.volume, '--cena', '0', '--cena', '3'];
    const { saida, codigo } = await provar(argumentos, { raiz: quebrado.raiz });
    expect(saida).toContain('REPROVADA: cena 0; sem chegar ao fim: cena 0; sem resposta: cena 3.');
    expect(saida).toMatch(/^– {2}3 · .* 0 de 0 .*\n *pulada: o volume reprovou na cena 0$/m);
    expect(codigo).toBe(65);
  });
});
