import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ate, exigir } from '../apoio/processo.ts';
import { imagemBase } from '../apoio/projeto.ts';
import { correr } from '../prova/processo.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';

/** Um lugar que se faz de propósito: as opções do volume, e como se desfaz. */
interface Lugar {
  opcoes: string[];
  desfazer(): void;
}

/** O que há à mão para o fazer: uma pasta, o programa que mente, e um nome do engine só seu. */
interface Bancada {
  em(nome: string): string;
  nome: string;
}

interface Caso {
  nome: string;
  /** Como a última frase da prova o nomeia; sem isto, tem de ser aprovado. */
  diz?: RegExp;
  fazer(bancada: Bancada): Lugar;
}

/** O usuário dos containers. */
const DELES = 65532;
/** O mkfs.xfs não faz um sistema menor do que 300 MB; o arquivo é esparso. */
const DISCO_BYTES = 1024 * 2 ** 20;

const daPasta = (pasta: string) => ['type=none', 'o=bind', `device=${pasta}`];
const desmontar = (ponto: string) => void Bun.spawnSync(['umount', '--lazy', ponto]);

function pastaNova(em: Bancada['em'], nome: string): string {
  const pasta = em(nome);
  mkdirSync(pasta);
  chownSync(pasta, DELES, DELES);
  return pasta;
}

/** Uma pasta mostrada pelo `mentiroso.c`. */
const fuse = (mentira: string) => (bancada: Bancada) => {
  const [real, ponto] = [pastaNova(bancada.em, 'real'), pastaNova(bancada.em, 'ponto')];
  exigir(bancada.em('../mentiroso'), mentira, real, ponto, '-o', 'allow_other,default_permissions');
  return { opcoes: daPasta(ponto), desfazer: () => desmontar(ponto) };
};

/** Um sistema de arquivos numa imagem. */
const disco =
  (sistema: 'ext4' | 'xfs', bytes = DISCO_BYTES, opcoes = 'loop') =>
  ({ em }: Bancada) => {
    const [imagem, ponto] = [em('imagem'), pastaNova(em, 'ponto')];
    writeFileSync(imagem, '');
    truncateSync(imagem, bytes);
    exigir(`mkfs.${sistema}`, '-q', sistema === 'xfs' ? '-f' : '-F', imagem);
    exigir('mount', '-o', opcoes, imagem, ponto);
    if (!opcoes.includes('ro')) chownSync(ponto, DELES, DELES);
    return { opcoes: daPasta(ponto), desfazer: () => desmontar(ponto) };
  };

/** Uma pasta da camada de um container que roda. */
function camada({ nome }: Bancada): Lugar {
  const dorme = ['run', '-d', '--name', nome, imagemBase(), '-e', 'setInterval(() => {}, 1e9)'];
  exigir('docker', ...dorme);
  const raiz = exigir('docker', 'inspect', '-f', '{{.GraphDriver.Data.MergedDir}}', nome).trim();
  mkdirSync(join(raiz, 'dados'));
  chownSync(join(raiz, 'dados'), DELES, DELES);
  const desfazer = () => void Bun.spawnSync(['docker', 'rm', '-f', nome]);
  return { opcoes: daPasta(join(raiz, 'dados')), desfazer };
}

const semMais = (opcoes: string[]) => () => ({ opcoes, desfazer: () => {} });

const CASOS: Caso[] = [
  { nome: 'tmpfs', diz: /vive na memória/, fazer: semMais(['type=tmpfs', 'device=tmpfs']) },
  { nome: 'camada', diz: /na camada de um container/, fazer: camada },
  { nome: 'leitura', diz: /é somente leitura/, fazer: disco('ext4', DISCO_BYTES, 'loop,ro') },
  { nome: 'pequeno', diz: /está cheio/, fazer: disco('ext4', 32 * 2 ** 20) },
  { nome: 'travas', diz: /as travas travam/, fazer: fuse('travas') },
  { nome: 'recusa', diz: /o que está livre é concedido.*errno/, fazer: fuse('recusa') },
  { nome: 'velha', diz: /o que um grava e sincroniza, o outro lê/, fazer: fuse('velha') },
  { nome: 'nome', diz: /com o nome vai o que estava gravado/, fazer: fuse('nome') },
  { nome: 'apaga', diz: /o que se apaga some/, fazer: fuse('apaga') },
  { nome: 'tamanho', diz: /o tamanho que um dá/, fazer: fuse('tamanho') },
  { nome: 'só se lê, no meio', diz: /EROFS/, fazer: fuse('leitura') },
  { nome: 'enche, no meio', diz: /ENOSPC/, fazer: fuse('cheio') },
  { nome: 'ext4', fazer: disco('ext4') },
  { nome: 'xfs', fazer: disco('xfs') },
  { nome: 'fuse', fazer: fuse('nenhuma') },
  { nome: 'bind', fazer: ({ em }) => semMais(daPasta(pastaNova(em, 'bind')))() },
  { nome: 'comum', fazer: semMais([]) },
];

/** O que a prova diz de um caso, pela cena 0 e, de um são, também pela 4; um defeito se não é o que devia. */
async function julgar(caso: Caso, bancada: Bancada, { raiz, parada }: Sessao): Promise<string | undefined> {
  const { opcoes, desfazer } = caso.fazer(bancada);
  const volume = `${bancada.nome}-dados`;
  try {
    exigir('docker', 'volume', 'create', ...opcoes.flatMap((uma) => ['--opt', uma]), volume);
    const cenas = ['--cena', '0', ...(caso.diz ? [] : ['--cena', '4'])];
    const comando = [process.execPath, join(raiz, 'prova.ts'), '--volume', volume, ...cenas];
    const { codigo, erros } = await correr(comando, { parada, despedidaMs: 60_000 });
    const dito = erros.trim().split('\n')[0] ?? '';
    if (!caso.diz) return codigo === 0 ? undefined : `reprovado, e é são: ${dito}`;
    if (codigo === 0) return 'aprovado';
    return codigo < 70 || codigo > 73 ? (caso.diz.test(dito) ? undefined : `mal nomeado: ${dito}`) : dito;
  } finally {
    // O engine larga a montagem um instante depois do último container.
    await ate(() => Bun.spawnSync(['docker', 'volume', 'rm', '-f', volume]).success, `${volume} se remova`);
    desfazer();
  }
}

interface Quanto {
  /** Estes, ou tantos sorteados, com ao menos um de cada: que mente e que não. */
  casos: string[] | number;
}

async function tentar(sessao: Sessao, { casos }: Quanto): Promise<void> {
  using pasta = pastaDeEnsaio();
  const fonte = join(import.meta.dir, 'mentiroso.c');
  exigir(
    'cc',
    '-O1',
    '-D_FILE_OFFSET_BITS=64',
    '-I/usr/include/fuse3',
    '-o',
    pasta.em('mentiroso'),
    fonte,
    '-lfuse3',
  );
  const baralho = sessao.sorte.embaralhar(CASOS);
  const saos = baralho.filter(({ diz }) => !diz);
  const mentem = baralho.filter(({ diz }) => diz);
  const escolhidos =
    typeof casos === 'number'
      ? [...saos.slice(0, Math.ceil(casos / 4)), ...mentem.slice(0, casos - Math.ceil(casos / 4))]
      : CASOS.filter(({ nome }) => casos.includes(nome));
  for (const [indice, caso] of escolhidos.entries()) {
    mkdirSync(pasta.em(`${indice}`));
    const nome = `desafio2-ensaio-volumes-${randomBytes(4).toString('hex')}`;
    const em = (qual: string) => join(pasta.em(`${indice}`), qual);
    sessao.contar(true, caso.nome, await julgar(caso, { em, nome }, sessao));
  }
}

/** Volumes que mentem, feitos de propósito: a prova reprova e nomeia cada um; e aprova os que não mentem. */
export const volumes: Ensaio<Quanto> = {
  nome: 'volumes',
  oQue: 'doze volumes que mentem, e cinco sãos: a prova nomeia a mentira, e aprova os outros',
  precisa: ['docker', 'root', 'cc', 'xfs', 'fuse'],
  dose: { amostra: { casos: 8 }, completa: { casos: CASOS.map(({ nome }) => nome) } },
  ensaiar: tentar,
  controle: {
    oQue: 'uma prova que toma a falta de um erro por uma trava',
    quebra: [
      ['prova/cenas/travas.ts', '!consegue && enquanto === 0', '!consegue && enquanto < 0'],
      ['prova/cenas/travas.ts', 'certo ? esperado : visto', 'conta >= 0 ? esperado : visto'],
    ],
    dose: { amostra: { casos: ['travas'] } },
  },
};
