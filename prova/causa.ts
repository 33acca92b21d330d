import type { Prova } from './veredito.ts';

/** Quanto se mostra do que se viu. */
const LETRAS = 160;

/** A última frase de uma prova reprovada: em que volume e cena, o que não se confirmou primeiro, e o que se viu. */
export function descreverCausa({ cenas, volume }: Pick<Prova, 'cenas' | 'volume'>): string {
  const primeira = cenas
    .flatMap(({ cena, afirmacoes }) => afirmacoes.map((afirmacao) => ({ cena, ...afirmacao })))
    .find(({ aprovada }) => !aprovada);
  if (!primeira) return 'nenhuma cena pôde ser feita';
  const { cena, texto, visto, stderr } = primeira;
  const ditos = [visto].flat().map((um) => (typeof um === 'string' ? um : JSON.stringify(um)));
  const dito = ditos.join('; ').slice(0, LETRAS);
  const engine = stderr ? `; stderr: ${stderr}` : '';
  return `no volume ${volume}, cena ${cena}, não se confirmou: ${texto} (visto: ${dito || 'nada'}${engine})`;
}
