import { CENAS } from '../../prova/cenas/todas.ts';
import type { Afirmacao, Prova } from '../../prova/veredito.ts';

/** Uma prova como as que se fazem: tantas cenas, e as afirmações todas, de que reprovam tantas. */
export function provaDe(reprovadas: number, texto = 'um nome mudado depois do 10.000º: 65'): Prova {
  let resto = reprovadas;
  const cenas = CENAS.map(({ numero, titulo }) => {
    const afirmacoes = Array.from({ length: 19 }, (_, i): Afirmacao => {
      const aprovada = resto-- <= 0;
      const visto = aprovada ? 'código 65' : { codigo: 0, dito: `${texto} `.repeat(100) };
      const comando = `docker compose -f compose.yaml run --rm leitor ${i} ${'x '.repeat(300)}`;
      return { texto: `${texto} (${i})`, aprovada, esperado: 'código 65', visto, comando };
    });
    const reprovada = afirmacoes.some(({ aprovada }) => !aprovada);
    const resultado = reprovada ? ('reprovada' as const) : ('aprovada' as const);
    return { cena: numero, titulo, resultado, duracao_ms: 700 * numero, afirmacoes };
  });
  return {
    ...{ aprovada: reprovadas === 0, data: '2026-11-26T19:56:33.947Z', versao: '1.0.0', semente: 7, cenas },
    repetir: 'bun run prova --rodadas 5 --semente 7',
    ...{ engine: '26.1.5 (linux/amd64)', compose: '2.26.1', bun: '1.4.5', projeto: 'desafio2-prova-0' },
    ...{ volume: 'desafio2-prova-0-dados', driver: 'local', sistema_de_arquivos: 'ext4' },
  };
}
