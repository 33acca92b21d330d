import { type Diario, usuarioPrevisto } from './diario.ts';
import { acharVereditos, type Leitura, quais, resultadoDe, VERIFICACOES } from './leitura.ts';

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

/** Quem aprova mostra o que a prova sabe que lá está. */
function conferirMostrado({ forma, limite, mostrado }: Leitura, diario: Diario): string[] {
  if (!mostrado || diario.talvez.length > 0) return [];
  const defeitos: string[] = [];
  const comparar = (oQue: string, visto: unknown, esperado: unknown) => {
    if (`${visto}` !== `${esperado}`) defeitos.push(`${oQue}: ${visto}, e não ${esperado}`);
  };
  const recibos = diario.recibos;
  if (forma === 'json' || limite > 0) {
    comparar('usuários', mostrado.registros, diario.registros);
    comparar('execuções', mostrado.execucoes, diario.execucoes);
  }
  if (recibos.length > 0) comparar('recibo mais novo', mostrado.recibo, recibos.at(-1));
  const ultimas = limite === 0 ? [] : recibos.slice(-limite);
  comparar('quantas das últimas', mostrado.ultimas.length, Math.min(limite, diario.execucoes));
  for (const [indice, recibo] of ultimas.toReversed().entries()) {
    const mostrada = mostrado.ultimas.at(-1 - indice) ?? 'nada';
    const igual = forma === 'json' ? mostrada === recibo : recibo.startsWith(mostrada) && mostrada.length > 2;
    if (!igual) defeitos.push(`mostra o recibo ${mostrada.slice(0, 20)}, e não ${recibo.slice(0, 20)}`);
  }
  comparar('usuários mostrados', mostrado.usuarios.length, Math.min(limite, diario.registros));
  if (diario.antes.execucoes === 0) {
    for (const [indice, { id, nome, email }] of mostrado.usuarios.entries()) {
      const previsto = usuarioPrevisto(indice + 1);
      const igual =
        id === indice + 1 && nome === previsto.nome && (email === previsto.email || /…$/.test(email));
      if (!igual) defeitos.push(`mostra o usuário ${id}, ${nome}, ${email}`);
    }
  }
  if (mostrado.container && diario.autores.has(mostrado.container))
    defeitos.push('lê no container que escreveu');
  return defeitos.slice(0, 5);
}
