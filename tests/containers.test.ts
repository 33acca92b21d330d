import { expect, setDefaultTimeout, test } from 'bun:test';
import { docker, dockerOuErro, projetoTemporario } from './apoio/docker.ts';
import { grupoQuePrecisa } from './apoio/exigencias.ts';
import { ate, bancoTemporario, escritor, PRAZO_MS, recibosDe, verificacao } from './apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const LIMITE_MS = PRAZO_MS;

grupoQuePrecisa('docker', 'no engine do Docker', () => {
  test.concurrent(
    'up mostra os dois em ordem; um segundo up continua; os dados sobrevivem a down',
    async () => {
      using projeto = projetoTemporario();
      const primeiro = await projeto.compose('up', '--build', '--no-color');
      const posicao = (texto: string) => primeiro.saida.indexOf(texto);
      expect(posicao('escritor-1')).toBeGreaterThan(-1);
      expect(posicao('Usuários gravados: 3. No total: 3.')).toBeLessThan(
        posicao('Banco /data/desafio2.db, lido por'),
      );
      expect(primeiro.saida).toContain('APROVADO, persistência comprovada');
      expect(primeiro.codigo).toBe(0);
      const [reciboUm = ''] = recibosDe(primeiro.saida);

      const segundo = await projeto.compose('up', '--no-color');
      const [reciboDois = ''] = recibosDe(segundo.saida);
      expect(reciboDois).toStartWith('2:');

      expect((await projeto.compose('down')).codigo).toBe(0);
      expect(await dockerOuErro('ps', '-aq', '--filter', `name=${projeto.nome}`)).toBe('');
      expect(await dockerOuErro('volume', 'ls', '-q', '--filter', `name=${projeto.volume}`)).toBe(
        projeto.volume,
      );

      const laudo = await projeto.laudo('-r', reciboUm, '--recibo', reciboDois);
      expect(laudo).toMatchObject({
        aprovado: true,
        codigo: 0,
        registros: 6,
        execucoes: 2,
        recibo: reciboDois,
      });
      expect(laudo.container).toMatch(/^[0-9a-f]{12}$/);
      expect(laudo.ultimas_execucoes.map(({ container }) => container)).not.toContain(laudo.container);
      expect(verificacao(laudo, 'volume').detalhe).toMatch(
        new RegExp(`^volume ${projeto.volume} em /data: [a-z0-9]+, somente leitura$`),
      );
      expect(verificacao(laudo, 'origem').resultado).toBe('aprovada');
    },
    LIMITE_MS,
  );

  test.concurrent(
    'run --rm passa as opções e os códigos de saída dos dois programas',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      expect((await projeto.leitor()).codigo).toBe(66);
      const escrita = await projeto.escritor('-n', '2', '-e', '2', '--json');
      expect(recibosDe(escrita.saida)).toHaveLength(2);
      expect(escrita.codigo).toBe(0);
      expect((await projeto.escritor('--nada')).codigo).toBe(64);
      expect((await projeto.leitor('-r', recibosDe(escrita.saida)[1] ?? '')).codigo).toBe(0);
      expect((await projeto.leitor('-r', `1:${'0'.repeat(64)}`)).codigo).toBe(65);
      expect(await dockerOuErro('ps', '-aq', '--filter', `name=${projeto.nome}`)).toBe('');
    },
    LIMITE_MS,
  );

  test.concurrent(
    'um volume trocado por um novo, esvaziado ou voltado a uma cópia antiga é reprovado',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      await projeto.escritor('--json');
      const nomeDaCopia = `${projeto.nome}-copia`;
      const copiar = (de: string, para: string) =>
        rodarBun(
          projeto.nome,
          ['-v', `${de}:/de:ro`, '-v', `${para}:/para`, '-u', '0'],
          "require('fs').cpSync('/de/desafio2.db', '/para/desafio2.db', { preserveTimestamps: true })",
        );
      expect((await copiar(projeto.volume, nomeDaCopia)).codigo).toBe(0);
      const [recibo = ''] = recibosDe((await projeto.escritor('--json')).saida);
      expect((await projeto.leitor('-r', recibo)).codigo).toBe(0);

      expect((await copiar(nomeDaCopia, projeto.volume)).codigo).toBe(0);
      expect((await projeto.laudo('-r', recibo)).codigo).toBe(65);

      const volume = () => dockerOuErro('volume', 'ls', '-q', '--filter', `name=${projeto.volume}`);
      await projeto.compose('run', '--no-deps', 'leitor'); // sem --rm, o container fica e segura o volume
      expect((await projeto.compose('down', '-v')).codigo).toBe(0);
      expect(await volume()).toBe(projeto.volume);
      expect((await projeto.compose('down', '-v', '--remove-orphans')).codigo).toBe(0);
      expect(await volume()).toBe('');
      expect((await projeto.leitor('-r', recibo)).codigo).toBe(66);
      await projeto.escritor('-e', '2');
      const laudo = await projeto.laudo('-r', recibo);
      expect(laudo).toMatchObject({ codigo: 65, registros: 6, execucoes: 2 });
      expect(verificacao(laudo, 'recibos').detalhe).toContain('tem um selo diferente');
    },
    LIMITE_MS,
  );

  test.concurrent(
    'sem volume, e num volume na memória, a verificação volume diz não: 69',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      const semVolume = `${projeto.nome}-sem-volume`;
      await dockerOuErro('create', '--name', semVolume, `${projeto.nome}-leitor`, '--json');
      await dockerOuErro('cp', banco.caminho, `${semVolume}:/data/desafio2.db`);
      const naCamada = await docker(['start', '-a', semVolume]);
      expect(verificacao(JSON.parse(naCamada.saida), 'volume')).toMatchObject({
        resultado: 'reprovada',
        detalhe: '/data está na camada do próprio container e some com ele',
      });
      expect(naCamada.erros).toContain('Monte um volume');
      expect(naCamada.codigo).toBe(69);

      const escritaSolta = await docker(['run', '--rm', `${projeto.nome}-escritor`]);
      expect(escritaSolta.erros).toStartWith('escritor: aviso: /data está na camada do próprio container');
      expect(escritaSolta.codigo).toBe(0);
      const leituraSolta = await docker(['run', '--rm', `${projeto.nome}-leitor`]);
      expect(leituraSolta.erros).toContain('leitor: /data/desafio2.db não existe');
      expect(leituraSolta.erros).toContain('Monte um volume');
      expect(leituraSolta.codigo).toBe(66);

      const memoria = `${projeto.nome}-memoria`;
      const opcoes = ['type=tmpfs', 'device=tmpfs', 'o=uid=65532,gid=65532'].flatMap((opcao) => [
        '--opt',
        opcao,
      ]);
      await dockerOuErro('volume', 'create', ...opcoes, memoria);
      const escritorPreso = `${projeto.nome}-preso`;
      await dockerOuErro(
        ...['run', '-d', '--name', escritorPreso, '-v', `${memoria}:/data`, `${projeto.nome}-escritor`],
        ...['-e', '0', '--json'],
      );
      await ate(
        async () => recibosDe(await dockerOuErro('logs', escritorPreso)).length > 0,
        'haja um recibo',
      );
      const naMemoria = await docker(['run', '--rm', '-v', `${memoria}:/data:ro`, `${projeto.nome}-leitor`]);
      expect(naMemoria.saida).toContain('✘ volume     /data é tmpfs, na memória, e não persiste');
      expect(naMemoria.saida).toContain('NÃO PERSISTE');
      expect(naMemoria.codigo).toBe(69);
    },
    LIMITE_MS,
  );

  test.concurrent(
    'stop para um escritor sem fim, com e sem init, e nada fica pela metade',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      const casos = [
        ['com-init', ['--init']],
        ['pid-1', []],
      ] as const;
      for (const [nome, opcoes] of casos) {
        const container = `${projeto.nome}-${nome}`;
        await dockerOuErro(
          ...['run', '-d', '--name', container, ...opcoes, '-v', `${projeto.volume}:/data`],
          ...[`${projeto.nome}-escritor`, '-e', '0', '--json'],
        );
        await ate(async () => recibosDe(await dockerOuErro('logs', container)).length > 3, 'haja recibos');
        await dockerOuErro('stop', '-t', '60', container);
        expect(await dockerOuErro('inspect', '--format', '{{.State.ExitCode}}', container)).toBe('143');
        const recibos = recibosDe(await dockerOuErro('logs', container));
        const laudo = await projeto.laudo('-r', recibos.at(-1) ?? '');
        expect(laudo).toMatchObject({ codigo: 0, recibo: recibos.at(-1) });
      }
    },
    LIMITE_MS,
  );

  test.concurrent(
    'os containers têm só o poder de que precisam',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      const sonda = `
      const { readFileSync, writeFileSync, readdirSync } = require('fs');
      const { networkInterfaces } = require('os');
      const tentar = (caminho) => { try { writeFileSync(caminho, 'x'); return 'escreveu'; } catch (e) { return e.code; } };
      const estado = readFileSync('/proc/self/status', 'utf8');
      const campo = (nome) => estado.match(new RegExp('^' + nome + ':\\\\s*(\\\\S+)', 'm'))[1];
      const rotas = readFileSync('/proc/net/route', 'utf8').split('\\n').filter((l) => l.split('\\t')[1] === '00000000');
      console.log(JSON.stringify({
        data: tentar('/data/sonda'), raiz: tentar('/sonda'), app: tentar('/app/programa.js'),
        uid: campo('Uid'), caps: campo('CapBnd'), semNovos: campo('NoNewPrivs'), rotas: rotas.length,
        app_tem: readdirSync('/app'),
      }));`;
      const sondar = async (servico: string) => {
        const { saida } = await projeto.compose(
          ...['run', '--rm', '--no-deps', '--entrypoint', '/usr/local/bin/bun', servico, '-e', sonda],
        );
        return JSON.parse(saida);
      };
      const comum = {
        raiz: 'EROFS',
        app: 'EACCES',
        uid: '65532',
        caps: '0000000000000000',
        semNovos: '1',
        rotas: 0,
        app_tem: ['programa.js'],
      };
      expect(await sondar('escritor')).toEqual({ ...comum, data: 'escreveu' });
      expect(await sondar('leitor')).toEqual({ ...comum, data: 'EROFS' });
    },
    LIMITE_MS,
  );

  test.concurrent(
    'a imagem leva menos de 64 kB acima da base',
    async () => {
      using projeto = projetoTemporario();
      await projeto.construir();
      const tamanho = async (imagem: string) =>
        Number(await dockerOuErro('image', 'inspect', '--format', '{{.Size}}', imagem));
      const base = process.env.IMAGEM_BASE || 'oven/bun:1.4.5-distroless';
      for (const programa of ['escritor', 'leitor']) {
        expect((await tamanho(`${projeto.nome}-${programa}`)) - (await tamanho(base))).toBeLessThan(64_000);
      }
    },
    LIMITE_MS,
  );
});

/** Roda um trecho de JavaScript na imagem do leitor, com as opções dadas a `docker run`. */
async function rodarBun(projeto: string, opcoes: string[], codigo: string) {
  const bun = ['--entrypoint', '/usr/local/bin/bun', `${projeto}-leitor`, '-e', codigo];
  return await docker(['run', '--rm', ...opcoes, ...bun]);
}
