import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { doCompose, noProjeto, prometer, rodarComandos } from '../apoio/comandos.ts';
import { dockerOuErro, projetoTemporario } from '../apoio/docker.ts';
import { comandosDe, lerTexto, secao } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, RAIZ, type Resultado } from '../apoio/processos.ts';
import { recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const ARQUIVOS = ['compose.yaml', 'compose.postgres.yaml'];
const SENHA = 'segredo do servidor';

/** O servidor, na mesma rede que os dois programas. */
const SERVIDOR = `services:
  servidor:
    image: postgres:15
    environment: { POSTGRES_PASSWORD: "${SENHA}" }
    networks: [externa]
`;
const ENDERECO = 'postgres://postgres@servidor/postgres';
const BANCO = `${ENDERECO}?sslmode=disable`;

/** Um projeto temporário com os programas por construir e o servidor já aceitando conexões. */
async function projetoComServidor(arquivo: string) {
  const imagem = Bun.spawnSync([join(RAIZ, '.ci/postgres-image')]);
  if (!imagem.success) throw new Error(`postgres-image: ${imagem.stderr}`);
  await Bun.write(arquivo, SERVIDOR);
  const projeto = projetoTemporario([...ARQUIVOS, arquivo], { BANCO, PGPASSWORD: SENHA });
  await projeto.prepararImagens();
  expect(await projeto.compose(['up', '-d', 'servidor'])).toMatchObject({ codigo: 0 });
  const pronto = () =>
    projeto.compose(['exec', '-T', 'servidor', 'pg_isready', '-h', '127.0.0.1', '-U', 'postgres']);
  await ate(async () => (await pronto()).codigo === 0, 'o servidor aceite conexões');
  return projeto;
}

grupoQuePrecisa('docker', 'compose.postgres.yaml', () => {
  test('sem BANCO, o Compose diz o que falta', async () => {
    await using projeto = projetoTemporario(ARQUIVOS, { BANCO: '' });
    const { erros, codigo } = await projeto.compose(['config']);
    expect(erros).toContain('diga onde, com postgres://');
    expect(codigo).not.toBe(0);
  });

  grupoQuePrecisa(['postgres', 'longos'], 'com um PostgreSQL num container', () => {
    test('os dois programas vão ao servidor, sem volume; a senha não se vê', async () => {
      using pasta = pastaTemporaria();
      await using projeto = await projetoComServidor(pasta.em('servidor.yaml'));
      const subida = await projeto.compose(['up', '--no-color', 'escritor', 'leitor']);
      expect(subida.codigo).toBe(0);
      expect(subida.saida).toContain('APROVADO: os dados estão como foram selados.');
      expect(subida.saida).toContain('Isto não comprova persistência: ou não se viu réplica');
      semSenha(subida);
      const [recibo = ''] = recibosDe(subida.saida);
      expect(await dockerOuErro('volume', 'ls', '-q', '--filter', `name=${projeto.volume}`)).toBe('');

      const lido = await projeto.leitor('--json', '-r', recibo);
      const laudo = JSON.parse(lido.saida);
      expect(laudo).toMatchObject({ aprovado: true, banco: BANCO, recibo });
      expect(lido.codigo).toBe(0);
      expect(verificacao(laudo, 'origem').resultado).toBe('aprovada');
      const perdido = await projeto.leitor('-r', `1:${'0'.repeat(64)}`);
      expect(perdido.codigo).toBe(65);

      const semTls = await projeto.leitor('-b', ENDERECO);
      expect(semTls.erros).toContain('não fala TLS');
      expect(semTls.codigo).toBe(77);
      semSenha(semTls);
      const errada = await projeto.compose(['run', '--rm', '--no-deps', '-e', 'PGPASSWORD=errada', 'leitor']);
      expect(errada.codigo).toBe(77);
    });

    test('as receitas de quem muda para o servidor e volta: o recibo dado no volume exige-se dos dois', async () => {
      using pasta = pastaTemporaria();
      await using projeto = await projetoComServidor(pasta.em('servidor.yaml'));
      for (const nome of [...ARQUIVOS, 'compose.externo.yaml']) {
        await Bun.write(pasta.em(nome), lerTexto(nome).replaceAll('context: .', `context: ${RAIZ}`));
      }
      const exigir = 'run --rm --no-deps leitor --recibo "$dado"';
      const comandos = noProjeto(
        [
          ...prometer(
            0,
            'dado=$(docker compose run --rm escritor -n 5000 --json | grep -o "1:[0-9a-f]\\{64\\}")',
          ),
          ...comandosDe(secao('docs/servidor.md', '## Mudar para um servidor, e voltar')),
          ...prometer(
            0,
            `docker compose ${exigir}`,
            `VOLUME_DADOS=meu docker compose -f compose.yaml -f compose.externo.yaml ${exigir}`,
            'docker volume rm meu',
          ),
        ],
        projeto,
      );
      const ambiente = { ...doCompose(projeto), COMPOSE_FILE: 'compose.yaml', BANCO, PGPASSWORD: SENHA };
      const saidas = await rodarComandos(comandos, ambiente, pasta.caminho);
      expect(saidas.join('\n')).not.toContain(SENHA);
      expect(saidas.join('\n').match(/1 execução copiada, com 5.000 usuários/g)).toHaveLength(2);
      expect(saidas.at(-2)).toContain('APROVADO, persistência comprovada');
    });
  });
});

function semSenha({ saida, erros }: Resultado): void {
  expect(`${saida}${erros}`).not.toContain(SENHA);
}
