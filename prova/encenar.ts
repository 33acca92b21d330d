import { Cronometro } from '../apoio/cronometro.ts';
import { Falha } from '../lib/falhas.ts';
import { tornarVisivel } from '../lib/texto.ts';
import { type Apoio, type Cena, CenaPulada, type Conferir, criarApoio } from './cenas/cena.ts';
import { descreverErros, type Resposta } from './docker.ts';
import { acharVereditos } from './leitura.ts';
import type { Palco } from './palco.ts';
import { type Afirmacao, CHEGA_AO_FIM, type ResultadoDaCena } from './veredito.ts';

export type Relatar = (texto: string) => Promise<void>;

/**
 * Faz uma cena e devolve o que ela afirmou. Ao que cada uma afirma juntam-se duas coisas: tudo o que os programas
 * disseram nela concorda consigo, e o que eles escreveram é, aos olhos da prova, o que se pediu.
 */
export async function encenar(cena: Cena, palco: Palco, relatar: Relatar): Promise<ResultadoDaCena> {
  const afirmacoes: Afirmacao[] = [];
  const inicio = performance.now();
  const conferir: Conferir = async (texto, [esperado, visto], resposta) => {
    // Uma afirmação que não sabe o que espera não afirma nada.
    const aprovada = esperado !== undefined && Bun.deepEquals(esperado, visto);
    const comando = resposta && { comando: resposta.comando };
    const stderr = aprovada || !resposta ? '' : ouvirEngine(resposta);
    const afirmacao = {
      ...{ texto, aprovada, esperado: esperado ?? null, visto: visto ?? null, ...comando },
      ...(stderr && { stderr }),
    };
    afirmacoes.push(afirmacao);
    await relatar(aprovada ? `  ✔ ${texto}` : descreverReprovada(afirmacao, resposta, palco.opcoes.manter));
  };
  const apoio = criarApoio(conferir, (texto) => relatar(`  · ${texto}`));
  await relatar(`\nCena ${cena.numero} · ${cena.titulo}`);
  let motivo: string | undefined;
  {
    using _cronometro = new Cronometro(`cena ${cena.numero}`);
    try {
      motivo = await encenarOuPular(cena, palco, apoio);
      await conferirRespostas(palco, apoio);
      for (const volume of palco.porOlhar) await palco.olharEConferir(volume, apoio.conferir);
    } catch (erro) {
      palco.parada.throwIfAborted();
      if (!(erro instanceof Falha)) throw erro;
      await apoio.conferir(CHEGA_AO_FIM, ['sem falhas', `${erro.message}: ${erro.remedio}`]);
    } finally {
      palco.porOlhar.clear();
    }
  }
  const duracao = performance.now() - inicio;
  const reprovada = afirmacoes.some(({ aprovada }) => !aprovada);
  const resultado = reprovada ? 'reprovada' : motivo === undefined ? 'aprovada' : 'pulada';
  const segundos = (duracao / 1000).toLocaleString('pt-BR', { maximumFractionDigits: 1 });
  await relatar(`  ${resultado}${motivo ? `: ${motivo}` : ''} (${segundos} s)`);
  return {
    cena: cena.numero,
    titulo: cena.titulo,
    resultado,
    ...(motivo !== undefined && { motivo }),
    duracao_ms: Math.round(duracao),
    afirmacoes,
  };
}

/** Por que a cena não se pôde fazer, ou `undefined`. */
async function encenarOuPular(cena: Cena, palco: Palco, apoio: Apoio): Promise<string | undefined> {
  try {
    await cena.encenar(palco, apoio);
    return undefined;
  } catch (erro) {
    if (erro instanceof CenaPulada) return erro.message;
    // O que os programas disseram até aqui costuma explicar por que a cena parou.
    if (erro instanceof Falha && !palco.parada.aborted) await conferirRespostas(palco, apoio);
    throw erro;
  }
}

async function conferirRespostas(palco: Palco, { conferir }: Apoio): Promise<void> {
  const { respostas, defeitos, resposta } = palco.tirarDefeitos();
  if (respostas === 0) return;
  const quantas = respostas === 1 ? 'a resposta concorda' : `as ${respostas} respostas concordam`;
  await conferir(`${quantas} consigo e com o pedido`, [[], defeitos], resposta);
}

/** O que se esperava, o que se viu, o que o programa disse e como repetir: com --manter, o palco ainda está lá. */
function descreverReprovada(afirmacao: Afirmacao, resposta: Resposta | undefined, manter: boolean): string {
  const linhas = [
    `  ✘ ${afirmacao.texto}`,
    `      esperado: ${emPalavras(afirmacao.esperado)}`,
    `      visto:    ${emPalavras(afirmacao.visto)}`,
  ];
  if (!resposta) return linhas.join('\n');
  const ditas = [...acharVereditos(resposta.saida), ...mensagens(resposta.erros)];
  linhas.push(...ditas.map((linha) => `      ${tornarVisivel(linha)}`));
  if (afirmacao.stderr) {
    const dobrado = Bun.wrapAnsi(afirmacao.stderr, 80 - 16, { hard: true });
    linhas.push(`      stderr:   ${dobrado.replaceAll('\n', `\n${' '.repeat(16)}`)}`);
  }
  const { comando } = resposta;
  const curto = comando.length > 500 ? `${comando.slice(0, 500)}… (inteiro, com --json)` : comando;
  linhas.push(`      ${manter ? 'repita' : 'repita, numa prova com --manter'}: ${curto}`);
  return linhas.join('\n');
}

/** O que o engine disse, se nenhum programa chegou a falar; senão, nada. */
const ouvirEngine = ({ saida, erros }: Resposta) =>
  saida === '' && mensagens(erros).length === 0 ? descreverErros(erros) : '';

/** O que os programas disseram em stderr, com o remédio; o Compose também escreve lá, e isso fica de fora. */
function mensagens(erros: string): string[] {
  return [...erros.matchAll(/^(?:escritor|leitor|copiador): .*(?:\n {8,}\S.*)*$/gm)].flatMap(([bloco]) =>
    bloco.split('\n'),
  );
}

/** Um valor como se diz a alguém: `nada a apontar`, `sim`, `código 65`. */
export function emPalavras(valor: unknown): string {
  if (valor === true) return 'sim';
  if (valor === false) return 'não';
  if (valor === null || valor === undefined || valor === '') return 'nada';
  if (!Array.isArray(valor)) return tornarVisivel(typeof valor === 'string' ? valor : JSON.stringify(valor));
  return valor.length === 0 ? 'nada' : valor.map(emPalavras).join('; ');
}
