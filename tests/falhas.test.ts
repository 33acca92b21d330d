import { expect, test } from 'bun:test';
import { CODIGOS, Falha } from '../lib/falhas.ts';

test('cada motivo tem o código de saída que o contrato lhe dá', () => {
  expect(CODIGOS).toEqual({
    feito: 0,
    uso: 64,
    reprovado: 65,
    nadaParaLer: 66,
    naoPersiste: 69,
    indisponivel: 69,
    defeito: 70,
    naoCriado: 73,
    entradaSaida: 74,
    tenteDeNovo: 75,
    semPermissao: 77,
    versaoNova: 78,
    SIGHUP: 129,
    SIGINT: 130,
    SIGTERM: 143,
  });
});

test('uma Falha leva o motivo, a mensagem, o remédio e a causa', () => {
  const causa = new Error('por baixo');
  const falha = new Falha('uso', 'o que falhou', 'o que fazer', { cause: causa });
  expect(falha).toBeInstanceOf(Error);
  expect(falha).toMatchObject({
    name: 'Falha',
    motivo: 'uso',
    message: 'o que falhou',
    remedio: 'o que fazer',
    cause: causa,
  });
});
