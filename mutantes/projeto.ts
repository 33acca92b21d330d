import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projetoQuebrado, type Troca } from '../ensaios/programas.ts';
import type { Compose, Mutante } from './mutante.ts';

/**
 * Uma cópia do projeto, quebrada como o mutante diz; some no fim do bloco. Lança `Error` se um trecho a trocar não
 * está lá, ou se um programa não compila.
 */
export async function montarMutante(mutante: Mutante) {
  const projeto = projetoQuebrado();
  try {
    for (const troca of mutante.trocas ?? []) trocar(projeto.raiz, troca);
    for (const programa of ['escritor', 'leitor'] as const) {
      if (mutante[programa]) await disfarcar(projeto.raiz, programa, mutante.nome);
    }
    if (mutante.compose) {
      const caminho = join(projeto.raiz, 'compose.yaml');
      // As âncoras do YAML são o mesmo objeto nos dois serviços: uma cópia de cada um separa-os.
      const documento = JSON.parse(JSON.stringify(Bun.YAML.parse(readFileSync(caminho, 'utf8'))));
      mutante.compose(documento as Compose, projeto.raiz);
      writeFileSync(caminho, Bun.YAML.stringify(documento, null, 2));
    }
    return projeto;
  } catch (erro) {
    projeto[Symbol.dispose]();
    throw erro;
  }
}

/** Troca um trecho. Lança `Error` se ele não está lá, ou se o que o trocaria o deixa como está. */
function trocar(raiz: string, [arquivo, de, para]: Troca): void {
  const caminho = join(raiz, arquivo);
  const antes = readFileSync(caminho, 'utf8');
  const depois = antes.replace(de, () => para);
  if (depois === antes) throw new Error(`em ${arquivo} nada se troca: "${de}"`);
  writeFileSync(caminho, depois);
}

/** Troca um programa pelo impostor com o programa dentro, num só arquivo: nenhum Dockerfile precisa saber. */
async function disfarcar(raiz: string, programa: 'escritor' | 'leitor', nome: string): Promise<void> {
  const entrada = join(raiz, `mutantes/entrada-${programa}.ts`);
  writeFileSync(
    entrada,
    `import { fazerPapel } from './dentro/impostor.ts';
     import { CONTROLE, MUTANTES } from './tabela.ts';
     const mutante = [CONTROLE, ...MUTANTES].find(({ nome }) => nome === ${JSON.stringify(nome)});
     await fazerPapel(mutante.${programa}, () => import('../${programa}.ts'));`,
  );
  const { outputs } = await Bun.build({ entrypoints: [entrada], target: 'bun' });
  const [junto] = outputs;
  if (!junto) throw new Error(`${programa}.ts não compila`);
  writeFileSync(join(raiz, `${programa}.ts`), await junto.text());
}
