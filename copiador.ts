import { nomearLugar } from './lib/armazem/abrir.ts';
import { recusarEntrada } from './lib/armazem/arquivo.ts';
import { receber } from './lib/armazem/chegada.ts';
import { copiar, exportar } from './lib/cadeia/copia.ts';
import { lerEntrada } from './lib/programa/entrada.ts';
import { imprimir } from './lib/programa/imprimir.ts';
import { COPIADOR, recusarCombinacoes } from './lib/programa/opcoes-do-copiador.ts';
import { avisarFalha, executar } from './lib/programa/programa.ts';
import { anunciarEntrega, descreverCopia, emDocumento, MOSTRADOS } from './lib/relato/copia.ts';

process.exit(
  await executar(COPIADOR, async ({ de, para, recibos, json }, contexto) => {
    recusarCombinacoes({ de, para, json });
    const { parada } = contexto;
    if (para === '-') {
      anunciarEntrega(await exportar({ de, recibos }, contexto, (bytes) => imprimir(bytes, parada)));
      return 'feito';
    }
    if (de === '-') recusarEntrada(para);
    using chegado = de === '-' ? await receber(lerEntrada(parada), para) : undefined;
    const pedido = { de: chegado?.caminho ?? de, para, recibos, limite: json ? MOSTRADOS : 0 };
    const copia = await copiar(pedido, contexto);
    const nome = de === '-' ? de : await nomearLugar(de);
    await imprimir(json ? emDocumento(nome, copia) : descreverCopia(nome, copia), parada);
    for (const falha of copia.falhas) avisarFalha(COPIADOR.nome, falha);
    return copia.falhas[0]?.motivo ?? 'feito';
  }),
);
