import { expect, setDefaultTimeout, test } from 'bun:test';
import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mexer, trocarVolume, vigiar } from '../../apoio/vigia.ts';
import type { Ronda } from '../../vigia/ronda.ts';
import { dockerOuErro } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { cenario } from '../apoio/vigia.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['docker', 'longos'], 'vigia, e os seus arquivos', () => {
  test('dois não têm o mesmo estado, nem por um link: o segundo diz 75, e o primeiro continua', async () => {
    await using cena = await cenario();
    const link = cena.em('link.json');
    symlinkSync(cena.estado, link);
    await using vigia = vigiar(cena.volume, { estado: link, aCada: 1, opcoes: ['--cadeia', '2'] });
    const { recibo } = await vigia.ronda();
    await using outro = vigiar(cena.volume, { estado: cena.estado, aCada: 1, opcoes: ['--cadeia', '2'] });
    expect(await outro.fim()).toMatchObject({ codigo: 75, erros: expect.stringContaining('ocupado') });
    expect(await vigia.ronda()).toMatchObject({ codigo: 0, exigido: recibo });
    // O que se guarda está onde o link leva, e ele continua um link.
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(JSON.parse(readFileSync(cena.estado, 'utf8')).recibo).toMatch(/^\d/);
  });

  grupoQuePrecisa('root', 'na pasta do volume', () => {
    test('um estado que está no volume é recusado, e nada se põe nele', async () => {
      await using cena = await cenario();
      const pasta = await dockerOuErro('volume', 'inspect', '--format', '{{.Mountpoint}}', cena.volume);
      const link = cena.em('pasta');
      symlinkSync(pasta, link);
      await using vigia = vigiar(cena.volume, { estado: `${link}/novas/estado.json` });
      expect(await vigia.fim()).toMatchObject({
        codigo: 64,
        erros: expect.stringContaining('está no volume'),
      });
      expect(await mexer(cena.volume, `console.log(fs.readdirSync('/v').join())`)).toBe('desafio2.db');
    });
  });

  test('nem por outro nome da pasta de que o volume é feito', async () => {
    await using cena = await cenario();
    const [pasta, nome, volume] = [cena.em('dados'), cena.em('nome'), `${cena.nome}-pasta`];
    mkdirSync(pasta);
    symlinkSync(pasta, nome);
    const opcoes = ['type=none', 'o=bind', `device=${nome}`].flatMap((opcao) => ['--opt', opcao]);
    await dockerOuErro('volume', 'create', ...opcoes, volume);
    await using vigia = vigiar(volume, { estado: `${pasta}/estado.json` });
    expect(await vigia.fim()).toMatchObject({ codigo: 64, erros: expect.stringContaining('está no volume') });
  });

  test('o 65 diz-se, e é o código, mesmo que as métricas não se consigam gravar', async () => {
    await using cena = await cenario();
    const pasta = cena.em('metricas');
    mkdirSync(pasta);
    const opcoes = ['--metricas', `${pasta}/vigia.prom`];
    await using vigia = vigiar(cena.volume, { estado: cena.estado, opcoes });
    await vigia.entreRondas(async () => {
      await trocarVolume(cena.volume);
      rmSync(pasta, { recursive: true });
      writeFileSync(pasta, '');
    });
    // O leitor correu, e disse não: sabe-se quanto levou.
    expect(await vigia.ronda()).toMatchObject({ codigo: 65, leitura_ms: expect.any(Number) });
    const { codigo, erros } = await vigia.fim();
    expect([codigo, erros]).toEqual([65, expect.stringContaining('não consegue gravar')]);
    expect(erros).toContain('leitor saiu com 65');
  });
});

grupoQuePrecisa(['docker', 'longos'], 'vigia, e um estado que deixa de se poder guardar', () => {
  test('uma ronda aprovada que não se consegue guardar diz-se, e só depois ele acaba', async () => {
    await using cena = await cenario();
    const pasta = cena.em('estado');
    await using vigia = vigiar(cena.volume, { estado: `${pasta}/vigia.json`, aCada: 1 });
    let ultima = await vigia.ronda();
    rmSync(pasta, { recursive: true });
    writeFileSync(pasta, '');
    const { codigo, erros } = await vigia.fim();
    expect([codigo, erros]).toEqual([74, expect.stringContaining(`não consegue gravar ${pasta}/vigia.json`)]);
    for (let dita: Ronda | undefined = ultima; dita; dita = await vigia.ronda().catch(() => undefined))
      ultima = dita;
    const contar = `const banco = new (require('bun:sqlite').Database)('${ultima.banco.replace('/data', '/v')}');
      console.log(banco.query('SELECT count(*) FROM execucoes').values().join());`;
    expect(ultima).toMatchObject({ codigo: 0, mensagem: null });
    expect(ultima.recibo?.split(':')[0]).toBe(await mexer(cena.volume, contar));
  });
});
