import { expect, setDefaultTimeout, test } from 'bun:test';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { doCompose, noProjeto, prometer, rodarComandos } from '../apoio/comandos.ts';
import { projetoTemporario } from '../apoio/docker.ts';
import { comandosDe, lerTexto, secao } from '../apoio/documentos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, RAIZ } from '../apoio/processos.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['docker', 'longos'], 'os comandos das cópias, no engine do Docker', () => {
  test('numa pasta só deles, e as mensagens que a tabela diz', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    using pasta = pastaTemporaria();
    for (const nome of ['compose.yaml', 'compose.externo.yaml']) {
      await Bun.write(pasta.em(nome), lerTexto(nome).replaceAll('context: .', `context: ${RAIZ}`));
    }
    const escrever = prometer(0, 'docker compose run --rm escritor -e 3');
    const comandos = noProjeto([...escrever, ...comandosDe(lerTexto('docs/copias.md'))], projeto);
    const saidas = await rodarComandos(comandos, doCompose(projeto), pasta.caminho);
    expect(saidas.join('\n').match(/APROVADO, persistência comprovada/g)?.length).toBeGreaterThan(4);
    const tabela = [
      ...secao('docs/copias.md', '## Todas as noites, só o que falta').matchAll(/^\| "(.*?)"/gm),
    ];
    const fonte = ['copia', 'lados'].map((nome) => lerTexto(`lib/cadeia/${nome}.ts`)).join('');
    expect(tabela.map(([, dito = '']) => [dito, fonte.includes(dito)])).toEqual(
      tabela.map(([, dito = '']) => [dito, true]),
    );
    expect(tabela.length).toBe(3);
  });
});
