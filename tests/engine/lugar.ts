import { expect, setDefaultTimeout, test } from 'bun:test';
import type { Laudo } from '../../lib/cadeia/laudo.ts';
import { docker, dockerOuErro, volumeTemporario } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { executar, PRAZO_MS } from '../apoio/processos.ts';
import { recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Um arquivo de qualquer máquina com um engine, para encobrir um do container. */
const ARQUIVO_DO_HOST = '/etc/hosts';
const HOSTNAME_DO_USUARIO = ['-v', `${ARQUIVO_DO_HOST}:/etc/hostname:ro`];

type Dados = Awaited<ReturnType<typeof volumeTemporario>>;

/** `docker run --rm` de uma imagem. */
async function rodarSolto(imagem: string, opcoes: string[], argumentos: string[] = []) {
  return await docker(['run', '--rm', ...opcoes, imagem, ...argumentos]);
}

/** Um leitor com o banco na camada do seu container; o que ele respondeu. */
async function lerNaCamada({ nome, imagens }: Dados, opcoes: string[]) {
  const [origem, destino] = [`${nome}-origem`, `${nome}-na-camada`];
  await dockerOuErro('create', '--name', destino, ...opcoes, imagens.leitor, '--json');
  await dockerOuErro('create', '--name', origem, imagens.escritor);
  await dockerOuErro('start', '-a', origem);
  const copia = Bun.spawn(['docker', 'cp', `${origem}:/data/desafio2.db`, '-'], { stdout: 'pipe' });
  const colagem = Bun.spawn(['docker', 'cp', '-', `${destino}:/data`], { stdin: copia.stdout });
  expect([await copia.exited, await colagem.exited]).toEqual([0, 0]);
  const { saida, codigo } = await docker(['start', '-a', destino]);
  return { laudo: JSON.parse(saida) as Laudo, codigo };
}

grupoQuePrecisa(['docker', 'longos'], 'onde os programas pensam que estão', () => {
  test('com outro arquivo em /etc/hostname, a camada do container e a memória não são aprovadas', async () => {
    await using dados = await volumeTemporario();
    const { laudo, codigo } = await lerNaCamada(dados, HOSTNAME_DO_USUARIO);
    expect(verificacao(laudo, 'volume').detalhe).toBe(
      '/data está na camada do próprio container e some com ele',
    );
    expect(verificacao(laudo, 'selos').resultado).toBe('aprovada');
    expect(laudo.container).toMatch(/^[0-9a-f]{12}$/);
    expect(codigo).toBe(69);

    const { escritor } = dados.imagens;
    const naCamada = await rodarSolto(escritor, HOSTNAME_DO_USUARIO, ['--json']);
    expect(JSON.parse(naCamada.saida).container).toMatch(/^[0-9a-f]{12}$/);
    expect(naCamada.erros).toStartWith('escritor: aviso: /data está na camada do próprio container');
    expect(naCamada.codigo).toBe(0);
    const memoria = [...HOSTNAME_DO_USUARIO, '--tmpfs', '/data:uid=65532'];
    const naMemoria = await rodarSolto(escritor, memoria);
    expect(naMemoria.erros).toStartWith('escritor: aviso: /data é tmpfs, na memória, e não persiste');
    expect(naMemoria.codigo).toBe(0);
  });

  test('num volume, também numa subpasta, o leitor aprova; num arquivo montado sozinho, não', async () => {
    await using dados = await volumeTemporario();
    const volume = ['-v', `${dados.volume}:/data`];
    const somente = ['-v', `${dados.volume}:/data:ro`];
    const banco = ['-b', '/data/a/b/x.db', '--json'];
    const variantes = [
      [],
      HOSTNAME_DO_USUARIO,
      ['--read-only'],
      ['--hostname', 'um-nome'],
      ['--network', 'none'],
    ];
    for (const [i, variante] of variantes.entries()) {
      const escrita = await rodarSolto(dados.imagens.escritor, [...variante, ...volume], banco);
      expect(escrita.erros).toBe('');
      expect(JSON.parse(escrita.saida).container).toMatch(/^[0-9a-f]{12}$/);
      const recibo = ['-r', recibosDe(escrita.saida)[0] ?? ''];
      const leitura = await rodarSolto(
        dados.imagens.leitor,
        [...variante, ...somente],
        [...banco, ...recibo],
      );
      const laudo: Laudo = JSON.parse(leitura.saida);
      expect(verificacao(laudo, 'volume').detalhe).toStartWith(`volume ${dados.volume} em /data: `);
      expect(verificacao(laudo, 'origem').detalhe).toBe(
        `execuções de outros containers: ${i + 1}; deste (${laudo.container}): 0`,
      );
      expect(leitura.codigo).toBe(0);
    }
    const sozinho = [...somente, '-v', `${ARQUIVO_DO_HOST}:/data/a/b/x.db:ro`];
    const { saida } = await rodarSolto(dados.imagens.leitor, sozinho, banco);
    expect(verificacao(JSON.parse(saida), 'volume').detalhe).toStartWith(
      '/data/a/b/x.db é uma montagem só dele',
    );
  });

  test('na rede de outro container, com o cgroup à vista, cada um é um só', async () => {
    await using dados = await volumeTemporario();
    const dono = `${dados.nome}-dono`;
    const parado = [
      '--entrypoint',
      '/usr/local/bin/bun',
      dados.imagens.leitor,
      '-e',
      'setInterval(() => {}, 1e9)',
    ];
    await dockerOuErro('run', '-d', '--name', dono, '--init', ...parado);
    const rede = ['--network', `container:${dono}`, '--cgroupns', 'host', '-v', `${dados.volume}:/data`];
    const escrita = await rodarSolto(dados.imagens.escritor, rede, ['--json']);
    const leitura = await rodarSolto(dados.imagens.leitor, rede, ['--json']);
    const laudo: Laudo = JSON.parse(leitura.saida);
    const idDoDono = (await dockerOuErro('inspect', '--format', '{{.Id}}', dono)).slice(0, 12);
    const quem = [JSON.parse(escrita.saida).container, laudo.container, idDoDono];
    for (const id of quem) expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(new Set(quem).size).toBe(3);
    expect(verificacao(laudo, 'origem').resultado).toBe('aprovada');
  });

  test('numa etapa de docker build, o escritor avisa e o leitor sai com 69', async () => {
    await using dados = await volumeTemporario();
    const construir = async (programa: 'escritor' | 'leitor', de: string, para: string) => {
      const receita = [
        `FROM ${dados.imagens[programa]}`,
        ...(de ? [`COPY --from=${de} --chown=65532:65532 /data /data`] : []),
        'RUN ["/usr/local/bin/bun", "/app/programa.js"]',
      ];
      const { saida, erros, codigo } = await executar(['docker', 'build', '--no-cache', '-t', para, '-'], {
        env: { ...process.env, BUILDKIT_PROGRESS: 'plain' },
        stdin: Buffer.from(`${receita.join('\n')}\n`),
      });
      return { tudo: saida + erros, codigo };
    };
    const escrita = await construir('escritor', '', `${dados.nome}-escrita`);
    expect(escrita.tudo).toContain('escritor: aviso: /data está na camada do próprio container');
    expect(escrita.codigo).toBe(0);
    const leitura = await construir('leitor', `${dados.nome}-escrita`, `${dados.nome}-leitura`);
    expect(leitura.tudo).toContain('NÃO PERSISTE');
    expect(leitura.tudo).toMatch(/code: 69\b/);
    expect(leitura.codigo).not.toBe(0);
  });
});
