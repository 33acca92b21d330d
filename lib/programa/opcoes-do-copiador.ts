import { isatty } from 'node:tty';
import { exigirUtf8, type Opcao, presenca, usoErrado } from './opcoes.ts';
import { RECIBOS } from './opcoes-do-leitor.ts';

/** Uma opção que é um lugar, ou `-`, e não pode faltar. */
function lugar(ajuda: string, curta: string): Opcao<string> {
  return {
    ...{ curta, argumento: 'LUGAR', ajuda },
    ler: ([texto], longa) => {
      if (texto === undefined) throw usoErrado(`falta --${longa}`);
      return exigirUtf8(texto);
    },
  };
}

/** As opções de `copiador.ts`. */
export const COPIADOR = {
  nome: 'copiador' as const,
  uso: `Uso: bun run copiador.ts [opções]
     docker compose run --rm copiador [opções]

Acrescenta ao destino as execuções que lhe faltam da origem, e sai com 0 só
depois de reler o destino inteiro. Não muda nada na origem. As duas primeiras
opções não podem faltar.`,
  opcoes: {
    de: lugar(
      'o que copiar: um arquivo, postgres://…, ou -\n(os bytes de um arquivo, na entrada padrão)',
      'd',
    ),
    para: lugar(
      'para onde: um arquivo, que nasce se não existe,\npostgres://…, ou - (os bytes, na saída padrão)',
      'p',
    ),
    recibos: RECIBOS,
    json: presenca('um documento JSON'),
  },
  exemplos: [
    'bun run copiador.ts --de dados/desafio2.db --para copia.db',
    'docker compose run --rm -T copiador --de /data/desafio2.db --para - > copia.db',
  ],
};

/** Recusa o que não se pode cumprir com `-`. Lança `Falha` (`uso`). */
export function recusarCombinacoes({ de, para, json }: { de: string; para: string; json: boolean }): void {
  if (de === '-' && para === '-') throw usoErrado('com --de - e --para -, não há onde conferir o que passa');
  if (para === '-' && json) throw usoErrado('--json e --para - querem os dois a saída padrão');
  if (para === '-' && isatty(1)) throw usoErrado('a saída padrão é um terminal, e não um arquivo');
  if (de === '-' && isatty(0)) throw usoErrado('a entrada padrão é um terminal, e não um arquivo');
}
