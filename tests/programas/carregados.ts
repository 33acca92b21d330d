import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { fazerChaves } from '../apoio/chaves.ts';
import { PRAZO_MS, RAIZ } from '../apoio/processos.ts';
import { type Programa, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Os módulos de `lib` que um programa carrega para fazer o que se lhe pede. */
async function carregados(programa: Programa, argumentos: string[]): Promise<string[]> {
  using pasta = pastaTemporaria();
  const ambiente = {
    BUN_OPTIONS: `--preload ${join(import.meta.dir, '../apoio/carregados.ts')}`,
    CARREGADOS_EM: pasta.em('carregados'),
  };
  expect((await rodar(programa, argumentos, { ambiente })).codigo).toBe(0);
  const lib = join(RAIZ, 'lib/');
  const todos = readFileSync(ambiente.CARREGADOS_EM, 'utf8').split('\n');
  return todos.filter((caminho) => caminho.startsWith(lib)).map((caminho) => caminho.slice(lib.length));
}

/** O que só se carrega quando se pede. */
const A_PEDIDO = /assinaturas|memoria|exigencias|indicado|postgres\/|pagina\//;

test('sem chave, memória, página nem servidor, nada do que os serve se carrega', async () => {
  using banco = bancoTemporario();
  using pasta = pastaTemporaria();
  const { privada, publica } = await fazerChaves(pasta.em);
  const noBanco = ['-b', banco.caminho];
  const daChave = ['armazem/indicado.ts', 'cadeia/assinaturas.ts'];
  const pedidos: [Programa, string[], string[]][] = [
    ['escritor', [], []],
    ['leitor', [], []],
    ['escritor', ['--chave', privada], daChave],
    ['leitor', ['--chave-publica', publica], [...daChave, 'cadeia/exigencias.ts', 'cadeia/memoria.ts']],
  ];
  for (const [programa, opcoes, esperados] of pedidos) {
    const vistos = (await carregados(programa, [...noBanco, ...opcoes])).filter((um) => A_PEDIDO.test(um));
    expect([programa, opcoes, vistos.sort()]).toEqual([programa, opcoes, esperados.sort()]);
  }
});
