import type { Impostor } from '../dentro/impostor.ts';
import { mudarJson } from '../dentro/laudos.ts';
import type { Mutante } from '../mutante.ts';

/** Muda o documento JSON de um laudo, se o banco foi lido. */
// biome-ignore lint/suspicious/noExplicitAny: um impostor sabe do laudo o que o contrato diz, e não os tipos de lib/
function emLaudo(mudar: (laudo: Record<string, any>) => void): Impostor {
  return {
    depois: (resposta) => ({
      ...resposta,
      saida: mudarJson(resposta.saida, (laudo) => laudo.recibo && mudar(laudo)),
    }),
  };
}

/** Leitores cujo documento JSON diz outra coisa. */
export const NO_JSON: Mutante[] = [
  {
    nome: 'leitor-que-conta-outro-total',
    viola: '`registros` é quantos usuários há',
    leitor: emLaudo((laudo) => {
      laudo.registros += 1;
    }),
    prova: { cenas: [4], afirmacao: /usuários: / },
  },
  {
    nome: 'leitor-que-mostra-outros-nomes',
    viola: '`usuarios` são os que estão gravados',
    leitor: emLaudo((laudo) => {
      for (const usuario of laudo.usuarios) usuario.nome = usuario.nome.replace('Santos', 'Santo');
    }),
    prova: { cenas: [4], afirmacao: /mostra o usuário/ },
  },
  {
    nome: 'leitor-que-da-o-recibo-anterior',
    viola: '`recibo` é o da execução mais nova',
    leitor: emLaudo((laudo) => {
      laudo.recibo = laudo.ultimas_execucoes.at(-2)?.recibo ?? laudo.recibo;
    }),
    prova: { cenas: [7], afirmacao: /recibo mais novo/ },
  },
  {
    nome: 'leitor-com-outro-nome',
    viola: '`container` é o de quem leu',
    leitor: emLaudo((laudo) => {
      laudo.container = '0123456789ab';
    }),
    prova: { cenas: [4], afirmacao: /que container leu/ },
  },
  {
    nome: 'leitor-que-diz-outro-banco',
    viola: '`banco` é o caminho do que foi lido',
    leitor: emLaudo((laudo) => {
      laudo.banco = '/data/outro.db';
    }),
    prova: { cenas: [4], afirmacao: /que container leu, e o quê/ },
  },
  {
    nome: 'leitor-que-mostra-outros-autores',
    viola: '`ultimas_execucoes` são as que estão gravadas',
    leitor: emLaudo((laudo) => {
      for (const execucao of laudo.ultimas_execucoes) execucao.container = '0123456789ab';
    }),
    prova: { cenas: [4], afirmacao: /cada execução como está gravada/ },
  },
  {
    nome: 'leitor-que-mostra-outra-hora',
    viola: '`usuarios` são os que estão gravados, com a sua hora',
    leitor: emLaudo((laudo) => {
      for (const usuario of laudo.usuarios) usuario.criado_em = '2001-02-03T04:05:06.789Z';
    }),
    prova: { cenas: [4], afirmacao: /a hora gravada/ },
  },
  {
    nome: 'leitor-que-cala-uma-verificacao',
    viola: 'cada verificação é dita, com o seu resultado',
    leitor: emLaudo((laudo) => {
      laudo.verificacoes = laudo.verificacoes.filter(({ nome }: { nome: string }) => nome !== 'avulsos');
    }),
    prova: { cenas: [4], afirmacao: /as verificações são/ },
  },
];
