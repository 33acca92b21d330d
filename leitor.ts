import { verificarBanco } from './lib/cadeia/verificar.ts';
import { imprimir } from './lib/programa/imprimir.ts';
import { LEITOR } from './lib/programa/opcoes-do-leitor.ts';
import { avisarFalha, executar } from './lib/programa/programa.ts';
import { descreverLaudo } from './lib/relato/leitor.ts';
import { emJson } from './lib/texto.ts';

process.exit(
  await executar(LEITOR, async (opcoes, contexto) => {
    const lido = await verificarBanco(opcoes, contexto);
    const { laudo, falhas } = lido;
    const texto = opcoes.html
      ? (await import('./lib/relato/pagina/laudo.ts')).paginaDoLaudo(lido, opcoes)
      : opcoes.json
        ? emJson(laudo)
        : descreverLaudo(laudo, falhas[0]);
    await imprimir(texto, contexto.parada);
    for (const falha of falhas) avisarFalha(LEITOR.nome, falha);
    return falhas[0]?.motivo ?? 'feito';
  }),
);
