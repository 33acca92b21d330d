import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { dockerOuErro, projetoTemporario } from '../apoio/docker.ts';
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

grupoQuePrecisa('docker', 'compose.postgres.yaml', () => {
  test('sem BANCO, o Compose diz o que falta', async () => {
    await using projeto = projetoTemporario(ARQUIVOS, { BANCO: '' });
    const { erros, codigo } = await projeto.compose(['config']);
    expect(erros).toContain('diga onde, com postgres://');
    expect(codigo).not.toBe(0);
  });

  grupoQuePrecisa('postgres', 'com um PostgreSQL num container', () => {
    test('os dois programas vão ao servidor, sem volume; a senha não se vê', async () => {
      const imagem = Bun.spawnSync([join(RAIZ, '.ci/postgres-image')]);
      if (!imagem.success) throw new Error(`postgres-image: ${imagem.stderr}`);
      using pasta = pastaTemporaria();
      await Bun.write(pasta.em('servidor.yaml'), SERVIDOR);
      const endereco = 'postgres://postgres@servidor/postgres';
      const BANCO = `${endereco}?sslmode=disable`;
      await using projeto = projetoTemporario([...ARQUIVOS, pasta.em('servidor.yaml')], {
        BANCO,
        PGPASSWORD: SENHA,
      });
      await projeto.prepararImagens();
      expect(await projeto.compose(['up', '-d', 'servidor'])).toMatchObject({ codigo: 0 });
      const pronto = () =>
        projeto.compose(['exec', '-T', 'servidor', 'pg_isready', '-h', '127.0.0.1', '-U', 'postgres']);
      await ate(async () => (await pronto()).codigo === 0, 'o servidor aceite ligações');

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

      const semTls = await projeto.leitor('-b', endereco);
      expect(semTls.erros).toContain('não fala TLS');
      expect(semTls.codigo).toBe(77);
      semSenha(semTls);
      const errada = await projeto.compose(['run', '--rm', '--no-deps', '-e', 'PGPASSWORD=errada', 'leitor']);
      expect(errada.codigo).toBe(77);
    });
  });
});

function semSenha({ saida, erros }: Resultado): void {
  expect(`${saida}${erros}`).not.toContain(SENHA);
}
