import { esperarTodas } from '../../apoio/paralelo.ts';
import { SERVICOS } from '../projeto.ts';
import type { Cena } from './cena.ts';

/** Os dados não dependem das imagens que os escreveram. */
export const IMAGENS: Cena = {
  numero: 8,
  titulo: 'Imagens reconstruídas',
  async encenar(palco, { conferir, conferirCodigo, conferirAprovado }) {
    const volume = palco.nome('imagens');
    const { recibos, ...escrita } = await palco.escritor(volume);
    await conferirCodigo('o escritor de antes termina com 0', 0, escrita);
    const imagens = SERVICOS.map((servico) => palco.projeto.imagem(servico));
    const ids = async () => {
      const fichas = imagens.map((imagem) => palco.docker.inspecionar<{ Id: string }>('image', imagem));
      return (await esperarTodas(fichas)).map((ficha) => ficha?.Id ?? 'nenhuma');
    };
    await palco.compose(volume, 'down');
    const remocao = await palco.docker.rodar(['image', 'rm', '-f', ...imagens]);
    await conferir('as três imagens foram removidas', [imagens.map(() => 'nenhuma'), await ids()], remocao);
    const construcao = await palco.compose(volume, '--profile', 'copia', 'build', '--no-cache', '--quiet');
    await conferirCodigo('e construídas outra vez, sem cache', 0, construcao);
    // Não com outros ids: se outro constrói o mesmo ao mesmo tempo, o engine pode dar aos dois as mesmas camadas.
    const ha = (await ids()).map((id) => id !== 'nenhuma');
    await conferir('e o engine as tem de novo', [imagens.map(() => true), ha], construcao);
    await conferirAprovado('os dados continuam lá', await palco.leitor(volume, { recibos }));
  },
};
