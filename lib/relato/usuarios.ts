import type { Usuario } from '../selo.ts';
import { emTabela } from '../texto.ts';

/** Os usuários numa tabela de até 80 colunas. */
export function listarDados(usuarios: Usuario[]): string {
  const larguraDoId = `${usuarios.at(-1)?.id}`.length; // estão em ordem de id
  return emTabela(usuarios, 'id', { nome: 16, email: Math.max(27 - larguraDoId, 8), criado_em: 24 });
}
