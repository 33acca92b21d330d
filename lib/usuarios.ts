import type { Usuario } from './selo.ts';

/** Os três primeiros, do exercício original; daí em diante cada usuário é gerado do seu id. */
export const PRIMEIROS = [
  { nome: 'João Silva', email: 'joao@example.com' },
  { nome: 'Maria Santos', email: 'maria@example.com' },
  { nome: 'Pedro Oliveira', email: 'pedro@example.com' },
];

/** O usuário que deve ter este id: o que o escritor sela. */
export function gerarUsuario(id: number, criadoEm: string): Usuario {
  const { nome, email } = PRIMEIROS[id - 1] ?? { nome: `Usuário ${id}`, email: `usuario${id}@example.com` };
  return { id, nome, email, criado_em: criadoEm };
}
