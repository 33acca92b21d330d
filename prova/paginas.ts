import type { Apoio } from './cenas/cena.ts';
import { ouvir } from './docker.ts';
import type { Palco } from './palco.ts';
import type { ComoLer } from './pedidos.ts';

/** Uma página do leitor a conferir: o que se afirma dela, de que volume é, e o recibo que se exige. */
interface Pedido {
  afirmacao: string;
  volume: string;
  recibo: string;
}

/** Afirma que `leitor --html` sai com o código do laudo em texto, diz o mesmo que ele, e é só texto o que está gravado. */
export async function conferirPagina(palco: Palco, { conferir }: Apoio, pedido: Pedido): Promise<void> {
  const { afirmacao, volume, recibo } = pedido;
  const como: ComoLer = { recibos: [recibo], noAmbiente: 0, forma: 'texto', semDiario: true };
  const { codigo, veredito, mostrado } = await palco.leitor(volume, como);
  const verificacoes = mostrado?.verificacoes.map(({ nome, resultado }) => `${nome} ${resultado}`);
  const opcoes = ['run', '--rm', '-T', '--no-deps', 'leitor', '--html', '-r', recibo];
  const resposta = await ouvir(() => palco.compose(volume, ...opcoes));
  const visto = { codigo: resposta.codigo, ...lerPagina(resposta.saida) };
  await conferir(afirmacao, [{ codigo, veredito, verificacoes, estranhos: [] }, visto], resposta);
}

/** Os elementos de uma página do leitor: nenhum que corra, que peça algo a alguém, ou que se feche. */
const SEUS =
  /^(?:!doctype|html|head|meta|title|style|body|header|main|section|figure|figcaption|div|p|h[123]|span|dl|dt|dd|time|code|pre|b|ul|li|br|wbr|small|table|caption|thead|tbody|tr|th|td|svg|desc|g|text|path|circle)$/;

function lerPagina(pagina: string) {
  const [, veredito = ''] = pagina.match(/<h1>(?:<span aria-hidden="true">. <\/span>)?(.*?)<\/h1>/) ?? [];
  const linha = /<tr><th scope="row">([a-z]+)<\/th><td><b class="\w+">. (aprovada|reprovada|pulada)<\/b>/g;
  const verificacoes = [...pagina.matchAll(linha)].map(([, nome, resultado]) => `${nome} ${resultado}`);
  const elementos = [...pagina.matchAll(/<([!a-z][\w-]*)([^>]*)/gi)].filter(
    ([, nome = '', resto = '']) => !SEUS.test(nome) || /\s(?:on\w+|src|href|style)=/i.test(resto),
  );
  const invisiveis = pagina.replaceAll('\n', '').match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu) ?? [];
  return {
    veredito,
    verificacoes,
    estranhos: [...elementos.map(([inteiro]) => inteiro), ...invisiveis].slice(0, 5),
  };
}
