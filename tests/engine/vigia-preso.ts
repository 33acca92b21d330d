import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { imagemBase } from '../../apoio/projeto.ts';
import { vigiar } from '../../apoio/vigia.ts';
import { dockerOuErro } from '../apoio/docker.ts';
import { coisasDe, espiarDocker } from '../apoio/espiao.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { cenario } from '../apoio/vigia.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['docker', 'longos'], 'vigia, quando algo não responde', () => {
  test('um trancado, ou um engine que falha: 75, e depois 0; à quinta vez seguida, acaba', async () => {
    await using cena = await cenario();
    const docker = Bun.which('docker');
    const falha = cena.em('falha');
    const roteiro = `#!/bin/sh\n[ "$1" != run ] || [ ! -e "${falha}" ] || exit 125\nexec "${docker}" "$@"\n`;
    writeFileSync(cena.em('docker'), roteiro, { mode: 0o755 });
    const ambiente = { PATH: `${cena.em('.')}:${process.env.PATH}` };
    await using vigia = vigiar(cena.volume, { estado: cena.estado, ambiente });
    const trava = `${cena.nome}-trava`;
    let ultimo: string | null = null;
    await vigia.entreRondas(async ({ banco, recibo }) => {
      ultimo = recibo;
      const codigo = `const banco = new (require('bun:sqlite').Database)('${banco}');
        banco.run('BEGIN EXCLUSIVE');
        console.log('segura'); setInterval(() => {}, 60000);`;
      const comum = ['--name', trava, '--network', 'none', '-u', '65532', '-v', `${cena.volume}:/data`];
      await dockerOuErro('run', '-d', '--init', ...comum, imagemBase(), '-e', codigo);
      await ate(async () => (await dockerOuErro('logs', trava)).includes('segura'), 'haja trava');
    });
    expect(await vigia.ronda()).toMatchObject({ codigo: 75, mensagem: expect.stringContaining('ocupado') });
    await dockerOuErro('rm', '-f', trava);
    let vista = await vigia.ronda();
    if (vista.codigo === 75) vista = await vigia.ronda(); // já tinha começado
    expect(vista).toMatchObject({ codigo: 0, exigido: ultimo });
    await vigia.entreRondas(async () => writeFileSync(falha, ''));
    const codigos: number[] = [];
    for (let i = 0; i < 5; i++) codigos.push((await vigia.ronda()).codigo);
    expect(codigos).toEqual([75, 75, 75, 75, 75]);
    expect((await vigia.fim()).codigo).toBe(75);
  });

  for (const [quando, depois, ouvido] of [
    ['antes', false, null],
    ['depois', true, expect.stringMatching(/^2:/)],
  ] as const) {
    test(`um engine preso ${quando} de o escritor gravar dá uma ronda de 75, e as outras continuam`, async () => {
      await using cena = await cenario();
      // Ao terceiro container, o escritor da segunda ronda.
      using espiao = espiarDocker({ em: 'run\\ *', vez: 3, depois });
      await using vigia = vigiar(cena.volume, { estado: cena.estado, aCada: 1, ambiente: espiao.ambiente });
      const { recibo } = await vigia.ronda();
      const mensagem = expect.stringMatching(/passou de 60 s/);
      expect(await vigia.ronda()).toMatchObject({ codigo: 75, exigido: recibo, recibo: ouvido, mensagem });
      expect(await vigia.ronda()).toMatchObject({ codigo: 0, exigido: recibo });
      vigia.processo.kill('SIGTERM');
      expect((await vigia.fim()).codigo).toBe(143);
    });
  }

  for (const [sinal, codigo] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const) {
    test(`${sinal} no meio de uma ronda: ${codigo}, e nada seu fica no engine`, async () => {
      await using cena = await cenario();
      using espiao = espiarDocker({ em: 'run\\ *', vez: 4 });
      await using vigia = vigiar(cena.volume, { estado: cena.estado, aCada: 1, ambiente: espiao.ambiente });
      const { recibo } = await vigia.ronda();
      await espiao.atePararNele();
      const projeto = espiao.projeto();
      expect(await coisasDe(projeto)).toContain(`imagem ${projeto}-escritor`);
      vigia.processo.kill(sinal);
      const { codigo: saiu, erros } = await vigia.fim();
      expect([saiu, erros]).toEqual([codigo, expect.stringContaining(`interrompido por ${sinal}`)]);
      expect(await coisasDe(projeto)).toEqual(new Set());
      await using outro = vigiar(cena.volume, { estado: cena.estado });
      expect(await outro.ronda()).toMatchObject({ codigo: 0, exigido: recibo });
    });
  }

  test('recusa um volume que não existe (66), o estado de outro e um estragado (65), e não cria nada', async () => {
    await using cena = await cenario();
    const correr = async (volume: string) => {
      await using vigia = vigiar(volume, { estado: cena.estado });
      return await vigia.fim();
    };
    const nenhum = `${cena.nome}-nenhum`;
    expect(await correr(nenhum)).toMatchObject({ codigo: 66, erros: expect.stringContaining('não existe') });
    expect(await dockerOuErro('volume', 'ls', '-q', '--filter', `name=${nenhum}`)).toBe('');
    const deOutro = expect.stringContaining(`é o estado do volume ${nenhum}`);
    expect(await correr(cena.volume)).toEqual({ codigo: 65, erros: deOutro });
    writeFileSync(cena.estado, '{"vigia":1');
    expect(await correr(cena.volume)).toMatchObject({
      codigo: 65,
      erros: expect.stringContaining('estragado'),
    });
  });
});
