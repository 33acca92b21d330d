import { conferirMontagens, conferirPoder } from '../fichas.ts';
import type { Palco } from '../palco.ts';
import type { Apoio, Cena } from './cena.ts';

/** Um escritor, visto pelo engine do começo ao fim. */
export const ESCREVE_E_SOME: Cena = {
  numero: 3,
  titulo: 'O escritor escreve e some',
  async encenar(palco, { conferir, conferirCodigo, narrar }) {
    const nome = palco.nome('escritor-de-passagem');
    const desde = Math.floor(palco.agora() / 1000) - 1;
    using engine = await palco.docker.seguir(nome, desde);
    const escrita = await palco.escritor(palco.volume, { nome, forma: 'texto' });
    const ficha = await palco.ficha(nome);
    await palco.remover(nome);
    await conferirCodigo('o escritor termina com 0', 0, escrita);
    await conferir('e imprime um recibo', [1, escrita.recibos.length], escrita);
    if (escrita.recibos[0]) await narrar(`recibo ${escrita.recibos[0]}`);
    // O que não chegou a nascer também não some: esperar por isso seriam cinco minutos.
    const eventos = ficha ? await engine.ateDestruido() : [];
    const vida = ['create', 'start', 'die', 'destroy'].filter((acao) =>
      eventos.some((evento) => evento.startsWith(`${acao} `)),
    );
    await conferir('o engine o viu nascer e sumir', [['create', 'start', 'die', 'destroy'], vida], escrita);
    const id = eventos[0]?.split(' ')[1]?.slice(0, 12);
    await conferir('o container no recibo é o que o engine viu', [id, escrita.container], escrita);
    const sumiu = await palco.ficha(id ?? nome);
    // De um que não se viu nascer, não haver nada não diz nada.
    await conferir('e o engine diz que ele não existe mais', [id && 'nada', sumiu?.Id ?? 'nada']);
    const papel = { servico: 'escritor', volume: palco.volume } as const;
    const montagens = ficha ? conferirMontagens(ficha, papel) : ['o engine não o conhece'];
    await conferir('o engine lhe deu só o volume, com escrita', [[], montagens], escrita);
    const poder = ficha ? conferirPoder(ficha, await palco.comum('escritor')) : ['o engine não o conhece'];
    await conferir('e só o poder de que precisa', [[], poder], escrita);
  },
};

/** Outros escritores, com outras opções: o que muda no que se grava tem de se ver no arquivo. */
export const REEXECUCAO: Cena = {
  numero: 7,
  titulo: 'Reexecução',
  async encenar(palco, apoio) {
    const { conferir, conferirAprovado } = apoio;
    await palco.garantirEscrita();
    const antes = await palco.leitor(palco.volume, { recibos: palco.recibos.slice(-1), forma: 'json' });
    await escreverDeNovo(palco, apoio);
    const { recibos } = palco;
    const depois = await palco.leitor(palco.volume, { recibos: recibos.slice(-50), forma: 'json' });
    await conferirAprovado('o leitor acha os recibos de todos', depois);
    const primeiros = antes.mostrado?.usuarios ?? [];
    await conferir('antes já havia usuários a comparar', [true, primeiros.length > 0], antes);
    const agora = depois.mostrado?.usuarios.slice(0, primeiros.length);
    await conferir(`os primeiros ${primeiros.length} usuários são os mesmos`, [primeiros, agora], depois);
    const limite = palco.sorte('limite grande').inteiro(21, 30);
    const longa = await palco.leitor(palco.volume, { limite });
    const mostra = longa.mostrado?.usuarios.length;
    await conferir(`com --limite ${limite}, mostra ${limite} usuários`, [limite, mostra], longa);
    await conferir(
      'e a prova tem recibos de todas as execuções',
      [depois.mostrado?.execucoes, palco.diario(palco.volume).execucoes],
      depois,
    );
  },
};

async function escreverDeNovo(palco: Palco, { conferir }: Apoio): Promise<void> {
  const sorte = palco.sorte('reexecução');
  const casos = [
    {},
    { registros: sorte.inteiro(21, 60), forma: 'texto', fuso: 'America/Sao_Paulo' },
    { execucoes: sorte.inteiro(2, 4), registros: sorte.inteiro(1, 9), forma: 'json', fuso: 'Asia/Kolkata' },
    { execucoes: 2, forma: 'texto' },
  ] as const;
  for (const caso of casos) {
    const escrita = await palco.escritor(palco.volume, caso);
    const { registros = 3, execucoes = 1 } = { registros: undefined, execucoes: undefined, ...caso };
    const pedido = `${execucoes} de ${registros}`;
    const ditos = [...new Set(escrita.relatos.map((relato) => relato.registros))].join(' e ');
    const visto = `código ${escrita.codigo}, ${escrita.relatos.length} de ${ditos}`;
    await conferir(`execuções pedidas e ditas: ${pedido} usuários`, [`código 0, ${pedido}`, visto], escrita);
  }
}
