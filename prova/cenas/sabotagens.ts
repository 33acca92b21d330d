import { ALHEIOS, SO_PARA_O_ESCRITOR } from '../dentro/alheios.ts';
import { SABOTAGENS } from '../dentro/sabotagens.ts';
import { lerTodos } from '../leitores.ts';
import { type Leitura, resultadoDe } from '../leitura.ts';
import { sortearLotes } from '../lotes.ts';
import { conferirPagina } from '../paginas.ts';
import type { Palco } from '../palco.ts';
import type { Apoio, Cena, Recusa } from './cena.ts';

/** As sabotagens que são sempre as mesmas. */
export const AS_DE_SEMPRE: Cena = {
  numero: 13,
  titulo: 'Sabotagens',
  async encenar(palco, apoio) {
    const [boa, antiga, outro] = [palco.nome('boa'), palco.nome('antiga'), palco.nome('outro')];
    // Muitas execuções, e uma enorme: quem só visse as primeiras, ou o começo dela, também é detectado.
    await palco.escritor(boa, { execucoes: 1100, registros: 1, forma: 'json' });
    await copiar(palco, apoio, [boa, antiga]);
    const { recibos } = await palco.escritor(boa, { registros: 12_000, forma: 'json' });
    await palco.escritor(outro, { execucoes: Math.min(Number.parseInt(recibos[0] ?? '1', 10), 50) });
    const volume = palco.nome('sabotagens');
    const montagens = [`${boa}:/de:ro`, `${antiga}:/antiga:ro`, `${outro}:/outro:ro`, `${volume}:/data`];
    await conferirSabotagens(palco, apoio, {
      volume,
      montagens,
      recibosBons: recibos,
      casos: [...SABOTAGENS, ...ALHEIOS].map(({ oQue, verificacao, codigo = 65 }) => ({
        afirmacao: `${oQue}: ${verificacao ? `${verificacao}, ` : ''}${codigo}`,
        recusa: { codigo, verificacao },
        recibos,
      })),
    });
    await conferirRecusas(palco, apoio, volume);
    await mexerDurante(palco, apoio, boa);
    await trocarVolume(palco, apoio);
  },
};

interface Caso {
  afirmacao: string;
  recusa: Recusa;
  recibos: string[];
}

interface Estragos {
  volume: string;
  montagens: string[];
  /** O que se exige da cópia que ninguém estragou. */
  recibosBons: string[];
  casos: Caso[];
  /** Os lotes; sem eles, as sabotagens de sempre. */
  lotes?: string;
}

/** Um container estraga todas as cópias; cada uma tem o seu leitor, o de verdade. */
async function conferirSabotagens(
  palco: Palco,
  { conferir, conferirCodigo, conferirAprovado, conferirRecusa }: Apoio,
  estragos: Estragos,
): Promise<void> {
  const { volume, montagens, casos } = estragos;
  const argumentos = estragos.lotes ? [estragos.lotes] : [];
  const ato = await palco.dentro(montagens, 'sabotar', ...argumentos);
  const falhas: (string | null)[] = ato.saida ? JSON.parse(ato.saida) : [ato.erros || 'nada disse'];
  const feitas = falhas.flatMap((falha, indice) => (falha ? [`${casos[indice]?.afirmacao}: ${falha}`] : []));
  await conferir('as sabotagens foram feitas', [[], feitas], ato);
  const pedidos = [{ recibos: estragos.recibosBons }, ...casos];
  const pastas = pedidos.map(({ recibos }, pasta) => ({ banco: `/data/${pasta}/desafio2.db`, recibos }));
  const [inteira, ...estragadas] = await lerTodos(palco, volume, pastas);
  if (inteira) await conferirAprovado('sem sabotagem, a cópia é aprovada', inteira);
  for (const [indice, { afirmacao, recusa }] of casos.entries()) {
    const leitura = estragadas[indice] as Leitura;
    if (recusa.verificacao || recusa.codigo === 65) await conferirRecusa(afirmacao, recusa, leitura);
    else await conferirCodigo(afirmacao, recusa.codigo, leitura);
  }
}

/** Copia o arquivo de um volume para outro, e o diário com ele. */
async function copiar(palco: Palco, { conferirCodigo }: Apoio, [de, para]: [string, string]): Promise<void> {
  const copia = await palco.bun(
    [`${de}:/de:ro`, `${para}:/data`],
    "require('node:fs').copyFileSync('/de/desafio2.db', '/data/desafio2.db')",
  );
  palco.trocarDiario(para, palco.diario(de).copiar());
  if (copia.codigo !== 0) await conferirCodigo(`a cópia de ${de} foi feita`, 0, copia);
}

/** O que o leitor reprova por não ser do escritor, o escritor recusa, e não lhe toca. */
async function conferirRecusas(palco: Palco, { conferir }: Apoio, volume: string): Promise<void> {
  const todas = [...SABOTAGENS, ...ALHEIOS, ...SO_PARA_O_ESCRITOR];
  const casos = todas.flatMap(({ oQue, escritor }, indice) =>
    escritor === undefined ? [] : [{ oQue, codigo: escritor, pasta: `${indice + 1}` }],
  );
  const pastas = ['0', ...casos.map(({ pasta }) => pasta)];
  const resposta = await palco.naImagem('escritor', [`${volume}:/data`], ['teimar', ...pastas]);
  const [boa, ...vistos] = resposta.codigo === 0 ? JSON.parse(resposta.saida) : [];
  const doAmbiente = vistos.pop();
  await conferir('com -b, o escritor grava nesse arquivo', [{ codigo: 0, igual: false }, boa], resposta);
  await conferir('e não no de $BANCO', [false, doAmbiente], resposta);
  for (const [indice, { oQue, codigo }] of casos.entries()) {
    await conferir(
      `o escritor recusa ${oQue}: ${codigo}`,
      [{ codigo, igual: true }, vistos[indice]],
      resposta,
    );
  }
}

/** Quem mexe no arquivo enquanto um programa trabalha nele. */
async function mexerDurante(palco: Palco, { conferir }: Apoio, bom: string): Promise<void> {
  const montagens = [`${bom}:/de:ro`, `${palco.nome('mexido')}:/data`];
  const doEscritor = await palco.naImagem('escritor', montagens, ['durante', 'escritor']);
  const escritores = doEscritor.codigo === 0 ? JSON.parse(doEscritor.saida) : {};
  const casos = { movido: 74, apagado: 74, voltou: 65 };
  const oQue = { movido: 'movido', apagado: 'apagado', voltou: 'trocado por uma cópia antiga' };
  for (const [caso, codigo] of Object.entries(casos) as [keyof typeof casos, number][]) {
    const afirmacao = `o arquivo ${oQue[caso]} sob um escritor: ${codigo}`;
    await conferir(afirmacao, [codigo, escritores[caso]], doEscritor);
  }
  const doLeitor = await palco.naImagem('leitor', montagens, ['durante', 'leitor', '/de/desafio2.db']);
  const leitores = doLeitor.codigo === 0 ? JSON.parse(doLeitor.saida) : {};
  await conferir('o arquivo regravado sob um leitor: 75', [75, leitores.regravado], doLeitor);
  const deUmMomento = `código 0, execuções: ${palco.diario(bom).execucoes}`;
  await conferir(
    'um COMMIT sob um leitor espera que ele acabe',
    [deUmMomento, leitores.confirmado],
    doLeitor,
  );
}

async function trocarVolume(palco: Palco, { conferir }: Apoio): Promise<void> {
  const trocado = palco.nome('trocado');
  const perdida = await palco.escritor(trocado);
  const down = await palco.compose(trocado, 'down', '-v');
  const sumiu = (await palco.docker.inspecionar('volume', trocado)) === undefined;
  await conferir(
    '"docker compose down -v" apaga o volume',
    [
      [0, true],
      [down.codigo, sumiu],
    ],
    down,
  );
  palco.esquecer(trocado);
  await palco.escritor(trocado);
  const leitura = await palco.leitor(trocado, { recibos: perdida.recibos });
  const visto = [leitura.codigo, resultadoDe(leitura, 'recibos') ?? '', leitura.codigo === 65 ? 'outro' : ''];
  await conferir('e outro igual no lugar dele: recibos, 65', [[65, 'reprovada', 'outro'], visto], leitura);
}

/** As que a semente sorteia, numa cadeia que a prova sela por si. */
export const SORTEADAS: Cena = {
  numero: 15,
  titulo: 'Sabotagens sorteadas',
  async encenar(palco, apoio) {
    const { conferir, conferirCodigo, narrar } = apoio;
    const { semente } = palco.opcoes;
    await narrar(`semente ${semente}: --semente ${semente} repete o sorteio`);
    const sorte = palco.sorte('lotes');
    const base = palco.nome('base');
    // Mais do que as execuções que um laudo mostra: as que ficam de fora também são tocadas.
    for (let vez = 0; vez < 3; vez++) {
      await palco.escritor(base, { execucoes: sorte.inteiro(8, 10), registros: sorte.inteiro(3, 6) });
    }
    await palco.olharEConferir(base, conferir);
    const selagem = await palco.dentro([`${base}:/data`], 'enfeitar', '/data/desafio2.db');
    await conferirCodigo('a prova sela uma cadeia sua, pela receita', 0, selagem);
    const recibos: string[] = selagem.saida ? JSON.parse(selagem.saida) : [];
    // De um recibo que não está lá: a página diz não, por mais que o que está gravado diga sim.
    const recibo = `${recibos.length}:${'0'.repeat(64)}`;
    const afirmacao = 'a página que reprova diz o mesmo que o texto';
    await conferirPagina(palco, apoio, { afirmacao, volume: base, recibo });
    const sorteadas = sortearLotes(sorte, recibos.length);
    const doNumero = (numero: number) => recibos[numero - 1] ?? '';
    const volume = palco.nome('lotes');
    await conferirSabotagens(palco, apoio, {
      volume,
      montagens: [`${base}:/de:ro`, `${volume}:/data`],
      recibosBons: recibos,
      lotes: JSON.stringify(sorteadas.map(({ lote }) => lote)),
      casos: sorteadas.map(({ exigidos, verificacao, soEla, descricao }) => ({
        afirmacao: descricao,
        recusa: { codigo: 65, verificacao, soEla },
        recibos: exigidos.map(doNumero),
      })),
    });
  },
};
