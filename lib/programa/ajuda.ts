import { COMUNS, type Opcoes, type Programa } from './opcoes.ts';

/** A ajuda de um programa. */
export function escreverAjuda({ uso, opcoes, exemplos = [] }: Omit<Programa<Opcoes>, 'nome'>): string {
  const linhas = Object.entries({ ...opcoes, ...COMUNS }).map(([nome, opcao]) => {
    const { longa = nome, curta, tambem, argumento, ajuda } = opcao;
    const nomes = `${curta ? `-${curta}, ` : '    '}--${longa}${tambem ? `, --${tambem}` : ''}`;
    const forma = `  ${nomes}${argumento ? ` ${argumento}` : ''}`;
    return `${forma.padEnd(25)} ${ajuda.replaceAll('\n', `\n${' '.repeat(26)}`)}`;
  });
  const partes = [uso, linhas.join('\n')];
  if (exemplos.length > 0) {
    partes.push(`Exemplos:\n${exemplos.map((exemplo) => `  ${exemplo}`).join('\n')}`);
    partes.push('Códigos de saída: docs/programas.md');
  }
  return partes.join('\n\n');
}
