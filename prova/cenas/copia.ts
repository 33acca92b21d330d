import { type Cena, conferirAprovado, conferirCodigo } from './cena.ts';

/** Uma cópia, feita pelo engine ou pelo copiador, vale o mesmo que o original. */
export const COPIA: Cena = {
  numero: 12,
  titulo: 'Cópia e restauração',
  async encenar(palco, { conferir, narrar }) {
    const original = palco.nome('original');
    const restaurado = palco.nome('restaurado');
    const copiado = palco.nome('copiado');
    const copiar = async (volume: string) =>
      await palco.compose(
        ...[volume, 'run', '--rm', '-T', '--no-deps', '-v', `${volume}:/de:ro`, '-v', `${copiado}:/data`],
        ...['copiador', '--de', '/de/desafio2.db', '--para', '/data/desafio2.db'],
      );
    await palco.escritor(original, { execucoes: 2 });
    await conferirCodigo(conferir, await copiar(original), 0, 'o copiador copia um volume para outro');
    await palco.escritor(original);
    const { recibos } = palco.diario(original);
    await conferirCodigo(conferir, await copiar(original), 0, 'e acrescenta-lhe o que depois se gravou');
    const montar = async (volume: string) => {
      const nome = `${volume}-mao`;
      const opcoes = ['--name', nome, '-v', `${volume}:/data`];
      await palco.docker.exigir(['create', ...opcoes, palco.projeto.imagem('leitor')]);
      return nome;
    };
    const [de, para] = [await montar(original), await montar(restaurado)];
    await narrar('um tar, pelo "docker cp": a imagem não tem tar para fazê-lo num container');
    const copia = await palco.docker.copiarEntre(`${de}:/data`, `${para}:/`);
    await conferirCodigo(conferir, copia, 0, 'o engine copia o volume para outro');
    await palco.remover(de, para);
    const apagado = await palco.docker.rodar(['volume', 'rm', original]);
    await conferirCodigo(conferir, apagado, 0, 'o original é apagado');
    palco.trocarDiario(restaurado, palco.diario(original));
    palco.porOlhar.delete(original);
    const leitura = await palco.leitor(restaurado, { recibos });
    await conferirAprovado(conferir, leitura, 'o leitor acha todos os recibos na cópia');
    const dele = await palco.leitor(copiado, { recibos, semDiario: true });
    await conferirAprovado(conferir, dele, 'e também na do copiador');
    const seguinte = await palco.escritor(restaurado);
    const numeros = seguinte.recibos.map((recibo) => Number.parseInt(recibo, 10));
    await conferir('e o escritor continua a partir dela', [recibos.length + 1], numeros, seguinte);
    await palco.compose(copiado, 'run', '--rm', '-T', 'escritor');
    const outra = await copiar(restaurado);
    await conferirCodigo(conferir, outra, 65, 'o copiador não mistura duas cadeias que se separaram');
  },
};
