import { imprimir } from '../lib/programa/imprimir.ts';
import { inteiro, presenca, usoErrado } from '../lib/programa/opcoes.ts';
import { avisarFalha, executar } from '../lib/programa/programa.ts';
import { emJson, emMilhares, emTabela } from '../lib/texto.ts';
import { autoria } from './autoria.ts';
import { bits, cortes } from './bytes.ts';
import { chamadas } from './chamadas.ts';
import { conexao } from './conexao.ts';
import { copia } from './copia.ts';
import { copiaViva } from './copia-viva.ts';
import { discoCheio } from './disco-cheio.ts';
import { energia } from './energia.ts';
import { correr, type Ensaio, type Resultado } from './ensaio.ts';
import { entradas } from './entradas.ts';
import { lembranca } from './lembranca.ts';
import { memoria } from './memoria.ts';
import { morte } from './morte.ts';
import { multidao } from './multidao.ts';
import { patroni } from './patroni.ts';
import { replicas } from './replicas.ts';
import { saida } from './saida.ts';
import { sinais } from './sinais.ts';
import { vigia } from './vigia.ts';
import { vizinhos } from './vizinhos.ts';
import { volumes } from './volumes.ts';

// biome-ignore lint/suspicious/noExplicitAny: cada um tem a sua medida do que se tenta.
const ENSAIOS: Ensaio<any>[] = [
  morte,
  chamadas,
  energia,
  bits,
  cortes,
  vizinhos,
  multidao,
  discoCheio,
  sinais,
  saida,
  entradas,
  autoria,
  memoria,
  lembranca,
  copia,
  copiaViva,
  replicas,
  conexao,
  patroni,
  vigia,
  volumes,
];

const NOMES = ENSAIOS.map(({ nome }) => nome);

const RESISTENCIA = {
  nome: 'resistencia',
  uso: `Uso: bun run resistencia [opções]

Tenta fazer o escritor perder e o leitor aceitar o que não deviam. Cada ensaio
tem um controle, com algo quebrado de propósito, que precisa falhar.`,
  opcoes: {
    ensaios: {
      longa: 'ensaio',
      argumento: 'NOME',
      repetida: true,
      ajuda: `só este ensaio; pode ser repetida. Há:\n${Bun.wrapAnsi(NOMES.join(', '), 55)}`,
      ler: (nomes: string[]) => {
        const alheio = nomes.find((nome) => !NOMES.includes(nome));
        if (alheio !== undefined) throw usoErrado(`não há o ensaio "${alheio}"`);
        return ENSAIOS.filter(({ nome }) => nomes.length === 0 || nomes.includes(nome));
      },
    },
    completo: presenca('todos os casos, e não uma amostra (meia hora ou mais)'),
    semente: inteiro({
      ...{ de: 0, ate: 2 ** 32 - 1, padrao: () => Date.now() % 2 ** 32 },
      ajuda: 'repete os sorteios de uma vez anterior ({de} a {ate})',
    }),
    json: presenca('um documento JSON'),
  },
};

function descrever(resultados: Resultado[]): string {
  const linhas = resultados.map(({ controle, duracao_ms, ...um }) => ({
    ...um,
    casos: emMilhares(um.casos),
    injeções: emMilhares(um.injecoes),
    violações: emMilhares(um.violacoes),
    controle: `${emMilhares(controle.violacoes)} de ${emMilhares(controle.casos)}`,
    tempo: `${Math.round(duracao_ms / 1000)} s`,
  }));
  const larguras = { casos: 7, injeções: 8, violações: 9, controle: 15, tempo: 7, resultado: 9 };
  const motivos = resultados.flatMap(({ ensaio, motivo, exemplos }) =>
    [...(motivo ? [motivo] : []), ...exemplos].map((texto) => `  ${ensaio}: ${texto}`),
  );
  return [emTabela(linhas, 'ensaio', larguras), ...motivos].join('\n');
}

process.exit(
  await executar(RESISTENCIA, async ({ ensaios, completo, semente, json }, { parada }) => {
    const dizer = async (texto: string) => (json ? undefined : await imprimir(texto, parada));
    await dizer(`Semente: ${semente}${completo ? ', todos os casos' : ', uma amostra'}\n`);
    const resultados: Resultado[] = [];
    for (const ensaio of ensaios) {
      await dizer(`${ensaio.nome}: ${ensaio.oQue}\n  controle: ${ensaio.controle.oQue}`);
      resultados.push(await correr(ensaio, { completo, semente, parada }));
    }
    await imprimir(json ? emJson({ semente, completo, ensaios: resultados }) : descrever(resultados), parada);
    const ruins = resultados.filter(({ resultado }) => resultado === 'reprovado').map(({ ensaio }) => ensaio);
    if (ruins.length === 0) return 'feito';
    avisarFalha(RESISTENCIA.nome, {
      message: `reprovado em ${ruins.join(', ')}`,
      remedio: `Repita com --ensaio ${ruins[0]} --semente ${semente}${completo ? ' --completo' : ''}.`,
    });
    return 'reprovado';
  }),
);
