import { RECIBOS } from '../../prova/diario.ts';
import { lendo } from '../dentro/bancos.ts';
import { bancoDe, chamarJa, type Impostor, querJson, semOpcao } from '../dentro/impostor.ts';
import type { Mutante } from '../mutante.ts';

/** O escritor que diz outra coisa, com `--json` ou em texto. */
function dizendo(json: boolean, mudar: (saida: string) => string): Impostor {
  return {
    depois: (resposta, pedido) =>
      querJson(pedido) === json ? { ...resposta, saida: mudar(resposta.saida) } : resposta,
  };
}

/** O recibo da execução anterior; o da primeira é o dela. */
function anteriorDe(recibo: string, caminho: string): string {
  const numero = Number.parseInt(recibo, 10) - 1;
  const anterior = lendo(caminho, (banco) =>
    banco.query<{ selo: string }, [number]>('SELECT selo FROM execucoes WHERE id = ?').get(numero),
  );
  return anterior ? `${numero}:${anterior.selo}` : recibo;
}

/** Escritores que gravam o que devem, e dizem outra coisa, ou que não ouvem o que lhes pedem. */
export const NO_QUE_DIZEM: Mutante[] = [
  {
    nome: 'escritor-de-terminal',
    viola: 'o recibo é dado também num terminal',
    escritor: {
      depois: (resposta) =>
        process.stdout.isTTY
          ? { ...resposta, saida: resposta.saida.replace(/^recibo: .*\n/gm, '') }
          : resposta,
    },
    prova: { cenas: [14], afirmacao: /num terminal, o escritor/ },
  },
  {
    nome: 'escritor-sem-recibo-em-texto',
    viola: 'cada execução confirmada dá um recibo, também em texto',
    escritor: dizendo(false, (saida) => saida.replace(/^recibo: .*\n/gm, '')),
    prova: { cenas: [3], afirmacao: /recibo/ },
  },
  {
    nome: 'escritor-de-totais-falsos',
    viola: '`total` é quantos usuários há no arquivo',
    escritor: dizendo(true, (saida) =>
      saida.replace(/"total":(\d+)/g, (_, total) => `"total":${Number(total) + 1}`),
    ),
    prova: { cenas: [7], afirmacao: /o total deveria/ },
  },
  {
    nome: 'escritor-de-totais-falsos-em-texto',
    viola: 'o texto diz quantos usuários foram gravados e quantos há',
    escritor: dizendo(false, (saida) =>
      saida.replace(/No total: (\d+)/g, (_, total) => `No total: ${Number(total) + 1}`),
    ),
    prova: { cenas: [3], afirmacao: /o total deveria/ },
  },
  {
    nome: 'escritor-que-conta-outros-registros',
    viola: '`registros` é quantos usuários a execução gravou',
    escritor: dizendo(true, (saida) =>
      saida.replace(/"registros":(\d+)/g, (_, n) => `"registros":${Number(n) + 1}`),
    ),
    prova: { cenas: [7], afirmacao: /e ele diz/ },
  },
  {
    nome: 'escritor-surdo-a-registros',
    viola: '-n diz quantos usuários por execução',
    escritor: { pedir: (pedido) => semOpcao(pedido, '-n', '--registros') },
    prova: { cenas: [7], afirmacao: /execuções pedidas/ },
  },
  {
    nome: 'escritor-surdo-a-execucoes',
    viola: '-e diz quantas execuções',
    escritor: { pedir: (pedido) => semOpcao(pedido, '-e', '--execucoes') },
    prova: { cenas: [7], afirmacao: /execuções pedidas/ },
  },
  {
    nome: 'escritor-do-recibo-anterior',
    viola: 'o recibo é o da execução que se acabou de gravar',
    escritor: {
      depois: (resposta, pedido) => ({
        ...resposta,
        saida: resposta.saida.replace(RECIBOS, (recibo) => anteriorDe(recibo, bancoDe(pedido))),
      }),
    },
    prova: { cenas: [7], afirmacao: /recibo tem o número/ },
  },
  {
    nome: 'escritor-que-diz-outro-container',
    viola: '`container` é o de quem escreveu',
    escritor: dizendo(true, (saida) => saida.replace(/"container":"[^"]*"/g, '"container":"0123456789ab"')),
    prova: { cenas: [7], afirmacao: /o container é/ },
  },
  {
    nome: 'escritor-que-diz-outro-banco',
    viola: '`banco` é o caminho do arquivo em que se gravou',
    escritor: dizendo(true, (saida) => saida.replace(/"banco":"[^"]*"/g, '"banco":"/data/outro.db"')),
    prova: { cenas: [7], afirmacao: /o banco é/ },
  },
  {
    nome: 'escritor-que-nao-avisa',
    viola: 'o escritor avisa que o que grava na camada do container não persiste',
    escritor: {
      depois: (resposta) => (resposta.codigo === 0 ? { ...resposta, erros: '' } : resposta),
    },
    prova: { cenas: [2], afirmacao: /avisa/ },
  },
  {
    nome: 'escritor-que-grava-ao-ajudar',
    viola: '--ajuda só mostra a ajuda',
    escritor: {
      depois: (resposta, pedido) => {
        const semAjuda = pedido.argumentos.filter((argumento) => argumento !== '--ajuda');
        if (semAjuda.length < pedido.argumentos.length) chamarJa({ ...pedido, argumentos: semAjuda });
        return resposta;
      },
    },
    prova: { cenas: [1], afirmacao: /nada disso escreveu/ },
  },
  {
    nome: 'escritor-que-aceita-qualquer-opcao',
    viola: 'uma opção errada é 64',
    escritor: {
      pedir: (pedido) => ({
        ...pedido,
        argumentos: pedido.argumentos.filter((argumento) => !/^--[a-z]+-/.test(argumento)),
      }),
    },
    prova: { cenas: [1], afirmacao: /--opcao-errada/ },
  },
  {
    nome: 'escritor-que-lista-outros',
    viola: 'o texto lista os usuários que foram gravados',
    escritor: dizendo(false, (saida) => saida.replaceAll('Maria Santos', 'Mário Santos')),
    prova: { cenas: [3], afirmacao: /a tabela tem/ },
  },
  {
    nome: 'escritor-que-lista-outros-emails',
    viola: 'o texto lista os usuários como foram gravados',
    escritor: dizendo(false, (saida) => saida.replaceAll('maria@example.com', 'marya@example.com')),
    prova: { cenas: [3], afirmacao: /a tabela tem/ },
  },
  {
    nome: 'escritor-que-troca-os-ids-da-tabela',
    viola: 'o texto lista os usuários com o id que têm',
    escritor: dizendo(false, (saida) => saida.replace('│ 1 │', '│ 9 │')),
    prova: { cenas: [3], afirmacao: /a tabela tem/ },
  },
  {
    nome: 'escritor-de-outra-hora-em-texto',
    viola: 'a tabela diz quando cada usuário foi criado',
    escritor: dizendo(false, (saida) => saida.replace(/ 20\d\d-/g, ' 2001-')),
    prova: { cenas: [3], afirmacao: /a hora é 2001/ },
  },
  {
    nome: 'escritor-que-diz-outra-hora',
    viola: '`iniciada_em` é a hora da execução',
    escritor: dizendo(true, (saida) => saida.replace(/"iniciada_em":"20\d\d/g, '"iniciada_em":"2001')),
    prova: { cenas: [7], afirmacao: /a hora é 2001/ },
  },
  {
    nome: 'escritor-que-se-queixa-sem-motivo',
    viola: 'quem grava num volume e termina bem nada tem a dizer em stderr',
    escritor: {
      depois: (resposta) =>
        resposta.codigo === 0 ? { ...resposta, erros: 'escritor: aviso: isto não persiste\n' } : resposta,
    },
    prova: { cenas: [3], afirmacao: /diz em stderr/ },
  },
  {
    nome: 'escritor-que-nao-adota',
    viola: 'um banco do exercício original é selado, e não recusado',
    escritor: {
      depois: (resposta) =>
        /^O banco ainda não tinha selo/m.test(resposta.saida) || resposta.saida.includes('desconhecido')
          ? { saida: '', erros: 'escritor: o banco não tem selo\n          Apague-o.\n', codigo: 65 }
          : resposta,
    },
    prova: { cenas: [16], afirmacao: /os sela e grava/ },
  },
  {
    nome: 'escritor-que-cala-o-recibo-adotado',
    viola: 'o que foi adotado também tem recibo',
    escritor: dizendo(false, (saida) => saida.replace(/^recibo: 1:.*\n(?=┌)/m, '')),
    prova: { cenas: [16], afirmacao: /um recibo de cada execução/ },
  },
  {
    nome: 'escritor-que-nao-ve-o-disco-cheio',
    viola: 'com o disco cheio, o escritor diz 74',
    escritor: {
      depois: (resposta) => (resposta.codigo === 74 ? { ...resposta, codigo: 0, erros: '' } : resposta),
    },
    prova: { cenas: [11], afirmacao: /disco cheio/ },
  },
];
