import { expect, setDefaultTimeout, test } from 'bun:test';
import { abrirParaLeitura } from '../../lib/armazem/abrir.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor } from '../apoio/programas.ts';
import { servidorDoGrupo } from '../apoio/servidor.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['postgres', 'longos'], 'enquanto se lê', () => {
  const servidor = servidorDoGrupo();

  test('ninguém põe uma vista no lugar de uma tabela já examinada', async () => {
    const banco = await servidor.banco();
    await escritor('-b', banco.lugar);
    await using armazem = await abrirParaLeitura(banco.lugar, criarContexto(new AbortController().signal));
    for (const tabela of ['usuarios', 'execucoes']) {
      const trocar = banco.sabotar(
        `SET lock_timeout = '300ms'; ALTER TABLE desafio2.${tabela} RENAME TO verdadeira`,
      );
      expect(await trocar.then(() => 'trocou', String)).toContain('lock timeout');
    }
    expect(await armazem.contarUsuarios()).toBe(3);
    expect(await armazem.conferirEsquema()).toMatchObject({ resultado: 'aprovada' });
  });
});
