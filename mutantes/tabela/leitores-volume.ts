import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bancoDe } from '../dentro/impostor.ts';
import { perdoar } from '../dentro/laudos.ts';
import type { Mutante } from '../mutante.ts';

/** A linha de /proc/self/mountinfo da montagem que tem este ponto, se há uma. */
function montagem(ponto: string): string | undefined {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((linha) => linha.split(' ')[4] === ponto);
}

const VOLUME = 'lib/armazem/volume.ts';
const LUGAR = 'lib/container.ts';

/** Leitores, e quem os dois programas dizem ser, que não sabem bem onde estão. */
export const DO_LUGAR: Mutante[] = [
  {
    nome: 'leitor-que-aceita-a-camada',
    viola: 'o que está na camada do container não persiste',
    leitor: {
      depois: (resposta, pedido) =>
        montagem(dirname(bancoDe(pedido))) || montagem(bancoDe(pedido))
          ? resposta
          : perdoar(resposta, 'volume'),
    },
    prova: { cenas: [2], afirmacao: /na camada/ },
  },
  {
    nome: 'leitor-que-aceita-tmpfs',
    viola: 'o que está num tmpfs não persiste',
    leitor: {
      depois: (resposta, pedido) =>
        / - tmpfs /.test(montagem(dirname(bancoDe(pedido))) ?? '') ? perdoar(resposta, 'volume') : resposta,
    },
    prova: { cenas: [2], afirmacao: /num tmpfs/ },
  },
  {
    nome: 'leitor-que-aceita-o-arquivo-montado',
    viola: 'a montagem é da pasta do arquivo, e não só do arquivo',
    leitor: {
      depois: (resposta, pedido) => (montagem(bancoDe(pedido)) ? perdoar(resposta, 'volume') : resposta),
    },
    prova: { cenas: [2], afirmacao: /só o arquivo/ },
  },
  {
    nome: 'leitor-que-nao-segue-links',
    viola: 'a montagem que se confere é a do arquivo, e não a do link que leva a ele',
    trocas: [
      [VOLUME, "import { dirname } from 'node:path';", "import { dirname, resolve } from 'node:path';"],
      [VOLUME, '    return caminhoReal(caminho);', '    return resolve(caminho);'],
    ],
    prova: { cenas: [2], afirmacao: /por um link/ },
  },
  {
    nome: 'leitor-que-aprova-fora',
    viola: 'fora de um container, "volume" é pulada',
    trocas: [
      [
        VOLUME,
        "return pular('o leitor não está num container');",
        "return aprovar('montagem própria: ext4');",
      ],
    ],
    prova: { cenas: [17], afirmacao: /não diz que persistiu/ },
  },
  {
    nome: 'programas-sempre-num-container',
    viola: 'fora de um container, nada se diz de uma camada que some com ele',
    trocas: [[LUGAR, "haSinalCerto(indicios) ? 'sim'", "indicios ? 'sim'"]],
    avesso: true,
    prova: { cenas: [17], afirmacao: /sem container, em texto: aprova/ },
  },
  {
    nome: 'programas-com-o-nome-da-maquina',
    viola: 'quem escreve ou lê é o id do container, e não o nome que lhe deram',
    trocas: [[LUGAR, 'nome: id ?? ', 'nome: ']],
    prova: { cenas: [2], afirmacao: /o nome que lhe deram/ },
  },
  {
    nome: 'leitor-com-o-nome-da-maquina',
    viola: 'quem lê é o id do container, e não o nome que lhe deram',
    trocas: [
      [
        'lib/cadeia/verificar.ts',
        'conferirOrigem(armazem, lugar.nome)',
        "conferirOrigem(armazem, require('node:os').hostname())",
      ],
    ],
    prova: { cenas: [4], afirmacao: /nenhum outro container escreveu/ },
  },
];
