import { expect, test } from 'bun:test';
import { bancoDeTres, pedirLaudo, VERIFICACOES, verificacao } from './programas.ts';

type Sabotado = Awaited<ReturnType<typeof bancoDeTres>>;

/** Como se estraga um banco de três execuções, e o que o leitor diz dele. */
export type Caso = [oQue: string, verificacao: string, detalhe: string, sabotar: (banco: Sabotado) => void];

/** Sabota por SQL. */
export function sql(...comandos: string[]): (banco: Sabotado) => void {
  return ({ sabotar }) => sabotar(...comandos);
}

/** Um teste por caso: a verificação é reprovada, as outras também são ditas, e o código é 65. */
export function testarReprovados(casos: Caso[]): void {
  for (const [oQue, nome, detalhe, sabotar] of casos) {
    test(`${nome}: ${oQue}`, async () => {
      using banco = await bancoDeTres();
      banco.dispensarConferencia();
      sabotar(banco);
      const laudo = await pedirLaudo(banco.caminho);
      expect(verificacao(laudo, nome as never)).toMatchObject({
        resultado: 'reprovada',
        detalhe: expect.stringContaining(detalhe),
      });
      expect(laudo.aprovado).toBe(false);
      expect(laudo.verificacoes.map((uma) => uma.nome)).toEqual(VERIFICACOES as never);
      expect(laudo.erros).toStartWith('leitor: ');
      if (nome === 'selos') expect(laudo.erros).toContain('exija, com --recibo, o último recibo');
      expect(laudo.codigo).toBe(65);
    });
  }
}
