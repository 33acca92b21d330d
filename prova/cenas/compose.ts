import type { Resposta } from '../docker.ts';
import { conferirRelatos, interpretarEscrita } from '../escrita.ts';
import { conferirMontagens, conferirPoder, type Ficha, redeDe } from '../fichas.ts';
import { descreverLeitura, type Leitura, resultadoDe } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import { type Apoio, type Cena, conferirAprovado, conferirCodigo } from './cena.ts';

export const UP_E_DOWN: Cena = {
  numero: 6,
  titulo: 'docker compose up e down',
  async encenar(palco, apoio) {
    const { conferir, narrar } = apoio;
    await palco.garantirEscrita();
    const up = await subir(palco, palco.recibos.at(-1));
    await conferirUp(palco, apoio, up);
    await conferirOrdem(palco, apoio);

    const doProjeto = ['--filter', `label=com.docker.compose.project=${palco.projeto.nome}`];
    const containers = () => palco.docker.listar(['ps', '-aq', ...doProjeto]);
    const redes = () => palco.docker.listar(['network', 'ls', '-q', ...doProjeto]);
    await narrar(`antes: ${(await containers()).length} containers, ${(await redes()).length} rede`);
    const down = await palco.compose(palco.volume, 'down');
    await conferirCodigo(conferir, down, 0, '"docker compose down" termina com 0');
    await conferir('nenhum container do projeto ficou', [], await containers(), down);
    await conferir('nenhuma rede do projeto ficou', [], await redes(), down);
    const ficha = await palco.docker.inspecionar<{ Name: string }>('volume', palco.volume);
    await conferir('e "docker volume inspect" mostra o volume', palco.volume, ficha?.Name, down);
    const leitura = await palco.leitor(palco.volume, { recibos: palco.recibos.slice(-50) });
    await conferirAprovado(conferir, leitura, 'um leitor novo acha todos os recibos');
    await pararNaFalha(palco, apoio);
  },
};

/** O que `docker compose up` mostrou, já separado por programa. */
interface Up {
  resposta: Resposta;
  escritor: string;
  leitor: string;
  /** O que o leitor disse em stderr. */
  erros: string;
  /** Cada linha de um programa veio antes de qualquer linha do outro. */
  emOrdem: boolean;
  exigidos: string[];
  de: number;
}

/** `RECIBO=… docker compose up`, como o README o mostra. */
async function subir(palco: Palco, recibo: string | undefined): Promise<Up> {
  const de = palco.agora();
  const resposta = await palco.composeComRecibo(palco.volume, recibo, 'up', '--no-build', '--no-color');
  const linhas = separar(resposta.saida);
  const so = (lista: typeof linhas, qual: string) =>
    lista.flatMap(({ servico, texto }) => (servico === qual ? [`${texto}\n`] : [])).join('');
  const primeira = linhas.findIndex(({ servico }) => servico === 'leitor');
  const emOrdem = primeira > 0 && linhas.slice(primeira).every(({ servico }) => servico === 'leitor');
  const exigidos = recibo === undefined ? [] : [recibo];
  const erros = so(separar(resposta.erros), 'leitor');
  return {
    resposta,
    escritor: so(linhas, 'escritor'),
    leitor: so(linhas, 'leitor'),
    erros,
    emOrdem,
    exigidos,
    de,
  };
}

/** As linhas que cada programa escreveu, sem o nome que o Compose põe à frente nem as suas ordens ao terminal. */
function separar(saida: string): { servico: string; texto: string }[] {
  return Bun.stripANSI(saida)
    .split('\n')
    .flatMap((linha) => {
      const [, servico = '', texto = ''] = linha.match(/^(escritor|leitor)-1 +\| ?(.*)$/) ?? [];
      return servico ? [{ servico, texto }] : [];
    });
}

async function conferirUp(palco: Palco, { conferir }: Apoio, up: Up): Promise<void> {
  const { resposta } = up;
  await conferirCodigo(conferir, resposta, 0, '"docker compose up" termina com 0');
  const fichas = await fichasDoUp(palco);
  const escrita = interpretarEscrita(
    { ...resposta, saida: up.escritor, codigo: codigoDe(fichas.escritor) },
    'texto',
  );
  const pedido = { registros: 3, execucoes: 1, versao: palco.versao };
  palco.conferirResposta(escrita, conferirRelatos(escrita, pedido, palco.diario(palco.volume)));
  palco.anotar(palco.volume, escrita, 3, up.de);
  await conferir('o escritor mostra o seu recibo', 1, escrita.recibos.length, resposta);
  const leitura = lerDoUp(palco, up, codigoDe(fichas.leitor));
  await conferirAprovado(conferir, leitura, 'o leitor aprova, com $RECIBO exigido');
  await conferir(
    'e o recibo mais novo é o que se viu',
    escrita.recibos[0],
    leitura.mostrado?.recibo,
    resposta,
  );
  await conferir('tudo o que o escritor diz vem antes do leitor', true, up.emOrdem, resposta);
  for (const servico of ['escritor', 'leitor'] as const) {
    const ficha = fichas[servico];
    const defeitos = ficha
      ? [...conferirPoder(ficha), ...conferirMontagens(ficha, { servico, volume: palco.volume })]
      : ['o engine não o conhece'];
    if (ficha) defeitos.push(...(await conferirRede(palco, ficha)));
    await conferir(`o engine deu ao ${servico} só o que o README diz`, [], defeitos, resposta);
  }

  const trocado = `${palco.recibos.at(-1)?.split(':')[0]}:${'0'.repeat(64)}`;
  const outro = await subir(palco, trocado);
  const codigo = codigoDe((await fichasDoUp(palco)).leitor);
  const reprovado = lerDoUp(palco, outro, codigo);
  const segunda = interpretarEscrita({ ...outro.resposta, saida: outro.escritor }, 'texto');
  palco.anotar(palco.volume, segunda, 3, outro.de);
  const visto = `código ${codigo}, recibos ${resultadoDe(reprovado, 'recibos')}, "${reprovado.veredito.slice(0, 9)}"`;
  const esperado = 'código 65, recibos reprovada, "REPROVADO"';
  await conferir('com um $RECIBO alheio, o leitor de up reprova', esperado, visto, outro.resposta);
}

const codigoDe = (ficha: Ficha | undefined) => ficha?.State.ExitCode ?? Number.NaN;

async function fichasDoUp(palco: Palco) {
  const [escritor, leitor] = await Promise.all(
    (['escritor', 'leitor'] as const).map((servico) => palco.ficha(`${palco.projeto.nome}-${servico}-1`)),
  );
  return { escritor, leitor };
}

function lerDoUp(palco: Palco, up: Up, codigo: number): Leitura {
  const resposta = { ...up.resposta, saida: up.leitor, erros: up.erros, codigo };
  const pedido = { forma: 'texto', exigidos: up.exigidos, limite: 20 } as const;
  return palco.ouvirLeitor(resposta, pedido, codigo === 0 ? palco.diario(palco.volume) : undefined);
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
  palco.anotar(palco.volume, escrita, 3, up.de);
  const { escritor, leitor } = await fichasDoUp(palco);
  const [fim, comeco] = [escritor?.State.FinishedAt ?? '', leitor?.State.StartedAt ?? ''];
  const ordem = Date.parse(fim) <= Date.parse(comeco) ? 'depois' : `antes (${comeco}, e ${fim})`;
  await conferir('o leitor só começa depois de o escritor acabar', 'depois', ordem, up.resposta);
  const leitura = lerDoUp(palco, up, codigoDe(leitor));
  const gravado = escrita.recibos[0];
  const visto = gravado && leitura.mostrado?.recibo === gravado ? 'vê' : descreverLeitura(leitura);
  await conferir('e vê o que ele acabou de gravar', 'vê', visto, up.resposta);
}

async function subirComTrava(palco: Palco): Promise<Up> {
  await palco.compose(palco.volume, 'down');
  const guarda = palco.nome('guarda-da-trava');
  await palco.bunEmSegundoPlano(
    guarda,
    [`${palco.volume}:/data`],
    `const { Database } = require('bun:sqlite');
     const banco = new Database('/data/desafio2.db', { readwrite: true });
     banco.run('BEGIN IMMEDIATE');
     console.log('segura');
     setInterval(() => {}, 60000);`,
  );
  const segura = async () => (await palco.docker.exigir(['logs', guarda])).includes('segura');
  await palco.esperar(segura, 'a trava do banco');
  const subindo = subir(palco, undefined);
  const espera = async () => {
    const { escritor } = await fichasDoUp(palco);
    if (!escritor || escritor.State.Status === 'created') return false;
    return escritor.State.Status !== 'running' || palco.agora() - Date.parse(escritor.State.StartedAt) > 700;
  };
  try {
    await palco.esperar(espera, 'o escritor de "docker compose up" começar');
  } finally {
    if (!palco.parada.aborted) await palco.remover(guarda);
  }
  return await subindo;
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
    esperado,
    aceitos.includes(visto) ? esperado : visto,
    up,
  );
  await palco.compose(volume, 'down');
}
