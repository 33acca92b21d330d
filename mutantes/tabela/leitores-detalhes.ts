import type { Impostor } from '../dentro/impostor.ts';
import { mudarJson } from '../dentro/laudos.ts';
import type { Mutante } from '../mutante.ts';

/** Troca um trecho do que se diz, em texto e em JSON. */
function trocando(de: RegExp, para: string): Impostor {
  return { depois: (resposta) => ({ ...resposta, saida: resposta.saida.replace(de, para) }) };
}

/** Leitores que conferem tudo e dão o veredito certo, e no resto inventam. */
export const NOS_DETALHES: Mutante[] = [
  {
    nome: 'leitor-sem-ressalva',
    viola: 'sem recibo exigido, diz que um volume trocado não seria notado',
    leitor: trocando(/^Sem um recibo exigido[\s\S]*?notado\.\n/m, ''),
    prova: { cenas: [4], afirmacao: /não diz que sem um recibo/ },
  },
  {
    nome: 'leitor-que-explica-outra-coisa',
    viola: 'a saída de erros diz o que falhou, em que caminho e por quê',
    leitor: {
      depois: (resposta) =>
        resposta.codigo === 0
          ? resposta
          : { ...resposta, erros: 'leitor: algo correu mal\n        Tente outra vez.\n' },
    },
    prova: { cenas: [14], afirmacao: /diz em stderr o que o laudo não diz/ },
  },
  {
    nome: 'leitor-que-para-na-primeira',
    viola: 'faz todas as verificações que puder, mesmo que outra reprove',
    leitor: {
      depois: (resposta) => ({
        ...resposta,
        saida: mudarJson(resposta.saida, ({ verificacoes }) => {
          const primeira = verificacoes.findIndex(
            ({ resultado }: { resultado: string }) => resultado === 'reprovada',
          );
          for (const uma of primeira < 0 ? [] : verificacoes.slice(primeira + 1)) {
            Object.assign(uma, { resultado: 'pulada', detalhe: 'não foi feita' });
          }
        }),
      }),
    },
    prova: { cenas: [13], afirmacao: /puladas sem motivo/ },
  },
  {
    nome: 'leitor-de-volume-com-nome-fixo',
    viola: '"volume" diz que volume é',
    leitor: trocando(/volume \S+ em \/data/, 'volume desafio2_volume em /data'),
    prova: { cenas: [4], afirmacao: /diz: volume desafio2_volume/ },
  },
  {
    nome: 'leitor-que-inventa-os-bytes',
    viola: '"arquivo" diz quantos bytes o arquivo tem',
    leitor: trocando(/[\d.]+ bytes/, '4.096 bytes'),
    prova: { cenas: [4], afirmacao: /quantos bytes/ },
  },
  {
    nome: 'leitor-que-troca-a-origem',
    viola: '"origem" diz quantas execuções são de outros containers e quantas deste',
    leitor: trocando(
      /outros containers: (\d+); deste(\s+\([^)]*\)): (\d+)/,
      'outros containers: $3; deste$2: $1',
    ),
    prova: { cenas: [4], afirmacao: /diz: execuções de outros containers: 0/ },
  },
  {
    nome: 'leitor-que-inventa-o-resto',
    viola: 'diz quantos usuários não mostra',
    leitor: trocando(/^… e mais [\d.]+\.$/m, '… e mais 7.777.'),
    prova: { cenas: [4, 7, 9], afirmacao: /diz que não mostra 7777/ },
  },
  {
    nome: 'escritor-que-inventa-o-resto',
    viola: 'diz quantos usuários não listou',
    escritor: trocando(/^… e mais [\d.]+\.$/m, '… e mais 7.777.'),
    prova: { cenas: [7], afirmacao: /diz que não listou 7777/ },
  },
  {
    nome: 'programas-sem-outros-nomes',
    viola: '-h e --help são --ajuda; -V e --version são --versao',
    leitor: {
      pedir: (pedido) => ({
        ...pedido,
        argumentos: pedido.argumentos.map((um) => (/^(-h|--help|-V|--version)$/.test(um) ? '--json' : um)),
      }),
    },
    prova: { cenas: [1], afirmacao: /leitor -(h|V|-help|-version)/ },
  },
  {
    nome: 'escritor-que-perdoa-numeros',
    viola: 'um valor que não é um número é 64',
    escritor: {
      pedir: (pedido) => ({
        ...pedido,
        argumentos: pedido.argumentos.map((um) => um.replace(/=\D.*$/, '=1')),
      }),
    },
    prova: { cenas: [1], afirmacao: /=dez|=-1/ },
  },
  {
    nome: 'leitor-que-nao-espera',
    viola: 'quem acha o banco ocupado espera a sua vez',
    trocas: [
      [
        'lib/armazem/instantaneo.ts',
        "await esperarVez(() => consultarUm(banco, 'SELECT count(*) FROM sqlite_schema'), parada);",
        "consultarUm(banco, 'SELECT count(*) FROM sqlite_schema'); await esperarVez(() => {}, parada);",
      ],
    ],
    prova: { cenas: [10], afirmacao: /espera a sua vez/ },
  },
];
