import { type Impostor, querJson, type Resposta, semOpcao, valorDe } from '../dentro/impostor.ts';
import { COMPROVADA, comVeredito } from '../dentro/laudos.ts';
import type { Mutante } from '../mutante.ts';

/** Muda o que se diz em texto; o JSON fica como está. */
function emTexto(mudar: (resposta: Resposta) => Partial<Resposta>): Impostor {
  return {
    depois: (resposta, pedido) => (querJson(pedido) ? resposta : { ...resposta, ...mudar(resposta) }),
  };
}

/** Leitores que conferem tudo, e dizem outra coisa. */
export const DA_SAIDA: Mutante[] = [
  {
    nome: 'leitor-que-nao-abre',
    viola: 'em texto também, o veredito vem do que foi lido',
    leitor: {
      responder: (pedido) =>
        querJson(pedido) ? undefined : { saida: `${COMPROVADA}\n`, erros: '', codigo: 0 },
    },
    prova: { cenas: [4], afirmacao: /laudo em texto/ },
  },
  {
    nome: 'leitor-sem-laudo',
    viola: '--json dá o laudo inteiro',
    leitor: {
      depois: (resposta, pedido) =>
        querJson(pedido) ? { ...resposta, saida: '{"aprovado":true}\n' } : resposta,
    },
    prova: { cenas: [4], afirmacao: /JSON/ },
  },
  {
    nome: 'leitor-que-sempre-comprova',
    viola: 'só diz "persistência comprovada" se outro container escreveu',
    leitor: emTexto(({ saida, codigo }) =>
      codigo === 0 ? { saida: comVeredito(saida, true, COMPROVADA) } : {},
    ),
    prova: { cenas: [4], afirmacao: /nenhum outro container escreveu/ },
  },
  {
    nome: 'leitor-que-reprova-com-zero',
    viola: 'o código diz o mesmo que o veredito em texto',
    leitor: emTexto(({ codigo }) => (codigo === 65 ? { codigo: 0 } : {})),
    prova: { cenas: [14], afirmacao: /código 0/ },
  },
  {
    nome: 'leitor-que-aprova-com-65',
    viola: 'o código diz o mesmo que o veredito em texto',
    leitor: emTexto(({ codigo }) => (codigo === 0 ? { codigo: 65 } : {})),
    prova: { cenas: [4], afirmacao: /código 65/ },
  },
  {
    nome: 'leitor-que-reprova-com-zero-em-json',
    viola: 'o código diz o mesmo que o laudo',
    leitor: {
      depois: (resposta, pedido) =>
        querJson(pedido) && resposta.codigo === 65 ? { ...resposta, codigo: 0 } : resposta,
    },
    prova: { cenas: [14], afirmacao: /código 0/ },
  },
  {
    nome: 'leitor-que-escreve-aprovado',
    viola: 'o texto diz o mesmo que o laudo em JSON',
    leitor: emTexto(({ saida, codigo }) =>
      codigo === 65 ? { saida: comVeredito(saida, true, COMPROVADA) } : {},
    ),
    prova: { cenas: [14], afirmacao: /com o veredito/ },
  },
  {
    nome: 'leitor-de-vistos-no-texto',
    viola: 'o texto diz de cada verificação o mesmo que o laudo em JSON',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/^ {2}✘/gm, '  ✔') })),
    prova: { cenas: [14], afirmacao: /nenhuma verificação reprovada/ },
  },
  {
    nome: 'leitor-que-conta-outro-total-em-texto',
    viola: 'o texto diz quantos usuários há',
    leitor: emTexto(({ saida }) => ({
      saida: saida.replace(/^Usuários: (\d+)/m, (_, n) => `Usuários: ${Number(n) + 1}`),
    })),
    prova: { cenas: [4], afirmacao: /usuários: / },
  },
  {
    nome: 'leitor-que-mostra-outros-nomes-em-texto',
    viola: 'o texto mostra os usuários que estão gravados',
    leitor: emTexto(({ saida }) => ({ saida: saida.replaceAll('Maria Santos', 'Mário Santos') })),
    prova: { cenas: [4], afirmacao: /mostra o usuário/ },
  },
  {
    nome: 'leitor-que-mostra-outros-autores-em-texto',
    viola: 'o texto diz que container escreveu cada execução',
    leitor: emTexto(({ saida }) => ({
      saida: saida.replace(/^(│ +\d+ │ )[0-9a-f]{12}(?= │ \d{4}-)/gm, '$10123456789ab'),
    })),
    prova: { cenas: [4], afirmacao: /mostra a execução/ },
  },
  {
    nome: 'leitor-que-mostra-outra-hora-em-texto',
    viola: 'o texto diz quando cada usuário foi criado, e cada execução começou',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/│ 20\d\d-/g, '│ 2001-') })),
    prova: { cenas: [4], afirmacao: /mostra a execução|mostra o usuário/ },
  },
  {
    nome: 'leitor-que-conta-outros-registros-em-texto',
    viola: 'o texto diz quantos usuários cada execução gravou',
    leitor: emTexto(({ saida }) => ({
      saida: saida.replace(/(Z │ )\d( +│)$/gm, '$19$2'),
    })),
    prova: { cenas: [4], afirmacao: /mostra a execução/ },
  },
  {
    nome: 'leitor-que-diz-outro-banco-em-texto',
    viola: 'o texto diz que arquivo foi lido',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/^Banco \S+,/m, 'Banco /data/outro.db,') })),
    prova: { cenas: [4], afirmacao: /banco: / },
  },
  {
    nome: 'leitor-que-conta-outros-selos',
    viola: 'o laudo diz quantos selos recalculou',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/(✔ selos +)\d+/, '$1900') })),
    prova: { cenas: [4], afirmacao: /diz: 900 selo/ },
  },
  {
    nome: 'leitor-que-conta-outros-recibos',
    viola: 'o laudo diz quantos recibos foram exigidos',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/(✔ recibos +)\d+/, '$1900') })),
    prova: { cenas: [4], afirmacao: /diz: 900 exigido/ },
  },
  {
    nome: 'leitor-que-diz-que-podia-escrever',
    viola: 'o laudo diz se o volume está montado somente para leitura',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/somente\s+leitura/, 'leitura e escrita') })),
    prova: { cenas: [4], afirmacao: /leitura e escrita/ },
  },
  {
    nome: 'leitor-que-nunca-mostra-mais-de-vinte',
    viola: '--limite diz quantos mostrar, também acima do padrão',
    leitor: {
      pedir: (pedido) => (Number(valorDe(pedido, '--limite')) > 20 ? semOpcao(pedido, '--limite') : pedido),
    },
    prova: { cenas: [7], afirmacao: /mostra \d+ usuários/ },
  },
  {
    nome: 'leitor-que-cala-o-recibo-mais-novo',
    viola: 'o texto acaba com o recibo mais novo',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/^recibo mais novo:\n.*\n/m, '') })),
    prova: { cenas: [4], afirmacao: /recibo mais novo/ },
  },
  {
    nome: 'leitor-surdo-a-limite',
    viola: '--limite diz quantos usuários e execuções mostrar',
    leitor: { pedir: (pedido) => semOpcao(pedido, '--limite') },
    prova: { cenas: [4], afirmacao: /limite/ },
  },
  {
    nome: 'leitor-de-dois-vereditos',
    viola: 'o veredito é um só',
    leitor: emTexto(({ saida, codigo }) => (codigo === 65 ? { saida: `${saida}${COMPROVADA}\n` } : {})),
    prova: { cenas: [14], afirmacao: /2 vereditos/ },
  },
  {
    nome: 'leitor-sem-remedio',
    viola: 'a mensagem diz também o que fazer',
    leitor: { depois: (resposta) => ({ ...resposta, erros: resposta.erros.replace(/^ .*\n/gm, '') }) },
    prova: { cenas: [14], afirmacao: /o que fazer/ },
  },
  {
    nome: 'leitor-de-outra-versao',
    viola: '--versao é a do pacote',
    leitor: {
      depois: (resposta, { argumentos }) =>
        argumentos.includes('--versao') ? { ...resposta, saida: '0.0.0\n' } : resposta,
    },
    prova: { cenas: [1], afirmacao: /--versao/ },
  },
  {
    nome: 'leitor-mudo',
    viola: 'o que reprova é dito na saída de erros, com o remédio',
    leitor: { depois: (resposta) => ({ ...resposta, erros: '' }) },
    prova: { cenas: [14], afirmacao: /o que fazer/ },
  },
];
