import { existsSync, readdirSync } from 'node:fs';
import { emParalelo } from '../../apoio/paralelo.ts';
import { acharRecibos, Diario } from '../diario.ts';
import { type Forma, interpretarEscrita } from '../escrita.ts';
import { type Leitura, resultadoDe } from '../leitura.ts';
import { Maquina, podeSerContainer } from '../maquina.ts';
import type { Palco } from '../palco.ts';
import { sinalizar } from '../processo.ts';
import { conferirRelatos } from '../relatos.ts';
import { type Apoio, type Cena, CenaPulada } from './cena.ts';

/** Os mesmos programas sem container: fazem o mesmo, e nada comprovam. */
export const FORA: Cena = {
  numero: 17,
  titulo: 'Fora de um container',
  async encenar(palco, apoio) {
    if (podeSerContainer()) throw new CenaPulada('esta máquina pode ser ela própria um container');
    using maquina = new Maquina(palco.projeto.nome, palco.parada);
    const feita = { palco, maquina };
    await recusarPedidos(feita, apoio);
    await lerSemContainer(feita, apoio);
    await lerDoVolume(feita, apoio);
    await emParalelo(SINAIS, 3, (caso) => interromper(feita, apoio, caso));
    await perderSaida(feita, apoio);
  },
};

interface Feita {
  palco: Palco;
  maquina: Maquina;
}

const SINAIS: [sinal: NodeJS.Signals, codigo: number][] = [
  ['SIGINT', 130],
  ['SIGHUP', 129],
  ['SIGTERM', 143],
];

/** Um escritor sem fim, e um que se demora numa execução: surdo a um sinal, este acaba por si, e com 0. */
const LONGO = { muitas: ['-n', '50', '-e', '0'], enorme: ['-n', '20000000'] };
/** Um escritor que depois de um sinal ainda diz isto, milhares de recibos, é surdo. */
const SEGUIU = 5_000_000;

/** Um sinal entre execuções, depois de um recibo, e outro no meio de uma enorme: o código, e o que fica no banco. */
async function interromper(
  feita: Feita,
  { conferir, conferirAprovado }: Apoio,
  [sinal, codigo]: (typeof SINAIS)[number],
): Promise<void> {
  const banco = feita.maquina.em(`${sinal}.db`);
  const entre = await parar(feita, sinal, ['-b', banco, '--json', ...LONGO.muitas]);
  const recibos = acharRecibos(entre.saida);
  const leitura = await ler(feita, banco, { recibos });
  const execucoes = leitura.mostrado?.execucoes ?? Number.NaN;
  const semRecibo = [0, 1].includes(execucoes - recibos.length)
    ? 'no máximo uma'
    : execucoes - recibos.length;
  await conferir(
    `${sinal} a um escritor: ${codigo}, e no máximo uma execução sem recibo`,
    [`código ${codigo}, no máximo uma`, `código ${entre.codigo}, ${semRecibo}`],
    leitura,
  );
  await conferirAprovado(`e os recibos que ele deu antes do ${sinal} estão lá`, leitura);
  const meio = await parar(feita, sinal, ['-b', banco, '--json', ...LONGO.enorme]);
  const journal = existsSync(`${banco}-journal`) ? 'com' : 'sem';
  const depois = await ler(feita, banco, { recibos });
  await conferir(
    `${sinal} no meio de uma execução: ${codigo}, e nada dela fica`,
    [
      `código ${codigo}, sem journal, ${execucoes} execuções`,
      `código ${meio.codigo}, ${journal} journal, ${depois.mostrado?.execucoes} execuções`,
    ],
    depois,
  );
}

/** Começa um escritor e manda a ele um sinal depois do primeiro recibo, ou quando já está numa transação. */
async function parar(
  { palco, maquina }: Feita,
  sinal: NodeJS.Signals,
  argumentos: string[],
): Promise<{ codigo: number; saida: string }> {
  const processo = maquina.comecar('escritor', argumentos);
  const journal = `${argumentos[1]}-journal`;
  let [saida, ate] = ['', Number.POSITIVE_INFINITY];
  const lendo = (async () => {
    const texto = new TextDecoder();
    for await (const parte of processo.stdout) {
      saida += texto.decode(parte, { stream: true });
      if (saida.length > ate) processo.kill('SIGKILL');
    }
  })();
  try {
    const muitas = argumentos.includes('-e');
    const trabalha = async () =>
      processo.exitCode !== null || (muitas ? saida.includes('\n') : existsSync(journal));
    await palco.esperar(trabalha, 'um escritor trabalhar');
    processo.kill(sinal);
    ate = saida.length + SEGUIU;
    const codigo = await processo.exited;
    await lendo;
    return { codigo, saida };
  } finally {
    sinalizar(processo, 'SIGKILL');
  }
}

/** O leitor sobre um arquivo, com os últimos destes recibos exigidos. */
async function ler(
  { palco, maquina }: Feita,
  banco: string,
  { recibos, forma }: { recibos: string[]; forma?: Forma },
): Promise<Leitura> {
  const como = { recibos: recibos.slice(-100), noAmbiente: 0, ...(forma && { forma }) };
  const { opcoes, recibo: _, ...pedido } = palco.prepararLeitura(como);
  const resposta = await maquina.rodar('leitor', ['-b', banco, ...opcoes]);
  return palco.ouvirLeitor(resposta, { ...pedido, fora: true }, undefined);
}

/** Pedidos que não são de nada. */
const ERRADOS = {
  escritor: ['-n 0', '-n 1.5', '-n 100000001', '-e -1', '-e 1000001', '-b', 'x', '--json=sim', '-n 1 -n 2'],
  leitor: ['--limite -1', '--limite 1.5', '-r 0:0', '-b', 'x', '--json=sim', '--limite 1 --limite 2'],
};

/** Um pedido errado é 64, e não grava nem lê nada. */
async function recusarPedidos({ maquina }: Feita, { conferir }: Apoio): Promise<void> {
  for (const programa of ['escritor', 'leitor'] as const) {
    const aceitos: string[] = [];
    for (const pedido of ERRADOS[programa]) {
      const { codigo, saida } = await maquina.rodar(programa, pedido.split(' '));
      if (codigo !== 64 || saida !== '') aceitos.push(`${pedido}: ${codigo}`);
    }
    await conferir(`o ${programa} recusa ${ERRADOS[programa].length} pedidos errados: 64`, [[], aceitos]);
  }
  await conferir('e nada gravou', [[], readdirSync(maquina.pasta)]);
}

/** Uma saída que não se entrega é 74, também se tudo o mais deu certo. */
async function perderSaida({ maquina }: Feita, { conferirCodigo }: Apoio): Promise<void> {
  if (!existsSync('/dev/full')) return;
  const banco = maquina.em('cheia.db');
  await maquina.rodar('escritor', ['-b', banco]);
  for (const programa of ['escritor', 'leitor'] as const) {
    const resposta = await maquina.rodar(programa, ['-b', banco], { saida: Bun.file('/dev/full') });
    await conferirCodigo(`o ${programa} cuja saída não cabe no disco: 74`, 74, resposta);
  }
}

/** Sem opções, o banco é o da pasta em que se está. */
async function lerSemContainer(feita: Feita, { conferir, conferirAprovado }: Apoio): Promise<void> {
  const { palco, maquina } = feita;
  const lugar = { banco: 'dados/desafio2.db', autor: maquina.autor };
  const de = Date.now();
  const resposta = await maquina.rodar('escritor', ['--json']);
  const escrita = interpretarEscrita(resposta, 'json');
  const entreMs: [number, number] = [de, Date.now()];
  const pedido = { registros: 3, execucoes: 1, versao: palco.versao, entreMs, lugar };
  palco.conferirResposta(escrita, conferirRelatos(escrita, pedido, new Diario()));
  const { recibos } = escrita;
  const gravou = existsSync(maquina.em(lugar.banco)) ? recibos.length : 'nenhum banco';
  await conferir(`sem opções, o escritor grava em ${lugar.banco}`, [1, gravou], escrita);
  const leitura = await ler(feita, lugar.banco, { recibos });
  await conferirAprovado('o leitor aprova, com o recibo', leitura);
  const quem = [leitura.mostrado?.container, leitura.mostrado?.banco];
  await conferir('e diz que máquina leu, e o quê', [[lugar.autor, lugar.banco], quem], leitura);
}

/** O arquivo de um volume, escrito por containers e tirado do engine: os dados conferem, e nada comprovam. */
async function lerDoVolume(feita: Feita, { conferir, conferirAprovado }: Apoio): Promise<void> {
  const { palco, maquina } = feita;
  const [volume, mao] = [palco.nome('de-fora'), palco.nome('mao-de-fora')];
  const { recibos } = await palco.escritor(volume, { execucoes: 2 });
  await palco.docker.exigir(['create', '--name', mao, '-v', `${volume}:/data:ro`, palco.projeto.olhos]);
  await palco.docker.exigir(['cp', `${mao}:/data/desafio2.db`, maquina.em('tirado.db')]);
  await palco.remover(mao);
  for (const forma of ['texto', 'json'] as const) {
    const leitura = await ler(feita, maquina.em('tirado.db'), { recibos, forma });
    await conferirAprovado(`o arquivo de um volume, sem container, em ${forma}: aprova`, leitura);
    const dito = /persistência comprovada/.test(leitura.saida) ? 'comprova' : 'nada comprova';
    const visto = `volume ${resultadoDe(leitura, 'volume')}, origem ${resultadoDe(leitura, 'origem')}; ${dito}`;
    const esperado = 'volume pulada, origem aprovada; nada comprova';
    await conferir('e não diz que persistiu', [esperado, visto], leitura);
  }
}
