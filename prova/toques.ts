import type { Prova } from './veredito.ts';

/** Numa prova de um volume do usuário, quantas afirmações tocaram nele; `''` se o volume era da própria prova. */
export function contarToques({ cenas, volume, projeto }: Prova): string {
  if (volume.startsWith(projeto)) return '';
  const todas = cenas.flatMap(({ afirmacoes }) => afirmacoes);
  // Só conta o que se sabe: o comando que a afirmação mostra nomeia o volume.
  const nomeia = new RegExp(`(^|[ ='"])${RegExp.escape(volume)}($|[: '"])`);
  const tocam = todas.filter(({ comando }) => comando !== undefined && nomeia.test(comando)).length;
  return `Tocaram no volume ${volume}: ${tocam} das ${todas.length} afirmações; ${todas.length - tocam}, não.`;
}
