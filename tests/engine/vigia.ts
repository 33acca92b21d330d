import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { exigir } from '../../apoio/processo.ts';
import { projetoQuebrado } from '../../apoio/projeto.ts';
import { ESVAZIAR, guardarCopia, mexer, trocarVolume, vigiar, voltarACopia } from '../../apoio/vigia.ts';
import { SEM_LEMBRAR } from '../../ensaios/vigia.ts';
import { rodarComandos } from '../apoio/comandos.ts';
import { dockerOuErro } from '../apoio/docker.ts';
import { comandosDe, entreCrases, lerTexto, secao } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { type Cenario, cenario } from '../apoio/vigia.ts';

setDefaultTimeout(PRAZO_MS);

const LISTAR = `console.log(fs.readdirSync('/v', { recursive: true }).sort().join())`;
const RESUMIR = `console.log(Bun.SHA256.hash(fs.readFileSync('/v/desafio2.db'), 'hex'))`;

const CORTAR = `for (const nome of fs.readdirSync('/v/vigia')) fs.truncateSync('/v/vigia/' + nome, 5000)`;
/** O que o leitor diz de uma cadeia que não tem o recibo. */
const OUTRA_CADEIA = /não está no banco|selo diferente|selos diferentes/;

const voltar = ({ volume, copia }: Cenario) => voltarACopia(volume, copia);

/** O que se faz a um volume, e o que o vigia tem de dizer disso na ronda seguinte. */
const ESTRAGOS: [nome: string, codigo: number, dito: RegExp, fazer: (cena: Cenario) => Promise<unknown>][] = [
  ['trocado por outro', 65, OUTRA_CADEIA, ({ volume }) => trocarVolume(volume)],
  ['voltado a uma cópia antiga', 65, OUTRA_CADEIA, voltar],
  ['esvaziado', 65, OUTRA_CADEIA, ({ volume }) => mexer(volume, ESVAZIAR)],
  ['cortado', 65, /^(escritor|leitor) saiu com 65/, ({ volume }) => mexer(volume, CORTAR)],
  ['removido', 65, /não existe/, ({ volume }) => dockerOuErro('volume', 'rm', volume)],
];

/** Estraga o volume entre duas rondas; se é para o voltar atrás, depois de mais uma. */
async function estragar(vigia: ReturnType<typeof vigiar>, cena: Cenario, fazer: (cena: Cenario) => unknown) {
  if (fazer === voltar) await vigia.entreRondas(() => guardarCopia(cena.volume, cena.copia));
  await vigia.entreRondas(async () => {
    await fazer(cena);
  });
}

grupoQuePrecisa(['docker', 'longos'], 'vigia', () => {
  test('um volume são é aprovado em cada ronda, também quando a cadeia se fecha, e nada mais nele muda', async () => {
    await using cena = await cenario();
    const antes = await mexer(cena.volume, RESUMIR);
    const metricas = cena.em('vigia.prom');
    await using vigia = vigiar(cena.volume, {
      ...{ estado: cena.estado, aCada: 1, opcoes: ['--cadeia', '2', '--metricas', metricas] },
    });
    const rondas = [];
    for (let i = 0; i < 5; i++) rondas.push(await vigia.ronda());
    // A cadeia que a quinta fechou já não está lá quando a sexta começa, e essa não fecha nenhuma.
    expect(await vigia.ronda()).toMatchObject({ codigo: 0, fechada: null });
    expect(rondas.map(({ codigo, mensagem }) => [codigo, mensagem])).toEqual(Array(5).fill([0, null]));
    expect(rondas.map(({ recibo }) => recibo?.split(':')[0])).toEqual(['1', '2', '1', '2', '1']);
    expect(rondas.map(({ exigido }) => exigido)).toEqual([
      null,
      ...rondas.slice(0, -1).map(({ recibo }) => recibo),
    ]);
    expect(rondas.map(({ fechada }) => fechada)).toEqual(
      rondas.map(({ exigido }) => (exigido?.startsWith('2:') ? exigido : null)),
    );
    vigia.processo.kill('SIGTERM');
    expect((await vigia.fim()).codigo).toBe(143);
    const { banco, iniciada_em } = rondas[4] ?? {};
    expect(await mexer(cena.volume, LISTAR)).toBe(`desafio2.db,vigia,${banco?.slice('/data/'.length)}`);
    expect(await mexer(cena.volume, RESUMIR)).toBe(antes);
    const texto = readFileSync(metricas, 'utf8');
    expect(texto).toMatch(/^(# HELP (\w+) .+\n# TYPE \2 gauge\n\2\{volume="[\w.-]+"\} [\d.]+\n){5}$/);
    expect(texto).toContain(`desafio2_vigia_codigo{volume="${cena.volume}"} 0\n`);
    const [, instante] = texto.match(/aprovada_timestamp_seconds\{.*\} (.*)/) ?? [];
    expect(Number(instante) * 1000).toBeGreaterThanOrEqual(Date.parse(iniciada_em ?? ''));

    // O que a página diz: os campos, as métricas, e como tirar do volume o que ele deixou.
    const ditos = entreCrases(secao('docs/vigia.md', '## O que diz'));
    const medidas = [...texto.matchAll(/^# TYPE (\w+)/gm)].map(([, nome]) => nome);
    expect(ditos).toEqual(expect.arrayContaining([...Object.keys(rondas[0] ?? {}), ...medidas]));
    const comandos = comandosDe(lerTexto('docs/vigia.md')).map(({ texto, codigo }) => {
      return { texto: texto.replace('meu:', `${cena.volume}:`), codigo };
    });
    await rodarComandos(comandos, {});
    expect(await mexer(cena.volume, LISTAR)).toBe('desafio2.db');
  });
});

grupoQuePrecisa(['docker', 'longos'], 'vigia, entre duas rondas', () => {
  for (const [nome, codigo, dito, fazer] of ESTRAGOS) {
    test(`um volume ${nome} é notado na ronda seguinte: ${codigo}`, async () => {
      await using cena = await cenario();
      const metricas = cena.em('vigia.prom');
      await using vigia = vigiar(cena.volume, { estado: cena.estado, opcoes: ['--metricas', metricas] });
      await estragar(vigia, cena, fazer);
      const { mensagem, ...notada } = await vigia.ronda();
      expect([notada.codigo, mensagem]).toEqual([codigo, expect.stringMatching(dito)]);
      const { erros, codigo: saiu } = await vigia.fim();
      expect([saiu, erros]).toEqual([codigo, expect.stringMatching(/^vigia: .+\n {7}\S.+\n$/)]);
      expect(readFileSync(metricas, 'utf8')).toContain(`desafio2_vigia_codigo{volume="${cena.volume}"} 65\n`);
    });
  }

  test('um volume trocado enquanto ele está parado é notado, tantas vezes quantas ele volte', async () => {
    await using cena = await cenario();
    {
      await using vigia = vigiar(cena.volume, { estado: cena.estado });
      await vigia.ronda();
    }
    await trocarVolume(cena.volume);
    for (const vez of [1, 2]) {
      await using outro = vigiar(cena.volume, { estado: cena.estado });
      const { codigo, mensagem } = await outro.ronda();
      expect([vez, codigo, mensagem]).toEqual([vez, 65, expect.stringMatching(OUTRA_CADEIA)]);
    }
  });

  test('um volume que some com o container é reprovado na primeira ronda', async () => {
    await using cena = await cenario();
    const volume = `${cena.nome}-memoria`;
    const opcoes = ['type=tmpfs', 'device=tmpfs', 'o=uid=65532,gid=65532'];
    await dockerOuErro('volume', 'create', ...opcoes.flatMap((opcao) => ['--opt', opcao]), volume);
    await using vigia = vigiar(volume, { estado: cena.estado });
    expect(await vigia.ronda()).toMatchObject({
      codigo: 65,
      mensagem: expect.stringContaining('não existe'),
    });
  });

  test('um que esquece o recibo não nota a cópia antiga', async () => {
    await using cena = await cenario();
    using quebrado = projetoQuebrado(...SEM_LEMBRAR);
    await using vigia = vigiar(cena.volume, { estado: cena.estado, raiz: quebrado.raiz });
    await estragar(vigia, cena, voltar);
    expect(await vigia.ronda()).toMatchObject({ codigo: 0, mensagem: null });
  });
});

grupoQuePrecisa(['docker', 'root', 'longos'], 'vigia, num disco com os seus limites', () => {
  const NUM_DISCO: [nome: string, codigo: number, dito: RegExp, fazer: (ponto: string) => void][] = [
    ['somente leitura', 77, /permissão/, (ponto) => exigir('mount', '-o', 'remount,ro', ponto)],
    ['cheio', 74, /cheio/, (ponto) => Bun.spawnSync(['dd', 'if=/dev/zero', `of=${ponto}/cheio`])],
  ];
  for (const [nome, codigo, dito, fazer] of NUM_DISCO) {
    test(`um volume ${nome} é notado na ronda seguinte: ${codigo}`, async () => {
      await using cena = await cenario();
      const [imagem, ponto, volume] = [cena.em('disco'), cena.em('ponto'), `${cena.nome}-disco`];
      exigir('truncate', '-s', '4M', imagem);
      exigir('mkfs.ext4', '-q', '-m', '0', imagem);
      exigir('mkdir', ponto);
      exigir('mount', '-o', 'loop', imagem, ponto);
      try {
        exigir('chown', '65532:65532', ponto);
        const opcoes = ['type=none', 'o=bind', `device=${ponto}`].flatMap((opcao) => ['--opt', opcao]);
        await dockerOuErro('volume', 'create', ...opcoes, volume);
        await using vigia = vigiar(volume, { estado: cena.estado });
        await vigia.entreRondas(async () => fazer(ponto));
        const notada = await vigia.ronda();
        expect([notada.codigo, notada.mensagem]).toEqual([codigo, expect.stringMatching(dito)]);
        expect((await vigia.fim()).codigo).toBe(codigo);
      } finally {
        exigir('umount', ponto);
      }
    });
  }
});
