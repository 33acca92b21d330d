import { Falha } from '../../lib/falhas.ts';
import { interpretarEscrita } from '../escrita.ts';
import { conferirMontagens, conferirPoder, type Ficha, redeDe } from '../fichas.ts';
import { descreverLeitura, resultadoDe } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import { conferirRelatos } from '../relatos.ts';
import { codigoDe, fichasDoUp, lerDoUp, subir, subirComTrava, type Up } from '../subida.ts';
import type { Apoio, Cena } from './cena.ts';

/** O que quem usa o Compose vê, e o que o engine anotou. */
export const UP_E_DOWN: Cena = {
  numero: 6,
  titulo: 'docker compose up e down',
  async encenar(palco, apoio) {
    const { conferir, conferirCodigo, conferirAprovado, narrar } = apoio;
    await palco.garantirEscrita();
    await conferirReinicio(palco, apoio);
    const up = await subir(palco, palco.recibos.at(-1));
    await conferirUp(palco, apoio, up);
    await conferirOrdem(palco, apoio);

    const doProjeto = ['--filter', `label=com.docker.compose.project=${palco.projeto.nome}`];
    const containers = () => palco.docker.listar(['ps', '-aq', ...doProjeto]);
    const redes = () => palco.docker.listar(['network', 'ls', '-q', ...doProjeto]);
    await narrar(`antes: ${(await containers()).length} containers, ${(await redes()).length} rede`);
    const down = await palco.compose(palco.volume, 'down');
    await conferirCodigo('"docker compose down" termina com 0', 0, down);
    await conferir('nenhum container do projeto ficou', [[], await containers()], down);
    await conferir('nenhuma rede do projeto ficou', [[], await redes()], down);
    const ficha = await palco.docker.inspecionar<{ Name: string }>('volume', palco.volume);
    await conferir('e "docker volume inspect" mostra o volume', [palco.volume, ficha?.Name], down);
    const leitura = await palco.leitor(palco.volume, { recibos: palco.recibos.slice(-50) });
    await conferirAprovado('um leitor novo acha todos os recibos', leitura);
    await pararNaFalha(palco, apoio);
  },
};

/** Um container que se reinicia por si faria de "docker compose up" um comando que não acaba: isto é antes dele. */
async function conferirReinicio(palco: Palco, { conferir }: Apoio): Promise<void> {
  const criados = await palco.compose(palco.volume, 'up', '--no-start', '--no-build');
  const fichas = Object.entries(await fichasDoUp(palco));
  const vistos = fichas.map(
    ([servico, ficha]) => `${servico}: ${ficha ? ficha.HostConfig.RestartPolicy.Name || 'no' : 'não há'}`,
  );
  const esperados = ['escritor: no', 'leitor: no'];
  await conferir('nenhum dos dois se reinicia', [esperados, vistos], criados);
  if (Bun.deepEquals(vistos, esperados)) return;
  throw new Falha('reprovado', '"docker compose up" não acabaria', 'Tire o restart de compose.yaml.');
}

async function conferirUp(
  palco: Palco,
  { conferir, conferirCodigo, conferirAprovado }: Apoio,
  up: Up,
): Promise<void> {
  const { resposta } = up;
  await conferirCodigo('"docker compose up" termina com 0', 0, resposta);
  const fichas = await fichasDoUp(palco);
  const escrita = interpretarEscrita(
    { ...resposta, saida: up.escritor, codigo: codigoDe(fichas.escritor) },
    'texto',
  );
  const entreMs: [number, number] = [up.de, palco.agora()];
  const pedido = { registros: 3, execucoes: 1, versao: palco.versao, entreMs };
  palco.conferirResposta(escrita, conferirRelatos(escrita, pedido, palco.diario(palco.volume)));
  palco.anotar(palco.volume, escrita, { registros: 3, de: up.de });
  await conferir('o escritor mostra o seu recibo', [1, escrita.recibos.length], resposta);
  const leitura = lerDoUp(palco, up, codigoDe(fichas.leitor));
  await conferirAprovado('o leitor aprova, com $RECIBO exigido', leitura);
  await conferir(
    'e o recibo mais novo é o que se viu',
    [escrita.recibos[0], leitura.mostrado?.recibo],
    resposta,
  );
  await conferir('tudo o que o escritor diz vem antes do leitor', [true, up.emOrdem], resposta);
  for (const servico of ['escritor', 'leitor'] as const) {
    const ficha = fichas[servico];
    const defeitos = ficha
      ? [
          ...conferirPoder(ficha, await palco.comum(servico)),
          ...conferirMontagens(ficha, { servico, volume: palco.volume }),
        ]
      : ['o engine não o conhece'];
    if (ficha) defeitos.push(...(await conferirRede(palco, ficha)));
    await conferir(`o engine deu ao ${servico} só o que o README diz`, [[], defeitos], resposta);
  }

  const trocado = `${palco.recibos.at(-1)?.split(':')[0]}:${'0'.repeat(64)}`;
  const outro = await subir(palco, trocado);
  const codigo = codigoDe((await fichasDoUp(palco)).leitor);
  const reprovado = lerDoUp(palco, outro, codigo);
  const segunda = interpretarEscrita({ ...outro.resposta, saida: outro.escritor }, 'texto');
  palco.anotar(palco.volume, segunda, { registros: 3, de: outro.de });
  const visto = `código ${codigo}, recibos ${resultadoDe(reprovado, 'recibos')}, "${reprovado.veredito.slice(0, 9)}"`;
  const esperado = 'código 65, recibos reprovada, "REPROVADO"';
  await conferir('com um $RECIBO alheio, o leitor de up reprova', [esperado, visto], outro.resposta);
}

/** A rede é uma só, do projeto, e sem saída. */
async function conferirRede(palco: Palco, ficha: Ficha): Promise<string[]> {
  const nome = redeDe(ficha);
  if (nome === 'none') return [];
  const rede = nome ? await palco.docker.inspecionar<{ Internal: boolean }>('network', nome) : undefined;
  return rede?.Internal ? [] : [`a rede (${ficha.HostConfig.NetworkMode}) tem saída`];
}

/**
 * O leitor espera que o escritor termine: a prova segura a trava do banco até que o escritor esteja há um tempo à
 * espera dela, e depois compara o que o engine anotou dos dois.
 */
async function conferirOrdem(palco: Palco, { conferir }: Apoio): Promise<void> {
  let up = await subirComTrava(palco);
  // Numa máquina muito ocupada, a espera do escritor pela trava (10 s) pode acabar antes da nossa vez de a soltar.
  for (let vez = 1; vez < 3 && codigoDe((await fichasDoUp(palco)).escritor) === 75; vez++) {
    up = await subirComTrava(palco);
  }
  const escrita = interpretarEscrita({ ...up.resposta, saida: up.escritor }, 'texto');
  palco.anotar(palco.volume, escrita, { registros: 3, de: up.de });
  const { escritor, leitor } = await fichasDoUp(palco);
  const [fim, comeco] = [escritor?.State.FinishedAt ?? '', leitor?.State.StartedAt ?? ''];
  const ordem = Date.parse(fim) <= Date.parse(comeco) ? 'depois' : `antes (${comeco}, e ${fim})`;
  await conferir('o leitor só começa depois de o escritor acabar', ['depois', ordem], up.resposta);
  const leitura = lerDoUp(palco, up, codigoDe(leitor));
  const gravado = escrita.recibos[0];
  const visto = gravado && leitura.mostrado?.recibo === gravado ? 'vê' : descreverLeitura(leitura);
  await conferir('e vê o que ele acabou de gravar', ['vê', visto], up.resposta);
}

/** Com um escritor que falha, o leitor de `up` não chega a começar. */
async function pararNaFalha(palco: Palco, { conferir }: Apoio): Promise<void> {
  const volume = palco.nome('estranho');
  await palco.bun(
    [`${volume}:/data`],
    "require('node:fs').writeFileSync('/data/desafio2.db', 'não é um banco')",
  );
  const up = await palco.compose(volume, 'up', '--no-build', '--no-color');
  const { escritor, leitor } = await fichasDoUp(palco);
  const visto = `escritor ${codigoDe(escritor)}, leitor ${leitor?.State.Status ?? 'nem criado'}`;
  const aceitos = ['escritor 65, leitor created', 'escritor 65, leitor nem criado'];
  const esperado = aceitos[0] ?? '';
  await conferir(
    'se o escritor falha, o leitor de up não começa',
    [esperado, aceitos.includes(visto) ? esperado : visto],
    up,
  );
  await palco.compose(volume, 'down');
}
