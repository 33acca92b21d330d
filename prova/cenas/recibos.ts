import { stripVTControlCharacters } from 'node:util';
import { emParalelo } from '../../apoio/paralelo.ts';
import { ouvir } from '../docker.ts';
import { interpretarEscrita } from '../escrita.ts';
import { acharVereditos } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import type { Sorte } from '../sorte.ts';
import type { Apoio, Cena } from './cena.ts';

const EXECUCOES = 7;
const NAO_ESTA = { codigo: 65, verificacao: 'recibos', soEla: true } as const;

/** Um pedido de recibos, quantos deles vão em $RECIBO, e se o leitor deve aprovar. */
interface Pedido {
  oQue: string;
  recibos: string[];
  noAmbiente: number;
  aprova: boolean;
}

/** Nenhum, um ou vários, por opção ou por $RECIBO: cada um tem de contar, onde quer que esteja. */
export const RECIBOS: Cena = {
  numero: 14,
  titulo: 'Recibos',
  async encenar(palco, apoio) {
    const { conferir, conferirCodigo, conferirAprovado, conferirRecusa } = apoio;
    const volume = palco.nome('recibos');
    const { recibos } = await palco.escritor(volume, { execucoes: EXECUCOES });
    await conferir(`o escritor deu ${EXECUCOES} recibos`, [EXECUCOES, recibos.length]);
    const pedidos = pedir(palco.sorte('recibos'), recibos);
    await emParalelo(pedidos, 3, async ({ oQue, recibos: exigidos, noAmbiente, aprova }) => {
      const leitura = await palco.leitor(volume, { recibos: exigidos, noAmbiente });
      if (aprova) await conferirAprovado(oQue, leitura);
      else await conferirRecusa(oQue, NAO_ESTA, leitura);
    });
    const cortado = recibos[0]?.slice(0, -1) ?? '';
    const naOpcao = ['run', '--rm', '-T', '--no-deps', 'leitor'];
    const resposta = await palco.compose(volume, ...naOpcao, '-r', cortado);
    await conferirCodigo('um recibo cortado em --recibo: 64', 64, resposta);
    const noAmbiente = await palco.composeComRecibo(volume, `${recibos[1]} ${cortado}`, ...naOpcao);
    await conferirCodigo('um recibo cortado em $RECIBO: 64', 64, noAmbiente);
    const vazio = await palco.composeComRecibo(volume, '', ...naOpcao);
    await conferirCodigo('um $RECIBO vazio não é "nenhum": 64', 64, vazio);
    await lerNumTerminal(palco, apoio, volume);
    await escreverNumTerminal(palco, apoio);
  },
};

/** O código e o veredito são os mesmos quando alguém está vendo. */
async function lerNumTerminal(palco: Palco, { conferir }: Apoio, volume: string): Promise<void> {
  const bom = palco.diario(volume).recibos.at(-1) ?? '';
  const errado = trocarAlgarismo(palco.sorte('terminal'), bom, [0, 63]);
  for (const [oQue, recibo, esperado] of [
    ['um bom', bom, 'código 0, APROVADO'],
    ['um errado', errado, 'código 65, REPROVADO'],
  ] as const) {
    const rodar = ['run', '--rm', '-t', '--name', palco.nomeNovo('terminal'), '--network', 'none'];
    const imagem = palco.projeto.imagem('leitor');
    const pedido = [...rodar, '-v', `${volume}:/data:ro`, imagem, '-r', recibo];
    const resposta = await ouvir(
      () => palco.docker.rodar(pedido),
      ({ saida }) => saida === '',
    );
    const dito = stripVTControlCharacters(resposta.saida).replaceAll('\r', '\n');
    const palavras = acharVereditos(dito).map((linha) => linha.match(/^\p{L}+/u)?.[0]);
    const visto = `código ${resposta.codigo}, ${palavras.join(' e ')}`;
    await conferir(`num terminal, ${oQue}: o mesmo veredito e código`, [esperado, visto], resposta);
  }
}

/** O recibo também está inteiro, numa linha sua, quando alguém está vendo. */
async function escreverNumTerminal(palco: Palco, { conferir }: Apoio): Promise<void> {
  const volume = palco.nome('do-terminal');
  const de = palco.agora();
  const container = ['run', '--rm', '-t', '--name', palco.nomeNovo('terminal'), '--network', 'none'];
  const imagem = [palco.projeto.imagem('escritor'), '-n', '3', '-e', '2'];
  const resposta = await palco.docker.rodar([...container, '-v', `${volume}:/data`, ...imagem]);
  const saida = stripVTControlCharacters(resposta.saida).replaceAll('\r\n', '\n');
  const escrita = interpretarEscrita({ ...resposta, saida }, 'texto');
  palco.anotar(volume, escrita, { registros: 3, de });
  const visto = `código ${resposta.codigo}, ${escrita.recibos.length} recibos`;
  await conferir('num terminal, o escritor dá os seus recibos', ['código 0, 2 recibos', visto], resposta);
}

function pedir(sorte: Sorte, recibos: string[]): Pedido[] {
  const outros = (quantos: number) => sorte.embaralhar(recibos).slice(0, quantos);
  const errado = () => trocarAlgarismo(sorte, sorte.um(recibos), [0, 63]);
  const [ultimo = '', antes = ''] = recibos.toReversed();
  const de = (recibo: string) => Number.parseInt(recibo, 10);
  const doNumero = (numero: number) => `${numero}:${ultimo.split(':')[1]}`;
  const sim = (oQue: string, dados: string[], noAmbiente: number) => ({
    oQue,
    recibos: dados,
    noAmbiente,
    aprova: true,
  });
  const nao = (oQue: string, dados: string[], noAmbiente = 0) => ({
    oQue,
    recibos: dados,
    noAmbiente,
    aprova: false,
  });
  return [
    sim('nenhum exigido: aprova, e diz que nenhum foi', [], 0),
    sim('um, em --recibo: aprova', outros(1), 0),
    sim('um, em $RECIBO: aprova', outros(1), 1),
    sim('todos, em --recibo e $RECIBO: aprova', sorte.embaralhar(recibos), sorte.inteiro(1, EXECUCOES - 1)),
    nao('um errado entre bons, o primeiro: 65', [errado(), ...outros(3)]),
    nao('um errado entre bons, no meio: 65', [...outros(2), errado(), ...outros(2)]),
    nao('um errado entre bons, o último: 65', [...outros(3), errado()]),
    nao('um errado entre bons, em $RECIBO: 65', sorte.embaralhar([...outros(3), errado()]), 4),
    nao('bom em --recibo, errado em $RECIBO: 65', [...outros(1), errado()], 1),
    nao('errado em --recibo, bom em $RECIBO: 65', [errado(), ...outros(1)], 1),
    nao('um algarismo mudado no começo: 65', [trocarAlgarismo(sorte, ultimo, [0, 7])]),
    nao(
      'um algarismo mudado no meio: 65',
      [trocarAlgarismo(sorte, sorte.um(recibos), [8, 31])],
      sorte.inteiro(0, 1),
    ),
    nao(
      'um algarismo mudado no fim: 65',
      [trocarAlgarismo(sorte, sorte.um(recibos), [32, 63])],
      sorte.inteiro(0, 1),
    ),
    nao('o selo certo com outro número: 65', [doNumero(de(antes))]),
    nao('o de uma execução que ainda não existe: 65', [doNumero(de(ultimo) + 1)]),
  ];
}

/** O recibo com um algarismo do selo trocado por outro, numa posição sorteada. */
function trocarAlgarismo(sorte: Sorte, recibo: string, [de, ate]: [number, number]): string {
  const [numero = '', selo = ''] = recibo.split(':');
  const onde = sorte.inteiro(de, ate);
  const outro = (Number.parseInt(selo.charAt(onde), 16) + sorte.inteiro(1, 15)) % 16;
  return `${numero}:${selo.slice(0, onde)}${outro.toString(16)}${selo.slice(onde + 1)}`;
}
