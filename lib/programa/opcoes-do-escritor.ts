import { arquivo, BANCO, inteiro, presenca } from './opcoes.ts';

/** As opções de `escritor.ts`. */
export const ESCRITOR = {
  nome: 'escritor' as const,
  uso: `Uso: bun run escritor.ts [opções]
     docker compose run --rm escritor [opções]

Grava usuários num banco SQLite e imprime um recibo por execução confirmada.`,
  opcoes: {
    banco: BANCO,
    registros: inteiro({
      ...{ curta: 'n', de: 1, ate: 100_000_000, padrao: 3 },
      ajuda: 'usuários por execução ({de} a {ate}; padrão {padrao})',
    }),
    execucoes: inteiro({
      ...{ curta: 'e', de: 0, ate: 1_000_000, padrao: 1 },
      ajuda: 'execuções, um COMMIT cada (1 a {ate}; padrão {padrao};\n0 = até SIGTERM ou SIGINT)',
    }),
    chave: arquivo({
      variavel: 'CHAVE',
      ajuda: 'assina os recibos com esta chave privada Ed25519\n(senão $CHAVE)',
    }),
    json: presenca('um objeto JSON por linha, uma linha por execução'),
  },
  exemplos: ['bun run escritor.ts -n 1000', 'docker compose run --rm escritor -e 5 --json'],
};
