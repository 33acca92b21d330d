import { imprimir } from './lib/programa/imprimir.ts';
import { avisarFalha, executar } from './lib/programa/programa.ts';
import { emJson } from './lib/texto.ts';
import { descreverCausa } from './prova/causa.ts';
import { PROVA } from './prova/opcoes.ts';
import { provar } from './prova/prova.ts';
import { concluir } from './prova/veredito.ts';

process.exit(
  await executar(PROVA, async (opcoes, { parada }) => {
    const { json, html } = opcoes;
    const prova = await provar(opcoes, parada, async (texto) => {
      if (!json && !html) await imprimir(texto, parada);
    });
    const pagina = html && (await import('./prova/pagina.ts')).paginaDaProva(prova);
    await imprimir(pagina || (json ? emJson(prova) : concluir(prova)), parada);
    if (prova.aprovada) return 'feito';
    avisarFalha(PROVA.nome, {
      message: descreverCausa(prova),
      remedio: 'Veja as marcadas com ✘; com --manter, o que a prova criou fica no engine para olhar.',
    });
    return 'reprovado';
  }),
);
