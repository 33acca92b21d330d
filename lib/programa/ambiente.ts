import { readFileSync } from 'node:fs';

/**
 * Tira de `process.env` o que o Bun pôs nele a partir de um `.env` (`.env.local`, `.env.production` …) da pasta em que
 * se está: o `env = false` do bunfig.toml só vale na pasta do projeto, e uma pasta qualquer não escolhe o banco nem o
 * recibo. Fica o que quem chamou exportou, ou pediu com `--env-file`. Fora do Linux não há `/proc`, e nada muda.
 */
export function esquecerArquivosEnv(): void {
  if (process.execArgv.some((opcao) => opcao.startsWith('--env-file'))) return;
  const exportadas = lerExportadas();
  if (!exportadas) return;
  for (const nome of Object.keys(process.env)) if (!exportadas.has(nome)) delete process.env[nome];
}

/** Os nomes das variáveis com que o processo começou, que o Bun já não muda. */
function lerExportadas(): Set<string> | undefined {
  try {
    const variaveis = readFileSync('/proc/self/environ', 'utf8').split('\0');
    return new Set(variaveis.map((variavel) => variavel.split('=', 1)[0] ?? ''));
  } catch {
    return undefined;
  }
}
