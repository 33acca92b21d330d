import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import {
  escritor,
  iniciar,
  leitor,
  pararQuando,
  pedirLaudo,
  recibosDe,
  terminar,
} from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/*
 * O arquivo trocado, movido ou apagado com o escritor a gravar: o SQLite não o nota, e o escritor dava um recibo, com
 * código 0, de uma execução que já não estava no caminho.
 */

type Pasta = ReturnType<typeof pastaTemporaria>;

/** Um escritor parado no meio de uma transação sobre `caminho`: o `-journal` dele existe. */
async function pararNoMeio(caminho: string, real = caminho) {
  // Se a transação acaba antes de se ver o journal, tenta-se com uma maior.
  const comecar = (vez: number) =>
    iniciar('escritor', ['-b', caminho, '-n', `${20_000 * 2 ** Math.min(vez, 10)}`]);
  return await pararQuando(comecar, () => existsSync(`${real}-journal`));
}

/** Um leitor parado com o banco aberto e a trava de leitura na mão: um escritor não o consegue trancar. */
async function pararLendo(caminho: string) {
  using outro = new Database(caminho, { readwrite: true });
  const trancado = () => {
    try {
      outro.run('BEGIN EXCLUSIVE');
      outro.run('ROLLBACK');
      return false;
    } catch {
      return true;
    }
  };
  return await pararQuando(() => iniciar('leitor', ['-b', caminho, '--json']), trancado);
}

const trocas: [oQue: string, trocar: (banco: string, pasta: Pasta) => void][] = [
  ['apagado', (banco) => unlinkSync(banco)],
  ['movido', (banco, pasta) => renameSync(banco, pasta.em('longe.db'))],
  ['trocado por uma cópia antiga, com mv', (banco, pasta) => renameSync(pasta.em('antiga.db'), banco)],
  [
    'apagado e refeito, com rm e cp',
    (banco, pasta) => {
      renameSync(banco, pasta.em('longe.db'));
      copyFileSync(pasta.em('antiga.db'), banco);
    },
  ],
  ['a pasta movida', (_, pasta) => renameSync(pasta.em('dados'), pasta.em('outra'))],
  [
    'a pasta movida e refeita',
    (banco, pasta) => {
      renameSync(pasta.em('dados'), pasta.em('outra'));
      mkdirSync(pasta.em('dados'));
      copyFileSync(pasta.em('antiga.db'), banco);
    },
  ],
  ['a pasta apagada', (_, pasta) => rmSync(pasta.em('dados'), { recursive: true })],
];

grupoQuePrecisa('longos', 'com o escritor no meio de uma transação, o arquivo', () => {
  for (const [oQue, trocar] of trocas) {
    test(`${oQue}: 74, sem recibo`, async () => {
      using pasta = pastaTemporaria();
      const caminho = pasta.em('dados/desafio2.db');
      await escritor('-b', caminho);
      copyFileSync(caminho, pasta.em('antiga.db'));
      const processo = await pararNoMeio(caminho);
      trocar(caminho, pasta);
      processo.kill('SIGCONT');
      const { saida, erros, codigo } = await terminar(processo);
      expect(recibosDe(saida + erros)).toEqual([]);
      expect(erros).toContain(`${caminho} foi trocado, movido ou apagado durante a gravação`);
      expect(erros).not.toContain('as que têm recibo ficaram');
      expect(codigo).toBe(74);
    });
  }

  test('atrás de um link que passa a levar a outro: 74, sem recibo', async () => {
    using pasta = pastaTemporaria();
    await escritor('-b', pasta.em('um.db'));
    await escritor('-b', pasta.em('dois.db'));
    const link = pasta.em('link.db');
    symlinkSync('um.db', link);
    const processo = await pararNoMeio(link, pasta.em('um.db'));
    unlinkSync(link);
    symlinkSync('dois.db', link);
    processo.kill('SIGCONT');
    const { saida, erros, codigo } = await terminar(processo);
    expect(recibosDe(saida + erros)).toEqual([]);
    expect(codigo).toBe(74);
  });

  test('que fica onde estava: 0, com recibo', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const processo = await pararNoMeio(banco.caminho);
    processo.kill('SIGCONT');
    const { saida, codigo } = await terminar(processo);
    const [recibo = ''] = recibosDe(saida);
    expect(codigo).toBe(0);
    expect((await leitor('-b', banco.caminho, '-r', recibo)).codigo).toBe(0);
  });

  for (const vez of [1, 2, 3, 4, 5]) {
    test(`movido entre duas execuções: 74, e os recibos já dados não são tidos por guardados (${vez})`, async () => {
      using pasta = pastaTemporaria();
      const caminho = pasta.em('desafio2.db');
      const processo = iniciar('escritor', ['-b', caminho, '-e', '0', '--json']);
      await ate(() => existsSync(caminho) && statSync(caminho).size > 20_000, 'haja execuções');
      renameSync(caminho, pasta.em('longe.db'));
      const { saida, erros, codigo } = await terminar(processo);
      expect(erros).toContain('com recibo ou sem, pode não estar mais ali');
      expect(codigo).toBe(74);
      const recibos = recibosDe(saida);
      expect(recibos.length).toBeGreaterThan(0);
      // Uma execução pode ter sido confirmada, sem recibo, no arquivo que já estava noutro lugar.
      const laudo = await pedirLaudo(pasta.em('longe.db'), '-r', recibos.at(-1) ?? '');
      expect(laudo).toMatchObject({ aprovado: true, codigo: 0 });
      expect([0, 1]).toContain((laudo.execucoes ?? 0) - recibos.length);
    });
  }
});

grupoQuePrecisa('longos', 'com o leitor no meio da leitura, o arquivo', () => {
  const grande = (async () => {
    const { caminho } = pastaTemporaria();
    await escritor('-b', `${caminho}/grande.db`, '-n', '200000', '--json');
    return `${caminho}/grande.db`;
  })();

  for (const [oQue, trocar] of trocas) {
    test(`${oQue}: 75, sem veredito`, async () => {
      using pasta = pastaTemporaria();
      const caminho = pasta.em('dados/desafio2.db');
      mkdirSync(pasta.em('dados'));
      copyFileSync(await grande, caminho);
      copyFileSync(caminho, pasta.em('antiga.db'));
      const processo = await pararLendo(caminho);
      trocar(caminho, pasta);
      processo.kill('SIGCONT');
      const { saida, erros, codigo } = await terminar(processo);
      expect(erros).toContain(`leitor: ${caminho} foi trocado, movido ou apagado `);
      expect(JSON.parse(saida).aprovado).toBe(false);
      expect(codigo).toBe(75);
    });
  }
});
