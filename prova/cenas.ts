import { Falha } from '../lib/falhas.ts';
import { emParalelo, esperarTodas } from '../lib/paralelo.ts';
import { examinarEngine, type Resposta } from './docker.ts';
import { type Escrita, interpretarEscrita, type Leitura, type Palco, resultadoDe } from './palco.ts';
import { PREPARO, SABOTAGENS, type Sabotagem } from './sabotagens.ts';

/** O que uma cena tem à mão, além do palco. */
export interface Apoio {
  /** Confere uma afirmação: aprovada se `visto` é igual a `esperado`; a resposta diz como repetir. */
  conferir(afirmacao: string, esperado: unknown, visto: unknown, resposta?: Resposta): Promise<void>;
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

export const CENAS: Cena[] = [
  {
    numero: 1,
    titulo: 'O que há',
    async encenar(palco, { conferir, narrar }) {
      const engine = await examinarEngine(palco.docker);
      await narrar(`Docker Engine ${engine.versao} (${engine.sistema}), Compose ${engine.compose}`);
      const imagem = palco.projeto.imagem('escritor');
      const ficha = await palco.docker.inspecionar<{ Config: { Labels?: Record<string, string> } }>(
        'image',
        imagem,
      );
      const substituta = ficha?.Config.Labels?.['stand-in'] === 'true';
      const bun = await palco.bun([], 'console.log(Bun.version)');
      const rotulo = substituta ? ', substituta da publicada (rótulo stand-in)' : '';
      await narrar(`imagem base com Bun ${bun.saida.trim()}${rotulo}`);
      await conferir('o Bun da imagem base responde', 0, bun.codigo, bun);

      const volume = palco.doUsuario ? palco.volume : palco.nome('exame');
      if (!palco.doUsuario) await palco.docker.exigir(['volume', 'create', volume]);
      const driver = (await palco.docker.inspecionar<{ Driver: string }>('volume', volume))?.Driver;
      const montagem = await palco.bun(
        [`${volume}:/exame:ro,nocopy`],
        `const linha = require('node:fs').readFileSync('/proc/self/mountinfo', 'utf8').split('\\n')
           .find((linha) => linha.split(' ')[4] === '/exame');
         console.log(linha.split(' - ')[1].split(' ')[0]);`,
      );
      await narrar(`volume ${volume}: driver ${driver}, sistema de arquivos ${montagem.saida.trim()}`);
      await conferir('o volume é uma montagem própria no container', 0, montagem.codigo, montagem);
    },
  },
  {
    numero: 2,
    titulo: 'Controle negativo',
    async encenar(palco, { conferir }) {
      const virgem = await palco.leitor(palco.nome('virgem'), []);
      await conferir('num volume nunca escrito, o leitor diz 66', 66, virgem.codigo, virgem);

      const rodarSolto = async (servico: 'escritor' | 'leitor') => {
        const nome = palco.nome(`solto-${servico}`);
        return await palco.docker.rodar([
          'run',
          '--rm',
          '--name',
          nome,
          palco.projeto.imagem(servico),
          '--json',
        ]);
      };
      const solta = await rodarSolto('escritor');
      await conferir('sem volume, o escritor grava no seu container', 0, solta.codigo, solta);
      const perdida = await rodarSolto('leitor');
      const nega = [66, 69].includes(perdida.codigo);
      await conferir('sem volume, o leitor não acha nada: 66 ou 69', true, nega, perdida);

      const memoria = palco.nome('memoria');
      const recusa = await palco.criarNaMemoria(memoria, '1m');
      if (recusa !== undefined) throw new CenaPulada(`o engine não monta um tmpfs: ${recusa}`);
      const escrita = await palco.escritor(memoria);
      await conferir('num tmpfs, o escritor grava', 0, escrita.codigo, escrita);
      const depois = await palco.leitor(memoria, escrita.recibos);
      await conferir('e tudo some com o último container: 66', 66, depois.codigo, depois);
    },
  },
  {
    numero: 3,
    titulo: 'O escritor escreve e some',
    async encenar(palco, { conferir, narrar }) {
      const nome = palco.nome('escritor-de-passagem');
      const desde = Math.floor(Date.now() / 1000) - 1;
      const escrita = await palco.escritorChamado(nome, palco.volume);
      await conferir('o escritor termina com 0', 0, escrita.codigo, escrita);
      await conferir('e imprime um recibo', 1, escrita.recibos.length, escrita);
      if (escrita.recibos[0]) await narrar(`recibo ${escrita.recibos[0]}`);
      const eventos = await palco.docker.listar([
        ...['events', '--since', `${desde}`, '--until', `${Math.ceil(Date.now() / 1000) + 1}`],
        ...['--filter', `container=${nome}`, '--format', '{{.Action}} {{.Actor.ID}}'],
      ]);
      const vida = ['create', 'start', 'die', 'destroy'].filter((acao) =>
        eventos.some((evento) => evento.startsWith(`${acao} `)),
      );
      await conferir('o engine o viu nascer e sumir', ['create', 'start', 'die', 'destroy'], vida, escrita);
      const id = eventos[0]?.split(' ')[1]?.slice(0, 12) ?? '';
      await conferir('o container no recibo é o que o engine viu', id, escrita.container, escrita);
      const ficha = await palco.docker.inspecionar('container', id || nome);
      await conferir('e o engine diz que ele não existe mais', undefined, ficha);
    },
  },
  {
    numero: 4,
    titulo: 'Outro container lê',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const { leitura, ficha } = await palco.leitorComFicha(palco.volume, palco.recibos);
      await conferirAprovado(conferir, leitura, 'o leitor aprova, com todos os recibos exigidos');
      const id = ficha?.Id.slice(0, 12);
      await conferir('quem lê é o container que o engine criou', id, leitura.laudo?.container, leitura);
      const autores = leitura.laudo?.ultimas_execucoes.map(({ container }) => container) ?? [];
      await conferir('e não é nenhum dos que escreveram', false, autores.includes(id ?? ''), leitura);
      const montagens = ficha?.Mounts.map(({ Name, Destination, RW }) => [Name, Destination, RW]);
      await conferir(
        'o engine lhe deu só o volume, somente leitura',
        [[palco.volume, '/data', false]],
        montagens,
        leitura,
      );
    },
  },
  {
    numero: 5,
    titulo: 'O leitor não pode escrever',
    async encenar(palco, { conferir }) {
      await palco.garantirEscrita();
      const antes = await palco.impressaoDigital(palco.volume);
      const tentativa = await palco.compose(
        palco.volume,
        ...['run', '--rm', '-T', '--no-deps', '--entrypoint', '/usr/local/bin/bun', 'leitor', '-e'],
        `const fs = require('node:fs');
         const tentar = (acao) => { try { acao(); return 'conseguiu'; } catch (erro) { return erro.code; } };
         const montada = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').some((l) => l.split(' ')[4] === '/data');
         console.log(montada, tentar(() => fs.writeFileSync('/data/invasor', 'x')),
           tentar(() => fs.openSync('/data/desafio2.db', 'r+')));`,
      );
      const recusas = tentativa.saida.trim();
      await conferir(
        'o kernel recusa criar e abrir para escrita em /data',
        'true EROFS EROFS',
        recusas,
        tentativa,
      );
      const leitura = await palco.leitor(palco.volume, palco.recibos);
      await conferirAprovado(conferir, leitura, 'o leitor aprova');
      const depois = await palco.impressaoDigital(palco.volume);
      await conferir('ler não mudou um byte dos arquivos do volume', antes, depois, leitura);
    },
  },
  {
    numero: 6,
    titulo: 'docker compose down',
    async encenar(palco, { conferir, narrar }) {
      await palco.garantirEscrita();
      const up = await palco.compose(palco.volume, 'up', '-d', '--no-build');
      await conferir('"docker compose up" termina com 0', 0, up.codigo, up);
      const registro = await palco.compose(palco.volume, 'logs', '--no-log-prefix', 'escritor');
      const { recibos } = interpretarEscrita(registro);
      palco.recibos.push(...recibos.slice(-1));
      const doProjeto = ['--filter', `label=com.docker.compose.project=${palco.projeto.nome}`];
      const containers = () => palco.docker.listar(['ps', '-aq', ...doProjeto]);
      const redes = () => palco.docker.listar(['network', 'ls', '-q', ...doProjeto]);
      await narrar(`antes: ${(await containers()).length} containers, ${(await redes()).length} rede`);
      await conferir(
        'e deixa dois containers e uma rede',
        [2, 1],
        [(await containers()).length, (await redes()).length],
        up,
      );

      const down = await palco.compose(palco.volume, 'down');
      await conferir('"docker compose down" termina com 0', 0, down.codigo, down);
      await conferir('nenhum container do projeto ficou', [], await containers(), down);
      await conferir('nenhuma rede do projeto ficou', [], await redes(), down);
      const volumes = await palco.docker.listar(['volume', 'ls', '--format', '{{.Name}}']);
      await conferir('o volume continua na lista', true, volumes.includes(palco.volume), down);
      const ficha = await palco.docker.inspecionar<{ Name: string }>('volume', palco.volume);
      await conferir('e "docker volume inspect" o mostra', palco.volume, ficha?.Name, down);
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
      const escrita = await palco.escritor(palco.volume);
      await conferir('um segundo escritor termina com 0', 0, escrita.codigo, escrita);
      const depois = await palco.leitor(palco.volume, palco.recibos);
      await conferirAprovado(conferir, depois, 'o leitor acha os recibos dos dois');
      const aMais = (depois.laudo?.execucoes ?? Number.NaN) - (antes.laudo?.execucoes ?? Number.NaN);
      await conferir('há uma execução a mais', 1, aMais, depois);
      const primeiros = antes.laudo?.usuarios ?? ['nenhum laudo'];
      const agora = depois.laudo?.usuarios.slice(0, primeiros.length);
      await conferir(`os primeiros ${primeiros.length} usuários são os mesmos`, primeiros, agora, depois);
    },
  },
  {
    numero: 8,
    titulo: 'Imagens reconstruídas',
    async encenar(palco, { conferir }) {
      const volume = palco.nome('imagens');
      const escrita = await palco.escritor(volume);
      await conferir('o escritor de antes termina com 0', 0, escrita.codigo, escrita);
      const imagens = (['escritor', 'leitor'] as const).map((servico) => palco.projeto.imagem(servico));
      const ids = async () => {
        const fichas = imagens.map((imagem) => palco.docker.inspecionar<{ Id: string }>('image', imagem));
        return (await esperarTodas(fichas)).map((ficha) => ficha?.Id);
      };
      const antes = await ids();
      await palco.compose(volume, 'down');
      const remocao = await palco.docker.rodar(['image', 'rm', '-f', ...imagens]);
      await conferir('as duas imagens foram removidas', [undefined, undefined], await ids(), remocao);
      const construcao = await palco.compose(volume, 'build', '--no-cache', '--quiet');
      await conferir('e construídas outra vez, sem cache', 0, construcao.codigo, construcao);
      const outras = (await ids()).every((id, indice) => id !== undefined && id !== antes[indice]);
      await conferir('com outros ids', true, outras, construcao);
      await conferirAprovado(conferir, await palco.leitor(volume, escrita.recibos), 'os dados continuam lá');
    },
  },
  {
    numero: 9,
    titulo: 'kill -9',
    async encenar(palco, { conferir, narrar }) {
      await palco.garantirEscrita();
      for (let rodada = 1; rodada <= palco.rodadas; rodada++) {
        const morte = await matarEscritor(palco, rodada);
        const { recibos, comJournal, leitor, retomada, depois } = morte;
        await narrar(
          `morte ${rodada}, ${morte.momento}: ${recibos} recibos, ${comJournal ? 'com' : 'sem'} journal; o leitor diz ${leitor.codigo}`,
        );
        const frase = (oQue: string) => `morte ${rodada}: ${oQue}`;
        await conferir(frase('o engine usou SIGKILL'), 137, morte.codigo, retomada);
        await conferir(
          frase('o leitor disse 75 se ficou journal, senão 0'),
          comJournal ? 75 : 0,
          leitor.codigo,
          leitor,
        );
        await conferir(frase('o escritor seguinte retomou'), 0, retomada.codigo, retomada);
        await conferirAprovado(conferir, depois, frase('todos os recibos impressos estão lá'));
        await conferir(
          frase('no máximo uma execução sem recibo'),
          true,
          [0, 1].includes(morte.aMais),
          depois,
        );
      }
    },
  },
  {
    numero: 10,
    titulo: 'Muitos ao mesmo tempo',
    async encenar(palco, { conferir, narrar }) {
      const volume = palco.nome('multidao');
      const primeira = await palco.escritor(volume);
      const escritas = Array.from({ length: 4 }, () => palco.escritor(volume, '-n', '2000', '-e', '10'));
      const leituras = Array.from({ length: 4 }, () => palco.leitor(volume, primeira.recibos));
      const [escritores, leitores] = await Promise.all([esperarTodas(escritas), esperarTodas(leituras)]);
      const codigos = (respostas: { codigo: number }[]) => respostas.map(({ codigo }) => codigo);
      await conferir('os 4 escritores terminam com 0', [0, 0, 0, 0], codigos(escritores), escritores[0]);
      const previstos = leitores.every(
        ({ codigo, laudo }) => codigo === 75 || (codigo === 0 && laudo?.aprovado),
      );
      await conferir('os 4 leitores aprovam, ou dizem 75', true, previstos, leitores[0]);
      const recibos = [primeira, ...escritores].flatMap((escrita) => escrita.recibos);
      const numeros = recibos.map((recibo) => Number.parseInt(recibo, 10)).sort((a, b) => a - b);
      const todos = Array.from({ length: 41 }, (_, indice) => indice + 1);
      await conferir('os recibos são de 1 a 41, sem repetição', todos, numeros, escritores[0]);
      const fim = await palco.leitor(volume, recibos);
      await conferirAprovado(conferir, fim, 'depois, o leitor acha todos');
      await conferir('e tantas execuções quantos recibos', recibos.length, fim.laudo?.execucoes, fim);
      const autores = fim.laudo?.ultimas_execucoes.map(({ container }) => container) ?? [];
      const trocas = autores.filter((autor, indice) => indice > 0 && autor !== autores[indice - 1]).length;
      await narrar(
        `das ${autores.length} últimas execuções, ${trocas} vieram logo depois de uma de outro container`,
      );
    },
  },
  {
    numero: 11,
    titulo: 'Disco cheio',
    async encenar(palco, { conferir }) {
      const volume = palco.nome('pequeno');
      const recusa = await palco.criarNaMemoria(volume, '512k');
      if (recusa !== undefined) throw new CenaPulada(`o engine não monta um tmpfs: ${recusa}`);
      // Um tmpfs some com o último container que o monta: este o segura, e ocupa metade dele.
      await palco.bunEmSegundoPlano(
        palco.nome('guarda'),
        [`${volume}:/v`],
        "require('node:fs').writeFileSync('/v/lastro', new Uint8Array(256 * 1024)); setInterval(() => {}, 60000);",
      );
      const temLastro = "process.exit(require('node:fs').statSync('/v/lastro').size === 256 * 1024 ? 0 : 1)";
      await palco.esperar(
        async () => (await palco.bun([`${volume}:/v:ro`], temLastro)).codigo === 0,
        'um volume cheio',
      );

      const cheia = await palco.escritor(volume, '-n', '50', '-e', '1000');
      await conferir('com o disco cheio, o escritor diz 74', 74, cheia.codigo, cheia);
      const explica = cheia.erros.includes('está cheio') && cheia.erros.includes('/data/desafio2.db');
      await conferir('e a mensagem diz por quê e em que arquivo', true, explica, cheia);
      await conferir('depois de ter dado recibos', true, cheia.recibos.length > 0, cheia);
      const leitura = await palco.leitor(volume, cheia.recibos);
      await conferirTudoMenosVolume(conferir, leitura, `os ${cheia.recibos.length} recibos estão lá`);

      const alivio = await palco.bun([`${volume}:/v`], "require('node:fs').rmSync('/v/lastro')");
      await conferir('o espaço é liberado', 0, alivio.codigo, alivio);
      const seguinte = await palco.escritor(volume);
      await conferir('com espaço de novo, o escritor segue', 0, seguinte.codigo, seguinte);
      const fim = await palco.leitor(volume, [...cheia.recibos, ...seguinte.recibos]);
      await conferirTudoMenosVolume(conferir, fim, 'e todos os recibos estão lá');
    },
  },
  {
    numero: 12,
    titulo: 'Cópia e restauração',
    async encenar(palco, { conferir, narrar }) {
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
      await narrar('um tar, pelo "docker cp": a imagem não tem tar para fazê-lo num container');
      const copia = await palco.docker.copiarEntre(`${de}:/data`, `${para}:/`);
      await conferir('o engine copia o volume para outro', 0, copia.codigo, copia);
      await palco.docker.rodar(['rm', '-f', de, para]);
      const apagado = await palco.docker.rodar(['volume', 'rm', original]);
      await conferir('o original é apagado', 0, apagado.codigo, apagado);
      const leitura = await palco.leitor(restaurado, recibos);
      await conferirAprovado(conferir, leitura, 'o leitor acha todos os recibos na cópia');
      const seguinte = await palco.escritor(restaurado);
      const numeros = seguinte.recibos.map((recibo) => Number.parseInt(recibo, 10));
      await conferir('e o escritor continua a partir dela', [recibos.length + 1], numeros, seguinte);
    },
  },
  {
    numero: 13,
    titulo: 'Sabotagens',
    async encenar(palco, { conferir }) {
      const [boa, antiga, outro] = [palco.nome('boa'), palco.nome('antiga'), palco.nome('outro')];
      if (palco.recibos.length > 0) {
        const copia = await palco.bun([`${palco.volume}:/de:ro`, `${boa}:/data`], PREPARO);
        await conferir('a cópia do volume foi feita', 0, copia.codigo, copia);
      }
      await palco.escritor(boa, '-e', '3');
      await palco.bun([`${boa}:/de:ro`, `${antiga}:/data`], PREPARO);
      const { recibos } = await palco.escritor(boa);
      await palco.escritor(outro, '-e', `${Math.min(Number.parseInt(recibos[0] ?? '1', 10), 50)}`);
      await conferirAprovado(conferir, await palco.leitor(boa, recibos), 'sem sabotagem, a cópia é aprovada');

      const sabotar = async ({ oQue, verificacao, codigo }: Sabotagem, indice: number): Promise<void> => {
        const volume = palco.nome(`sabotagem-${indice + 1}`);
        const montagens = [`${boa}:/de:ro`, `${antiga}:/antiga:ro`, `${outro}:/outro:ro`, `${volume}:/data`];
        const ato = await palco.bun(montagens, PREPARO + codigo);
        const leitura = await palco.leitor(volume, recibos);
        const visto = [ato.codigo, leitura.codigo, resultadoDe(leitura, verificacao)];
        await conferir(
          `${oQue}: ${verificacao}, 65`,
          [0, 65, 'reprovada'],
          visto,
          ato.codigo ? ato : leitura,
        );
        if (!palco.manter) await palco.docker.rodar(['volume', 'rm', '-f', volume]);
      };
      await emParalelo(SABOTAGENS, 3, sabotar);

      const trocado = palco.nome('trocado');
      const perdida = await palco.escritor(trocado);
      const down = await palco.compose(trocado, 'down', '-v');
      const sumiu = (await palco.docker.inspecionar('volume', trocado)) === undefined;
      await conferir('"docker compose down -v" apaga o volume', [0, true], [down.codigo, sumiu], down);
      await palco.escritor(trocado);
      const leitura = await palco.leitor(trocado, perdida.recibos);
      const visto = [leitura.codigo, resultadoDe(leitura, 'recibos'), leitura.laudo?.registros];
      await conferir('e outro igual no lugar dele: recibos, 65', [65, 'reprovada', 3], visto, leitura);
    },
  },
  {
    numero: 14,
    titulo: 'Limpeza',
    async encenar(palco, { conferir, narrar }) {
      if (palco.manter) throw new CenaPulada('--manter deixa tudo no engine');
      if (palco.doUsuario && palco.recibos.length > 0) {
        const leitura = await palco.leitor(palco.volume, palco.recibos.slice(-1));
        await conferirAprovado(conferir, leitura, 'o que há no volume do usuário está selado até o fim');
      }
      const sobras = await palco.projeto.sobras();
      const quantos = (tipo: string) => sobras.filter((sobra) => sobra.startsWith(`${tipo} `)).length;
      const tipos = ['container', 'rede', 'volume', 'imagem'].map((tipo) => `${tipo}: ${quantos(tipo)}`);
      await narrar(`a remover: ${tipos.join(', ')}`);
      await conferir(
        'depois de limpar, nada da prova fica no engine',
        [],
        await palco.projeto.remover(false),
      );
      if (!palco.doUsuario) return;
      const ficha = await palco.docker.inspecionar<{ Name: string }>('volume', palco.volume);
      await conferir('e o volume do usuário continua lá', palco.volume, ficha?.Name);
    },
  },
];

/** O leitor sai com 0 e o laudo aprova, com os recibos conferidos: um sem o outro não basta. */
async function conferirAprovado(
  conferir: Apoio['conferir'],
  leitura: Leitura,
  afirmacao: string,
): Promise<void> {
  const visto = [leitura.codigo, leitura.laudo?.aprovado, resultadoDe(leitura, 'recibos')];
  await conferir(afirmacao, [0, true, 'aprovada'], visto, leitura);
}

/** Num tmpfs o leitor só pode dizer 69; o resto do laudo tem de aprovar. */
async function conferirTudoMenosVolume(
  conferir: Apoio['conferir'],
  leitura: Leitura,
  afirmacao: string,
): Promise<void> {
  const reprovadas = leitura.laudo?.verificacoes.filter(({ resultado }) => resultado === 'reprovada');
  const visto = [leitura.codigo, reprovadas?.map(({ nome }) => nome), resultadoDe(leitura, 'recibos')];
  await conferir(`${afirmacao} (69: é um tmpfs)`, [69, ['volume'], 'aprovada'], visto, leitura);
}

/** Quantos recibos cabem numa linha de comando sem aperto; o último de cada vez vale por todos os anteriores. */
const RECIBOS_EXIGIDOS = 1000;

/** O que se viu de um escritor morto no meio do trabalho. */
interface Morte {
  momento: string;
  codigo: number;
  /** Quantos recibos ele imprimiu. */
  recibos: number;
  /** Se a morte deixou uma gravação para desfazer. */
  comJournal: boolean;
  /** O leitor, logo depois. */
  leitor: Leitura;
  retomada: Escrita;
  /** O leitor, depois da retomada, com todos os recibos exigidos. */
  depois: Leitura;
  /** Execuções que estão no banco e de que ninguém recebeu recibo. */
  aMais: number;
}

/**
 * Começa um escritor sem fim, deixa-o trabalhar por um tempo ao acaso e manda o engine matá-lo: nas rodadas
 * ímpares entre muitos lotes pequenos, nas pares no meio de um grande, que já passou páginas ao arquivo.
 */
async function matarEscritor(palco: Palco, rodada: number): Promise<Morte> {
  const antes = await palco.leitor(palco.volume, palco.recibos.slice(-1));
  const nome = palco.nome(`morte-${rodada}`);
  const grande = rodada % 2 === 0;
  const lote = ['-e', '0', '-n', grande ? '100000000' : '500'];
  try {
    const inicio = await palco.compose(
      palco.volume,
      'run',
      '-d',
      '--name',
      nome,
      'escritor',
      '--json',
      ...lote,
    );
    if (inicio.codigo !== 0)
      throw new Falha('indisponivel', `o escritor não começou: ${inicio.erros}`, inicio.comando);
    const recibosDele = async () => interpretarEscrita(await palco.docker.rodar(['logs', nome])).recibos;
    const trabalha = async () =>
      grande ? await palco.temJournal(palco.volume) : (await recibosDele()).length > 0;
    await palco.esperar(trabalha, `o escritor ${nome} trabalhar`);
    await Bun.sleep(Math.random() * 300);
    await palco.docker.exigir(['kill', '-s', 'KILL', nome]);
    const codigo = Number(await palco.docker.exigir(['wait', nome]));
    const recibos = await recibosDele();
    palco.recibos.push(...recibos);

    const comJournal = await palco.temJournal(palco.volume);
    const leitor = await palco.leitor(palco.volume, recibos.slice(-1));
    const retomada = await palco.escritor(palco.volume);
    const depois = await palco.leitor(palco.volume, palco.recibos.slice(-RECIBOS_EXIGIDOS));
    const execucoes = ({ laudo }: Leitura) => laudo?.execucoes ?? Number.NaN;
    const aMais = execucoes(depois) - execucoes(antes) - recibos.length - retomada.recibos.length;
    const momento = grande ? 'num lote grande' : 'entre lotes pequenos';
    return { momento, codigo, recibos: recibos.length, comJournal, leitor, retomada, depois, aMais };
  } finally {
    if (!palco.parada.aborted) await palco.docker.rodar(['rm', '-f', nome]);
  }
}
