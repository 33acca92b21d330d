import { readFileSync, writeFileSync } from 'node:fs';
import { respirar } from '../lib/programa/sinais.ts';
import { julgarPeloSqlite } from './bits.ts';
import { type Contagem, dadosDe, type Ensaio, ler, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever } from './programas.ts';

const PAGINA = 4096;

/** Um estrago no arquivo: o que se fez e os bytes que ficaram. */
interface Estrago {
  oQue: string;
  bytes: Buffer;
}

/** Cortes em cada byte da última página e em cada limite; páginas zeradas, trocadas e de uma cópia antiga. */
function* estragar(bytes: Buffer, antigo: Buffer, passo: number): Generator<Estrago> {
  const paginas = bytes.length / PAGINA;
  for (let corte = bytes.length - 1; corte > bytes.length - PAGINA; corte -= passo) {
    yield { oQue: `cortado em ${corte}`, bytes: bytes.subarray(0, corte) };
  }
  for (let pagina = 0; pagina < paginas; pagina++) {
    const inicio = pagina * PAGINA;
    yield { oQue: `cortado na página ${pagina}`, bytes: bytes.subarray(0, inicio) };
    const zerada = Buffer.from(bytes);
    zerada.fill(0, inicio, inicio + PAGINA);
    yield { oQue: `página ${pagina} zerada`, bytes: zerada };
    if (inicio < antigo.length) {
      const misturado = Buffer.from(bytes);
      antigo.copy(misturado, inicio, inicio, inicio + PAGINA);
      yield { oQue: `página ${pagina} de uma cópia antiga`, bytes: misturado };
    }
    for (let outra = pagina + 1; outra < paginas; outra++) {
      const trocado = Buffer.from(bytes);
      bytes.copy(trocado, inicio, outra * PAGINA, (outra + 1) * PAGINA);
      bytes.copy(trocado, outra * PAGINA, inicio, inicio + PAGINA);
      yield { oQue: `páginas ${pagina} e ${outra} trocadas`, bytes: trocado };
    }
  }
}

type Julgar = (caminho: string) => Promise<{ aprovado: boolean; dados: string }>;

async function cortar(plano: Plano, contagem: Contagem, julgar: Julgar): Promise<void> {
  using pasta = pastaDeEnsaio();
  const caminho = pasta.em('desafio2.db');
  await escrever(caminho, '-n', '100', '-e', '3');
  const antigo = readFileSync(caminho);
  await escrever(caminho, '-n', '100', '-e', '2');
  const bytes = readFileSync(caminho);
  const { aprovado, dados } = await julgar(caminho);
  if (!aprovado) throw new Error('o banco inteiro não foi aprovado');
  const alvo = pasta.em('alvo.db');
  const estragos = [...estragar(bytes, antigo, plano.completo ? 1 : 16)];
  contagem.previstos = estragos.length;
  for (const estrago of estragos) {
    await respirar(plano.parada);
    writeFileSync(alvo, estrago.bytes);
    const visto = await julgar(alvo);
    const injetado = !estrago.bytes.equals(bytes);
    // Uma página que a cópia antiga tem igual não é um estrago; o mais, ou reprova ou deu os mesmos dados.
    const passou =
      injetado && visto.aprovado && (estrago.bytes.length !== bytes.length || visto.dados !== dados);
    contagem.contar(injetado, passou ? `${estrago.oQue}: aprovado` : undefined);
  }
}

/** O arquivo cortado, e com páginas zeradas, trocadas ou de uma cópia mais antiga. */
export const cortes: Ensaio = {
  nome: 'cortes',
  oQue: 'o arquivo cortado, ou com páginas zeradas, trocadas ou antigas: nunca aprovado',
  async ensaiar(plano, contagem) {
    await cortar(plano, contagem, async (caminho) => {
      const { motivo, laudo } = await ler(caminho, [], plano.parada);
      return { aprovado: motivo === 'feito', dados: dadosDe(laudo) };
    });
  },
  controle: {
    oQue: 'só o integrity_check do SQLite',
    async ensaiar(plano, contagem) {
      await cortar(plano, contagem, async (caminho) => julgarPeloSqlite(caminho));
    },
  },
};
