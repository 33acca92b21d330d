/** As colunas de um usuário, que o selo cobre todas, na ordem em que estão na tabela. */
export const SELADAS_DO_USUARIO = ['id', 'nome', 'email', 'criado_em'] as const;

/** Um usuário. Espelha a tabela `usuarios`; lido de um banco estragado, o id que não cabe num número vem em texto. */
export interface Usuario {
  id: number | string;
  nome: string;
  email: string;
  criado_em: string;
}

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
