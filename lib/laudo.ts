import { abrirParaLeitura, type Banco, defeitoDaTabela, traduzirErro, valor } from './banco.ts';
import { identificar, lerMontagens } from './container.ts';
import { Falha, type Motivo } from './falhas.ts';
import type { OpcoesDoLeitor } from './opcoes.ts';
import { emMilhares, emTabela, tornarVisivel } from './saida.ts';
import { type Execucao, formatarRecibo, type Usuario } from './selo.ts';
import { contarUsuarios, lerDados, listarDados } from './usuarios.ts';
import {
  acharArquivo,
  conferirArquivo,
  conferirAvulsos,
  conferirEsquema,
  conferirEstrutura,
  conferirOrigem,
  conferirRecibos,
  conferirSelos,
  conferirVolume,
  Pulada,
} from './verificacoes.ts';

export interface Verificacao {
  nome: 'volume' | 'arquivo' | 'estrutura' | 'esquema' | 'selos' | 'avulsos' | 'recibos' | 'origem';
  resultado: 'aprovada' | 'reprovada' | 'pulada';
  detalhe: string;
}

/** O documento de `leitor.ts --json`. O que não pôde ser lido é `null` ou uma lista vazia. */
export interface Laudo {
  aprovado: boolean;
  banco: string;
  container: string;
  registros: number | null;
  execucoes: number | null;
  /** O recibo da execução mais nova. */
  recibo: string | null;
  verificacoes: Verificacao[];
  ultimas_execucoes: (Omit<Execucao, 'id' | 'selo'> & { execucao: number; recibo: string })[];
  usuarios: Usuario[];
}

/** A que decide primeiro (um disco que não se consegue ler pesa mais do que o que se leu dele), e a do volume. */
function ordenar(falhas: Falha[]): Falha[] {
  const doVolume = falhas.filter(({ motivo }) => motivo === 'naoPersiste');
  const outras = falhas.filter(({ motivo }) => motivo !== 'naoPersiste');
  const decisiva = outras.find(({ motivo }) => motivo === 'entradaSaida') ?? outras[0];
  return [...(decisiva ? [decisiva] : []), ...doVolume];
}

/** Falhas de quem lê, e não do que é lido: a verificação não correu, e o laudo não aprova nem reprova. */
const SEM_VEREDITO: Motivo[] = ['entradaSaida', 'tenteDeNovo', 'semPermissao'];

/**
 * Confere um banco sem mudar nada nele: faz todas as verificações que puder, mesmo que outra reprove, e lê
 * tudo de um mesmo instantâneo. Devolve o laudo e as falhas a dizer, se houver; a primeira decide o código de
 * saída, e a da verificação `volume` vem sempre, porque o remédio das outras não a cura.
 * Rejeita com a `Falha` de um sinal, ou com um defeito nosso.
 */
export async function verificarBanco(
  { banco: caminho, recibos, limite }: OpcoesDoLeitor,
  parada: AbortSignal,
): Promise<{ laudo: Laudo; falhas: Falha[] }> {
  const montagens = lerMontagens();
  const container = identificar(montagens);
  const verificacoes: Verificacao[] = [];
  const falhas: Falha[] = [];
  const sessao: { banco?: Banco } = {};

  const conferir = async (
    nome: Verificacao['nome'],
    acao: () => string | Promise<string>,
  ): Promise<boolean> => {
    try {
      verificacoes.push({ nome, resultado: 'aprovada', detalhe: await acao() });
      return true;
    } catch (erro) {
      parada.throwIfAborted();
      const falha = traduzirErro(erro, caminho);
      if (falha instanceof Falha) falhas.push(falha);
      else if (!(falha instanceof Pulada)) throw falha;
      const naoCorreu = falha instanceof Pulada || SEM_VEREDITO.includes(falha.motivo);
      verificacoes.push({ nome, resultado: naoCorreu ? 'pulada' : 'reprovada', detalhe: falha.message });
      return false;
    }
  };

  try {
    await conferir('volume', () => conferirVolume(caminho, montagens));
    await conferir('arquivo', async () => {
      const { real } = acharArquivo(caminho);
      const banco = await abrirParaLeitura(caminho, real, parada);
      sessao.banco = banco;
      return conferirArquivo(banco, caminho, real);
    });
    const { banco } = sessao;
    const legivel = banco !== undefined && falhas.every((falha) => falha.motivo !== 'versaoNova');
    const aberto = (acao: (banco: Banco) => string) => () => {
      if (!legivel) throw new Pulada('depende de "arquivo"');
      return acao(banco);
    };
    await conferir('estrutura', aberto(conferirEstrutura));
    const temEsquema = await conferir('esquema', aberto(conferirEsquema));
    const comEsquema = (acao: (banco: Banco) => string | Promise<string>) => () => {
      if (!legivel || !temEsquema) throw new Pulada(`depende de "${legivel ? 'esquema' : 'arquivo'}"`);
      return acao(banco);
    };
    await conferir(
      'selos',
      comEsquema((b) => conferirSelos(b, parada)),
    );
    await conferir('avulsos', comEsquema(conferirAvulsos));
    await conferir(
      'recibos',
      comEsquema((b) => conferirRecibos(b, recibos)),
    );
    await conferir(
      'origem',
      comEsquema((b) => conferirOrigem(b, container)),
    );

    const mostra = legivel ? await lerMostra(banco, limite, falhas.length > 0, parada) : NADA_LIDO;
    const { registros, execucoes, recibo, ...listas } = mostra;
    const resumo = { aprovado: falhas.length === 0, banco: caminho, container, registros, execucoes, recibo };
    return {
      laudo: { ...resumo, verificacoes, ...listas },
      falhas: ordenar(falhas),
    };
  } finally {
    sessao.banco?.close();
  }
}

type Mostra = Pick<Laudo, 'registros' | 'execucoes' | 'recibo' | 'ultimas_execucoes' | 'usuarios'>;

const NADA_LIDO: Mostra = {
  registros: null,
  execucoes: null,
  recibo: null,
  ultimas_execucoes: [],
  usuarios: [],
};

/** O que o laudo mostra dos dados. Num banco já reprovado, o que não se consegue ler fica de fora. */
async function lerMostra(
  banco: Banco,
  limite: number,
  reprovado: boolean,
  parada: AbortSignal,
): Promise<Mostra> {
  const mostra = { ...NADA_LIDO };
  try {
    if (!defeitoDaTabela(banco, 'usuarios')) {
      mostra.registros = await contarUsuarios(banco, parada);
      mostra.usuarios = lerDados(banco, limite);
    }
    if (!defeitoDaTabela(banco, 'execucoes')) {
      const ultimas = lerUltimasExecucoes(banco, Math.max(limite, 1));
      mostra.execucoes = Number(valor(banco, 'SELECT count(*) FROM execucoes'));
      mostra.recibo = ultimas[0] ? formatarRecibo(ultimas[0]) : null;
      mostra.ultimas_execucoes = ultimas.slice(0, limite).reverse().map(comRecibo);
    }
  } catch (erro) {
    parada.throwIfAborted();
    if (!reprovado) throw erro;
  }
  return mostra;
}

function lerUltimasExecucoes(banco: Banco, limite: number): Execucao[] {
  return banco.query<Execucao, [number]>('SELECT * FROM execucoes ORDER BY id DESC LIMIT ?').all(limite);
}

function comRecibo({ id, selo, ...execucao }: Execucao): Laudo['ultimas_execucoes'][number] {
  return { execucao: id, recibo: formatarRecibo({ id, selo }), ...execucao };
}

const SINAIS = { aprovada: '✔', reprovada: '✘', pulada: '–' };

/** O laudo para o terminal; afirma só o que as verificações aprovaram. */
export function descreverLaudo(laudo: Laudo, falha: Falha | undefined): string {
  const linhas = [tornarVisivel(`Banco ${laudo.banco}, lido por ${laudo.container}`)];
  if (laudo.usuarios.length > 0) {
    const total = laudo.registros ?? laudo.usuarios.length;
    linhas.push('', `Usuários: ${emMilhares(total)}`, listarDados(laudo.usuarios));
    if (total > laudo.usuarios.length) linhas.push(`… e mais ${emMilhares(total - laudo.usuarios.length)}.`);
  }
  if (laudo.ultimas_execucoes.length > 0) {
    const total = laudo.execucoes ?? laudo.ultimas_execucoes.length;
    linhas.push('', `Execuções: ${emMilhares(total)}`);
    if (total > laudo.ultimas_execucoes.length) linhas.push('As mais novas:');
    const larguras = { container: 15, iniciada_em: 24, registros: 11, recibo: 12 };
    linhas.push(emTabela(laudo.ultimas_execucoes, 'execucao', larguras));
  }
  linhas.push('', 'Verificações:');
  for (const { nome, resultado, detalhe } of laudo.verificacoes) {
    const texto = resultado === 'pulada' ? `pulada: ${detalhe}` : detalhe;
    const [primeira, ...outras] = Bun.wrapAnsi(tornarVisivel(texto), 65).split('\n');
    linhas.push(`  ${SINAIS[resultado]} ${nome.padEnd(10)} ${primeira}`);
    linhas.push(...outras.map((linha) => `${' '.repeat(15)}${linha}`));
  }
  linhas.push('', ...darVeredito(laudo, falha).map((frase) => Bun.wrapAnsi(frase, 80)));
  if (laudo.recibo) linhas.push(`recibo mais novo: ${tornarVisivel(laudo.recibo)}`);
  return linhas.join('\n');
}

/** O veredito e o que ele não cobre. */
function darVeredito(laudo: Laudo, falha: Falha | undefined): string[] {
  if (falha?.motivo === 'naoPersiste') {
    return ['NÃO PERSISTE: os dados conferem, mas o lugar onde estão some com o container.'];
  }
  if (falha && SEM_VEREDITO.includes(falha.motivo)) return ['SEM VEREDITO: não foi possível conferir.'];
  if (falha?.motivo === 'nadaParaLer') return ['NADA PARA LER.'];
  if (falha) return ['REPROVADO: veja as verificações marcadas com ✘.'];

  const aprovada = (nome: Verificacao['nome']) =>
    laudo.verificacoes.some(
      (verificacao) => verificacao.nome === nome && verificacao.resultado === 'aprovada',
    );
  const veredito =
    aprovada('volume') && aprovada('origem')
      ? 'APROVADO, persistência comprovada: o que outro container gravou está aqui, intacto.'
      : 'APROVADO: os dados estão como foram selados. Isto não comprova persistência: ou o leitor não está num container, ou só ele escreveu.';
  if (aprovada('recibos')) return [veredito];
  return [veredito, 'Sem um recibo exigido, um volume trocado por outro íntegro não seria notado.'];
}
