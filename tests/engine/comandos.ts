import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { doCompose, doDocker, noProjeto, prometer, rodarComandos } from '../apoio/comandos.ts';
import { dockerOuErro, projetoTemporario } from '../apoio/docker.ts';
import { blocos, corrido, secao } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

/** Um trecho de saída como expressão: `…` é o que foi cortado, e o que muda de uma vez para outra é qualquer um. */
function comoExpressao(exemplo: string): RegExp {
  const partes = semPrefixo(exemplo)
    .split(/\s*…\s*/)
    .map((parte) => parte.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\b[0-9a-f]{12,}/g, '[0-9a-f]+'));
  return new RegExp(partes.join('.*?').replace('ext4', '[a-z0-9]+'), 's');
}

/** O que os dois programas dizem em `up`, sem o prefixo do Compose e como se o terminal não acabasse. */
const semPrefixo = (saida: string) => corrido(saida.replace(/^\w+-1 +\| ?/gm, ''));

grupoQuePrecisa(['docker', 'longos'], 'os comandos do README, no engine do Docker', () => {
  test('os das três portas, e o que o primeiro imprime', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const saidas = await rodarComandos(noProjeto(doDocker('README.md'), projeto), doCompose(projeto));
    const [exemplo = ''] = blocos(secao('README.md', '## Começar'), 'text');
    expect(semPrefixo(saidas[0] ?? '')).toMatch(
      comoExpressao(exemplo.replace('desafio2_volume', projeto.volume)),
    );
  });

  test('os problemas comuns são como o README os conta', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const alheio = `RECIBO=1:${'0'.repeat(64)}`;
    const [, outroVolume, reprovado, comCodigo, , , semApagar] = await rodarComandos(
      [
        ...prometer(0, 'docker compose up', `VOLUME_DADOS=${projeto.volume}-2 docker compose up`),
        ...prometer(0, `${alheio} docker compose up`),
        ...prometer(65, `${alheio} docker compose up --exit-code-from leitor leitor`),
        ...prometer(64, 'docker compose run --rm --no-deps leitor --recibo ""'),
        ...prometer(0, 'docker compose run --no-deps leitor', 'docker compose down -v'),
        ...prometer(0, `docker volume inspect ${projeto.volume}`),
        ...prometer(
          0,
          'docker compose down -v --remove-orphans',
          `! docker volume inspect ${projeto.volume}`,
        ),
      ],
      doCompose(projeto),
    );
    expect(semPrefixo(outroVolume ?? '')).toContain(`volume ${projeto.volume} em /data`);
    expect(reprovado).toContain('REPROVADO');
    expect(comCodigo).toContain('Aborting on container exit');
    expect(comCodigo).not.toContain('escritor-1  |');
    expect(semApagar).toContain('Resource is still in use');
  });
});

grupoQuePrecisa(['docker', 'longos'], 'os comandos dos documentos, no engine do Docker', () => {
  test('os da entrega, e o que a tabela diz que se vê', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    using pasta = pastaTemporaria();
    const comandos = doDocker('docs/entrega.md').map(({ texto, codigo }) => {
      return { texto: texto.replace('> laudo.html', `> ${pasta.em('laudo.html')}`), codigo };
    });
    const saidas = await rodarComandos(noProjeto(comandos, projeto), doCompose(projeto));
    expect(readFileSync(pasta.em('laudo.html'), 'utf8')).toContain(
      '</span>APROVADO, persistência comprovada.</h1>',
    );
    const prometido = [...secao('docs/entrega.md', '## Cada requisito').matchAll(/"([^"]+)"/g)];
    expect(prometido.length).toBeGreaterThan(5);
    const ausentes = prometido.filter(([, texto = '']) => !saidas.join('\n').includes(texto));
    expect(ausentes.map(([texto]) => texto)).toEqual([]);
  });

  test('os dos volumes', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const comandos = noProjeto(doDocker('docs/volumes.md'), projeto).slice(0, -1);
    const meu = `${projeto.nome}-meu`;
    const semOsDois = `VOLUME_DADOS=${meu} docker compose down -v`;
    const apagar = prometer(0, `docker volume create ${meu}`, semOsDois, `! docker volume inspect ${meu}`);
    await rodarComandos([...comandos, ...apagar], doCompose(projeto));
  });

  test('os da memória, com o segundo volume', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const trocar = (texto: string) => texto.replaceAll('desafio2_memoria', `${projeto.nome}-memoria`);
    const comandos = doDocker('docs/memoria.md').map(({ texto, codigo }) => ({
      texto: trocar(texto),
      codigo,
    }));
    const [, primeira, , segunda, , , reprovada] = await rodarComandos(comandos, doCompose(projeto));
    expect(corrido(primeira ?? '')).toContain('começa agora e não exige nada');
    expect(corrido(segunda ?? '')).toContain('1 exigido, e está na cadeia; 1 vem da memória /memoria/');
    expect(corrido(reprovada ?? '')).toContain('a execução 2 tem um selo diferente do recibo exigido');
    const semPasta = await projeto.leitor('--memoria', '/data/memoria.json');
    expect([semPasta.codigo, semPasta.erros]).toEqual([
      64,
      expect.stringContaining('voltaria atrás com ele'),
    ]);
    const naCamada = await projeto.leitor('--memoria', '/memoria/memoria.json');
    expect([naCamada.codigo, naCamada.erros]).toEqual([69, expect.stringContaining('some com ele')]);
  });

  test('o que dá o volume a outro dono', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const doRoot = ['run', '--rm', '-u', '0', '-v', `${projeto.volume}:/data`, '--entrypoint', 'bun'];
    const estragar = "require('fs').mkdirSync('/data/x'); require('fs').chownSync('/data', 0, 0)";
    await dockerOuErro(...doRoot, `${projeto.nome}-escritor`, '-e', estragar);
    expect((await projeto.escritor()).codigo).toBe(77);
    expect((await projeto.compose(['up'])).codigo).toBe(1);
    await rodarComandos(noProjeto(doDocker('docs/volumes.md'), projeto).slice(-1), {});
    expect((await projeto.escritor()).codigo).toBe(0);
  });

  test('os dos programas, e o que copia o banco', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    using pasta = pastaTemporaria();
    const copia = pasta.em('copia.db');
    const copiar = doDocker('docs/selo.md').map(({ texto }) => texto.replace('copia.db', copia));
    const comandos = [...doDocker('docs/programas.md'), ...prometer(0, 'docker compose up', ...copiar)];
    await rodarComandos(noProjeto(comandos, projeto), doCompose(projeto));
    expect(existsSync(copia)).toBe(true);
  });
});
