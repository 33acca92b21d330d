import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { projetoQuebrado, type Troca } from '../../apoio/projeto.ts';
import { vigiar } from '../../apoio/vigia.ts';
import { dockerOuErro } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { type Cenario, cenario, mexer } from '../apoio/vigia.ts';

setDefaultTimeout(PRAZO_MS);

const LISTAR = `console.log(fs.readdirSync('/v', { recursive: true }).sort().join())`;
const RESUMIR = `console.log(Bun.SHA256.hash(fs.readFileSync('/v/desafio2.db'), 'hex'))`;
const ESVAZIAR = `for (const nome of fs.readdirSync('/v')) fs.rmSync('/v/' + nome, { recursive: true });`;
const copiar = (de: string, para: string) =>
  `fs.cpSync('/${de}', '/${para}', { recursive: true, preserveTimestamps: true });
   for (const nome of fs.readdirSync('/${para}', { recursive: true })) fs.chownSync('/${para}/' + nome, 65532, 65532);`;

/** Traz de volta a cópia que `estragar` guardou. */
const voltar = ({ volume, nome }: Cenario) =>
  mexer({ v: volume, copia: `${nome}-copia` }, `${ESVAZIAR} ${copiar('copia', 'v')}`);

/** O que se faz a um volume, e o que o vigia tem de dizer disso na ronda seguinte. */
const ESTRAGOS: [nome: string, codigo: number, dito: RegExp, fazer: (cena: Cenario) => Promise<unknown>][] = [
  [
    'trocado por outro',
    65,
    /não está no banco|selo diferente|selos diferentes/,
    async ({ volume }) => {
      await dockerOuErro('volume', 'rm', volume);
      await dockerOuErro('volume', 'create', volume);
    },
  ],
  ['voltado a uma cópia antiga', 65, /não está no banco|selo diferente|selos diferentes/, voltar],
  ['esvaziado', 65, /não está no banco/, ({ volume }) => mexer({ v: volume }, ESVAZIAR)],
  [
    'cortado',
    65,
    /saiu com 65/,
    ({ volume }) =>
      mexer(
        { v: volume },
        `for (const nome of fs.readdirSync('/v/vigia')) fs.truncateSync('/v/vigia/' + nome, 5000)`,
      ),
  ],
  ['removido', 65, /não existe/, ({ volume }) => dockerOuErro('volume', 'rm', volume)],
];

/** Um vigia que só exige o recibo que a ronda acaba de dar. */
const SEM_LEMBRAR: Troca[] = [['vigia/ronda.ts', '[exigido, recibo]', '[recibo]']];

/** Guarda uma cópia do volume depois da primeira ronda, e estraga-o depois da segunda. */
async function estragar(vigia: ReturnType<typeof vigiar>, cena: Cenario, fazer: (cena: Cenario) => unknown) {
  await vigia.entreRondas(async () => {
    await mexer({ v: cena.volume, copia: `${cena.nome}-copia` }, copiar('v', 'copia'));
  });
  await vigia.entreRondas(async () => {
    await fazer(cena);
  });
}

grupoQuePrecisa('docker', 'vigia', () => {
  test('um volume são é aprovado em cada ronda, também quando a cadeia se fecha, e nada mais nele muda', async () => {
    await using cena = await cenario();
    const antes = await mexer({ v: cena.volume }, RESUMIR);
    const metricas = cena.em('vigia.prom');
    await using vigia = vigiar(cena.volume, {
      ...{ estado: cena.estado, aCada: 1, opcoes: ['--cadeia', '2', '--metricas', metricas] },
    });
    const rondas = [];
    for (let i = 0; i < 6; i++) rondas.push(await vigia.ronda());
    expect(rondas.map(({ codigo, mensagem }) => [codigo, mensagem])).toEqual(Array(6).fill([0, null]));
    expect(rondas.map(({ recibo }) => recibo?.split(':')[0])).toEqual(['1', '2', '1', '2', '1', '2']);
    expect(rondas.map(({ exigido }) => exigido)).toEqual([
      null,
      ...rondas.slice(0, -1).map(({ recibo }) => recibo),
    ]);
    expect(rondas.map(({ fechada }) => fechada)).toEqual(
      rondas.map(({ exigido }) => (exigido?.startsWith('2:') ? exigido : null)),
    );
    vigia.processo.kill('SIGTERM');
    expect((await vigia.fim()).codigo).toBe(143);
    const { banco, iniciada_em } = rondas[5] ?? {};
    expect(await mexer({ v: cena.volume }, LISTAR)).toBe(
      `desafio2.db,vigia,${banco?.slice('/data/'.length)}`,
    );
    expect(await mexer({ v: cena.volume }, RESUMIR)).toBe(antes);
    const texto = readFileSync(metricas, 'utf8');
    expect(texto).toMatch(/^(# HELP (\w+) .+\n# TYPE \2 gauge\n\2\{volume="[\w.-]+"\} [\d.]+\n){5}$/);
    expect(texto).toContain(`desafio2_vigia_codigo{volume="${cena.volume}"} 0\n`);
    const [, instante] = texto.match(/aprovada_timestamp_seconds\{.*\} (.*)/) ?? [];
    expect(Number(instante) * 1000).toBeGreaterThanOrEqual(Date.parse(iniciada_em ?? ''));
  });

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
      // Outro vigia, com o mesmo estado, não esquece.
      await using outro = vigiar(cena.volume, { estado: cena.estado });
      expect((await outro.ronda()).codigo).toBe(codigo);
    });
  }

  test('um que esquece o recibo não nota a cópia antiga', async () => {
    await using cena = await cenario();
    using quebrado = projetoQuebrado(...SEM_LEMBRAR);
    await using vigia = vigiar(cena.volume, { estado: cena.estado, raiz: quebrado.raiz });
    await estragar(vigia, cena, voltar);
    expect(await vigia.ronda()).toMatchObject({ codigo: 0, mensagem: null });
  });
});
