import { styleText } from 'node:util';
import { type Laudo, SEM_VEREDITO, type Verificacao } from '../cadeia/laudo.ts';
import type { Falha } from '../falhas.ts';
import { COLUNAS, emMilhares, emTabela, listarDados, SINAIS, tornarVisivel } from '../texto.ts';

const CORES = { aprovada: 'green', reprovada: 'red', pulada: 'dim' } as const;

/** A cor só repete o que o texto diz, e só num terminal que a mostra (NO_COLOR, TERM). */
function pintar(cor: Parameters<typeof styleText>[0], texto: string): string {
  // Só carregar `process.stdout` leva um terço de uma leitura pequena: onde nenhuma saída é um terminal, não é preciso.
  return Bun.enableANSIColors ? styleText(cor, texto, { stream: process.stdout }) : texto;
}

/** O laudo para o terminal; afirma só o que as verificações aprovaram. O veredito é uma linha que se lê sozinha. */
export function descreverLaudo(laudo: Laudo, falha: Falha | undefined): string {
  const linhas = [tornarVisivel(`Banco ${laudo.banco}, lido por ${laudo.container}`)];
  if (laudo.usuarios.length > 0) {
    const total = laudo.registros ?? laudo.usuarios.length;
    linhas.push('', `Usuários: ${emMilhares(total)}`, listarDados(laudo.usuarios));
    if (total > laudo.usuarios.length) linhas.push(`… e mais ${emMilhares(total - laudo.usuarios.length)}.`);
  }
  if (laudo.ultimas_execucoes.length > 0) linhas.push('', ...listarExecucoes(laudo));
  linhas.push('', 'Verificações:', ...laudo.verificacoes.flatMap(descreverVerificacao));
  if (laudo.recibo) linhas.push('', 'recibo mais novo:', tornarVisivel(laudo.recibo));
  const [veredito = '', ...frases] = darVeredito(laudo, falha);
  linhas.push('', pintar(['bold', falha ? 'red' : 'green'], veredito));
  linhas.push(...frases.map((frase) => Bun.wrapAnsi(frase, COLUNAS)));
  return linhas.join('\n');
}

/** Sem os recibos: um cortado não serve para exigir, e inteiro não cabe. */
function listarExecucoes({ execucoes, ultimas_execucoes: ultimas }: Laudo): string[] {
  const total = execucoes ?? ultimas.length;
  const larguraDoId = `${ultimas.at(-1)?.execucao}`.length;
  const larguras = { container: Math.max(18 - larguraDoId, 8), iniciada_em: 24, registros: 11 };
  const tabela = emTabela(ultimas, 'execucao', larguras);
  const quais = total > ultimas.length ? ['As mais novas:'] : [];
  return [`Execuções: ${emMilhares(total)}`, ...quais, tabela];
}

function descreverVerificacao({ nome, resultado, detalhe }: Verificacao): string[] {
  const texto = resultado === 'pulada' ? `pulada: ${detalhe}` : detalhe;
  const recuo = 15;
  const [primeira, ...outras] = Bun.wrapAnsi(tornarVisivel(texto), COLUNAS - recuo).split('\n');
  const sinal = pintar(CORES[resultado], SINAIS[resultado]);
  return [
    `  ${sinal} ${nome.padEnd(recuo - 5)} ${primeira}`,
    ...outras.map((linha) => ' '.repeat(recuo) + linha),
  ];
}

/** O que se diz de um lugar, pela verificação que diz se ele dura. */
const LUGARES = {
  volume: {
    naoPersiste: 'somem com o container',
    semProva: 'ou o leitor não está num container, ou nenhum outro escreveu',
    outro: 'um volume',
  },
  replicas: {
    naoPersiste: 'uma queda pode levá-los',
    semProva: 'ou não se viu réplica que os tenha, ou só o leitor escreveu',
    outro: 'um servidor',
  },
};

/** O veredito, numa linha, e o que ele quer dizer ou não cobre. */
export function darVeredito(laudo: Laudo, falha: Falha | undefined): string[] {
  const dura = laudo.verificacoes.some(({ nome }) => nome === 'servidor') ? 'replicas' : 'volume';
  const lugar = LUGARES[dura];
  if (falha?.motivo === 'naoPersiste') return [`NÃO PERSISTE: os dados conferem, mas ${lugar.naoPersiste}.`];
  if (falha && SEM_VEREDITO.includes(falha.motivo)) return ['SEM VEREDITO: não foi possível conferir.'];
  if (falha?.motivo === 'nadaParaLer') return ['NADA PARA LER.'];
  if (falha) return ['REPROVADO: veja as verificações marcadas com ✘.'];

  const aprovada = (nome: Verificacao['nome']) =>
    laudo.verificacoes.some(
      (verificacao) => verificacao.nome === nome && verificacao.resultado === 'aprovada',
    );
  const veredito =
    aprovada(dura) && aprovada('origem')
      ? ['APROVADO, persistência comprovada.', 'O que outro container gravou está aqui, intacto.']
      : [
          'APROVADO: os dados estão como foram selados.',
          `Isto não comprova persistência: ${lugar.semProva}.`,
        ];
  if (aprovada('recibos')) return veredito;
  const naoNotado = aprovada('assinatura')
    ? 'uma cópia antiga, ou outro banco da mesma chave, não seria notado'
    : `${lugar.outro} trocado por outro íntegro não seria notado`;
  return [...veredito, `Sem um recibo exigido, ${naoNotado}.`];
}
