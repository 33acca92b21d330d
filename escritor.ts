import { abrirParaEscrita } from './lib/armazem/abrir.ts';
import { inserirDados } from './lib/cadeia/execucoes.ts';
import { ESCRITOR } from './lib/programa/opcoes-do-escritor.ts';
import { executar } from './lib/programa/programa.ts';
import { avisarSeNaoPersiste, LISTADOS, relatar } from './lib/relato/escritor.ts';

process.exit(
  await executar(ESCRITOR, async ({ banco, registros, execucoes, chave, json }, contexto) => {
    const assinar =
      chave === undefined
        ? undefined
        : await (await import('./lib/cadeia/assinaturas.ts')).lerAssinante(chave, contexto.parada);
    await avisarSeNaoPersiste(banco);
    await using armazem = await abrirParaEscrita(banco, contexto);
    const lotes = { registros, execucoes, amostra: json ? 0 : LISTADOS, assinar };
    for await (const gravacao of inserirDados(armazem, lotes)) await relatar(gravacao, armazem, json);
    return 'feito';
  }),
);
