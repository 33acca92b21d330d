import { imagemBase } from '../apoio/projeto.ts';
import { Falha } from '../lib/falhas.ts';
import { estaNaCamada, interpretarMontagens, type Montagem, montagemDe } from '../lib/montagens.ts';
import { Docker, descreverErros, ouvir } from './docker.ts';
import type { Palco } from './palco.ts';
import { conhecer, VOLATEIS } from './sistemas.ts';

/** O que um container vê de um volume sem lhe tocar. */
interface Vista {
  montagens: string;
  dono: number;
  grupo: number;
  modo: string;
  livresBytes: number;
  /** Os nomes que há nele, ou o erro de quem os pede. */
  nomes: string[] | string;
  /** Por que nele não se pode gravar, ou `''`. */
  recusa: string;
}

/** O que se soube do volume, e se já tem um banco. */
export interface Espreita {
  descricao: string;
  temBanco: boolean;
}

/** O que uma prova chega a ocupar, com folga: a cena 9 mata um escritor no meio de um lote sem fim. */
const MINIMO_BYTES = 256 * 2 ** 20;
const NOSSOS = ['desafio2.db', 'desafio2.db-journal', 'lost+found'];

/** access() pergunta se se pode gravar, e não grava. */
const OLHAR = `const fs = require('node:fs');
  const tentar = (acao) => { try { return acao(); } catch (erro) { return erro.code; } };
  const { uid, gid, mode } = fs.statSync('/exame'), disco = fs.statfsSync('/exame');
  console.log(JSON.stringify({
    montagens: fs.readFileSync('/proc/self/mountinfo', 'utf8'),
    dono: uid, grupo: gid, modo: (mode & 0o7777).toString(8), livresBytes: disco.bavail * disco.bsize,
    nomes: tentar(() => fs.readdirSync('/exame')),
    recusa: tentar(() => fs.accessSync('/exame', fs.constants.W_OK | fs.constants.X_OK)) ?? '' }));`;

/**
 * Antes de se construir ou gravar o que quer que seja, olha o volume do usuário. Lança `Falha`, com o comando que o
 * remedeia, se já se sabe que a prova seria reprovada: não existe, não se monta (ou falta a imagem base), vive na
 * memória ou na camada de um container, é só de leitura, é de outro dono, não tem lugar, guarda outra coisa.
 */
export async function espreitar(docker: Docker, volume: string, container: string): Promise<Espreita> {
  type Ficha = { Driver: string; Options: Record<string, string> | null };
  const ficha = await docker.inspecionar<Ficha>('volume', volume);
  if (!ficha) {
    throw new Falha(
      'nadaParaLer',
      `o volume ${volume} não existe`,
      `Crie-o (docker volume create ${volume}), ou veja os que há com "docker volume ls".`,
    );
  }
  const opcoes = ['--rm', '--name', container, '--network', 'none', '-u', '65532:65532'];
  const montado = [...opcoes, '-v', `${volume}:/exame:nocopy`, imagemBase(), '-e', OLHAR];
  const resposta = await ouvir(() => docker.rodar(['run', ...montado]));
  if (resposta.codigo !== 0) {
    const porque = descreverErros(resposta.erros);
    await exigirImagemBase(docker, porque);
    throw new Falha('indisponivel', `o volume ${volume} não se monta: ${porque}`, resposta.comando);
  }
  const vista: Vista = JSON.parse(resposta.saida);
  const montagens = interpretarMontagens(vista.montagens);
  const montagem = montagemDe('/exame', montagens);
  if (!montagem) throw new Falha('indisponivel', `${volume} não é uma montagem`, resposta.comando);
  recusarOLugar(volume, montagem, montagemDe('/', montagens));
  recusarOQueHa(volume, vista);
  const opcoesDoDriver = Object.entries(ficha.Options ?? {}).map(([nome, valor]) => `${nome}=${valor}`);
  const driver = [ficha.Driver, ...opcoesDoDriver].join(', ');
  return { descricao: descrever(driver, montagem, vista), temBanco: vista.nomes.includes('desafio2.db') };
}

/** Sem a imagem base nada se soube do volume. Lança `Falha` se ela não está no engine; `porque`: o que o engine disse. */
async function exigirImagemBase(docker: Docker, porque: string): Promise<void> {
  const imagem = imagemBase();
  if (await docker.inspecionar('image', imagem)) return;
  const oQue = `a imagem base (${imagem}) não está no engine, e não se conseguiu baixá-la: ${porque}`;
  const baixar = docker.comando(['pull', imagem]).join(' ');
  throw new Falha('indisponivel', oQue, `Baixe-a, e repita: ${baixar}`);
}

/** O que nem um dono nem um disco maior mudam. */
function recusarOLugar(volume: string, montagem: Montagem, raiz: Montagem | undefined): void {
  const outro = `Crie outro, num disco: docker volume create ${volume}-em-disco`;
  if (VOLATEIS.includes(montagem.tipo)) {
    const oQue = `o volume ${volume} é ${montagem.tipo}: vive na memória, e some com o último container`;
    throw new Falha('naoPersiste', oQue, outro);
  }
  if (estaNaCamada(montagem, raiz)) {
    const oQue = `o volume ${volume} está na camada de um container (${montagem.tipo}), e some com ele`;
    throw new Falha('naoPersiste', oQue, outro);
  }
  if (montagem.somenteLeitura) {
    throw new Falha(
      'semPermissao',
      `o volume ${volume} é somente leitura (${montagem.tipo}, ${montagem.fonte})`,
      `Veja como foi criado: docker volume inspect ${volume}; e se o disco teve um erro: dmesg | tail`,
    );
  }
}

function recusarOQueHa(volume: string, { nomes, recusa, dono, grupo, modo, livresBytes }: Vista): void {
  const alheios = Array.isArray(nomes) ? nomes.filter((nome) => !NOSSOS.includes(nome)) : [];
  if (alheios.length > 0) {
    throw new Falha(
      'reprovado',
      `o volume ${volume} guarda outra coisa (${alheios.slice(0, 3).join(', ')})`,
      'Indique um volume vazio, ou um que o escritor deste projeto escreveu; este fica como está.',
    );
  }
  // A um volume vazio, o Docker dá na primeira montagem o dono da pasta que ele encobre.
  if (nomes.length > 0 && recusa !== '') {
    const codigo = Array.isArray(nomes) ? recusa : nomes;
    const dele = `é de ${dono}:${grupo}, com ${modo}`;
    throw new Falha(
      'semPermissao',
      `o usuário 65532, dos containers, não pode ler e gravar no volume ${volume} (${codigo}: ${dele})`,
      `Dê-o a ele (docs/volumes.md, "Um volume de outro dono"): ${darA65532(volume)}`,
    );
  }
  if (livresBytes < MINIMO_BYTES) {
    throw new Falha(
      'entradaSaida',
      `o volume ${volume} está cheio: tem ${emMega(livresBytes)} livres, e a prova pede ${emMega(MINIMO_BYTES)}`,
      `Libere espaço nele; onde está: docker volume inspect ${volume}`,
    );
  }
}

/** A imagem não tem chown; tem o Bun. */
const darA65532 = (volume: string) =>
  `docker run --rm -u 0 -v ${volume}:/v ${imagemBase()} -e "const f=require('fs');` +
  `for(const n of ['.',...f.readdirSync('/v')])f.chownSync('/v/'+n,65532,65532)"`;

const emMega = (bytes: number) => `${Math.floor(bytes / 2 ** 20).toLocaleString('pt-BR')} MB`;

function descrever(driver: string, montagem: Montagem, { dono, grupo, modo, ...vista }: Vista): string {
  const { tipo, raiz, fonte, opcoes } = montagem;
  const nomes = vista.nomes as string[];
  const oQueHa = nomes.length === 0 ? 'vazio' : `tem ${nomes.join(', ')}`;
  const sabido = conhecer(tipo);
  const linhas = [
    `Driver ${driver}; ${tipo} de ${fonte}${raiz === '/' ? '' : `, pasta ${raiz}`} (${opcoes})`,
    `Dono ${dono}:${grupo}, modo ${modo}; ${emMega(vista.livresBytes)} livres; ${oQueHa}`,
    ...(sabido ? [`${tipo}: ${sabido}`] : []),
  ];
  return linhas.map((linha) => Bun.wrapAnsi(linha, 80, { hard: true })).join('\n');
}

/** Apaga o banco de um volume em que só a prova gravou; não se deixa interromper. Lança `Falha` se não consegue. */
export async function apagarBanco(palco: Palco): Promise<void> {
  const docker = new Docker(undefined, palco.docker.contexto);
  const apagar = `for (const nome of ['desafio2.db', 'desafio2.db-journal'])
    require('node:fs').rmSync('/exame/' + nome, { force: true })`;
  const opcoes = ['--rm', '--name', palco.nome('apagar'), '--network', 'none', '-u', '65532:65532'];
  await docker.exigir(['run', ...opcoes, '-v', `${palco.volume}:/exame:nocopy`, imagemBase(), '-e', apagar]);
}
