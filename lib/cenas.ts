import { type Engine, examinarEngine } from './docker.ts';
import { Falha } from './falhas.ts';
import { type Escrita, interpretarEscrita, type Leitura, type Palco, resultadoDe } from './palco.ts';
import { PREPARO, SABOTAGENS, type Sabotagem } from './sabotagens.ts';

/** Confere uma afirmação: aprovada se `visto` é igual a `esperado`. Devolve se foi. */
export type Conferir = (
  afirmacao: string,
  esperado: unknown,
  visto: unknown,
  comando?: string | undefined,
) => Promise<boolean>;

/** O que uma cena tem à mão, além do palco. */
export interface Apoio {
  conferir: Conferir;
  /** Diz algo que se viu e que não é uma afirmação. */
  narrar(texto: string): Promise<void>;
}

export interface Cena {
  numero: number;
  titulo: string;
  encenar(palco: Palco, apoio: Apoio): Promise<void>;
}

/** A cena não pode ser feita neste engine; a mensagem diz por quê. */
export class CenaPulada extends Error {}

const ESCRITOR_SEM_FIM = ['escritor', '--json', '-e', '0', '-n', '500'];

export const CENAS: Cena[] = [
  {
    numero: 1,
    titulo: 'O que há',
    async encenar(palco, { conferir, narrar }) {
      const engine: Engine = await examinarEngine(palco.docker);
      await narrar(`Docker Engine ${engine.versao} (${engine.sistema}), Compose ${engine.compose}`);
      const rotulos = await palco.docker.exigir([
        ...['image', 'inspect', '--format', '{{index .Config.Labels "stand-in"}}'],
        palco.projeto.imagem('escritor'),
      ]);
      const bun = await palco.bun([], 'console.log(Bun.version)');
      const substituta = rotulos === 'true' ? ', substituta da publicada (rótulo stand-in)' : '';
      await narrar(`imagem base com Bun ${bun.saida.trim()}${substituta}`);
      await conferir('o Bun da imagem base responde', 0, bun.codigo, bun.comando);

      const volume = palco.doUsuario ? palco.volume : palco.nome('exame');
      if (!palco.doUsuario) await palco.docker.exigir(['volume', 'create', volume]);
      const driver = await palco.docker.exigir(['volume', 'inspect', '--format', '{{.Driver}}', volume]);
      const montagem = await palco.bun(
        [`${volume}:/exame:ro,nocopy`],
        `const linha = require('node:fs').readFileSync('/proc/self/mountinfo', 'utf8').split('\\n')
           .find((linha) => linha.split(' ')[4] === '/exame');
         console.log(linha.split(' - ')[1].split(' ')[0]);`,
      );
      await narrar(`volume ${volume}: driver ${driver}, sistema de arquivos ${montagem.saida.trim()}`);
      await conferir('o volume é uma montagem própria no container', 0, montagem.codigo, montagem.comando);
    },
  },
  {
    numero: 2,
    titulo: 'Controle negativo',
    async encenar(palco, { conferir }) {
      const virgem = await palco.leitor(palco.nome('virgem'), []);
      await conferir('num volume nunca escrito, o leitor diz 66', 66, virgem.codigo, virgem.comando);

      const rodar = async (servico: 'escritor' | 'leitor') =>
        await palco.docker.rodar([
          ...[
            'run',
            '--rm',
            '--name',
            palco.nome(`solto-${servico}`),
            palco.projeto.imagem(servico),
            '--json',
          ],
        ]);
      const solta = await rodar('escritor');
      await conferir('sem volume, o escritor grava no seu container', 0, solta.codigo, solta.comando);
      const perdida = await rodar('leitor');
      const nega = [66, 69].includes(perdida.codigo);
      await conferir('sem volume, o leitor não acha nada: 66 ou 69', true, nega, perdida.comando);

      const memoria = palco.nome('memoria');
      await criarNaMemoria(palco, memoria, '1m');
      const escrita = await palco.escritor(memoria);
      if (escrita.codigo !== 0)
        throw new CenaPulada(`o engine não monta um tmpfs: ${ultimaLinha(escrita.erros)}`);
      const depois = await palco.leitor(memoria, escrita.recibos);
      await conferir('num tmpfs, tudo some com o último container: 66', 66, depois.codigo, depois.comando);
    },
  },
  {
    numero: 3,
    titulo: 'O escritor escreve e some',
    async encenar(palco, { conferir, narrar }) {
      const desde = Math.floor(Date.now() / 1000) - 1;
      const escrita = await palco.escritor(palco.volume);
      await conferir('o escritor termina com 0', 0, escrita.codigo, escrita.comando);
      await conferir('e imprime um recibo', 1, escrita.recibos.length, escrita.comando);
      if (escrita.recibos[0]) await narrar(`recibo ${escrita.recibos[0]}`);
      const eventos = await palco.docker.listar([
        ...['events', '--since', `${desde}`, '--until', `${Math.ceil(Date.now() / 1000) + 1}`],
        ...['--filter', `container=${escrita.container}`, '--format', '{{.Action}}'],
      ]);
      const vida = ['create', 'start', 'die', 'destroy'].filter((acao) => eventos.includes(acao)).join(', ');
      const esperada = 'create, start, die, destroy';
      await conferir(`o engine viu ${escrita.container} nascer e sumir`, esperada, vida);
      const inspecao = await palco.docker.rodar(['inspect', '--type', 'container', escrita.container]);
      await conferir('e diz que ele não existe mais', 1, inspecao.codigo, inspecao.comando);
    },
  },
  {
    numero: 4,
    titulo: 'Outro container lê',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const leitura = await palco.leitor(palco.volume, palco.recibos);
      await conferirAprovado(conferir, leitura, 'o leitor aprova, com todos os recibos exigidos');
      const autores = leitura.laudo?.ultimas_execucoes.map(({ container }) => container) ?? [];
      const outro = leitura.laudo !== undefined && !autores.includes(leitura.laudo.container);
      await conferir('quem lê não é nenhum dos que escreveram', true, outro, leitura.comando);
      const volume = leitura.laudo?.verificacoes.find(({ nome }) => nome === 'volume')?.detalhe ?? '';
      await conferir(
        'e vê o volume somente leitura',
        true,
        volume.endsWith('somente leitura'),
        leitura.comando,
      );
    },
  },
  {
    numero: 5,
    titulo: 'O leitor não pode escrever',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const antes = await impressaoDigital(palco, palco.volume);
      const tentativa = await palco.compose(
        ...['run', '--rm', '-T', '--no-deps', '--entrypoint', '/usr/local/bin/bun', 'leitor', '-e'],
        `try { require('node:fs').writeFileSync('/data/invasor', 'x'); console.log('escreveu'); }
         catch (erro) { console.log(erro.code); }`,
      );
      const recusa = tentativa.saida.trim();
      await conferir('o kernel recusa a escrita na montagem do leitor', 'EROFS', recusa, tentativa.comando);
      const leitura = await palco.leitor(palco.volume, palco.recibos);
      await conferirAprovado(conferir, leitura, 'o leitor aprova');
      const depois = await impressaoDigital(palco, palco.volume);
      await conferir('ler não mudou um byte dos arquivos do volume', antes, depois);
    },
  },
  {
    numero: 6,
    titulo: 'docker compose down',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const down = await palco.compose('down');
      await conferir('"docker compose down" termina com 0', 0, down.codigo, down.comando);
      const doProjeto = ['--filter', `label=com.docker.compose.project=${palco.projeto.nome}`];
      const containers = await palco.docker.listar(['ps', '-aq', ...doProjeto]);
      await conferir('nenhum container do projeto ficou', [], containers);
      const redes = await palco.docker.listar(['network', 'ls', '-q', ...doProjeto]);
      await conferir('nenhuma rede do projeto ficou', [], redes);
      const volumes = await palco.docker.listar(['volume', 'ls', '--format', '{{.Name}}']);
      await conferir('o volume continua na lista', true, volumes.includes(palco.volume), 'docker volume ls');
      const inspecao = await palco.docker.rodar(['volume', 'inspect', palco.volume]);
      await conferir('e "docker volume inspect" o mostra', 0, inspecao.codigo, inspecao.comando);
      const leitura = await palco.leitor(palco.volume, palco.recibos);
      await conferirAprovado(conferir, leitura, 'um leitor novo acha todos os recibos');
    },
  },
  {
    numero: 7,
    titulo: 'Reexecução',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const antes = await palco.leitor(palco.volume, palco.recibos);
      const execucoes = antes.laudo?.execucoes ?? Number.NaN;
      const escrita = await palco.escritor(palco.volume);
      await conferir('um segundo escritor termina com 0', 0, escrita.codigo, escrita.comando);
      const depois = await palco.leitor(palco.volume, palco.recibos);
      await conferirAprovado(conferir, depois, 'o leitor acha os recibos dos dois');
      await conferir(
        'há uma execução a mais',
        execucoes + 1,
        depois.laudo?.execucoes ?? null,
        depois.comando,
      );
      const primeiros = (leitura: Leitura) => leitura.laudo?.usuarios.slice(0, antes.laudo?.usuarios.length);
      const iguais = antes.laudo !== undefined && Bun.deepEquals(primeiros(antes), primeiros(depois));
      await conferir('os usuários que já estavam lá são os mesmos', true, iguais, depois.comando);
    },
  },
  {
    numero: 8,
    titulo: 'Imagens reconstruídas',
    async encenar(palco, { conferir }) {
      const volume = palco.nome('imagens');
      const { recibos, codigo, comando } = await palco.escritor(volume);
      await conferir('o escritor de antes termina com 0', 0, codigo, comando);
      const imagens = [palco.projeto.imagem('escritor'), palco.projeto.imagem('leitor')];
      await palco.projeto.compose(volume, false, ['down']);
      const remocao = await palco.docker.rodar(['image', 'rm', '-f', ...imagens]);
      const existe = await palco.docker.rodar(['image', 'inspect', ...imagens]);
      await conferir('as duas imagens foram removidas', 1, existe.codigo, remocao.comando);
      const construcao = await palco.projeto.compose(volume, false, ['build', '--no-cache', '--quiet']);
      await conferir('e construídas outra vez, sem cache', 0, construcao.codigo, construcao.comando);
      const leitura = await palco.leitor(volume, recibos);
      await conferirAprovado(conferir, leitura, 'os dados continuam lá');
    },
  },
  {
    numero: 9,
    titulo: 'kill -9',
    async encenar(palco, { conferir, narrar }) {
      await palco.garantirEscrita();
      const mortes: Morte[] = [];
      while (mortes.length < palco.rodadas) {
        const morte = await matarEscritor(palco, mortes.length + 1);
        mortes.push(morte);
        const { recibos, leitor } = morte;
        await narrar(`morte ${mortes.length}: depois de ${recibos} recibos; o leitor diz ${leitor.codigo}`);
      }
      const ultima = mortes.at(-1)?.depois.comando;
      const todas = <T>(valor: T) => mortes.map(() => valor);
      const cada = <T>(ver: (morte: Morte) => T) => mortes.map(ver);
      await conferir(
        'em cada morte, o engine usou SIGKILL (137)',
        todas(137),
        cada((morte) => morte.codigo),
      );
      const previsto = ({ leitor }: Morte) => leitor.codigo === 0 || leitor.codigo === 75;
      await conferir('o leitor disse 0, ou 75 onde ficou um journal', todas(true), cada(previsto), ultima);
      await conferir(
        'o escritor seguinte retomou (0)',
        todas(0),
        cada((morte) => morte.retomada.codigo),
        ultima,
      );
      const inteiro = ({ depois }: Morte) => [depois.codigo, resultadoDe(depois, 'recibos')];
      await conferir('todos os recibos impressos estão lá', todas([0, 'aprovada']), cada(inteiro), ultima);
      const semRecibo = ({ aMais }: Morte) => aMais === 0 || aMais === 1;
      await conferir('no máximo uma execução sem recibo por morte', todas(true), cada(semRecibo), ultima);
    },
  },
  {
    numero: 10,
    titulo: 'Muitos ao mesmo tempo',
    async encenar(palco, { conferir }) {
      const volume = palco.nome('multidao');
      const primeira = await palco.escritor(volume);
      const escritas = Array.from({ length: 4 }, () => palco.escritor(volume, '-e', '10'));
      const leituras = Array.from({ length: 4 }, () => palco.leitor(volume, primeira.recibos));
      const escritores = await Promise.all(escritas);
      const leitores = await Promise.all(leituras);
      const codigos = (respostas: { codigo: number }[]) => respostas.map(({ codigo }) => codigo);
      await conferir(
        'os 4 escritores terminam com 0',
        [0, 0, 0, 0],
        codigos(escritores),
        escritores[0]?.comando,
      );
      const previstos = codigos(leitores).every((codigo) => codigo === 0 || codigo === 75);
      await conferir('os 4 leitores dizem 0, ou 75', true, previstos, leitores[0]?.comando);
      const recibos = [primeira, ...escritores].flatMap((escrita) => escrita.recibos);
      const numeros = recibos.map((recibo) => Number.parseInt(recibo, 10)).sort((a, b) => a - b);
      await conferir(
        'os recibos são de 1 a 41, sem repetição',
        Array.from({ length: 41 }, (_, i) => i + 1),
        numeros,
      );
      const fim = await palco.leitor(volume, recibos);
      await conferirAprovado(conferir, fim, 'depois, o leitor acha todos');
      await conferir(
        'e tantas execuções quantos recibos',
        recibos.length,
        fim.laudo?.execucoes ?? null,
        fim.comando,
      );
    },
  },
  {
    numero: 11,
    titulo: 'Disco cheio',
    async encenar(palco, { conferir }) {
      const volume = palco.nome('pequeno');
      await criarNaMemoria(palco, volume, '512k');
      // Um tmpfs some com o último container que o monta: este o segura, e ocupa metade dele.
      const guarda = await palco.docker.rodar([
        ...['run', '-d', '--name', palco.nome('guarda'), '--network', 'none', '-v', `${volume}:/data`],
        ...['--entrypoint', '/usr/local/bin/bun', palco.projeto.imagem('escritor'), '-e'],
        `require('node:fs').writeFileSync('/data/lastro', new Uint8Array(256 * 1024)); setInterval(() => {}, 60000);`,
      ]);
      if (guarda.codigo !== 0)
        throw new CenaPulada(`o engine não monta um tmpfs: ${ultimaLinha(guarda.erros)}`);
      await esperar(
        palco,
        async () => (await palco.bun([`${volume}:/v:ro`], TEM_LASTRO)).codigo === 0,
        'um lastro no volume',
      );

      const cheia = await palco.escritor(volume, '-n', '50', '-e', '1000');
      await conferir('com o disco cheio, o escritor diz 74', 74, cheia.codigo, cheia.comando);
      const explica = cheia.erros.includes('está cheio') && cheia.erros.includes('/data/desafio2.db');
      await conferir('e a mensagem diz por quê e em que arquivo', true, explica, cheia.comando);
      await conferir('depois de ter dado recibos', true, cheia.recibos.length > 0, cheia.comando);
      const leitura = await palco.leitor(volume, cheia.recibos);
      await conferirTudoMenosVolume(conferir, leitura, `os ${cheia.recibos.length} recibos estão lá`);

      const alivio = await palco.bun([`${volume}:/v`], "require('node:fs').rmSync('/v/lastro')");
      await conferir('abre-se espaço', 0, alivio.codigo, alivio.comando);
      const seguinte = await palco.escritor(volume);
      await conferir('com espaço de novo, o escritor segue', 0, seguinte.codigo, seguinte.comando);
      const fim = await palco.leitor(volume, [...cheia.recibos, ...seguinte.recibos]);
      await conferirTudoMenosVolume(conferir, fim, 'e todos os recibos estão lá');
    },
  },
  {
    numero: 12,
    titulo: 'Cópia e restauração',
    async encenar(palco, { conferir }) {
      const original = palco.nome('original');
      const restaurado = palco.nome('restaurado');
      const { recibos } = await palco.escritor(original, '-e', '3');
      const montar = async (volume: string) => {
        const nome = `${volume}-mao`;
        await palco.docker.exigir([
          'create',
          '--name',
          nome,
          '-v',
          `${volume}:/data`,
          palco.projeto.imagem('leitor'),
        ]);
        return nome;
      };
      const [de, para] = [await montar(original), await montar(restaurado)];
      const copia = await palco.docker.copiarEntre(`${de}:/data`, `${para}:/`);
      await conferir('o engine copia o volume para outro (docker cp)', 0, copia.codigo, copia.comando);
      const apagado = await palco.docker.rodar(['rm', '-f', de, para]);
      await palco.docker.exigir(['volume', 'rm', original]);
      await conferir('o original é apagado', 0, apagado.codigo, apagado.comando);
      const leitura = await palco.leitor(restaurado, recibos);
      await conferirAprovado(conferir, leitura, 'o leitor acha todos os recibos na cópia');
      const seguinte = await palco.escritor(restaurado);
      const numeros = seguinte.recibos.map((recibo) => Number.parseInt(recibo, 10));
      await conferir('e o escritor continua a partir dela', [recibos.length + 1], numeros, seguinte.comando);
    },
  },
  {
    numero: 13,
    titulo: 'Sabotagens',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const [boa, antiga, outro] = [palco.nome('boa'), palco.nome('antiga'), palco.nome('outro')];
      const copia = await palco.bun([`${palco.volume}:/de:ro`, `${boa}:/data`], PREPARO);
      await conferir('uma cópia do volume está pronta', 0, copia.codigo, copia.comando);
      await palco.escritor(boa, '-e', '2');
      await palco.bun([`${boa}:/de:ro`, `${antiga}:/data`], PREPARO);
      const { recibos } = await palco.escritor(boa);
      await palco.escritor(outro, '-e', `${Number.parseInt(recibos[0] ?? '1', 10)}`);
      await conferirAprovado(conferir, await palco.leitor(boa, recibos), 'sem sabotagem, a cópia é aprovada');

      const sabotar = async ({ oQue, verificacao, codigo }: Sabotagem, numero: number): Promise<void> => {
        const volume = palco.nome(`sabotagem-${numero}`);
        const montagens = [`${boa}:/de:ro`, `${antiga}:/antiga:ro`, `${outro}:/outro:ro`, `${volume}:/data`];
        const ato = await palco.bun(montagens, PREPARO + codigo);
        const leitura = await palco.leitor(volume, recibos);
        const visto = [ato.codigo, leitura.codigo, resultadoDe(leitura, verificacao)];
        await conferir(`${oQue}: 65, por "${verificacao}"`, [0, 65, 'reprovada'], visto, leitura.comando);
        await palco.docker.rodar(['volume', 'rm', '-f', volume]);
      };
      await emParalelo(SABOTAGENS, 3, sabotar);

      const trocado = palco.nome('trocado');
      const perdida = await palco.escritor(trocado);
      const down = await palco.projeto.compose(trocado, false, ['down', '-v']);
      await conferir('"docker compose down -v" termina com 0', 0, down.codigo, down.comando);
      await palco.escritor(trocado);
      const leitura = await palco.leitor(trocado, perdida.recibos);
      const visto = [leitura.codigo, resultadoDe(leitura, 'recibos'), leitura.laudo?.registros];
      const oQue = '"down -v" e tudo de novo: 65, por "recibos"';
      await conferir(oQue, [65, 'reprovada', 3], visto, leitura.comando);
    },
  },
  {
    numero: 14,
    titulo: 'Limpeza',
    async encenar(palco, { conferir }) {
      const antes = await palco.projeto.sobras();
      await conferir('o que a prova criou tem o nome dela', true, antes.length > 0);
      await conferir('depois de limpar, nada dela fica no engine', [], await palco.projeto.remover());
      if (!palco.doUsuario) return;
      const inspecao = await palco.docker.rodar(['volume', 'inspect', palco.volume]);
      await conferir('e o volume do usuário continua lá', 0, inspecao.codigo, inspecao.comando);
    },
  },
];

/** O leitor sai com 0 e o laudo aprova, com os recibos conferidos: um sem o outro não basta. */
async function conferirAprovado(conferir: Conferir, leitura: Leitura, afirmacao: string): Promise<void> {
  const visto = [leitura.codigo, leitura.laudo?.aprovado, resultadoDe(leitura, 'recibos')];
  await conferir(afirmacao, [0, true, 'aprovada'], visto, leitura.comando);
}

/** Num tmpfs o leitor só pode dizer 69; o resto do laudo tem de aprovar. */
async function conferirTudoMenosVolume(
  conferir: Conferir,
  leitura: Leitura,
  afirmacao: string,
): Promise<void> {
  const reprovadas = leitura.laudo?.verificacoes.filter(({ resultado }) => resultado === 'reprovada');
  const visto = [leitura.codigo, reprovadas?.map(({ nome }) => nome), resultadoDe(leitura, 'recibos')];
  await conferir(`${afirmacao} (69: é um tmpfs)`, [69, ['volume'], 'aprovada'], visto, leitura.comando);
}

async function criarNaMemoria(palco: Palco, volume: string, tamanho: string): Promise<void> {
  const opcoes = ['type=tmpfs', 'device=tmpfs', `o=size=${tamanho},uid=65532,gid=65532`];
  await palco.docker.exigir(['volume', 'create', ...opcoes.flatMap((opcao) => ['--opt', opcao]), volume]);
}

const TEM_LASTRO = "process.exit(require('node:fs').statSync('/v/lastro').size === 256 * 1024 ? 0 : 1)";

/** SHA-256 de cada arquivo de um volume, lido por uma montagem somente leitura. */
async function impressaoDigital(palco: Palco, volume: string): Promise<string> {
  const { saida } = await palco.bun(
    [`${volume}:/v:ro`],
    `const fs = require('node:fs');
     for (const nome of fs.readdirSync('/v').sort()) {
       if (!fs.statSync('/v/' + nome).isFile()) continue;
       const resumo = new Bun.CryptoHasher('sha256');
       for await (const parte of Bun.file('/v/' + nome).stream()) resumo.update(parte);
       console.log(nome, resumo.digest('hex'));
     }`,
  );
  return saida.trim();
}

/** O que se viu de um escritor morto no meio do trabalho. */
interface Morte {
  codigo: number;
  /** Quantos recibos ele imprimiu. */
  recibos: number;
  /** O leitor, logo depois. */
  leitor: Leitura;
  retomada: Escrita;
  /** O leitor, depois da retomada, com todos os recibos exigidos. */
  depois: Leitura;
  /** Execuções que estão no banco e de que ninguém recebeu recibo. */
  aMais: number;
}

/** Começa um escritor sem fim, deixa-o trabalhar por um tempo ao acaso e manda o engine matá-lo. */
async function matarEscritor(palco: Palco, rodada: number): Promise<Morte> {
  const antes = (await palco.leitor(palco.volume, palco.recibos)).laudo?.execucoes ?? Number.NaN;
  const nome = palco.nome(`morte-${rodada}`);
  const inicio = await palco.compose('run', '-d', '--name', nome, ...ESCRITOR_SEM_FIM);
  if (inicio.codigo !== 0)
    throw new Falha('indisponivel', `o escritor não começou: ${inicio.erros}`, inicio.comando);
  const imprimiu = async () =>
    interpretarEscrita(await palco.docker.rodar(['logs', nome])).recibos.length > 0;
  await esperar(palco, imprimiu, `o escritor ${nome} imprimir um recibo`);
  await Bun.sleep(Math.random() * 300);
  await palco.docker.exigir(['kill', '-s', 'KILL', nome]);
  const codigo = Number(await palco.docker.exigir(['wait', nome]));
  const { recibos } = interpretarEscrita(await palco.docker.rodar(['logs', nome]));
  await palco.docker.exigir(['rm', '-f', nome]);

  const leitor = await palco.leitor(palco.volume, recibos);
  const retomada = await palco.escritor(palco.volume);
  const exigidos = [...recibos, ...retomada.recibos];
  const depois = await palco.leitor(palco.volume, exigidos);
  const aMais = (depois.laudo?.execucoes ?? Number.NaN) - antes - exigidos.length;
  return { codigo, recibos: recibos.length, leitor, retomada, depois, aMais };
}

async function esperar(palco: Palco, condicao: () => Promise<boolean>, oQue: string): Promise<void> {
  const limite = performance.now() + 60_000;
  while (!(await condicao())) {
    palco.parada.throwIfAborted();
    if (performance.now() > limite)
      throw new Falha('indisponivel', `esperei 60 s por ${oQue}`, 'Tente de novo.');
    await Bun.sleep(20);
  }
}

/** Faz `acao` sobre cada item, no máximo `quantos` de cada vez. */
async function emParalelo<T>(
  itens: T[],
  quantos: number,
  acao: (item: T, indice: number) => Promise<void>,
): Promise<void> {
  const fila = itens.entries();
  const operarios = Array.from({ length: quantos }, async () => {
    for (const [indice, item] of fila) await acao(item, indice);
  });
  await Promise.all(operarios);
}

function ultimaLinha(texto: string): string {
  return texto.trim().split('\n').at(-1) ?? '';
}
