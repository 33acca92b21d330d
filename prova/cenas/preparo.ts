import { emParalelo } from '../../lib/paralelo.ts';
import { ouvir, type Resposta } from '../docker.ts';
import { conferirImagem } from '../imagem.ts';
import type { Palco } from '../palco.ts';
import type { Apoio, Cena } from './cena.ts';

/** O engine, a imagem base, o volume e o que os programas dizem sem tocar nele. */
export const OQUEHA: Cena = {
  numero: 1,
  titulo: 'O que há',
  async encenar(palco, { conferir, narrar }) {
    type Imagem = { Config: { Labels?: Record<string, string> } };
    const ficha = await palco.docker.inspecionar<Imagem>('image', palco.projeto.olhos);
    if (ficha?.Config.Labels?.['stand-in'] === 'true') {
      await narrar('a imagem base é substituta da publicada (rótulo stand-in)');
    }
    const exame = palco.nome('exame');
    await conferirConfiguracao(palco, conferir);
    for (const programa of ['escritor', 'leitor'] as const) {
      const nome = palco.projeto.imagem(programa);
      const imagem = await palco.docker.inspecionar<{ Config: { User: string } }>('image', nome);
      const usuario = imagem?.Config.User ?? '';
      const semRoot = /^[1-9]\d*(:[1-9]\d*)?$/.test(usuario) ? 'não é root' : `usuário "${usuario}"`;
      await conferir(`a imagem do ${programa} não é de root`, 'não é root', semRoot);
      const { defeitos, resposta } = await conferirImagem(palco, programa);
      await conferir('e só tem um arquivo acima da base', [], defeitos, resposta);
    }
    const respostas = new Map<string, Resposta>();
    await emParalelo(PEDIDOS, 3, async (pedido) => {
      respostas.set(pedido.join(' '), await pedir(palco, exame, pedido));
    });
    const respostaA = (pedido: string) => respostas.get(pedido) as Resposta;
    for (const programa of ['escritor', 'leitor']) {
      const versao = respostaA(`${programa} --versao`);
      const dito = `${versao.codigo} ${versao.saida.trim()}`;
      await conferir(`${programa} --versao diz a do package.json`, `0 ${palco.versao}`, dito, versao);
      const ajuda = respostaA(`${programa} --ajuda`);
      const soAjuda = /^Uso: /.test(ajuda.saida) && !/recibo: |APROVADO/.test(ajuda.saida);
      await conferir(`${programa} --ajuda só ajuda, e sai com 0`, [0, true], [ajuda.codigo, soAjuda], ajuda);
      const errada = respostaA(`${programa} --opcao-errada`);
      const calado = errada.saida === '' && new RegExp(`^${programa}: .+\\n +\\S`, 'm').test(errada.erros);
      await conferir(`${programa} com opção errada: 64`, [64, true], [errada.codigo, calado], errada);
    }
    const { visao, resposta } = await palco.ver(exame, palco.diario(exame));
    await conferir('e nada disso escreveu no volume', [], visao.arquivos, resposta);
  },
};

const PEDIDOS = ['escritor', 'leitor'].flatMap((programa) =>
  ['--versao', '--ajuda', '--opcao-errada'].map((opcao) => [programa, opcao]),
);

async function pedir(palco: Palco, volume: string, pedido: string[]): Promise<Resposta> {
  return await ouvir(() => palco.compose(volume, 'run', '--rm', '-T', '--no-deps', ...pedido));
}

/** O que o Compose faz de compose.yaml sem que a prova lhe dê os nomes dela. */
async function conferirConfiguracao(palco: Palco, conferir: Apoio['conferir']): Promise<void> {
  for (const [pedido, esperado] of [
    [undefined, 'desafio2_volume'],
    ['outro_volume', 'outro_volume'],
  ]) {
    const resposta = await palco.projeto.configuracao(pedido);
    const documento = resposta.codigo === 0 ? JSON.parse(resposta.saida) : {};
    const visto = {
      projeto: documento.name,
      servicos: Object.keys(documento.services ?? {}).sort(),
      volumes: Object.values(documento.volumes ?? {}).map((volume) => (volume as { name: string }).name),
    };
    const quem = pedido === undefined ? 'sem VOLUME_DADOS' : `com VOLUME_DADOS=${pedido}`;
    const certo = { projeto: 'desafio2', servicos: ['escritor', 'leitor'], volumes: [esperado] };
    await conferir(`${quem}, o Compose usa o volume ${esperado}`, certo, visto, resposta);
  }
}
