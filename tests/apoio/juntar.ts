import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Junta num só arquivo de testes os de uma pasta de `tests/`, para que corram todos ao mesmo tempo: o Bun só passa ao
 * arquivo seguinte quando o anterior acaba. Um deles sozinho: `bun test ./tests/engine/lugar.ts`.
 */
export async function juntar(pasta: string): Promise<void> {
  const caminho = join(import.meta.dir, '..', pasta);
  for (const nome of readdirSync(caminho).sort()) await import(join(caminho, nome));
}
