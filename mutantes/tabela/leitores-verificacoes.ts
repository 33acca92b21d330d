import { utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { selosDe, ultimaHora } from '../dentro/bancos.ts';
import { bancoDe } from '../dentro/impostor.ts';
import { aprovar, comAprovada, perdoar } from '../dentro/laudos.ts';
import type { Mutante } from '../mutante.ts';

/** O leitor que não faz uma verificação. */
function sem(verificacao: string, cenas: number[], afirmacao: RegExp): Mutante {
  return {
    nome: `leitor-sem-${verificacao}`,
    viola: `a verificação "${verificacao}" reprova o que a quebra`,
    leitor: { depois: (resposta) => perdoar(resposta, verificacao) },
    prova: { cenas, afirmacao },
  };
}

/** Entre a hora que a última execução diz e a do arquivo, se ninguém mexeu nele desde então. */
const FOLGA_MS = 5000;

/** Leitores que não conferem tudo, ou mudam o que conferem. */
export const DAS_VERIFICACOES: Mutante[] = [
  {
    nome: 'leitor-que-sempre-aprova',
    viola: 'o leitor aprova só o que confere',
    leitor: {
      depois: (resposta) =>
        [65, 66, 69, 75].includes(resposta.codigo)
          ? aprovar(resposta, ['volume', 'arquivo', 'estrutura', 'esquema', 'selos', 'avulsos', 'recibos'])
          : resposta,
    },
    prova: { cenas: [2], afirmacao: /66/ },
  },
  {
    nome: 'leitor-que-pula-o-meio',
    viola: 'cada selo é recalculado, também os do meio da cadeia',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const selos = selosDe(bancoDe(pedido));
        const erradas = selos.filter(({ gravado, certo }) => gravado !== certo);
        const noMeio = erradas.every(({ execucao }) => execucao > 1 && execucao < selos.length);
        return erradas.length > 0 && noMeio ? perdoar(resposta, 'selos') : resposta;
      },
    },
    prova: { cenas: [13], afirmacao: /2ª execução/ },
  },
  {
    nome: 'leitor-que-so-confere-as-que-mostra',
    viola: 'cada selo é recalculado, também os das execuções que o laudo não mostra',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const selos = selosDe(bancoDe(pedido));
        const erradas = selos.filter(({ gravado, certo }) => gravado !== certo);
        const antigas = erradas.every(({ execucao }) => execucao <= selos.length - 20);
        return erradas.length > 0 && antigas ? perdoar(resposta, 'selos') : resposta;
      },
    },
    prova: { cenas: [15], afirmacao: /ª/ },
  },
  {
    nome: 'leitor-que-so-confere-a-mais-nova',
    viola: 'cada selo é recalculado, e não só o mais novo',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const ultimo = selosDe(bancoDe(pedido)).at(-1);
        return ultimo?.gravado === ultimo?.certo ? perdoar(resposta, 'selos') : resposta;
      },
    },
    prova: { cenas: [13], afirmacao: /selos, 65/ },
  },
  {
    nome: 'leitor-de-oito-digitos',
    viola: 'o selo gravado é igual ao recalculado, nos seus 64 dígitos',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const parecidos = selosDe(bancoDe(pedido)).every(
          ({ gravado, certo }) => gravado.slice(0, 8) === certo.slice(0, 8),
        );
        return parecidos ? perdoar(resposta, 'selos') : resposta;
      },
    },
    prova: { cenas: [15], afirmacao: /algarismo/ },
  },
  {
    nome: 'leitor-que-olha-a-hora',
    viola: 'o que se lê são os usuários, e não a hora em que o arquivo mudou',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const mudou = Bun.file(bancoDe(pedido)).lastModified;
        const parado = mudou < Date.parse(ultimaHora(bancoDe(pedido))) + FOLGA_MS;
        return parado ? perdoar(resposta, 'selos', 'avulsos') : resposta;
      },
    },
    prova: { cenas: [15], afirmacao: /\dª/ },
  },
  sem('volume', [2], /na camada/),
  sem('arquivo', [13], /: arquivo, 65/),
  sem('estrutura', [13], /: estrutura, 65/),
  sem('esquema', [13], /: esquema, 65/),
  sem('selos', [13], /: selos, 65/),
  sem('avulsos', [13], /: avulsos, 65/),
  sem('recibos', [13], /: recibos, 65/),
  {
    nome: 'leitor-que-nunca-pula-origem',
    viola: '"origem" é pulada se só o próprio leitor escreveu',
    leitor: {
      depois: (resposta) =>
        resposta.codigo === 0
          ? { ...resposta, saida: comAprovada(resposta.saida, 'origem', 'execuções de outros containers: 1') }
          : resposta,
    },
    prova: { cenas: [4], afirmacao: /origem aprovada/ },
  },
  {
    nome: 'leitor-que-escreve-no-volume',
    viola: 'o leitor não cria nada, nem onde poderia',
    leitor: {
      depois: (resposta, pedido) => {
        tentar(() => writeFileSync(`${dirname(bancoDe(pedido))}/.lido`, ''));
        return resposta;
      },
    },
    prova: { cenas: [5], afirmacao: /nem as horas/ },
  },
  {
    nome: 'leitor-que-toca-no-arquivo',
    viola: 'o leitor não muda nada, nem onde poderia',
    leitor: {
      depois: (resposta, pedido) => {
        tentar(() => utimesSync(bancoDe(pedido), 0, 0));
        return resposta;
      },
    },
    prova: { cenas: [5], afirmacao: /nem as horas/ },
  },
  {
    nome: 'leitor-que-aprova-o-que-ficou-no-meio',
    viola: 'o que um escritor morto deixou no meio é 75, e não 0',
    leitor: {
      depois: (resposta) => (resposta.codigo === 75 ? aprovar(resposta, ['arquivo']) : resposta),
    },
    prova: { cenas: [9], afirmacao: /75/ },
  },
  {
    nome: 'leitor-que-le-json-por-texto',
    viola: 'dois conteúdos de outro tipo nunca têm a mesma linha: o tipo de cada valor selado é conferido',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const parecem = selosDe(bancoDe(pedido)).every(({ gravado, certo }) => gravado === certo);
        return parecem ? perdoar(resposta, 'esquema', 'selos') : resposta;
      },
    },
    prova: { cenas: [15], afirmacao: /JSONB|vira texto/ },
  },
];

function tentar(acao: () => void): void {
  try {
    acao();
  } catch {}
}
