import { describe, expect, setDefaultTimeout } from 'bun:test';
import { PRAZO_MS } from '../apoio/processos.ts';
import { sql, testarReprovados } from '../apoio/reprovados.ts';

setDefaultTimeout(PRAZO_MS);

describe('o leitor diz não ao que mudou na cadeia', () => {
  testarReprovados([
    ['um byte de um nome mudado no arquivo', 'selos', 'o selo da execução 1 não confere', trocarUmByte],
    [
      'uma linha mudada por SQL',
      'selos',
      'o selo da execução 2 não confere',
      sql("UPDATE usuarios SET email = 'x' WHERE id = 4"),
    ],
    [
      'uma linha apagada',
      'selos',
      'o selo da execução 3 não confere',
      sql('DELETE FROM usuarios WHERE id = 9'),
    ],
    [
      'todas as linhas de uma execução apagadas',
      'selos',
      'execução 2 não confere',
      sql('DELETE FROM usuarios WHERE id BETWEEN 4 AND 6'),
    ],
    [
      'uma linha acrescentada no fim',
      'avulsos',
      '1 usuário fora de qualquer execução, a partir do id 10',
      sql("INSERT INTO usuarios VALUES (10, 'a', 'b', 'c')"),
    ],
    [
      'uma linha acrescentada antes do começo',
      'avulsos',
      'a partir do id -5',
      sql("INSERT INTO usuarios VALUES (-5, 'a', 'b', 'c')"),
    ],
    [
      'uma linha no primeiro id possível, dito por inteiro',
      'avulsos',
      '1 usuário fora de qualquer execução, a partir do id -9223372036854775808',
      sql("INSERT INTO usuarios VALUES (-9223372036854775808, 'a', 'b', 'c')"),
    ],
    [
      'uma linha depois de uma execução vazia que diz começar longe, contada uma vez',
      'avulsos',
      '1 usuário fora de qualquer execução, a partir do id 500',
      sql(
        "INSERT INTO usuarios VALUES (500, 'a', 'b', 'c')",
        "INSERT INTO execucoes VALUES (4, 'c', 'i', 'v', 1000, 0, 0, 's')",
      ),
    ],
    [
      'uma linha no último id possível',
      'avulsos',
      '1 usuário fora',
      sql("INSERT INTO usuarios VALUES (9223372036854775807, 'a', 'b', 'c')"),
    ],
    ['uma execução tirada do meio', 'selos', 'falta a execução 2', sql('DELETE FROM execucoes WHERE id = 2')],
    [
      'uma execução tirada do meio deixa os seus usuários avulsos',
      'avulsos',
      '3 usuários fora',
      sql('DELETE FROM execucoes WHERE id = 2'),
    ],
    ['todas as execuções tiradas', 'selos', 'não há nenhuma execução selada', sql('DELETE FROM execucoes')],
    [
      'o selo de uma execução mudado',
      'selos',
      'o selo da execução 1 não confere',
      sql("UPDATE execucoes SET selo = printf('%064d', 7) WHERE id = 1"),
    ],
    [
      'o container de uma execução mudado',
      'selos',
      'o selo da execução 2 não confere',
      sql("UPDATE execucoes SET container = 'outro' WHERE id = 2"),
    ],
    [
      'uma execução renumerada',
      'selos',
      'falta a execução 3',
      sql('UPDATE execucoes SET id = 4 WHERE id = 3'),
    ],
    [
      'uma execução que repete usuários de outra',
      'avulsos',
      'a execução 3 repete ids',
      sql('UPDATE execucoes SET primeiro_id = 6 WHERE id = 3'),
    ],
  ]);
});

function trocarUmByte({ estragar }: { estragar(mudar: (bytes: Buffer) => void): void }): void {
  estragar((bytes) => {
    const onde = bytes.indexOf('Maria Santos');
    expect(onde).toBeGreaterThan(0);
    bytes[onde] = 'N'.charCodeAt(0);
  });
}
