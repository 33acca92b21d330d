import { type Apoio, CENAS, type Cena, CenaPulada } from './cenas.ts';
import { Docker, examinarEngine, Projeto } from './docker.ts';
import { Falha } from './falhas.ts';
import type { OpcoesDaProva } from './opcoes.ts';
import { Palco } from './palco.ts';
import { Cronometro, emTabela } from './saida.ts';

export interface Afirmacao {
  texto: string;
  aprovada: boolean;
  esperado: unknown;
  visto: unknown;
  /** O que repetir num terminal para ver o mesmo. */
  comando?: string;
}

export interface ResultadoDaCena {
  cena: number;
  titulo: string;
  resultado: 'aprovada' | 'reprovada' | 'pulada';
  /** Por que foi pulada. */
  motivo?: string;
  duracao_ms: number;
  afirmacoes: Afirmacao[];
}

/** O documento de `prova.ts --json`. */
export interface Prova {
  aprovada: boolean;
  /** O nome com que começa tudo o que a prova cria no engine. */
  projeto: string;
  volume: string;
  cenas: ResultadoDaCena[];
}

type Relatar = (texto: string) => Promise<void>;

/**
 * Faz as cenas pedidas num engine real e devolve o que cada uma afirmou, esperou e viu. No fim, ou se um sinal
 * a interrompe, remove do engine tudo o que criou, salvo com `manter`. Lança `Falha`: `indisponivel`,
 * `semPermissao`, `nadaParaLer` (o volume indicado não existe) ou `reprovado` (guarda outra coisa).
 */
export async function provar(opcoes: OpcoesDaProva, parada: AbortSignal, relatar: Relatar): Promise<Prova> {
  const palco = new Palco(opcoes, parada);
  await examinarEngine(palco.docker);
  try {
    await construirImagens(palco);
    if (palco.doUsuario) await examinarVolume(palco);
    await relatar(`Prova ${palco.projeto.nome}, no volume ${palco.volume}`);
    const cenas: ResultadoDaCena[] = [];
    for (const cena of CENAS) {
      if (opcoes.cenas.length > 0 && !opcoes.cenas.includes(cena.numero)) continue;
      if (cena.numero === LIMPEZA && opcoes.manter) continue;
      cenas.push(await encenar(cena, palco, relatar));
    }
    const aprovada = cenas.every(({ resultado }) => resultado !== 'reprovada') && cenas.some(foiAprovada);
    return { aprovada, projeto: palco.projeto.nome, volume: palco.volume, cenas };
  } finally {
    if (!opcoes.manter) await limpar(palco.projeto.nome);
  }
}

const LIMPEZA = 14;

async function construirImagens(palco: Palco): Promise<void> {
  using _cronometro = new Cronometro('construindo as imagens');
  const { codigo, erros, comando } = await palco.compose('build', '--quiet');
  if (codigo === 0) return;
  const porque = erros.trim().split('\n').slice(-3).join(' | ');
  throw new Falha(
    'indisponivel',
    `as imagens não puderam ser construídas: ${porque}`,
    `Confira se a imagem base (FROM, no Dockerfile) pode ser baixada, e repita: ${comando}`,
  );
}

/** Um volume do usuário tem de existir e estar vazio, ou guardar só o nosso arquivo, aprovado pelo leitor. */
async function examinarVolume(palco: Palco): Promise<void> {
  const { codigo } = await palco.docker.rodar(['volume', 'inspect', palco.volume]);
  if (codigo !== 0) {
    throw new Falha(
      'nadaParaLer',
      `o volume ${palco.volume} não existe`,
      `Crie-o (docker volume create ${palco.volume}), ou veja os que há com "docker volume ls".`,
    );
  }
  const lista = await palco.bun(
    [`${palco.volume}:/exame:ro,nocopy`],
    "for (const nome of require('node:fs').readdirSync('/exame')) console.log(nome);",
  );
  const nomes = lista.saida.split('\n').filter((nome) => nome !== '' && nome !== 'lost+found');
  const alheios = nomes.filter((nome) => nome !== 'desafio2.db' && nome !== 'desafio2.db-journal');
  if (lista.codigo !== 0 || alheios.length > 0) {
    throw new Falha(
      'reprovado',
      `o volume ${palco.volume} guarda outra coisa (${alheios.slice(0, 3).join(', ') || lista.erros.trim()})`,
      'Indique um volume vazio, ou um que o escritor deste projeto escreveu; este fica como está.',
    );
  }
  if (nomes.length === 0) return;
  const leitura = await palco.leitor(palco.volume, []);
  if (!leitura.laudo?.recibo || ![0, 69].includes(leitura.codigo)) {
    throw new Falha(
      'reprovado',
      `o leitor não aprova o que o volume ${palco.volume} já guarda (código ${leitura.codigo})`,
      `Veja por quê: ${leitura.comando}`,
    );
  }
  palco.recibos.push(leitura.laudo.recibo);
}

async function encenar(cena: Cena, palco: Palco, relatar: Relatar): Promise<ResultadoDaCena> {
  const afirmacoes: Afirmacao[] = [];
  const inicio = performance.now();
  const apoio: Apoio = {
    async conferir(texto, esperado, visto, comando) {
      const aprovada = Bun.deepEquals(esperado, visto);
      afirmacoes.push({ texto, aprovada, esperado, visto: visto ?? null, ...(comando && { comando }) });
      await relatar(aprovada ? `  ✔ ${texto}` : descreverReprovada(afirmacoes.at(-1)));
      return aprovada;
    },
    narrar: (texto) => relatar(`  · ${texto}`),
  };
  await relatar(`\nCena ${cena.numero} · ${cena.titulo}`);
  let motivo: string | undefined;
  {
    using _cronometro = new Cronometro(`cena ${cena.numero}`);
    try {
      await cena.encenar(palco, apoio);
    } catch (erro) {
      palco.parada.throwIfAborted();
      if (erro instanceof CenaPulada) motivo = erro.message;
      else if (erro instanceof Falha) await apoio.conferir('a cena chega ao fim', 'sem falhas', erro.message);
      else throw erro;
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

function descreverReprovada(afirmacao: Afirmacao | undefined): string {
  const linhas = [
    `  ✘ ${afirmacao?.texto}`,
    `      esperado: ${JSON.stringify(afirmacao?.esperado)}`,
    `      visto:    ${JSON.stringify(afirmacao?.visto)}`,
  ];
  if (afirmacao?.comando) linhas.push(`      repita, depois de uma prova com --manter: ${afirmacao.comando}`);
  return linhas.join('\n');
}

/** Remove tudo o que a prova criou, mesmo depois de um sinal. Lança `Falha` se algo ficou. */
async function limpar(projeto: string): Promise<void> {
  using _cronometro = new Cronometro('limpando');
  const sobras = await new Projeto(projeto, new Docker()).remover();
  if (sobras.length === 0) return;
  throw new Falha(
    'indisponivel',
    `a prova não conseguiu remover do engine: ${sobras.join(', ')}`,
    'Remova-os com "docker rm -f", "docker network rm", "docker volume rm" e "docker image rm".',
  );
}

const foiAprovada = ({ resultado }: ResultadoDaCena) => resultado === 'aprovada';

/** A tabela das afirmações e uma frase que não diz mais do que elas. */
export function concluir({ aprovada, cenas }: Prova): string {
  const linhas = cenas.flatMap(({ cena, resultado, motivo, afirmacoes }) => [
    ...afirmacoes.map(({ texto, ...uma }) => ({
      cena,
      texto,
      resultado: uma.aprovada ? 'aprovada' : 'REPROVADA',
    })),
    ...(resultado === 'pulada' ? [{ cena, texto: motivo ?? '', resultado: 'pulada' }] : []),
  ]);
  const tabela = emTabela(
    linhas.map((linha, indice) => ({
      n: indice + 1,
      cena: linha.cena,
      afirmação: linha.texto,
      resultado: linha.resultado,
    })),
    'n',
    { cena: 4, afirmação: 52, resultado: 9 },
  );
  const numeros = (resultado: ResultadoDaCena['resultado']) =>
    enumerar(cenas.filter((cena) => cena.resultado === resultado).map(({ cena }) => cena));
  const conferidas = cenas.filter(foiAprovada).reduce((soma, { afirmacoes }) => soma + afirmacoes.length, 0);
  const veredito = aprovada
    ? `APROVADA: as ${conferidas} afirmações acima (${numeros('aprovada')}) foram conferidas neste engine, agora`
    : `REPROVADA: ${numeros('reprovada') || 'nenhuma cena pôde ser feita'}`;
  const puladas = numeros('pulada');
  const frase = `${veredito}; ${puladas ? `sem resposta: ${puladas}` : 'nenhuma cena pedida ficou sem resposta'}.`;
  return `\n${tabela}\n\n${Bun.wrapAnsi(frase, 80)}`;
}

/** `cena 4`, `cenas 1 a 3 e 9`; vazio se não há nenhuma. */
function enumerar(cenas: number[]): string {
  if (cenas.length === 0) return '';
  const faixas: [number, number][] = [];
  for (const cena of cenas) {
    const ultima = faixas.at(-1);
    if (ultima && ultima[1] === cena - 1) ultima[1] = cena;
    else faixas.push([cena, cena]);
  }
  const textos = faixas.flatMap(([de, ate]) =>
    ate > de + 1 ? [`${de} a ${ate}`] : de === ate ? [`${de}`] : [`${de}`, `${ate}`],
  );
  return `${cenas.length === 1 ? 'cena' : 'cenas'} ${new Intl.ListFormat('pt-BR').format(textos)}`;
}
