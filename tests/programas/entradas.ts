import { Database } from 'bun:sqlite';
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, esperarFalha, leitor, pedirLaudo, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

const TEXTO = 'um texto qualquer\n'.repeat(100);

/** Uma pasta em que nada é um banco. */
function pastaDeEstranhos() {
  const pasta = pastaTemporaria();
  mkdirSync(pasta.em('pasta'));
  Bun.spawnSync(['mkfifo', pasta.em('fifo')]);
  symlinkSync('nada', pasta.em('pendente'));
  symlinkSync('laco', pasta.em('laco'));
  writeFileSync(pasta.em('texto'), TEXTO);
  const socket = Bun.listen({ unix: pasta.em('socket'), socket: { data() {} } });
  return {
    ...pasta,
    [Symbol.dispose](): void {
      socket.stop();
      pasta[Symbol.dispose]();
    },
  };
}

describe('o que não é um arquivo', () => {
  const casos: [
    oQue: string,
    caminho: (em: (nome: string) => string) => string,
    texto: string,
    leitura: number,
    escrita: number,
  ][] = [
    ['uma pasta', (em) => em('pasta'), 'não é um arquivo comum', 66, 73],
    ['uma FIFO', (em) => em('fifo'), 'não é um arquivo comum', 66, 73],
    ['um dispositivo', () => '/dev/null', 'não é um arquivo comum', 66, 73],
    ['um dispositivo sem fim', () => '/dev/zero', 'não é um arquivo comum', 66, 73],
    ['um socket', (em) => em('socket'), 'não é um arquivo comum', 66, 73],
    ['um link pendente', (em) => em('pendente'), 'leva a algo que não existe', 66, 73],
    ['uma pasta que é um link pendente', (em) => em('pendente/x.db'), 'pendente/x.db', 66, 73],
    ['um leva de volta a si mesmo', (em) => em('laco'), 'leva de volta a si mesmo', 66, 73],
    ['uma pasta que é um arquivo', (em) => em('texto/x.db'), 'uma parte do caminho não é uma pasta', 66, 73],
    ['um nome longo demais', (em) => em('x'.repeat(300)), 'longo demais', 66, 73],
    ['um nome sem lugar para o -journal', (em) => em('x'.repeat(250)), 'x', 66, 73],
    ['um caminho maior que o do SQLite', (em) => em(`${'y/'.repeat(250)}x`), 'y/', 66, 73],
    ['uma pasta que não existe no lugar do arquivo', (em) => em('nova/'), 'nova', 66, 73],
    ['um texto', (em) => em('texto'), 'não é um banco SQLite', 65, 65],
  ];
  for (const [bytes, esperado] of [
    [504, 0],
    [505, 73],
  ] as const) {
    test(`um caminho de ${bytes} bytes, que com -journal o SQLite ${esperado ? 'não ' : ''}abre: ${esperado}`, async () => {
      using outra = pastaTemporaria();
      let caminho = realpathSync(outra.caminho);
      while (caminho.length < bytes - 200) caminho += `/${'d'.repeat(99)}`;
      caminho += `/${'x'.repeat(bytes - caminho.length - 101)}/${'y'.repeat(99)}`;
      expect(caminho).toHaveLength(bytes);
      const { erros, codigo } = await escritor('-b', caminho);
      if (esperado) expect(erros).toContain('é longo demais');
      expect(codigo).toBe(esperado);
    });
  }

  for (const [oQue, caminho, texto, leitura, escrita] of casos) {
    test(`${oQue}: o leitor diz ${leitura}, o escritor ${escrita}, e tudo fica como estava`, async () => {
      using pasta = pastaDeEstranhos();
      const antes = readdirSync(pasta.caminho);
      esperarFalha('leitor', await leitor('-b', caminho(pasta.em)), leitura, texto);
      esperarFalha('escritor', await escritor('-b', caminho(pasta.em)), escrita, texto);
      expect(readdirSync(pasta.caminho)).toEqual(antes);
      expect(readFileSync(pasta.em('texto'), 'utf8')).toBe(TEXTO);
    });
  }
});

describe('nada para ler', () => {
  test('um arquivo que não existe, ou a sua pasta: 66, e o leitor não cria nada', async () => {
    using pasta = pastaTemporaria();
    esperarFalha('leitor', await leitor('-b', pasta.em('x.db')), 66, 'não existe');
    esperarFalha('leitor', await leitor('-b', pasta.em('a/b/x.db')), 66, 'não existe');
    expect(readdirSync(pasta.caminho)).toEqual([]);
    const laudo = await pedirLaudo(pasta.em('x.db'));
    expect(laudo).toMatchObject({
      aprovado: false,
      registros: null,
      execucoes: null,
      recibo: null,
      usuarios: [],
    });
    expect(verificacao(laudo, 'arquivo').resultado).toBe('reprovada');
  });

  test('um arquivo vazio: 66; com um -journal ao lado, 75', async () => {
    using pasta = pastaTemporaria();
    writeFileSync(pasta.em('x.db'), '');
    esperarFalha('leitor', await leitor('-b', pasta.em('x.db')), 66, 'está vazio');
    writeFileSync(pasta.em('x.db-journal'), '');
    esperarFalha(
      'leitor',
      await leitor('-b', pasta.em('x.db')),
      75,
      'a primeira execução ainda não terminou',
    );
  });

  test('um banco SQLite sem tabelas: 65', async () => {
    using pasta = pastaTemporaria();
    new Database(pasta.em('x.db'), { create: true, readwrite: true }).run('VACUUM');
    expect(statSync(pasta.em('x.db')).size).toBeGreaterThan(0);
    esperarFalha('leitor', await leitor('-b', pasta.em('x.db')), 65, 'sem tabelas');
  });
});

grupoQuePrecisa('longos', 'arquivo cortado', () => {
  test('em cada limite de página, por um byte e dentro do cabeçalho: 65, ou 66 se vazio', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '300');
    const inteiro = readFileSync(banco.caminho);
    const cortes = [1, 15, 16, 50, 99, 100, 511, 512, 4095, 4097, inteiro.length - 1];
    for (let pagina = 0; pagina < inteiro.length; pagina += 4096) cortes.push(pagina);
    expect(cortes.length).toBeGreaterThan(15);
    const codigos = await Promise.all(
      cortes.map(async (tamanho) => {
        const caminho = banco.pasta.em(`corte-${tamanho}`);
        writeFileSync(caminho, inteiro.subarray(0, tamanho));
        const { codigo, erros } = await leitor('-b', caminho, '--limite', '0');
        expect(erros).toStartWith('leitor: ');
        return [tamanho, codigo];
      }),
    );
    expect(codigos).toEqual(cortes.map((tamanho) => [tamanho, tamanho === 0 ? 66 : 65]));
  });
});
