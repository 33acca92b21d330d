import { ehRecibo } from '../../prova/diario.ts';
import { selosDe } from '../dentro/bancos.ts';
import { bancoDe, exigidos, type Impostor, type Pedido, semOpcao } from '../dentro/impostor.ts';
import { comAprovada, perdoar } from '../dentro/laudos.ts';
import type { Mutante } from '../mutante.ts';

/** O leitor que só exige alguns dos recibos que lhe pedem, e diz que achou todos. */
function exigindo(quais: (pedido: Pedido) => string[]): Impostor {
  return {
    pedir: (pedido) => {
      const restantes = quais(pedido).flatMap((recibo) => ['-r', recibo]);
      const { argumentos } = semOpcao(pedido, '-r', '--recibo');
      return { argumentos: [...argumentos, ...restantes], recibo: undefined };
    },
    depois: (resposta, pedido) => {
      if (resposta.codigo !== 0 || exigidos(pedido).length === 0) return resposta;
      const saida = comAprovada(
        resposta.saida,
        'recibos',
        `${exigidos(pedido).length} exigidos, todos na cadeia`,
      );
      return { ...resposta, saida: saida.replace(/\nSem um recibo exigido.*/, '') };
    },
  };
}

/** Leitores que não exigem todos os recibos, ou só com eles conferem o resto. */
export const DOS_RECIBOS: Mutante[] = [
  {
    nome: 'leitor-que-so-confere-com-recibo',
    viola: 'as verificações se fazem com recibo ou sem ele',
    leitor: {
      depois: (resposta, pedido) =>
        exigidos(pedido).length > 0 ? resposta : perdoar(resposta, 'selos', 'avulsos'),
    },
    prova: { cenas: [15], afirmacao: /\dª|inserido/ },
  },
  {
    nome: 'leitor-que-so-confere-sem-recibo',
    viola: 'as verificações se fazem com recibo ou sem ele',
    leitor: {
      depois: (resposta, pedido) =>
        exigidos(pedido).length === 0 ? resposta : perdoar(resposta, 'selos', 'avulsos'),
    },
    prova: { cenas: [13], afirmacao: /selos, 65|avulsos, 65/ },
  },
  {
    nome: 'leitor-que-so-exige-o-ultimo-recibo',
    viola: '--recibo pode ser repetida, e cada um é exigido',
    leitor: exigindo((pedido) => exigidos(pedido).slice(-1)),
    prova: { cenas: [14], afirmacao: /entre bons/ },
  },
  {
    nome: 'leitor-que-so-exige-o-primeiro-recibo',
    viola: '--recibo pode ser repetida, e cada um é exigido',
    leitor: exigindo((pedido) => exigidos(pedido).slice(0, 1)),
    prova: { cenas: [14], afirmacao: /entre bons/ },
  },
  {
    nome: 'leitor-surdo-a-variavel-recibo',
    viola: '$RECIBO exige o que traz',
    leitor: exigindo((pedido) => exigidos({ ...pedido, recibo: undefined })),
    prova: { cenas: [14], afirmacao: /\$RECIBO/ },
  },
  {
    nome: 'leitor-surdo-a-opcao-recibo',
    viola: '--recibo exige o que traz',
    leitor: exigindo((pedido) => exigidos({ ...pedido, argumentos: [] })),
    prova: { cenas: [14], afirmacao: /--recibo|entre bons/ },
  },
  {
    nome: 'leitor-de-oito-digitos-do-recibo',
    viola: 'o recibo exigido e o selo gravado são iguais, nos seus 64 dígitos',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const gravados = selosDe(bancoDe(pedido)).map(({ execucao, gravado }) => `${execucao}:${gravado}`);
        const oito = (recibo: string) => recibo.slice(0, recibo.indexOf(':') + 9);
        const parecidos = exigidos(pedido).every((recibo) => gravados.map(oito).includes(oito(recibo)));
        return parecidos ? perdoar(resposta, 'recibos') : resposta;
      },
    },
    prova: { cenas: [14], afirmacao: /algarismo mudado/ },
  },
  {
    nome: 'leitor-que-aceita-recibo-vazio',
    viola: 'um $RECIBO que existe e está vazio é um erro, e não "nenhum exigido"',
    leitor: { pedir: (pedido) => ({ ...pedido, recibo: pedido.recibo || undefined }) },
    prova: { cenas: [14], afirmacao: /vazio não é/ },
  },
  {
    nome: 'leitor-que-aceita-recibo-malformado',
    viola: 'um recibo que não é N:SELO é um uso errado, 64',
    leitor: exigindo((pedido) => exigidos(pedido).filter(ehRecibo)),
    prova: { cenas: [14], afirmacao: /cortado/ },
  },
];
