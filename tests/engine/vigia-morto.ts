import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { imagemBase } from '../../apoio/projeto.ts';
import { mexer, vigiar } from '../../apoio/vigia.ts';
import { Docker } from '../../prova/docker.ts';
import { Projeto } from '../../prova/projeto.ts';
import { dockerOuErro } from '../apoio/docker.ts';
import { coisasDe, espiarDocker } from '../apoio/espiao.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { cenario } from '../apoio/vigia.ts';

setDefaultTimeout(PRAZO_MS);

const LISTAR = `console.log(fs.readdirSync('/v/vigia').join())`;

grupoQuePrecisa(['docker', 'longos'], 'vigia, morto com SIGKILL', () => {
  test('o que deixou no engine e no volume, tira-o o seguinte com o mesmo estado, e nada de outro', async () => {
    await using cena = await cenario();
    const comum = { aCada: 1, opcoes: ['--cadeia', '1'] };
    await using outro = vigiar(cena.volume, { aCada: 1, estado: cena.em('outro.json') });
    const { banco: bancoDoOutro } = await outro.ronda();

    // A segunda ronda fecha a cadeia da primeira: morre com o estado guardado, e ela por apagar.
    using espiao = espiarDocker({ em: '*rmSync*' });
    await using morto = vigiar(cena.volume, { ...comum, estado: cena.estado, ambiente: espiao.ambiente });
    const { banco } = await morto.ronda();
    await espiao.atePararNele();
    morto.processo.kill('SIGKILL');
    await morto.processo.exited;
    const projeto = espiao.projeto();
    // Se este teste falha a meio, ninguém mais o tiraria do engine.
    await using _limpeza = {
      [Symbol.asyncDispose]: async () => void (await new Projeto(projeto, new Docker()).remover(false)),
    };
    await dockerOuErro('create', '--name', `${projeto}-preso`, imagemBase());
    expect(await coisasDe(projeto)).toContain(`imagem ${projeto}-escritor`);
    expect(await mexer(cena.volume, LISTAR)).toContain(banco.slice('/data/vigia/'.length));

    await using seguinte = vigiar(cena.volume, { aCada: 60, estado: cena.estado });
    const { codigo, exigido } = await seguinte.ronda();
    expect([codigo, exigido]).toEqual([0, expect.stringMatching(/^1:/)]);
    expect(await coisasDe(projeto)).not.toContain(`container ${projeto}-preso`);
    // Só depois de dizer a ronda é que apaga a cadeia que estava por apagar.
    const nomes = async () => (await mexer(cena.volume, LISTAR)).split(',');
    await ate(
      async () => !(await nomes()).includes(banco.slice('/data/vigia/'.length)),
      'a cadeia se apague',
    );
    expect(await nomes()).toContain(bancoDoOutro.slice('/data/vigia/'.length));
    seguinte.processo.kill('SIGTERM');
    expect((await seguinte.fim()).codigo).toBe(143);
    expect(await coisasDe(projeto)).toEqual(new Set());
    const agora = new Date().toISOString();
    let dita = await outro.ronda();
    while (dita.codigo === 0 && dita.iniciada_em < agora) dita = await outro.ronda();
    expect(dita).toMatchObject({ codigo: 0, mensagem: null });
  });

  test('o que do morto não se consegue remover é dito, e não impede as rondas', async () => {
    await using cena = await cenario();
    {
      await using primeiro = vigiar(cena.volume, { estado: cena.estado });
      await primeiro.ronda();
    }
    const { id } = JSON.parse(readFileSync(cena.estado, 'utf8'));
    const preso = `desafio2-vigia-${id}-preso`;
    await dockerOuErro('create', '--name', preso, imagemBase());
    await using _limpeza = { [Symbol.asyncDispose]: async () => void (await dockerOuErro('rm', preso)) };
    const teimoso = `#!/bin/sh\ncase "$1" in stop|rm) exit 1;; esac\nexec "${Bun.which('docker')}" "$@"\n`;
    writeFileSync(cena.em('docker'), teimoso, { mode: 0o755 });
    const ambiente = { PATH: `${cena.em('.')}:${process.env.PATH}` };
    await using seguinte = vigiar(cena.volume, { estado: cena.estado, ambiente });
    expect(await seguinte.ronda()).toMatchObject({ codigo: 0, mensagem: null });
    seguinte.processo.kill('SIGTERM');
    const { codigo, erros } = await seguinte.fim();
    expect(erros).toContain(`vigia: ficou no engine: container ${preso}\n`);
    expect(codigo).toBe(143);
  });
});
