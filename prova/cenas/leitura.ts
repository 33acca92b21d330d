import { ouvir } from '../docker.ts';
import { conferirMontagens, conferirPoder } from '../fichas.ts';
import { detalheDe, type Leitura, resultadoDe } from '../leitura.ts';
import { conferirPagina } from '../paginas.ts';
import type { Palco } from '../palco.ts';
import { impressaoDigital } from '../volumes.ts';
import type { Apoio, Cena } from './cena.ts';

/** O leitor, num container que não escreveu, em texto e em JSON. */
export const OUTRO_LE: Cena = {
  numero: 4,
  titulo: 'Outro container lê',
  async encenar(palco, apoio) {
    const { conferir, conferirAprovado } = apoio;
    await palco.garantirEscrita();
    const recibos = palco.recibos.slice(-20);
    const nome = palco.nome('leitor-com-ficha');
    const leitura = await palco.leitor(palco.volume, { recibos, nome, forma: 'texto' });
    const ficha = await palco.ficha(nome);
    await palco.remover(nome);
    await conferirAprovado('o leitor aprova, com os recibos exigidos', leitura);
    const comprova = /^APROVADO, persistência comprovada/.test(leitura.veredito);
    await conferir('e o veredito é "persistência comprovada"', [true, comprova], leitura);
    const id = ficha?.Id.slice(0, 12);
    await conferir('quem lê é o container que o engine criou', [id, leitura.mostrado?.container], leitura);
    const escreveu = palco.diario(palco.volume).autores.has(id);
    await conferir('e não é nenhum dos que escreveram', [false, escreveu], leitura);
    const papel = { servico: 'leitor', volume: palco.volume } as const;
    const montagens = ficha ? conferirMontagens(ficha, papel) : ['o engine não o conhece'];
    await conferir('o engine lhe deu só o volume, somente leitura', [[], montagens], leitura);
    const poder = ficha ? conferirPoder(ficha, await palco.comum('leitor')) : ['o engine não o conhece'];
    await conferir('e só o poder de que precisa', [[], poder], leitura);

    const emJson = await palco.leitor(palco.volume, { recibos, nome, forma: 'json' });
    const outra = await palco.ficha(nome);
    await palco.remover(nome);
    await conferirAprovado('em JSON, aprova também', emJson);
    await conferirLaudo(palco, apoio, { emJson, id: outra?.Id.slice(0, 12) });
    await conferir('e mostra o mesmo que em texto', [resumir(leitura), resumir(emJson)], emJson);
    for (const limite of [0, palco.sorte('limite').inteiro(1, 2)]) {
      // Sem recibos, e ao menos uma vez em texto, onde se diz o que isso não prova.
      const forma = limite === 0 ? 'texto' : palco.sorte('forma').um(['texto', 'json'] as const);
      const curta = await palco.leitor(palco.volume, { limite, forma });
      const mostra = [curta.mostrado?.usuarios.length, curta.mostrado?.ultimas.length];
      await conferir(
        `com --limite ${limite}, mostra menos e aprova`,
        [
          [0, true],
          [curta.codigo, mostra.every((quantos) => (quantos ?? 99) <= limite)],
        ],
        curta,
      );
    }
    await soEleEscreveu(palco, apoio);
  },
};

/** O laudo em JSON, campo a campo, contra o que a prova lê por si e o que o engine diz; e a página dele. */
async function conferirLaudo(
  palco: Palco,
  apoio: Apoio,
  { emJson, id }: { emJson: Leitura; id: string | undefined },
): Promise<void> {
  const { conferir } = apoio;
  const { visao } = await palco.ver(palco.volume, palco.diario(palco.volume));
  const laudo = emJson.mostrado ? JSON.parse(emJson.saida) : { ultimas_execucoes: [], usuarios: [] };
  const quem = [laudo.container, laudo.banco];
  await conferir('e diz que container leu, e o quê', [[id, '/data/desafio2.db'], quem], emJson);
  const bytes = Number(
    detalheDe(emJson, 'arquivo')
      .match(/([\d.]+) bytes$/)?.[1]
      ?.replaceAll('.', ''),
  );
  await conferir('e quantos bytes o arquivo tem', [visao.bytes, bytes], emJson);
  const { linhas = [] } = visao; // sem o arquivo, os olhos só dizem o que há na pasta
  const gravadas = linhas.slice(-20);
  const esperadas = gravadas.map(
    ({ id, selo, usuarios: _, primeira_data: _d, ultima_data: _a, ...resto }) => {
      return { execucao: id, recibo: `${id}:${selo}`, ...resto };
    },
  );
  const mostradas = laudo.ultimas_execucoes.slice(-gravadas.length);
  await conferir('e cada execução como está gravada', [esperadas, mostradas], emJson);
  const foraDeHora = laudo.usuarios.filter(({ id, criado_em }: { id: number; criado_em: string }) => {
    const dela = linhas.find(({ primeiro_id, ultimo_id }) => primeiro_id <= id && id <= ultimo_id);
    return dela && (criado_em < dela.primeira_data || criado_em > dela.ultima_data);
  });
  await conferir('e cada usuário com a hora gravada', [[], foraDeHora], emJson);
  const recibo = palco.recibos.at(-1) ?? '';
  await conferirPagina(palco, apoio, { afirmacao: 'e em HTML diz o mesmo', volume: palco.volume, recibo });
}

/** O que em texto e em JSON tem de ser igual. */
function resumir({ mostrado }: Leitura): unknown {
  if (!mostrado) return 'nenhum laudo';
  const { registros, execucoes, recibo, verificacoes, usuarios, ultimas } = mostrado;
  return {
    ...{ registros, execucoes, recibo },
    usuarios: usuarios.map(({ id, nome, email }) => `${id} ${nome} ${email}`),
    verificacoes: verificacoes.map(({ nome, resultado }) => `${nome} ${resultado}`),
    ultimas: ultimas.map(({ execucao, container, iniciada_em }) => `${execucao} ${container} ${iniciada_em}`),
  };
}

/** O que se grava no lugar de um container sem que um tenha escrito: uma máquina, ou ninguém que se saiba. */
const NAO_SAO_CONTAINERS = ['vm', 'desconhecido', '0123456789ab (máquina)', '0123456789AB', '0123456789abc'];

/** Uma cadeia em que o único container é o do próprio leitor: os dados conferem, e nada comprovam. */
async function soEleEscreveu(palco: Palco, { conferir }: Apoio): Promise<void> {
  const [volume, nome] = [palco.nome('so-dele'), palco.nome('leitor-e-autor')];
  await palco.escritor(volume, { execucoes: NAO_SAO_CONTAINERS.length + 2 });
  const { opcoes, recibo, ...pedido } = palco.prepararLeitura({ forma: 'texto' });
  // O nome que se dá à máquina não é o id do container.
  const montado = [
    '--name',
    nome,
    '--hostname',
    'abcdef012345',
    '--network',
    'none',
    '-v',
    `${volume}:/data:ro`,
  ];
  const imagem = palco.projeto.imagem('leitor');
  const id = await palco.docker.exigir(['create', ...montado, imagem, ...opcoes]);
  palco.porOlhar.delete(volume);
  await palco.docker.exigir([
    ...['run', '--rm', '--name', palco.nome('autoria'), '-v', `${volume}:/data`, palco.projeto.olhos],
    ...['autoria.ts', '/data/desafio2.db', id.slice(0, 12), ...NAO_SAO_CONTAINERS],
  ]);
  const resposta = await palco.docker.rodar(['start', '-a', nome]);
  const leitura = palco.ouvirLeitor(resposta, pedido, undefined);
  await palco.remover(nome);
  const calado = !/persistência comprovada/.test(leitura.saida);
  await conferir(
    'se nenhum outro container escreveu, não diz que persistiu',
    [
      'código 0, origem pulada, sem "persistência comprovada"',
      `código ${leitura.codigo}, origem ${resultadoDe(leitura, 'origem')}, ${calado ? 'sem' : 'com'} "persistência comprovada"`,
    ],
    leitura,
  );
}

/** Nem o kernel o deixa escrever, nem ele o faz onde poderia. */
export const NAO_ESCREVE: Cena = {
  numero: 5,
  titulo: 'O leitor não pode escrever',
  async encenar(palco, { conferir, conferirAprovado }) {
    await palco.garantirEscrita();
    const antes = await impressaoDigital(palco, palco.volume);
    const sonda = ['--entrypoint', '/usr/local/bin/bun', 'leitor', '-e'];
    const codigo = `const fs = require('node:fs');
       const tentar = (acao) => { try { acao(); return 'conseguiu'; } catch (erro) { return erro.code; } };
       const montada = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\\n').some((l) => l.split(' ')[4] === '/data');
       console.log(montada, tentar(() => fs.writeFileSync('/data/invasor', 'x')),
         tentar(() => fs.openSync('/data/desafio2.db', 'r+')), tentar(() => fs.writeFileSync('/invasor', 'x')));`;
    const tentar = () => palco.compose(palco.volume, 'run', '--rm', '-T', '--no-deps', ...sonda, codigo);
    const tentativa = await ouvir(tentar);
    const recusas = tentativa.saida.trim();
    await conferir(
      'o kernel recusa criar e abrir para escrita',
      ['true EROFS EROFS EROFS', recusas],
      tentativa,
    );
    const leitura = await palco.leitor(palco.volume, { recibos: palco.recibos.slice(-50) });
    await conferirAprovado('o leitor aprova', leitura);
    const depois = await impressaoDigital(palco, palco.volume);
    await conferir('ler não mudou um byte dos arquivos do volume', [antes, depois], leitura);
    const montagem = ['-v', `${palco.volume}:/data`];
    const solto = await palco.leitorSolto(montagem, { recibos: palco.recibos.slice(-1) });
    await conferirAprovado('com escrita permitida, o leitor aprova', solto);
    const agora = await impressaoDigital(palco, palco.volume);
    await conferir('e mesmo assim nada muda, nem as horas', [antes, agora], solto);
  },
};
