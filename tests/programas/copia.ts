import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { linkSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { conteudo, mudar, origemTemporaria } from '../apoio/copias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor, leitor, recibosDe, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

describe('copiador', () => {
  test('cria o destino, com as pastas, e ele tem as mesmas execuções; o leitor exige dele o recibo', async () => {
    using lugar = await origemTemporaria('-e', '3');
    const para = lugar.em('uma/outra/copia.db');
    const { saida, erros, codigo } = await copiador('-d', lugar.de, '-p', para);
    expect(saida).toStartWith(`De ${lugar.de} para ${para}\n3 execuções copiadas, com 9 usuários.\n`);
    expect(saida).toContain(`\n${lugar.ultimo}\n`);
    expect(saida).toContain('\nAPROVADO');
    expect([erros, codigo]).toEqual(['', 0]);
    expect(conteudo(para)).toEqual(conteudo(lugar.de));
    expect((await leitor('-b', para, '-r', lugar.ultimo)).codigo).toBe(0);
    expect(readdirSync(lugar.em('uma/outra'))).toEqual(['copia.db']);
  });

  test('acrescenta só o que falta; depois, a iguais nada copia, e confere o destino', async () => {
    using lugar = await origemTemporaria('-e', '2');
    const copiar = async () => JSON.parse((await copiador('-d', lugar.de, '-p', lugar.para, '--json')).saida);
    expect(await copiar()).toMatchObject({ copiadas: 2, registros: 6, recibo: lugar.ultimo });
    const { saida } = await escritor('-b', lugar.de, '-e', '2', '-n', '1000', '--json');
    const [, ultimo = ''] = recibosDe(saida);
    expect(await copiar()).toMatchObject({ copiadas: 2, registros: 2000, recibo: ultimo });
    const antes = readFileSync(lugar.para);
    expect(await copiar()).toEqual({
      ...{ copiadas: 0, registros: 0, recibo: ultimo, de: lugar.de, para: lugar.para },
      laudo: expect.objectContaining({ aprovado: true, execucoes: 4, registros: 2006, banco: lugar.para }),
    });
    expect(readFileSync(lugar.para).equals(antes)).toBe(true);
    mudar(lugar.para, "UPDATE usuarios SET nome = 'x' WHERE id = 5");
    const { erros, codigo } = await copiador('-d', lugar.de, '-p', lugar.para);
    expect(erros).toContain('o selo da execução 2 não confere');
    expect(codigo).toBe(65);
  });

  test('--ajuda e --versao respondem, em 80 colunas', async () => {
    const { saida, erros, codigo } = await copiador('--ajuda');
    expect(saida).toStartWith('Uso: bun run copiador.ts');
    for (const linha of saida.split('\n')) expect(linha.length).toBeLessThanOrEqual(80);
    expect([erros, codigo]).toEqual(['', 0]);
    expect(await copiador('--versao')).toEqual({ saida: '1.0.0\n', erros: '', codigo: 0 });
  });

  test('sem o destino ou a origem, ou com opções que não combinam: 64', async () => {
    using lugar = await origemTemporaria();
    for (const [opcoes, dito] of [
      [['-d', lugar.de], 'falta --para'],
      [['-p', lugar.para], 'falta --de'],
      [['-d', '-', '-p', '-'], 'não há onde conferir'],
      [['-d', lugar.de, '-p', '-', '--json'], '--json e --para - querem os dois a saída padrão'],
      [['-d', lugar.de, '-p', lugar.para, '-r', ''], '-r precisa de um valor'],
    ] as const) {
      const { saida, erros, codigo } = await copiador(...opcoes);
      expect([saida, codigo]).toEqual(['', 64]);
      expect(erros).toContain(dito);
    }
    const vazio = await rodar('copiador', ['-d', lugar.de, '-p', lugar.para], { ambiente: { RECIBO: '' } });
    expect(vazio.codigo).toBe(64);
    expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
  });

  test('a origem e o destino são o mesmo arquivo, também por um link: 64, e ele fica como estava', async () => {
    using lugar = await origemTemporaria();
    symlinkSync('de.db', lugar.em('elo.db'));
    const antes = readFileSync(lugar.de);
    for (const para of [lugar.de, lugar.em('elo.db')]) {
      const { erros, codigo } = await copiador('-d', lugar.de, '-p', para);
      expect(erros).toContain('são o mesmo');
      expect(codigo).toBe(64);
    }
    linkSync(lugar.de, lugar.em('nome.db'));
    expect((await copiador('-d', lugar.de, '-p', lugar.em('nome.db'))).codigo).toBe(64);
    expect(readFileSync(lugar.de).equals(antes)).toBe(true);
  });
});
