import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { abrirParaLeitura } from '../../lib/armazem/abrir.ts';
import type { Laudo } from '../../lib/cadeia/laudo.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { linhaDoUsuario } from '../../lib/selo.ts';
import { emCadaArmazem } from '../apoio/armazens.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import {
  escritor,
  gravarInsistindo,
  iniciar,
  leitor,
  pedirLaudo,
  recibosDe,
  terminar,
} from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Os resultados de um laudo, pelo nome, sem as duas verificações que são do lugar. */
function resultados({ verificacoes }: Laudo): Record<string, string> {
  return Object.fromEntries(verificacoes.slice(2).map(({ nome, resultado }) => [nome, resultado]));
}

const APROVADO = {
  estrutura: 'aprovada',
  esquema: 'aprovada',
  selos: 'aprovada',
  avulsos: 'aprovada',
  recibos: 'pulada',
  assinatura: 'pulada',
  origem: 'pulada',
};

emCadaArmazem(
  (abrir) => {
    test('a cadeia começa com João, Maria e Pedro, e continua', async () => {
      await using banco = await abrir();
      const primeira = await escritor('-b', banco.lugar, '--json');
      const segunda = await escritor('-b', banco.lugar, '-e', '2', '-n', '2', '--json');
      expect([primeira.erros, segunda.erros]).toEqual(['', '']);
      const linhas = `${primeira.saida}${segunda.saida}`
        .trim()
        .split('\n')
        .map((linha) => JSON.parse(linha));
      expect(linhas).toMatchObject([
        { execucao: 1, registros: 3, total: 3, banco: banco.lugar },
        { execucao: 2, registros: 2, total: 5 },
        { execucao: 3, registros: 2, total: 7 },
      ]);
      const recibos = recibosDe(`${primeira.saida}${segunda.saida}`);
      const laudo = await pedirLaudo(banco.lugar, ...recibos.flatMap((recibo) => ['-r', recibo]));
      expect(laudo).toMatchObject({
        aprovado: true,
        codigo: 0,
        registros: 7,
        execucoes: 3,
        recibo: recibos[2],
      });
      expect(laudo.banco).toBe(banco.lugar);
      expect(resultados(laudo)).toEqual({ ...APROVADO, recibos: 'aprovada' });
      expect(laudo.usuarios.map(({ id, nome, email }) => [id, nome, email])).toEqual([
        [1, 'João Silva', 'joao@example.com'],
        [2, 'Maria Santos', 'maria@example.com'],
        [3, 'Pedro Oliveira', 'pedro@example.com'],
        [4, 'Usuário 4', 'usuario4@example.com'],
        [5, 'Usuário 5', 'usuario5@example.com'],
        [6, 'Usuário 6', 'usuario6@example.com'],
        [7, 'Usuário 7', 'usuario7@example.com'],
      ]);
      expect(laudo.ultimas_execucoes).toMatchObject([
        { execucao: 1, primeiro_id: 1, ultimo_id: 3, registros: 3, recibo: recibos[0] },
        { execucao: 2, primeiro_id: 4, ultimo_id: 5, registros: 2, recibo: recibos[1] },
        { execucao: 3, primeiro_id: 6, ultimo_id: 7, registros: 2, recibo: recibos[2] },
      ]);
    });

    test('em texto, lista o que gravou e dá o recibo; o leitor aprova', async () => {
      await using banco = await abrir();
      const { saida } = await escritor('-b', banco.lugar, '-n', '25');
      expect(saida).toContain(`Execução 1 em ${banco.lugar}, escrita por `);
      expect(saida).toContain('… e mais 5.\nUsuários gravados: 25. No total: 25.\nrecibo: 1:');
      const lido = await leitor('-b', banco.lugar, '-r', recibosDe(saida)[0] ?? '');
      expect(lido.saida).toContain('APROVADO: os dados estão como foram selados.');
      expect(lido.codigo).toBe(0);
    });
  },
  ['postgres'],
);

emCadaArmazem((abrir) => {
  test('oito escritores ao mesmo tempo: uma só cadeia, sem faltas, e todos os recibos nela', async () => {
    await using banco = await abrir();
    const linhas = await Promise.all(
      Array.from({ length: 8 }, () => gravarInsistindo(banco.lugar, 10, '-n', '2')),
    );
    const recibos = recibosDe(linhas.join());
    expect(new Set(recibos.map((recibo) => Number(recibo.split(':')[0])))).toEqual(
      new Set(Array.from({ length: 80 }, (_, i) => i + 1)),
    );
    const totais = linhas
      .flat()
      .map((linha) => JSON.parse(linha))
      .map(({ execucao, total }) => total - 2 * execucao);
    expect(new Set(totais)).toEqual(new Set([0]));
    const laudo = await pedirLaudo(banco.lugar, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: 80, registros: 160 });
  });

  test('sem fim até um sinal: todo recibo impresso está na cadeia', async () => {
    await using banco = await abrir();
    using processo = iniciar('escritor', ['-b', banco.lugar, '-e', '0', '--json']);
    let saida = '';
    const lendo = (async () => {
      for await (const parte of processo.stdout) {
        saida += Buffer.from(parte).toString();
        if (recibosDe(saida).length > 20) processo.kill('SIGINT');
      }
    })();
    await lendo;
    expect(await processo.exited).toBe(130);
    const recibos = recibosDe(saida);
    const laudo = await pedirLaudo(banco.lugar, ...recibos.flatMap((recibo) => ['-r', recibo]));
    expect(laudo).toMatchObject({ aprovado: true, execucoes: recibos.length });
  });

  test('a linha de cada usuário no selo é a de JSON.stringify, seja qual for o texto', async () => {
    await using banco = await abrir();
    await escritor('-b', banco.lugar);
    const todos = Array.from({ length: 0x10ffff }, (_, i) => i + 1).filter(
      (um) => um < 0xd800 || um > 0xdfff,
    );
    const textos = ['', '\\N', '\\.', 'tab\te\nlinha\r', '"{}"', '🙂 e\u0301 ﷽'];
    for (let i = 0; i < todos.length; i += 4096)
      textos.push(String.fromCodePoint(...todos.slice(i, i + 4096)));
    const usuarios = textos.map((nome, i) => ({ id: i + 4, nome, email: `${i}`, criado_em: '' }));
    const valores = usuarios.map(
      ({ id, nome, email }) => `(${id}, '${nome.replaceAll("'", "''")}', '${email}', '')`,
    );
    await banco.sabotar(`INSERT INTO {u} VALUES ${valores}`);
    await using armazem = await abrirParaLeitura(banco.lugar, criarContexto(new AbortController().signal));
    let lidas = '';
    await armazem.percorrer()('4', `${textos.length + 3}`, ({ linhas }) => {
      lidas += Buffer.from(linhas).toString();
    });
    const esperadas = usuarios.map((usuario) => `${linhaDoUsuario(usuario)}\n`).join('');
    expect(lidas === esperadas).toBe(true);
  });
});

/** O tempo de processador, em segundos, que um programa que só começa não gasta (proc_pid_stat(5), em centésimos). */
const TRABALHO_S = 1.5;

function trabalhou({ pid }: { pid: number }): boolean {
  const campos = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(campos[11]) + Number(campos[12])) / 100 > TRABALHO_S;
}

grupoQuePrecisa('longos', 'com muitos usuários', () => {
  emCadaArmazem((abrir) => {
    test('execuções de um usuário e de milhares, em páginas e em blocos', async () => {
      await using banco = await abrir();
      for (const [registros, execucoes] of [
        ['1', '500'],
        ['5000', '2'],
        ['1999', '1'],
        ['2000', '1'],
        ['2001', '1'],
        ['3', '300'],
      ] as const) {
        expect((await escritor('-b', banco.lugar, '-n', registros, '-e', execucoes)).codigo).toBe(0);
      }
      const laudo = await pedirLaudo(banco.lugar, '--limite', '0');
      expect(laudo).toMatchObject({ aprovado: true, execucoes: 805, registros: 17_400, usuarios: [] });
    });

    test('um sinal no meio de uma execução grande desfá-la por inteiro: 143', async () => {
      await using banco = await abrir();
      await escritor('-b', banco.lugar);
      using processo = iniciar('escritor', ['-b', banco.lugar, '-n', '100000000']);
      await ate(() => trabalhou(processo), 'a execução esteja a meio');
      processo.kill('SIGTERM');
      const { saida, erros, codigo } = await terminar(processo);
      expect([saida, codigo]).toEqual(['', 143]);
      expect(erros).toStartWith('escritor: interrompido por SIGTERM\n');
      expect(await pedirLaudo(banco.lugar)).toMatchObject({ aprovado: true, execucoes: 1, registros: 3 });
    });
  });
});
