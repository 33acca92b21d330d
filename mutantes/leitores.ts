import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lendo, selosDe } from './bancos.ts';
import { bancoDe, exigidos, type Pedido, querJson, type Resposta, semOpcao } from './impostor.ts';
import { aprovar, COMPROVADA, comAprovada, comVeredito, mudarJson, perdoar } from './laudos.ts';
import type { Mutante } from './mutante.ts';

type Leitor = Mutante & Required<Pick<Mutante, 'leitor' | 'prova'>>;

/** O leitor que só exige alguns dos recibos que lhe pedem, e diz que achou todos. */
function exigindo(quais: (pedido: Pedido) => string[]): Leitor['leitor'] {
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

/** O leitor que não faz uma verificação. */
function sem(verificacao: string, cenas: number[], afirmacao: RegExp): Leitor {
  return {
    nome: `leitor-sem-${verificacao}`,
    viola: `a verificação "${verificacao}" reprova o que a quebra`,
    leitor: { depois: (resposta) => perdoar(resposta, verificacao) },
    prova: { cenas, afirmacao },
  };
}

/** A linha de /proc/self/mountinfo da montagem que tem este ponto, se há uma. */
function montagem(ponto: string): string | undefined {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((linha) => linha.split(' ')[4] === ponto);
}

/** Muda o que se diz em texto; o JSON fica como está. */
function emTexto(mudar: (resposta: Resposta) => Partial<Resposta>): Leitor['leitor'] {
  return {
    depois: (resposta, pedido) => (querJson(pedido) ? resposta : { ...resposta, ...mudar(resposta) }),
  };
}

/** Muda o documento JSON de um laudo, se o banco foi lido. */
// biome-ignore lint/suspicious/noExplicitAny: um impostor sabe do laudo o que o contrato diz, e não os tipos de lib/
function emLaudo(mudar: (laudo: Record<string, any>) => void): Leitor['leitor'] {
  return {
    depois: (resposta) => ({
      ...resposta,
      saida: mudarJson(resposta.saida, (laudo) => laudo.recibo && mudar(laudo)),
    }),
  };
}

/** Leitores que mentem. */
export const LEITORES: Leitor[] = [
  {
    nome: 'leitor-que-nao-abre',
    viola: 'em texto também, o veredito vem do que foi lido',
    leitor: {
      responder: (pedido) =>
        querJson(pedido) ? undefined : { saida: `${COMPROVADA}\n`, erros: '', codigo: 0 },
    },
    prova: { cenas: [4, 13], afirmacao: /texto/ },
  },
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
    nome: 'leitor-sem-laudo',
    viola: '--json dá o laudo inteiro',
    leitor: {
      depois: (resposta, pedido) =>
        querJson(pedido) ? { ...resposta, saida: '{"aprovado":true}\n' } : resposta,
    },
    prova: { cenas: [4], afirmacao: /aprova/ },
  },
  {
    nome: 'leitor-que-so-confere-com-recibo',
    viola: 'as verificações se fazem com recibo ou sem ele',
    leitor: {
      depois: (resposta, pedido) =>
        exigidos(pedido).length > 0 ? resposta : perdoar(resposta, 'selos', 'avulsos'),
    },
    prova: { cenas: [13], afirmacao: /sem recibo/ },
  },
  {
    nome: 'leitor-que-so-confere-sem-recibo',
    viola: 'as verificações se fazem com recibo ou sem ele',
    leitor: {
      depois: (resposta, pedido) =>
        exigidos(pedido).length === 0 ? resposta : perdoar(resposta, 'selos', 'avulsos'),
    },
    prova: { cenas: [13], afirmacao: /selos|avulsos/ },
  },
  {
    nome: 'leitor-que-so-exige-o-ultimo-recibo',
    viola: '--recibo pode ser repetida, e cada um é exigido',
    leitor: exigindo((pedido) => exigidos(pedido).slice(-1)),
    prova: { cenas: [13], afirmacao: /recibo/ },
  },
  {
    nome: 'leitor-que-so-exige-o-primeiro-recibo',
    viola: '--recibo pode ser repetida, e cada um é exigido',
    leitor: exigindo((pedido) => exigidos(pedido).slice(0, 1)),
    prova: { cenas: [13], afirmacao: /recibo/ },
  },
  {
    nome: 'leitor-surdo-a-variavel-recibo',
    viola: '$RECIBO exige o que traz',
    leitor: exigindo((pedido) => exigidos({ ...pedido, recibo: undefined })),
    prova: { cenas: [13], afirmacao: /\$RECIBO/ },
  },
  {
    nome: 'leitor-surdo-a-opcao-recibo',
    viola: '--recibo exige o que traz',
    leitor: exigindo((pedido) => exigidos({ ...pedido, argumentos: [] })),
    prova: { cenas: [13], afirmacao: /recibo/ },
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
    prova: { cenas: [13], afirmacao: /2ª execução|meio/ },
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
    prova: { cenas: [13], afirmacao: /selos/ },
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
    prova: { cenas: [13], afirmacao: /selo/ },
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
    prova: { cenas: [13], afirmacao: /recibo/ },
  },
  {
    nome: 'leitor-que-olha-a-hora',
    viola: 'o que se lê são os usuários, e não a hora em que o arquivo mudou',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const mudou = Bun.file(bancoDe(pedido)).lastModified;
        const agora = Date.now();
        return agora - mudou > 5000 ? perdoar(resposta, 'selos', 'avulsos') : resposta;
      },
    },
    prova: { cenas: [13], afirmacao: /hora|data/ },
  },
  {
    nome: 'leitor-que-aceita-a-camada',
    viola: 'o que está na camada do container não persiste',
    leitor: {
      depois: (resposta, pedido) =>
        montagem(dirname(bancoDe(pedido))) || montagem(bancoDe(pedido))
          ? resposta
          : perdoar(resposta, 'volume'),
    },
    prova: { cenas: [2], afirmacao: /69/ },
  },
  {
    nome: 'leitor-que-aceita-tmpfs',
    viola: 'o que está num tmpfs não persiste',
    leitor: {
      depois: (resposta, pedido) =>
        / - tmpfs /.test(montagem(dirname(bancoDe(pedido))) ?? '') ? perdoar(resposta, 'volume') : resposta,
    },
    prova: { cenas: [11], afirmacao: /69/ },
  },
  {
    nome: 'leitor-que-aceita-o-arquivo-montado',
    viola: 'a montagem é da pasta do arquivo, e não só do arquivo',
    leitor: {
      depois: (resposta, pedido) => (montagem(bancoDe(pedido)) ? perdoar(resposta, 'volume') : resposta),
    },
    prova: { cenas: [2], afirmacao: /69/ },
  },
  sem('volume', [11], /69/),
  sem('arquivo', [13], /arquivo/),
  sem('estrutura', [13], /estrutura/),
  sem('esquema', [13], /esquema/),
  sem('selos', [13], /selos/),
  sem('avulsos', [13], /avulsos/),
  sem('recibos', [13], /recibos/),
  {
    nome: 'leitor-que-nunca-pula-origem',
    viola: '"origem" é pulada se só o próprio leitor escreveu',
    leitor: {
      depois: (resposta) =>
        resposta.codigo === 0
          ? { ...resposta, saida: comAprovada(resposta.saida, 'origem', 'execuções de outros containers: 1') }
          : resposta,
    },
    prova: { cenas: [2], afirmacao: /origem/ },
  },
  {
    nome: 'leitor-que-sempre-comprova',
    viola: 'só diz "persistência comprovada" se outro container escreveu',
    leitor: emTexto(({ saida, codigo }) =>
      codigo === 0 ? { saida: comVeredito(saida, true, COMPROVADA) } : {},
    ),
    prova: { cenas: [2], afirmacao: /comprovada/ },
  },
  {
    nome: 'leitor-que-reprova-com-zero',
    viola: 'o código diz o mesmo que o veredito em texto',
    leitor: emTexto(({ codigo }) => (codigo === 65 ? { codigo: 0 } : {})),
    prova: { cenas: [13], afirmacao: /texto/ },
  },
  {
    nome: 'leitor-que-aprova-com-65',
    viola: 'o código diz o mesmo que o veredito em texto',
    leitor: emTexto(({ codigo }) => (codigo === 0 ? { codigo: 65 } : {})),
    prova: { cenas: [4], afirmacao: /texto/ },
  },
  {
    nome: 'leitor-que-reprova-com-zero-em-json',
    viola: 'o código diz o mesmo que o laudo',
    leitor: {
      depois: (resposta, pedido) =>
        querJson(pedido) && resposta.codigo === 65 ? { ...resposta, codigo: 0 } : resposta,
    },
    prova: { cenas: [13], afirmacao: /65/ },
  },
  {
    nome: 'leitor-que-escreve-aprovado',
    viola: 'o texto diz o mesmo que o laudo em JSON',
    leitor: emTexto(({ saida, codigo }) =>
      codigo === 65 ? { saida: comVeredito(saida, true, COMPROVADA) } : {},
    ),
    prova: { cenas: [13], afirmacao: /texto/ },
  },
  {
    nome: 'leitor-de-vistos-no-texto',
    viola: 'o texto diz de cada verificação o mesmo que o laudo em JSON',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/^ {2}✘/gm, '  ✔') })),
    prova: { cenas: [13], afirmacao: /texto/ },
  },
  {
    nome: 'leitor-que-conta-outro-total-em-texto',
    viola: 'o texto diz quantos usuários há',
    leitor: emTexto(({ saida }) => ({
      saida: saida.replace(/^Usuários: (\d+)/m, (_, n) => `Usuários: ${Number(n) + 1}`),
    })),
    prova: { cenas: [4], afirmacao: /texto/ },
  },
  {
    nome: 'leitor-que-mostra-outros-nomes-em-texto',
    viola: 'o texto mostra os usuários que estão gravados',
    leitor: emTexto(({ saida }) => ({ saida: saida.replaceAll('Maria Santos', 'Mário Santos') })),
    prova: { cenas: [4], afirmacao: /texto/ },
  },
  {
    nome: 'leitor-que-cala-o-recibo-mais-novo',
    viola: 'o texto acaba com o recibo mais novo',
    leitor: emTexto(({ saida }) => ({ saida: saida.replace(/^recibo mais novo.*\n/m, '') })),
    prova: { cenas: [4], afirmacao: /recibo/ },
  },
  {
    nome: 'leitor-que-conta-outro-total',
    viola: '`registros` é quantos usuários há',
    leitor: emLaudo((laudo) => {
      laudo.registros += 1;
    }),
    prova: { cenas: [4, 7], afirmacao: /usuários|registros/ },
  },
  {
    nome: 'leitor-que-mostra-outros-nomes',
    viola: '`usuarios` são os que estão gravados',
    leitor: emLaudo((laudo) => {
      for (const usuario of laudo.usuarios) usuario.nome = usuario.nome.replace('Santos', 'Santo');
    }),
    prova: { cenas: [4], afirmacao: /usuários|nomes/ },
  },
  {
    nome: 'leitor-que-da-o-recibo-anterior',
    viola: '`recibo` é o da execução mais nova',
    leitor: emLaudo((laudo) => {
      laudo.recibo = laudo.ultimas_execucoes.at(-2)?.recibo ?? laudo.recibo;
    }),
    prova: { cenas: [7], afirmacao: /recibo/ },
  },
  {
    nome: 'leitor-com-outro-nome',
    viola: '`container` é o de quem leu',
    leitor: emLaudo((laudo) => {
      laudo.container = '0123456789ab';
    }),
    prova: { cenas: [4], afirmacao: /quem lê|container/ },
  },
  {
    nome: 'leitor-surdo-a-limite',
    viola: '--limite diz quantos usuários e execuções mostrar',
    leitor: { pedir: (pedido) => semOpcao(pedido, '--limite') },
    prova: { cenas: [4], afirmacao: /limite/ },
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
    prova: { cenas: [5], afirmacao: /não mud|escrit/ },
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
    prova: { cenas: [5], afirmacao: /não mud|escrit/ },
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
    nome: 'leitor-mudo',
    viola: 'o que reprova é dito na saída de erros, com o remédio',
    leitor: { depois: (resposta) => ({ ...resposta, erros: '' }) },
    prova: { cenas: [13], afirmacao: /mensagem|remédio|erros/ },
  },
  {
    nome: 'leitor-que-aceita-recibo-malformado',
    viola: 'um recibo que não é N:SELO é um uso errado, 64',
    leitor: exigindo((pedido) => exigidos(pedido).filter((recibo) => /^\d+:[0-9a-f]{64}$/.test(recibo))),
    prova: { cenas: [13], afirmacao: /64/ },
  },
  {
    nome: 'leitor-que-so-le-o-tipo-declarado',
    viola: 'o tipo de cada valor selado é conferido, e não o que a tabela declara',
    leitor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo !== 65) return resposta;
        const textos = lendo(bancoDe(pedido), (banco) =>
          banco.query("SELECT 1 FROM usuarios WHERE 'blob' IN (typeof(nome), typeof(email))").get(),
        );
        return textos ? perdoar(resposta, 'esquema', 'selos') : resposta;
      },
    },
    prova: { cenas: [13], afirmacao: /tipo|BLOB|JSONB/ },
  },
];

function tentar(acao: () => void): void {
  try {
    acao();
  } catch {}
}
