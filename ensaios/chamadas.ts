import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CODIGOS } from '../lib/falhas.ts';
import { type Contagem, type Ensaio, ler, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { type Corrida, escrever, iniciarEscritor, projetoQuebrado, terminar } from './programas.ts';

const TIPOS = ['pwrite64', 'fsync', 'fdatasync', 'ftruncate64', 'unlink', 'open64'];
const MODOS = ['EIO', 'ENOSPC', 'EDQUOT', 'curta', 'morte', 'rasgada', 'EIO+', 'ENOSPC+', 'EDQUOT+'];
const SO_DE_ESCRITA = ['curta', 'rasgada'];

/** Onde a falha acontece: num banco novo, num que já existe, ou quando o escritor desfaz uma morte. */
const COMECOS = ['novo', 'existente', 'retomada'] as const;

interface Caso {
  comeco: (typeof COMECOS)[number];
  tipo: string;
  modo: string;
  n: number;
}

/** Na amostra, cada combinação de começo, tipo e modo com as primeiras chamadas; completo, com todas. */
async function intrometer(plano: Plano, contagem: Contagem, limite: number, raiz?: string): Promise<void> {
  using pasta = pastaDeEnsaio();
  const intruso = pasta.em('intruso.so');
  const fonte = join(import.meta.dir, 'intruso.c');
  const { exitCode, stderr } = Bun.spawnSync(['cc', '-shared', '-fPIC', '-O1', '-o', intruso, fonte]);
  if (exitCode !== 0) throw new Error(`cc não compilou o intruso: ${stderr}`);
  const modelos = await prepararModelos(pasta.em);

  for (const comeco of COMECOS) {
    for (const tipo of TIPOS) {
      for (const modo of MODOS) {
        if (SO_DE_ESCRITA.includes(modo) && tipo !== 'pwrite64') continue;
        for (let n = 1; n <= limite; n++) {
          plano.parada.throwIfAborted();
          const caso = { comeco, tipo, modo, n };
          const { injetado, violacao } = await tentar(plano, caso, modelos, pasta.em, intruso, raiz);
          contagem.contar(injetado, violacao && `${comeco} ${tipo}:${n}:${modo}: ${violacao}`);
          if (!injetado) break;
        }
      }
    }
  }
}

/** Um banco com duas execuções, e o mesmo com uma terceira que morreu no meio. */
async function prepararModelos(em: (nome: string) => string) {
  const existente = em('existente.db');
  const { recibos } = await escrever(existente, '-e', '2');
  const morto = em('morto.db');
  copyFileSync(existente, morto);
  const processo = iniciarEscritor(morto, ['-n', '100000000']);
  while (!existsSync(`${morto}-journal`) || Bun.file(morto).size < 3_000_000) await Bun.sleep(2);
  processo.kill('SIGKILL');
  await terminar(processo);
  return { existente, morto, recibos };
}

type Modelos = Awaited<ReturnType<typeof prepararModelos>>;

async function tentar(
  plano: Plano,
  { comeco, tipo, modo, n }: Caso,
  modelos: Modelos,
  em: (nome: string) => string,
  intruso: string,
  raiz?: string,
): Promise<{ injetado: boolean; violacao?: string | undefined }> {
  const caminho = em('desafio2.db');
  const registro = em('registro');
  for (const sobra of [caminho, `${caminho}-journal`, registro]) rmSync(sobra, { force: true });
  if (comeco === 'existente') copyFileSync(modelos.existente, caminho);
  if (comeco === 'retomada') {
    copyFileSync(modelos.morto, caminho);
    copyFileSync(`${modelos.morto}-journal`, `${caminho}-journal`);
  }
  const ambiente = { LD_PRELOAD: intruso, FALHA: `${tipo}:${n}:${modo}`, REGISTRO: registro };
  const corrida = await terminar(iniciarEscritor(caminho, ['-e', '2'], ambiente, raiz));
  const injetado = existsSync(registro);
  const antes = comeco === 'novo' ? [] : modelos.recibos;
  return { injetado, violacao: await conferir(plano, caminho, corrida, antes) };
}

/** O que quebrou a invariante, ou `undefined`. */
async function conferir(
  plano: Plano,
  caminho: string,
  corrida: Corrida,
  antes: string[],
): Promise<string | undefined> {
  const { codigo, sinal, recibos, erros } = corrida;
  if (sinal === null && !Object.values<number | null>(CODIGOS).includes(codigo)) return `código ${codigo}`;
  if (codigo === CODIGOS.defeito) return `um defeito: ${erros}`;
  if (codigo === 0 && recibos.length !== 2) return `0 com ${recibos.length} recibos`;
  const dados = [...antes, ...recibos];
  const logo = await ler(caminho, dados, plano.parada);
  const podeNadaTer = dados.length === 0 && logo.motivo === 'nadaParaLer';
  if (!podeNadaTer && !['feito', 'tenteDeNovo'].includes(logo.motivo)) return `o leitor diz ${logo.motivo}`;
  const retomada = await escrever(caminho);
  if (retomada.codigo !== 0) return `o escritor seguinte sai com ${retomada.codigo}: ${retomada.erros}`;
  const depois = await ler(caminho, [...dados, ...retomada.recibos], plano.parada);
  if (depois.motivo !== 'feito') return `depois da retomada, o leitor diz ${depois.motivo}`;
  const aMais = (depois.laudo.execucoes ?? 0) - dados.length - 1;
  return aMais === 0 || aMais === 1 ? undefined : `${aMais} execuções sem recibo`;
}

/** A n-ésima chamada do SQLite ao sistema falha, fica pela metade ou mata o escritor. */
export const chamadas: Ensaio = {
  nome: 'chamadas',
  oQue: 'cada chamada do SQLite ao sistema falha ou mata o escritor: nenhum recibo se perde',
  precisa: 'cc',
  async ensaiar(plano, contagem) {
    await intrometer(plano, contagem, plano.completo ? 1000 : 1);
  },
  controle: {
    oQue: 'um escritor sem journal',
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(
        ['lib/banco.ts', "'PRAGMA journal_mode = DELETE'", "'PRAGMA journal_mode = OFF'"],
        ['lib/banco.ts', "journal !== 'delete'", "journal !== 'off'"],
      );
      await intrometer(plano, contagem, 2, quebrado.raiz);
    },
  },
};
