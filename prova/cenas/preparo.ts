import { emParalelo } from '../../apoio/paralelo.ts';
import { CONTEXTO, verContexto } from '../contexto.ts';
import { ouvir, type Resposta } from '../docker.ts';
import { conferirImagem } from '../imagem.ts';
import type { Palco } from '../palco.ts';
import { SERVICOS } from '../projeto.ts';
import type { Apoio, Cena } from './cena.ts';

/** O engine, a imagem base, o volume e o que os programas dizem sem tocar nele. */
export const OQUEHA: Cena = {
  numero: 1,
  titulo: 'O que há',
  async encenar(palco, apoio) {
    const { conferir, narrar } = apoio;
    type Imagem = { Config: { Labels?: Record<string, string> } };
    const ficha = await palco.docker.inspecionar<Imagem>('image', palco.projeto.olhos);
    if (ficha?.Config.Labels?.['stand-in'] === 'true') {
      await narrar('a imagem base é substituta da publicada (rótulo stand-in)');
    }
    const exame = palco.nome('exame');
    await conferirConfiguracao(palco, apoio);
    const contexto = await verContexto(palco);
    await conferir('a construção só leva consigo o que usa', [CONTEXTO, contexto.saida.trim()], contexto);
    for (const programa of SERVICOS) {
      const nome = palco.projeto.imagem(programa);
      const imagem = await palco.docker.inspecionar<{ Config: { User: string } }>('image', nome);
      const usuario = imagem?.Config.User ?? '';
      const semRoot = /^[1-9]\d*(:[1-9]\d*)?$/.test(usuario) ? 'não é root' : `usuário "${usuario}"`;
      await conferir(`a imagem do ${programa} não é de root`, ['não é root', semRoot]);
      const { defeitos, resposta } = await conferirImagem(palco, programa);
      await conferir('e só tem um arquivo acima da base', [[], defeitos], resposta);
    }
    await conferirDizeres(palco, apoio, exame);
    const { visao, resposta } = await palco.ver(exame, palco.diario(exame));
    await conferir('e nada disso escreveu no volume', [[], visao.arquivos], resposta);
  },
};

/** O que os dois programas dizem a quem só pergunta, ou pergunta mal. */
async function conferirDizeres(palco: Palco, { conferir }: Apoio, volume: string): Promise<void> {
  const respostas = new Map<string, Resposta>();
  await emParalelo(PEDIDOS, 3, async (pedido) => {
    respostas.set(pedido.join(' '), await pedir(palco, volume, pedido));
  });
  const respostaA = (pedido: string) => respostas.get(pedido) as Resposta;
  for (const programa of ['escritor', 'leitor']) {
    for (const opcao of ['--versao', '--version', '-V']) {
      const versao = respostaA(`${programa} ${opcao}`);
      const dito = `${versao.codigo} ${versao.saida.trim()}`;
      await conferir(`${programa} ${opcao} diz a do package.json`, [`0 ${palco.versao}`, dito], versao);
    }
    for (const opcao of ['--ajuda', '--help', '-h']) {
      const ajuda = respostaA(`${programa} ${opcao}`);
      const soAjuda = /^Uso: /.test(ajuda.saida) && !/recibo: |APROVADO/.test(ajuda.saida);
      await conferir(
        `${programa} ${opcao} só ajuda, e sai com 0`,
        [
          [0, true],
          [ajuda.codigo, soAjuda],
        ],
        ajuda,
      );
    }
    for (const pedido of PEDIDOS.filter(
      ([qual, opcao]) => qual === programa && /-errada|=/.test(`${opcao}`),
    )) {
      const errada = respostaA(pedido.join(' '));
      const calado = errada.saida === '' && new RegExp(`^${programa}: .+\\n +\\S`, 'm').test(errada.erros);
      await conferir(
        `${pedido.join(' ')}: 64`,
        [
          [64, true],
          [errada.codigo, calado],
        ],
        errada,
      );
    }
  }
}

/** As opções que só dizem algo, com todos os seus nomes, e pedidos que não são de nada. */
const PEDIDOS = ['escritor', 'leitor'].flatMap((programa) => [
  ...['--versao', '--version', '-V', '--ajuda', '--help', '-h', '--opcao-errada'].map((opcao) => [
    programa,
    opcao,
  ]),
  [programa, programa === 'escritor' ? '--registros=dez' : '--limite=dez'],
  [programa, programa === 'escritor' ? '--execucoes=-1' : '--recibo=1:abc'],
]);

async function pedir(palco: Palco, volume: string, pedido: string[]): Promise<Resposta> {
  return await ouvir(() => palco.compose(volume, 'run', '--rm', '-T', '--no-deps', ...pedido));
}

interface Configuracao {
  name: string;
  services: Record<string, { image?: string; build?: { tags?: string[] }; environment?: object }>;
  networks: Record<string, { name: string; internal?: boolean }>;
  volumes: Record<string, { name: string; external?: boolean }>;
}

/** O que o Compose faz dos nossos arquivos sem que a prova lhe dê os nomes dela: nenhum outro, e nada escondido. */
async function conferirConfiguracao(palco: Palco, { conferir }: Apoio): Promise<void> {
  for (const [pedido, arquivos, volume] of [
    [undefined, ['compose.yaml'], 'desafio2_volume'],
    ['outro_volume', ['compose.yaml'], 'outro_volume'],
    ['outro_volume', ['compose.yaml', 'compose.externo.yaml'], 'outro_volume, externo'],
  ] as const) {
    const resposta = await palco.projeto.configuracao(pedido, ...arquivos);
    const lida: Partial<Configuracao> = resposta.codigo === 0 ? JSON.parse(resposta.saida) : {};
    const { services = {}, networks = {}, volumes = {} } = lida;
    const visto = {
      projeto: lida.name,
      servicos: Object.entries(services).map(([nome, { environment }]) =>
        [nome, ...Object.keys(environment ?? {})].join(' '),
      ),
      outrosNomes: Object.values(services).flatMap(({ image = [], build }) =>
        [image, build?.tags ?? []].flat(),
      ),
      redes: Object.values(networks).map(({ name, internal }) => `${name}${internal ? ', sem saída' : ''}`),
      volumes: Object.values(volumes).map(({ name, external }) => `${name}${external ? ', externo' : ''}`),
    };
    const certo = {
      projeto: 'desafio2',
      servicos: ['copiador RECIBO', 'escritor', 'leitor RECIBO'],
      outrosNomes: [],
      redes: ['desafio2_isolada, sem saída'],
      volumes: [volume],
    };
    const quem =
      arquivos.length > 1 ? 'com compose.externo.yaml' : pedido ? 'com VOLUME_DADOS' : 'sem VOLUME_DADOS';
    await conferir(`${quem}, o Compose lê: volume ${volume}`, [certo, visto], resposta);
  }
}
