import { descreverLaudo, verificarBanco } from './lib/laudo.ts';
import { LEITOR } from './lib/opcoes.ts';
import { avisarFalha, executar } from './lib/programa.ts';
import { emJson, escrever } from './lib/saida.ts';

process.exit(
  await executar(LEITOR, async (opcoes, parada) => {
    const { laudo, falhas } = await verificarBanco(opcoes, parada);
    await escrever(opcoes.json ? emJson(laudo) : descreverLaudo(laudo, falhas[0]), parada);
    for (const falha of falhas) avisarFalha(LEITOR.nome, falha);
    return falhas[0]?.motivo ?? 'feito';
  }),
);
