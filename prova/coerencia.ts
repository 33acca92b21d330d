import type { Diario } from './diario.ts';
import { acharVereditos, type Leitura, quais, resultadoDe, VERIFICACOES } from './leitura.ts';
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
  if (codigo === 0) {
    if (reprovadas.length > 0) acusar(`reprovadas: ${reprovadas}`);
    const podem = ['origem', ...(exigidos.length === 0 ? ['recibos'] : [])];
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

/** Quem não aprova diz por quê e o que fazer, em duas linhas; quem aprova não tem o que dizer. */
function conferirErros({ codigo, erros }: Leitura): string[] {
  if (codigo === 0) return /^leitor: /m.test(erros) ? [`aprova, e diz em stderr: ${erros.trim()}`] : [];
  return /^leitor: .+\n {8}\S.*$/m.test(erros) ? [] : [`código ${codigo}, sem dizer em stderr o que fazer`];
}
