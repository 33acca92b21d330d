import { criarBanco } from './lib/armazem/escrita.ts';
import { type Assinar, inserirDados } from './lib/cadeia/execucoes.ts';
import { ESCRITOR } from './lib/programa/opcoes-do-escritor.ts';
import { executar } from './lib/programa/programa.ts';
import { avisarSeNaoPersiste, LISTADOS, relatar } from './lib/relato/gravacao.ts';

process.exit(
  await executar(ESCRITOR, async ({ banco, registros, execucoes, chave, json }, contexto) => {
    let assinar: Assinar | undefined;
    if (chave !== undefined) {
      const { lerAssinante } = await import('./lib/cadeia/assinaturas.ts');
      assinar = await lerAssinante(chave, contexto.parada);
    }
    avisarSeNaoPersiste(banco);
    using armazem = await criarBanco(banco, contexto);
    const lotes = { registros, execucoes, amostra: json ? 0 : LISTADOS, assinar };
    for await (const gravacao of inserirDados(armazem, lotes)) await relatar(gravacao, armazem, json);
    return 'feito';
  }),
);
