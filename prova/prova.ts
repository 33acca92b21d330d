import { Falha } from '../lib/falhas.ts';
import type { OpcoesDaProva } from '../lib/opcoes.ts';
import { Cronometro, emTabela, tornarVisivel } from '../lib/saida.ts';
import { type Apoio, CENAS, type Cena, CenaPulada } from './cenas.ts';
import { Docker, examinarEngine, Projeto, type Resposta } from './docker.ts';
import { Palco } from './palco.ts';

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
  {
    using _cronometro = new Cronometro('perguntando ao engine');
    await examinarEngine(palco.docker);
  }
  let emCena = false;
  let terminou = false;
  try {
    await construirImagens(palco);
    if (palco.doUsuario) await examinarVolume(palco);
    emCena = true;
    await relatar(`Prova ${palco.projeto.nome}, no volume ${palco.volume}`);
    const cenas: ResultadoDaCena[] = [];
    for (const cena of CENAS) {
      if (opcoes.cenas.length > 0 && !opcoes.cenas.includes(cena.numero)) continue;
      cenas.push(await encenar(cena, palco, relatar));
    }
    const aprovada = cenas.every(({ resultado }) => resultado !== 'reprovada') && cenas.some(foiAprovada);
    terminou = true;
    return { aprovada, projeto: palco.projeto.nome, volume: palco.volume, cenas };
  } catch (erro) {
    if (!parada.aborted || !(parada.reason instanceof Falha)) throw erro;
    const destino = opcoes.manter
      ? 'O que ela criou ficou no engine.'
      : 'Tudo o que ela criou foi removido do engine.';
    throw new Falha(parada.reason.motivo, `interrompida (${parada.reason.motivo})`, destino, { cause: erro });
  } finally {
    if (opcoes.manter) await relatar(descreverSobras(palco.projeto.nome));
    else await limpar(palco, emCena && !terminou);
  }
}

/** Com --manter, como achar e remover depois o que ficou. */
function descreverSobras(projeto: string): string {
  const filtro = `--filter name=${projeto}`;
  return [
    '\nFicou no engine o que começa por esse nome. Para remover:',
    `  docker ps -aq ${filtro} | xargs -r docker rm -f`,
    `  docker network ls -q ${filtro} | xargs -r docker network rm`,
    `  docker volume ls -q ${filtro} | xargs -r docker volume rm`,
    `  docker image rm ${projeto}-escritor ${projeto}-leitor`,
  ].join('\n');
}

async function construirImagens(palco: Palco): Promise<void> {
  using _cronometro = new Cronometro('construindo as imagens');
  const { codigo, erros, comando } = await palco.compose(palco.volume, 'build', '--quiet');
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
  const { volume } = palco;
  if ((await palco.docker.inspecionar('volume', volume)) === undefined) {
    throw new Falha(
      'nadaParaLer',
      `o volume ${volume} não existe`,
      `Crie-o (docker volume create ${volume}), ou veja os que há com "docker volume ls".`,
    );
  }
  const lista = await palco.bun(
    [`${volume}:/exame:ro,nocopy`],
    `try { console.log(JSON.stringify(require('node:fs').readdirSync('/exame'))); }
     catch (erro) { console.log(JSON.stringify(erro.code)); }`,
  );
  const nomes: unknown = lista.codigo === 0 ? JSON.parse(lista.saida) : lista.erros.trim();
  if (!Array.isArray(nomes)) {
    const remedio = 'Dê acesso a ele ao usuário 65532, que é quem os containers usam.';
    throw new Falha('semPermissao', `não é possível listar o volume ${volume} (${nomes})`, remedio);
  }
  const nossos = ['desafio2.db', 'desafio2.db-journal', 'lost+found'];
  const alheios = nomes.filter((nome) => !nossos.includes(nome));
  if (alheios.length > 0) {
    throw new Falha(
      'reprovado',
      `o volume ${volume} guarda outra coisa (${alheios.slice(0, 3).join(', ')})`,
      'Indique um volume vazio, ou um que o escritor deste projeto escreveu; este fica como está.',
    );
  }
  if (!nomes.includes('desafio2.db')) return;
  const { codigo, laudo, erros } = await palco.leitor(volume, []);
  if (laudo?.recibo && [0, 69].includes(codigo)) {
    palco.recibos.push(laudo.recibo);
    return;
  }
  const dito = erros.split('\n').find((linha) => linha.startsWith('leitor: ')) ?? `código ${codigo}`;
  const motivo = codigo === 75 ? 'tenteDeNovo' : 'reprovado';
  const remedio =
    codigo === 75 ? 'Rode o escritor uma vez nesse volume.' : 'Indique outro volume; este fica como está.';
  throw new Falha(motivo, `o leitor não aprova o que o volume ${volume} já guarda: ${dito}`, remedio);
}

async function encenar(cena: Cena, palco: Palco, relatar: Relatar): Promise<ResultadoDaCena> {
  const afirmacoes: Afirmacao[] = [];
  const inicio = performance.now();
  const apoio: Apoio = {
    async conferir(texto, esperado, visto, resposta) {
      const aprovada = Bun.deepEquals(esperado, visto);
      const afirmacao = {
        texto,
        aprovada,
        esperado: esperado ?? null,
        visto: visto ?? null,
        ...(resposta && { comando: resposta.comando }),
      };
      afirmacoes.push(afirmacao);
      await relatar(aprovada ? `  ✔ ${texto}` : descreverReprovada(afirmacao, resposta, palco.manter));
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

/** O que se esperava, o que se viu, o que o programa disse e como repetir: com --manter, o palco ainda está lá. */
function descreverReprovada(afirmacao: Afirmacao, resposta: Resposta | undefined, manter: boolean): string {
  const linhas = [
    `  ✘ ${afirmacao.texto}`,
    `      esperado: ${JSON.stringify(afirmacao.esperado)}`,
    `      visto:    ${JSON.stringify(afirmacao.visto)}`,
  ];
  for (const linha of (resposta?.erros ?? '').split('\n')) {
    if (/^(escritor|leitor): /.test(linha)) linhas.push(`      ${tornarVisivel(linha)}`);
  }
  if (resposta)
    linhas.push(`      ${manter ? 'repita' : 'repita, numa prova com --manter'}: ${resposta.comando}`);
  return linhas.join('\n');
}

/** Remove tudo o que a prova criou, mesmo depois de um sinal no meio de uma cena. Lança `Falha` se algo ficou. */
async function limpar(palco: Palco, noMeio: boolean): Promise<void> {
  using _cronometro = new Cronometro('limpando');
  const docker = new Docker();
  const projeto = new Projeto(palco.projeto.nome, docker);
  // Um escritor morto no meio deixa no volume do usuário uma gravação por desfazer: abrir o banco a desfaz.
  if (palco.doUsuario && noMeio) {
    const desfazer =
      "const { Database } = require('bun:sqlite'); const { existsSync } = require('node:fs');" +
      "if (existsSync('/data/desafio2.db')) new Database('/data/desafio2.db', { readwrite: true }).query('SELECT 1 FROM sqlite_schema').get();";
    const nossos = await docker.listar(['ps', '-q', '--filter', `name=${projeto.nome}`]);
    if (nossos.length > 0) await docker.rodar(['stop', '-t', '5', ...nossos]);
    const bun = ['--entrypoint', '/usr/local/bin/bun', projeto.imagem('escritor'), '-e', desfazer];
    const opcoes = [
      '--rm',
      '--pull',
      'never',
      '--name',
      palco.nome('desfazer'),
      '-v',
      `${palco.volume}:/data`,
    ];
    await docker.rodar(['run', ...opcoes, ...bun]);
  }
  const sobras = await projeto.remover(palco.parada.aborted);
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
