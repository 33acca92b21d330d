import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * O nome desta rodada dos testes: começa por ele tudo o que ela cria em disco ou no engine. Quando ela acaba, seja
 * como for (fim, falha, prazo, `--bail`, Ctrl-C, SIGKILL), o guarda mata os programas que ela começou, apaga a pasta
 * dela e remove do engine o que tem esse nome.
 */
export const RODADA = `desafio2-teste-${randomBytes(4).toString('hex')}`;

const pasta = join(tmpdir(), RODADA);
mkdirSync(pasta);

// O Bun não chama os ouvintes de `exit` no fim de um `bun test`, nem `afterAll` com --bail, e nada roda depois de
// um SIGKILL: por isso limpa outro processo, que sabe que este acabou porque o pipe entre os dois se fecha.
const guarda = Bun.spawn([process.execPath, join(import.meta.dir, 'guarda.ts'), pasta], {
  stdin: 'pipe',
  stdout: 'ignore',
  stderr: 'inherit', // quem lê a saída dos testes vê o fim dela só depois da limpeza
  detached: true, // o Ctrl-C de um terminal não o alcança
});
guarda.unref();

// É a marca do que começa com estes testes: os programas a herdam, e fazem ali os seus arquivos.
process.env.TMPDIR = pasta;

/** Avisa o guarda de que há o que procurar no engine do Docker. */
export function guardarEngine(): void {
  guarda.stdin.write('engine\n');
  guarda.stdin.flush();
}
