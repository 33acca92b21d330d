import { type Cena, CenaPulada } from './cena.ts';

/** Nada da prova fica no engine. */
export const LIMPEZA: Cena = {
  numero: 19,
  titulo: 'Limpeza',
  async encenar(palco, { conferir, conferirAprovado, narrar }) {
    if (palco.opcoes.manter) throw new CenaPulada('--manter deixa tudo no engine');
    if (palco.doUsuario && palco.recibos.length > 0) {
      const leitura = await palco.leitor(palco.volume, { recibos: palco.recibos.slice(-1) });
      await conferirAprovado('o que há no volume do usuário está selado até o fim', leitura);
    }
    const sobras = await palco.projeto.sobras();
    const quantos = (tipo: string) => sobras.filter((sobra) => sobra.startsWith(`${tipo} `)).length;
    const tipos = ['container', 'rede', 'volume', 'imagem'].map((tipo) => `${tipo}: ${quantos(tipo)}`);
    await narrar(`a remover: ${tipos.join(', ')}`);
    const ficaram = await palco.projeto.remover(false);
    await conferir('depois de limpar, nada da prova fica no engine', [[], ficaram]);
    if (!palco.doUsuario) return;
    const ficha = await palco.docker.inspecionar<{ Name: string }>('volume', palco.volume);
    await conferir('e o volume do usuário continua lá', [palco.volume, ficha?.Name]);
  },
};
