import { esperarTodas } from '../../lib/paralelo.ts';
import { type Cena, conferirAprovado, conferirCodigo } from './cena.ts';

export const IMAGENS: Cena = {
  numero: 8,
  titulo: 'Imagens reconstruídas',
  async encenar(palco, { conferir }) {
    const volume = palco.nome('imagens');
    const { recibos, ...escrita } = await palco.escritor(volume);
    await conferirCodigo(conferir, escrita, 0, 'o escritor de antes termina com 0');
    const imagens = (['escritor', 'leitor'] as const).map((servico) => palco.projeto.imagem(servico));
    const ids = async () => {
      const fichas = imagens.map((imagem) => palco.docker.inspecionar<{ Id: string }>('image', imagem));
      return (await esperarTodas(fichas)).map((ficha) => ficha?.Id ?? 'nenhuma');
    };
    const antes = await ids();
    await palco.compose(volume, 'down');
    const remocao = await palco.docker.rodar(['image', 'rm', '-f', ...imagens]);
    await conferir('as duas imagens foram removidas', ['nenhuma', 'nenhuma'], await ids(), remocao);
    const construcao = await palco.compose(volume, 'build', '--no-cache', '--quiet');
    await conferirCodigo(conferir, construcao, 0, 'e construídas outra vez, sem cache');
    const outras = (await ids()).every((id, indice) => id !== 'nenhuma' && id !== antes[indice]);
    await conferir('com outros ids', true, outras, construcao);
    await conferirAprovado(conferir, await palco.leitor(volume, { recibos }), 'os dados continuam lá');
  },
};
