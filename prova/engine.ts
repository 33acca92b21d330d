import { Falha } from '../lib/falhas.ts';
import type { Docker } from './docker.ts';

/** Uma pergunta simples, que um engine que responde responde logo. */
const PERGUNTA = { limiteMs: 15_000 };

/** O que o engine diz de si. */
export interface Engine {
  versao: string;
  sistema: string;
  compose: string;
}

/**
 * Pergunta ao engine e ao Compose as suas versões. Lança `Falha`: `indisponivel` se um deles não há ou não
 * responde, `semPermissao` se o socket do engine recusa este usuário.
 */
export async function examinarEngine(docker: Docker): Promise<Engine> {
  const versao = await docker.rodar(
    ['version', '--format', '{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}'],
    PERGUNTA,
  );
  if (versao.codigo !== 0) {
    if (/permission denied/i.test(versao.erros)) {
      throw new Falha(
        'semPermissao',
        'o engine do Docker recusa este usuário no seu socket',
        'Rode como root, ou entre no grupo docker: sudo usermod -aG docker "$USER" (vale no próximo login).',
      );
    }
    throw new Falha(
      'indisponivel',
      `o engine do Docker não responde: ${versao.erros.trim().split('\n')[0]}`,
      'Inicie-o: sudo systemctl start docker, ou abra o Docker Desktop.',
    );
  }
  const compose = await docker.rodar(['compose', 'version', '--short'], PERGUNTA);
  if (compose.codigo !== 0 || !/^v?[2-9]/.test(compose.saida)) {
    throw new Falha(
      'indisponivel',
      'o Docker Compose v2 ("docker compose") não responde',
      'Instale-o: https://docs.docker.com/compose/install/linux/',
    );
  }
  const [numero = '', sistema = ''] = versao.saida.trim().split(' ');
  return { versao: numero, sistema, compose: compose.saida.trim() };
}
