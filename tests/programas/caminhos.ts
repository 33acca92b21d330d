import { expect, setDefaultTimeout, test } from 'bun:test';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { abrirParaLeitura } from '../../lib/armazem/abrir.ts';
import { criarBanco } from '../../lib/armazem/escrita.ts';
import { inserirDados } from '../../lib/cadeia/execucoes.ts';
import { criarContexto } from '../../lib/programa/andamento.ts';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { escritor, leitor, pedirLaudo, recibosDe } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Uma pasta com `atual`, um link para `versoes/1`: por `atual/..` chega-se a `versoes`, e não à pasta. */
function pastaComLink() {
  const pasta = pastaTemporaria();
  mkdirSync(pasta.em('versoes/1'), { recursive: true });
  symlinkSync('versoes/1', pasta.em('atual'));
  return pasta;
}

grupoQuePrecisa('longos', 'um caminho com ".." depois de um link', () => {
  test('é o arquivo a que o sistema chega, para o leitor e para o escritor', async () => {
    using pasta = pastaComLink();
    const { saida } = await escritor('-b', pasta.em('x.db'));
    writeFileSync(pasta.em('versoes/x.db'), 'perdido');
    const antes = readFileSync(pasta.em('x.db'));
    const caminho = `${pasta.em('atual')}/../x.db`;
    expect((await leitor('-b', caminho, '-r', recibosDe(saida)[0] ?? '')).codigo).toBe(65);
    expect((await escritor('-b', caminho)).codigo).toBe(65);
    expect(readFileSync(pasta.em('x.db')).equals(antes)).toBe(true);
    expect(readFileSync(pasta.em('versoes/x.db'), 'utf8')).toBe('perdido');
  });

  test('o banco novo nasce ali, e por uma pasta que não existe nada nasce', async () => {
    using pasta = pastaComLink();
    expect((await escritor('-b', `${pasta.em('atual')}/../novo.db`)).codigo).toBe(0);
    expect([existsSync(pasta.em('versoes/novo.db')), existsSync(pasta.em('novo.db'))]).toEqual([true, false]);
    for (const fim of ['nada/../outro.db', 'nada/..', 'nada/']) {
      expect([fim, (await escritor('-b', pasta.em('') + fim)).codigo]).toEqual([fim, 73]);
    }
    expect(existsSync(pasta.em('outro.db'))).toBe(false);
  });

  test('a memória lê-se onde se guarda', async () => {
    using pasta = pastaComLink();
    mkdirSync(pasta.em('dados'));
    const banco = pasta.em('dados/x.db');
    await escritor('-b', banco, '-e', '3');
    const memoria = `${pasta.em('atual')}/../m.json`;
    expect((await leitor('-b', banco, '--memoria', memoria)).codigo).toBe(0);
    expect(existsSync(pasta.em('versoes/m.json'))).toBe(true);
    rmSync(banco);
    await escritor('-b', banco);
    expect((await leitor('-b', banco, '--memoria', memoria)).codigo).toBe(65);
    for (const fim of ['nada/../m.json', 'versoes/m.json/', 'outra/', 'm.novo', 'm.trava']) {
      expect([fim, (await leitor('-b', banco, '--memoria', pasta.em('') + fim)).codigo > 0]).toEqual([
        fim,
        true,
      ]);
      expect(existsSync(pasta.em('outra'))).toBe(false);
    }
    linkSync(pasta.em('versoes/m.json'), pasta.em('dois'));
    expect((await leitor('-b', banco, '--memoria', pasta.em('dois'))).codigo).toBe(64);
  });
});

grupoQuePrecisa(['root', 'longos'], 'a raiz de outro processo', () => {
  test('um arquivo a que só se chega por /proc/PID/root não é o que aqui tem o mesmo nome', async () => {
    using banco = bancoTemporario();
    const { saida } = await escritor('-b', banco.caminho);
    const antes = readFileSync(banco.caminho);
    const roteiro = `mount --make-rprivate /; mount -t tmpfs t ${banco.pasta.caminho}; echo perdido > ${banco.caminho}; exec sleep 600`;
    await using outro = Bun.spawn(['unshare', '-m', 'sh', '-c', roteiro], {
      stdout: 'ignore',
      stderr: 'ignore',
    });
    const caminho = `/proc/${outro.pid}/root${banco.caminho}`;
    await ate(
      () => existsSync(caminho) && readFileSync(caminho, 'utf8') === 'perdido\n',
      'a outra raiz exista',
    );
    const lido = await leitor('-b', caminho, '-r', recibosDe(saida)[0] ?? '');
    expect(lido.erros).toContain('leva a outra raiz');
    expect(lido.codigo).toBe(66);
    expect((await escritor('-b', caminho)).codigo).toBe(73);
    expect(readFileSync(banco.caminho).equals(antes)).toBe(true);
  });
});

grupoQuePrecisa('longos', 'um cp por cima que não se nota pelo SQLite, nem pela hora do conteúdo', () => {
  const contexto = criarContexto(new AbortController().signal);

  test('entre duas execuções, com o mesmo número de COMMITs: o escritor para, com 65', async () => {
    using banco = bancoTemporario();
    using outro = bancoTemporario();
    banco.dispensarConferencia();
    await escritor('-b', outro.caminho, '-n', '1000');
    await using armazem = await criarBanco(banco.caminho, contexto);
    const gravacoes = inserirDados(armazem, { registros: 1000, execucoes: 3, amostra: 0 });
    expect((await gravacoes.next()).value?.execucao.id).toBe(1);
    writeFileSync(banco.caminho, readFileSync(outro.caminho));
    await expect(gravacoes.next()).rejects.toMatchObject({ motivo: 'reprovado' });
    expect(readFileSync(banco.caminho).equals(readFileSync(outro.caminho))).toBe(true);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 1 });
  });

  test('durante a leitura, com a hora reposta: o leitor nota', async () => {
    using banco = bancoTemporario();
    banco.dispensarConferencia();
    await escritor('-b', banco.caminho);
    await using armazem = await abrirParaLeitura(banco.caminho, contexto);
    expect(armazem.conferirPermanencia?.()).toBeUndefined();
    const { atimeMs, mtimeMs } = statSync(banco.caminho);
    writeFileSync(banco.caminho, Buffer.from(readFileSync(banco.caminho)).reverse());
    utimesSync(banco.caminho, atimeMs / 1000, mtimeMs / 1000);
    expect(armazem.conferirPermanencia?.()).toMatchObject({ motivo: 'tenteDeNovo' });
  });
});
