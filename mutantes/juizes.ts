import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { RAIZ } from '../apoio/projeto.ts';
import { iniciar, terminar } from '../ensaios/programas.ts';
import pacote from '../package.json' with { type: 'json' };
import { correr } from '../prova/processo.ts';
import type { Mutante } from './mutante.ts';
import { montarMutante } from './projeto.ts';

/** O que houve com um mutante, e por quê: o que o detectou vem primeiro. */
export interface Desfecho {
  resultado: 'apanhado' | 'sobrevivente' | 'pulado';
  porque: string[];
}

/** Como julgar. */
export interface Modo {
  /** Pela prova inteira, e não só pelas cenas que têm de o detectar. */
  inteira: boolean;
  /** O que a prova sorteia. */
  semente: number;
}

/** Monta o mutante e deixa que a prova, ou o ensaio ou o teste dele, o julgue; o sem defeito tem de ser aprovado. */
export async function julgar(
  mutante: Mutante,
  { inteira, semente }: Modo,
  parada: AbortSignal,
): Promise<Desfecho> {
  using projeto = await montarMutante(mutante);
  const { ensaio, teste } = mutante;
  if (teste !== undefined) return await doTeste(teste, projeto.raiz, parada);
  if (ensaio) {
    const resposta = await rodar([projeto.raiz, pacote.scripts.resistencia, '--ensaio', ensaio.nome], parada);
    return doEnsaio(ensaio, resposta);
  }
  const mexido = mutante.escritor || mutante.leitor || mutante.trocas;
  const defeito = mexido && !mutante.avesso ? await provarNoComum(projeto.raiz) : undefined;
  if (defeito) return { resultado: 'sobrevivente', porque: [`nem no comum funciona: ${defeito}`] };
  const cenas = inteira ? [] : (mutante.prova?.cenas ?? []);
  // Duas mortes na cena 9: uma entre lotes pequenos e uma no meio de um grande.
  const argumentos = [
    ...cenas.flatMap((cena) => ['--cena', `${cena}`]),
    '--rodadas',
    '2',
    '--semente',
    `${semente}`,
  ];
  const resposta = await rodar([projeto.raiz, pacote.scripts.prova, ...argumentos], parada);
  return mutante.prova ? daProva(mutante.prova.afirmacao, resposta) : doControle(resposta);
}

/**
 * Um mutante que não funciona quando nada se estraga seria detectado por isso, e não pelo que desmente: o escritor grava
 * duas vezes, e o leitor aprova, com os recibos. Devolve o que deu errado.
 */
async function provarNoComum(raiz: string): Promise<string | undefined> {
  const banco = join(raiz, 'comum/desafio2.db');
  let recibos: string[] = [];
  for (const programa of ['escritor', 'escritor', 'leitor']) {
    const exigidos = programa === 'leitor' ? recibos.slice(-1).flatMap((recibo) => ['-r', recibo]) : [];
    const corrida = await terminar(iniciar(programa, ['-b', banco, '--json', ...exigidos], { raiz }));
    if (corrida.codigo !== 0) return `${programa} sai com ${corrida.codigo}: ${corrida.erros.split('\n')[0]}`;
    recibos = corrida.recibos;
  }
}

/** Roda os testes do servidor com este nome, sobre o projeto são e sobre o mutante. */
async function doTeste(nome: string, raiz: string, parada: AbortSignal): Promise<Desfecho> {
  const testar = (pasta: string) => {
    const comando = [process.execPath, 'test', './tests/servidor.test.ts', '-t', nome];
    return correr(comando, {
      pasta,
      ambiente: { EXIGIR: 'postgres,longos' },
      despedidaMs: DESPEDIDA_MS,
      parada,
    });
  };
  const sao = await testar(RAIZ);
  if (sao.codigo !== 0 || !/^\(pass\)/m.test(sao.erros)) return naoJulgou(sao.codigo, sao.erros);
  cpSync(join(RAIZ, 'tests'), join(raiz, 'tests'), { recursive: true });
  symlinkSync(join(RAIZ, 'node_modules'), join(raiz, 'node_modules'));
  const { codigo, erros } = await testar(raiz);
  if (codigo === 0) return { resultado: 'sobrevivente', porque: ['os testes aprovam'] };
  const falharam = erros.match(/^\(fail\).*/gm);
  return falharam ? { resultado: 'apanhado', porque: [...new Set(falharam)] } : naoJulgou(codigo, erros);
}

interface Resposta {
  documento: unknown;
  codigo: number;
  erros: string;
}

/** Quanto a prova, ou um ensaio, tem para limpar o que criou. */
const DESPEDIDA_MS = 120_000;

/** Roda, com `--json`, o arquivo de um script do package.json da cópia; um sinal nosso o faz limpar e sair. */
async function rodar([raiz, script, ...opcoes]: string[], parada: AbortSignal): Promise<Resposta> {
  const entrada = join(`${raiz}`, `${script}`.split(' ').at(-1) ?? '');
  const comando = [process.execPath, entrada, '--json', ...opcoes];
  const modo = { pasta: `${raiz}`, despedidaMs: DESPEDIDA_MS, parada };
  const { saida, erros, codigo } = await correr(comando, modo);
  return { documento: saida === '' ? undefined : JSON.parse(saida), codigo, erros };
}

/** O documento de `prova --json`, tanto quanto aqui se lê dele. */
interface Prova {
  cenas: { cena: number; afirmacoes: { texto: string; aprovada: boolean; visto: unknown }[] }[];
}

/** As afirmações que uma prova reprovou, com o que se viu, e quantas ela fez. */
function reprovadas(prova: Prova): { textos: string[]; todas: number } {
  const todas = prova.cenas.flatMap(({ cena, afirmacoes }) => afirmacoes.map((uma) => ({ ...uma, cena })));
  const textos = todas
    .filter(({ aprovada }) => !aprovada)
    .map(({ cena, texto, visto }) => `cena ${cena}: ${texto} · visto: ${JSON.stringify(visto)}`);
  return { textos, todas: todas.length };
}

function daProva(afirmacao: RegExp, { documento, codigo, erros }: Resposta): Desfecho {
  if (codigo === 0) return { resultado: 'sobrevivente', porque: ['a prova aprovou'] };
  const { textos, todas } = documento ? reprovadas(documento as Prova) : { textos: [], todas: 0 };
  if (codigo !== 65 || textos.length === 0) return naoJulgou(codigo, erros);
  const contagem = `${textos.length} de ${todas} afirmações reprovadas`;
  const culpada = textos.find((texto) => afirmacao.test(texto));
  if (culpada) {
    return {
      resultado: 'apanhado',
      porque: [`${contagem}: ${culpada}`, ...textos.filter((uma) => uma !== culpada)],
    };
  }
  return { resultado: 'sobrevivente', porque: [`${contagem}, e nenhuma pelo que está quebrado`, ...textos] };
}

function doControle({ documento, codigo, erros }: Resposta): Desfecho {
  if (codigo === 0) return { resultado: 'apanhado', porque: ['aprovado, como tem de ser'] };
  if (codigo !== 65 || !documento) return naoJulgou(codigo, erros);
  return {
    resultado: 'sobrevivente',
    porque: ['reprovado, e nada está quebrado', ...reprovadas(documento as Prova).textos],
  };
}

function doEnsaio(
  { nome, exemplo }: Required<Mutante>['ensaio'],
  { documento, codigo, erros }: Resposta,
): Desfecho {
  const [visto] =
    (documento as { ensaios: { violacoes: number; exemplos: string[] }[] } | undefined)?.ensaios ?? [];
  if (codigo === 0) return { resultado: 'sobrevivente', porque: [`o ensaio ${nome} aprovou`] };
  if (codigo !== 65 || !visto) return naoJulgou(codigo, erros);
  const culpado = visto.exemplos.find((texto) => exemplo?.test(texto) ?? true);
  if (visto.violacoes === 0 || culpado === undefined) {
    return { resultado: 'sobrevivente', porque: [`reprovado, mas não pelo que devia`, ...visto.exemplos] };
  }
  return { resultado: 'apanhado', porque: [`ensaio ${nome}, ${visto.violacoes} violações: ${culpado}`] };
}

function naoJulgou(codigo: number, erros: string): Desfecho {
  return {
    resultado: 'sobrevivente',
    porque: [`não houve veredito: código ${codigo}`, ...erros.trim().split('\n')],
  };
}
