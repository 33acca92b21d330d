import type { Cena } from './cena.ts';

/** Uma cópia feita pelo engine vale o mesmo que o original. */
export const COPIA: Cena = {
  numero: 12,
  titulo: 'Cópia e restauração',
  async encenar(palco, { conferir, conferirCodigo, conferirAprovado, narrar }) {
    const original = palco.nome('original');
    const restaurado = palco.nome('restaurado');
    const { recibos } = await palco.escritor(original, { execucoes: 3 });
    const montar = async (volume: string) => {
      const nome = `${volume}-mao`;
      const opcoes = ['--name', nome, '-v', `${volume}:/data`];
      await palco.docker.exigir(['create', ...opcoes, palco.projeto.imagem('leitor')]);
      return nome;
    };
    const [de, para] = [await montar(original), await montar(restaurado)];
    await narrar('um tar, pelo "docker cp": a imagem não tem tar para fazê-lo num container');
    const copia = await palco.docker.copiarEntre(`${de}:/data`, `${para}:/`);
    await conferirCodigo('o engine copia o volume para outro', 0, copia);
    await palco.remover(de, para);
    const apagado = await palco.docker.rodar(['volume', 'rm', original]);
    await conferirCodigo('o original é apagado', 0, apagado);
    palco.trocarDiario(restaurado, palco.diario(original));
    palco.porOlhar.delete(original);
    const leitura = await palco.leitor(restaurado, { recibos });
    await conferirAprovado('o leitor acha todos os recibos na cópia', leitura);
    const seguinte = await palco.escritor(restaurado);
    const numeros = seguinte.recibos.map((recibo) => Number.parseInt(recibo, 10));
    await conferir('e o escritor continua a partir dela', [[recibos.length + 1], numeros], seguinte);
  },
};
