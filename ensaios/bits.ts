import { Database } from 'bun:sqlite';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { respirar } from '../lib/programa/sinais.ts';
import { type Contagem, dadosDe, type Ensaio, ler, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever } from './programas.ts';

/** Na amostra, um bit em cada tantos: primo com 8, para passar por todas as posições do byte. */
const PASSO = 7;

/** Diz o que um leitor acha do arquivo: `aprovado`, com os dados que leu, ou não. */
type Julgar = (caminho: string) => Promise<{ aprovado: boolean; dados: string }>;

async function virarBits(plano: Plano, contagem: Contagem, julgar: Julgar): Promise<void> {
  using pasta = pastaDeEnsaio();
  const caminho = pasta.em('desafio2.db');
  await escrever(caminho, '-e', '3');
  const bytes = readFileSync(caminho);
  const { aprovado, dados } = await julgar(caminho);
  if (!aprovado) throw new Error('o banco inteiro não foi aprovado');
  const alvo = pasta.em('alvo.db');
  writeFileSync(alvo, bytes);
  const passo = plano.completo ? 1 : PASSO;
  contagem.previstos = (bytes.length * 8) / passo;
  const fd = openSync(alvo, 'r+');
  try {
    for (let bit = 0; bit < bytes.length * 8; bit += passo) {
      if (bit % 64 < PASSO) await respirar(plano.parada);
      const onde = bit >> 3;
      writeSync(fd, Buffer.of((bytes[onde] ?? 0) ^ (1 << (bit & 7))), 0, 1, onde);
      const visto = await julgar(alvo);
      const mudou = visto.aprovado && visto.dados !== dados;
      contagem.contar(true, mudou ? `byte ${onde}, bit ${bit & 7}: aprovado, com outros dados` : undefined);
      writeSync(fd, bytes, onde, 1, onde);
    }
  } finally {
    closeSync(fd);
  }
}

/** Cada bit de um arquivo pequeno e completo, virado um de cada vez. */
export const bits: Ensaio = {
  nome: 'bits',
  oQue: 'um bit do arquivo virado: reprovado, ou os dados lidos são os mesmos',
  async ensaiar(plano, contagem) {
    await virarBits(plano, contagem, async (caminho) => {
      const { motivo, laudo } = await ler(caminho, [], plano.parada);
      return { aprovado: motivo === 'feito', dados: dadosDe(laudo) };
    });
  },
  controle: {
    oQue: 'só o integrity_check do SQLite',
    async ensaiar(plano, contagem) {
      await virarBits({ ...plano, completo: false }, contagem, async (caminho) => julgarPeloSqlite(caminho));
    },
  },
};

/** Aprova o que o `integrity_check` aprova. */
export function julgarPeloSqlite(caminho: string): { aprovado: boolean; dados: string } {
  const banco = new Database(caminho, { readonly: true });
  try {
    const aprovado = banco.query('PRAGMA integrity_check').values()[0]?.[0] === 'ok';
    const tabelas = ['usuarios', 'execucoes'].map((tabela) =>
      banco.query(`SELECT * FROM ${tabela}`).values(),
    );
    return { aprovado, dados: JSON.stringify(tabelas) };
  } catch {
    return { aprovado: false, dados: '' };
  } finally {
    banco.close();
  }
}
