import { criarBanco } from './lib/armazem/abrir.ts';
import { inserirDados } from './lib/cadeia/execucoes.ts';
import { executar } from './lib/programa/programa.ts';
import { ESCRITOR } from './lib/programa/tabelas.ts';
import { avisarSeNaoPersiste, LISTADOS, relatar } from './lib/relato/gravacao.ts';

process.exit(
  await executar(ESCRITOR, async ({ banco: caminho, registros, execucoes, json }, parada) => {
    avisarSeNaoPersiste(caminho);
    using banco = await criarBanco(caminho, parada);
    const pedido = { banco: caminho, registros, execucoes, amostra: json ? 0 : LISTADOS };
    for await (const gravacao of inserirDados(banco, pedido, parada)) {
      await relatar(gravacao, caminho, json, parada);
    }
    return 'feito';
  }),
);
