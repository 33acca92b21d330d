import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { imagemBase } from '../../apoio/projeto.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { docker, dockerOuErro, imagens, volumeTemporario } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('docker', 'os programas em containers', () => {
  test('sem volume, a verificação volume diz não: 69', async () => {
    await using dados = await volumeTemporario();
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const semVolume = `${dados.nome}-sem-volume`;
    await dockerOuErro('create', '--name', semVolume, dados.imagens.leitor, '--json');
    await dockerOuErro('cp', banco.caminho, `${semVolume}:/data/desafio2.db`);
    const naCamada = await docker(['start', '-a', semVolume]);
    expect(verificacao(JSON.parse(naCamada.saida), 'volume')).toMatchObject({
      resultado: 'reprovada',
      detalhe: '/data está na camada do próprio container e some com ele',
    });
    expect(naCamada.erros).toContain('Monte um volume');
    expect(naCamada.codigo).toBe(69);

    const escritaSolta = await docker(['run', '--rm', dados.imagens.escritor]);
    expect(escritaSolta.erros).toStartWith('escritor: aviso: /data está na camada do próprio container');
    expect(escritaSolta.codigo).toBe(0);
    const leituraSolta = await docker(['run', '--rm', dados.imagens.leitor]);
    expect(leituraSolta.erros).toContain('leitor: /data/desafio2.db não existe');
    expect(leituraSolta.erros).toContain('Monte um volume');
    expect(leituraSolta.codigo).toBe(66);
  });

  test('a imagem leva menos de 80 kB acima da base; a do leitor, que desenha páginas, menos de 90', async () => {
    const tamanho = async (imagem: string) =>
      Number(await dockerOuErro('image', 'inspect', '--format', '{{.Size}}', imagem));
    for (const [programa, imagem] of Object.entries(await imagens())) {
      // Um terço disto é o que fala com um servidor, e só se carrega com um endereço; o copiador lê e grava.
      const limite = { escritor: 80_000, leitor: 90_000, copiador: 100_000 }[programa] ?? 0;
      expect((await tamanho(imagem)) - (await tamanho(imagemBase()))).toBeLessThan(limite);
    }
  });
});

grupoQuePrecisa(['docker', 'longos'], 'os programas em containers, parados por stop', () => {
  for (const [como, opcoes] of [
    ['com init', ['--init']],
    ['como PID 1', []],
  ] as const) {
    test(`stop para um escritor sem fim, ${como}, e nada fica pela metade`, async () => {
      await using dados = await volumeTemporario();
      const nome = `${dados.nome}-sem-fim`;
      const comando = ['--name', nome, ...opcoes, '-v', `${dados.volume}:/data`, dados.imagens.escritor];
      await dockerOuErro('run', '-d', ...comando, '-e', '0', '--json');
      await ate(async () => (await recibosEm(nome)).length > 3, 'haja recibos');
      await dockerOuErro('stop', '-t', '60', nome);
      expect(await dockerOuErro('inspect', '--format', '{{.State.ExitCode}}', nome)).toBe('143');
      const recibo = (await recibosEm(nome)).at(-1) ?? '';
      expect(await dados.laudo('-r', recibo)).toMatchObject({ codigo: 0, recibo });
    });
  }
});

grupoQuePrecisa(['docker', 'longos'], 'os programas em containers, com outros volumes', () => {
  test('um volume voltado a uma cópia antiga, ou trocado por um novo, é reprovado', async () => {
    await using dados = await volumeTemporario();
    await dados.escritor();
    const copia = `${dados.nome}-copia`;
    const copiar = async (de: string, para: string) => {
      const volumes = ['-u', '0', '-v', `${de}:/de:ro`, '-v', `${para}:/para`];
      const codigo =
        "require('fs').cpSync('/de/desafio2.db', '/para/desafio2.db', { preserveTimestamps: true })";
      await dockerOuErro('run', '--rm', ...volumes, imagemBase(), '-e', codigo);
    };
    await copiar(dados.volume, copia);
    const [recibo = ''] = recibosDe((await dados.escritor('--json')).saida);
    expect((await dados.leitor('-r', recibo)).codigo).toBe(0);
    await copiar(copia, dados.volume);
    expect((await dados.laudo('-r', recibo)).codigo).toBe(65);

    await dockerOuErro('volume', 'rm', dados.volume);
    expect((await dados.leitor('-r', recibo)).codigo).toBe(66);
    await dados.escritor('-e', '2');
    const laudo = await dados.laudo('-r', recibo);
    expect(laudo).toMatchObject({ codigo: 65, registros: 6, execucoes: 2 });
    expect(verificacao(laudo, 'recibos').detalhe).toContain('tem um selo diferente');
  });

  test('num volume na memória, a verificação volume diz não: 69', async () => {
    await using dados = await volumeTemporario();
    const opcoes = ['type=tmpfs', 'device=tmpfs', 'o=uid=65532,gid=65532'];
    await dockerOuErro('volume', 'create', ...opcoes.flatMap((opcao) => ['--opt', opcao]), dados.volume);
    // Um volume desses some com o último container que o usa.
    const preso = ['--name', `${dados.nome}-preso`, '-v', `${dados.volume}:/data`];
    await dockerOuErro('run', '-d', ...preso, dados.imagens.escritor, '-e', '0', '--json');
    await ate(async () => (await recibosEm(`${dados.nome}-preso`)).length > 0, 'haja um recibo');
    const naMemoria = await dados.leitor();
    expect(naMemoria.saida).toContain('✘ volume     /data é tmpfs, na memória, e não persiste');
    expect(naMemoria.saida).toContain('NÃO PERSISTE');
    expect(naMemoria.codigo).toBe(69);
  });

  test('um .env na pasta dos programas não conta', async () => {
    await using dados = await volumeTemporario();
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('.env'), 'BANCO=/data/do-env.db\nRECIBO=1:zzz\n');
    const nome = `${dados.nome}-com-env`;
    await dockerOuErro('create', '--name', nome, '-v', `${dados.volume}:/data`, dados.imagens.leitor);
    await dockerOuErro('cp', pasta.em('.env'), `${nome}:/app/.env`);
    const { erros, codigo } = await docker(['start', '-a', nome]);
    expect(erros).toStartWith('leitor: /data/desafio2.db não existe');
    expect(codigo).toBe(66);
  });
});

/** Os recibos que um container já imprimiu. */
async function recibosEm(container: string): Promise<string[]> {
  return recibosDe(await dockerOuErro('logs', container));
}
