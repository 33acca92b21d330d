import type { Cena } from './cena.ts';

/** Uma cópia, feita pelo engine ou pelo copiador, vale o mesmo que o original. */
export const COPIA: Cena = {
  numero: 12,
  titulo: 'Cópia e restauração',
  async encenar(palco, { conferir, conferirCodigo, conferirAprovado, narrar }) {
    const original = palco.nome('original');
    const restaurado = palco.nome('restaurado');
    const copiado = palco.nome('copiado');
    const copiar = async (volume: string) =>
      await palco.compose(
        ...[volume, 'run', '--rm', '-T', '--no-deps', '-v', `${volume}:/de:ro`, '-v', `${copiado}:/data`],
        ...['copiador', '--de', '/de/desafio2.db', '--para', '/data/desafio2.db'],
      );
    await palco.escritor(original, { execucoes: 2 });
    await conferirCodigo('o copiador copia um volume para outro', 0, await copiar(original));
    await palco.escritor(original);
    const { recibos } = palco.diario(original);
    await conferirCodigo('e acrescenta a ele o que se gravou depois', 0, await copiar(original));
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
    const dele = await palco.leitor(copiado, { recibos, semDiario: true });
    await conferirAprovado('e também na do copiador', dele);
    const seguinte = await palco.escritor(restaurado);
    const numeros = seguinte.recibos.map((recibo) => Number.parseInt(recibo, 10));
    await conferir('e o escritor continua a partir dela', [[recibos.length + 1], numeros], seguinte);
    await palco.compose(copiado, 'run', '--rm', '-T', 'escritor');
    const outra = await copiar(restaurado);
    await conferirCodigo('o copiador não mistura duas cadeias que se separaram', 65, outra);
  },
};
