import type { Diario } from './diario.ts';
import {
  acharVereditos,
  detalheDe,
  type Leitura,
  quais,
  resultadoDe,
  VERIFICACOES,
  type Verificacao,
} from './leitura.ts';
import { conferirMostrado } from './mostrado.ts';

/** A palavra com que o veredito começa, por código de saída. */
const PALAVRAS: Record<number, string> = {
  0: 'APROVADO',
  65: 'REPROVADO',
  66: 'NADA PARA LER',
  69: 'NÃO PERSISTE',
  74: 'SEM VEREDITO',
  75: 'SEM VEREDITO',
  77: 'SEM VEREDITO',
  78: 'REPROVADO',
};

/**
 * Em que o que o leitor disse não concorda consigo, em palavras: o código com o veredito, o veredito com as
 * verificações, as verificações com os recibos exigidos, e o que ele mostra, quando aprova, com o diário do volume
 * (`undefined` se alguém escrevia ao mesmo tempo).
 */
export function conferirLeitura(leitura: Leitura, diario: Diario | undefined): string[] {
  const { codigo, mostrado, forma } = leitura;
  if (PALAVRAS[codigo] === undefined) return [`o código é ${codigo}`];
  if (!mostrado) return [`código ${codigo}, e a saída em ${forma} não é a de um leitor`];
  const defeitos = [
    ...conferirVeredito(leitura),
    ...conferirVerificacoes(leitura),
    ...conferirErros(leitura),
  ];
  if (codigo === 0 && diario) defeitos.push(...conferirMostrado(leitura, diario));
  return defeitos;
}

function conferirVeredito(leitura: Leitura): string[] {
  const { codigo, forma, saida, veredito, mostrado } = leitura;
  // O que está gravado não comanda o terminal de quem lê.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(saida.replaceAll('\n', '')))
    return ['há caracteres de controle na saída'];
  if (forma === 'json') {
    if (mostrado?.aprovado === (codigo === 0)) return [];
    return [`código ${codigo}, com "aprovado": ${mostrado?.aprovado}`];
  }
  const defeitos: string[] = [];
  const vereditos = acharVereditos(saida);
  if (vereditos.length !== 1) defeitos.push(`código ${codigo}, com ${vereditos.length} vereditos`);
  const palavra = PALAVRAS[codigo] ?? '';
  if (!veredito.startsWith(palavra)) defeitos.push(`código ${codigo}, com o veredito "${veredito}"`);
  if (codigo !== 0 && /\bAPROVADO\b/.test(saida)) defeitos.push(`código ${codigo}, e a palavra APROVADO`);
  const podeDizer =
    codigo === 0 &&
    resultadoDe(leitura, 'volume') === 'aprovada' &&
    resultadoDe(leitura, 'origem') === 'aprovada';
  if (podeDizer !== /persistência comprovada/.test(saida)) {
    defeitos.push(`${podeDizer ? 'não diz' : 'diz'} "persistência comprovada"`);
  }
  const naoNotado = leitura.comChave ? /uma\s+cópia\s+antiga/ : /um\s+volume\s+trocado/;
  const ressalva = new RegExp(`Sem\\s+um\\s+recibo\\s+exigido,\\s+${naoNotado.source}`).test(saida);
  if (ressalva !== (codigo === 0 && leitura.exigidos.length === 0)) {
    defeitos.push(`${ressalva ? 'diz' : 'não diz'} que sem um recibo um volume trocado não seria notado`);
  }
  return defeitos;
}

function conferirVerificacoes(leitura: Leitura): string[] {
  const { codigo, exigidos, mostrado } = leitura;
  const defeitos: string[] = [];
  const nomes = mostrado?.verificacoes.map(({ nome }) => nome);
  if (`${nomes}` !== `${VERIFICACOES}`) defeitos.push(`as verificações são ${nomes}`);
  if (mostrado?.verificacoes.some(({ detalhe }) => !detalhe)) defeitos.push('há verificações sem detalhe');
  const [reprovadas, puladas] = [quais(leitura, 'reprovada'), quais(leitura, 'pulada')];
  const acusar = (oQue: string) => defeitos.push(`código ${codigo}: ${oQue}`);
  const semMotivo = puladas.filter((nome) => !podePular(leitura, nome as Verificacao, reprovadas));
  if (semMotivo.length > 0) acusar(`puladas sem motivo: ${semMotivo}`);
  if (codigo === 0) {
    if (reprovadas.length > 0) acusar(`reprovadas: ${reprovadas}`);
    const podem = [
      'origem',
      ...(leitura.comChave ? [] : ['assinatura']),
      ...(exigidos.length === 0 ? ['recibos'] : []),
      ...(leitura.fora ? ['volume'] : []),
    ];
    if (!leitura.comChave && !puladas.includes('assinatura')) acusar('sem chave, assinatura não é pulada');
    if (leitura.fora && !puladas.includes('volume')) acusar('fora de um container, volume não é pulada');
    const demais = puladas.filter((nome) => !podem.includes(nome));
    if (demais.length > 0) acusar(`puladas: ${demais}`);
    if (exigidos.length === 0 && !puladas.includes('recibos'))
      acusar('recibos aprovada, e nenhum foi exigido');
  }
  if (codigo === 65 && reprovadas.length === 0) acusar('nenhuma verificação reprovada');
  if (codigo === 66 && !reprovadas.includes('arquivo')) acusar('"arquivo" não está reprovada');
  if (codigo === 69 && `${reprovadas}` !== 'volume') acusar(`reprovadas: ${reprovadas}`);
  return defeitos;
}

/** Só se pula o que depende do arquivo ou das tabelas que reprovaram, ou o que não se pediu. */
function podePular(leitura: Leitura, nome: Verificacao, reprovadas: string[]): boolean {
  if (![0, 65, 66, 69].includes(leitura.codigo) || nome === 'origem') return true;
  const [, de = ''] = detalheDe(leitura, nome).match(/depende de "(arquivo|esquema)"$/) ?? [];
  if (nome === 'volume') return leitura.fora === true;
  if (nome === 'assinatura' && !leitura.comChave) return true;
  return reprovadas.includes(de) || (nome === 'recibos' && leitura.exigidos.length === 0);
}

/** Quem não aprova diz por quê, como no laudo, e o que fazer, em duas linhas; quem aprova não tem o que dizer. */
function conferirErros(leitura: Leitura): string[] {
  const { codigo, erros } = leitura;
  if (codigo === 0) return /^leitor: /m.test(erros) ? [`aprova, e diz em stderr: ${erros.trim()}`] : [];
  const ditos = [...erros.matchAll(/^leitor: (.+)\n {8}\S.*$/gm)].map(([, dito = '']) => dito);
  if (ditos.length === 0) return [`código ${codigo}, sem dizer em stderr o que fazer`];
  if (![65, 66, 69].includes(codigo)) return [];
  const detalhes = quais(leitura, 'reprovada').map((nome) => detalheDe(leitura, nome as Verificacao));
  const alheios = ditos.filter((dito) => !detalhes.includes(dito.replace(/\s+/g, ' ')));
  return alheios.map((dito) => `diz em stderr o que o laudo não diz: ${dito}`);
}
