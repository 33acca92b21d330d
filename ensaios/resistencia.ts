import { mostrarProgresso } from '../lib/programa/andamento.ts';
import { inteiro, presenca, usoErrado, type Valores } from '../lib/programa/opcoes.ts';
import { avisarFalha, executar } from '../lib/programa/programa.ts';
import { imprimir } from '../lib/programa/saida.ts';
import { emJson, emMilhares, emTabela } from '../lib/texto.ts';
import { bits } from './bits.ts';
import { chamadas } from './chamadas.ts';
import { copia } from './copia.ts';
import { copiaViva } from './copia-viva.ts';
import { cortes } from './cortes.ts';
import { discoCheio } from './disco-cheio.ts';
import { energia } from './energia.ts';
import { CONDICOES, Contagem, criarSorteio, type Ensaio, type Plano } from './ensaio.ts';
import { entradas } from './entradas.ts';
import { morte } from './morte.ts';
import { multidao } from './multidao.ts';
import { saida } from './saida.ts';
import { sinais } from './sinais.ts';
import { vizinhos } from './vizinhos.ts';

const ENSAIOS: Ensaio[] = [
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
  copia,
  copiaViva,
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
      ajuda: 'repete os sorteios de outra vez ({de} a {ate})',
    }),
    json: presenca('um documento JSON'),
  },
};

type Opcoes = Valores<typeof RESISTENCIA.opcoes>;

interface Resultado {
  ensaio: string;
  resultado: 'aprovado' | 'reprovado' | 'pulado';
  motivo?: string;
  casos: number;
  injecoes: number;
  violacoes: number;
  exemplos: string[];
  controle: { o_que: string; casos: number; violacoes: number };
  duracao_ms: number;
}

/** Roda um ensaio e o seu controle: aprovado sem violações em um, e com elas no outro. */
async function correr(
  ensaio: Ensaio,
  { completo, semente }: Opcoes,
  parada: AbortSignal,
): Promise<Resultado> {
  const inicio = performance.now();
  const { nome, controle, precisa = [] } = ensaio;
  const visto = new Contagem(mostrarAndamento(nome));
  const noControle = new Contagem(mostrarAndamento(`${nome}, controle`));
  const faltam = precisa.filter((condicao) => !CONDICOES[condicao].ha());
  let parou: string | undefined;
  if (faltam.length === 0) {
    // Cada um sorteia do começo: sozinho, com --ensaio, sorteia o mesmo.
    const plano = (): Plano => ({ completo, sortear: criarSorteio(semente), parada });
    try {
      await ensaio.ensaiar(plano(), visto);
      await controle.ensaiar(plano(), noControle);
    } catch (erro) {
      // Um ensaio que não consegue ensaiar é reprovado, e não leva consigo o resultado dos outros.
      parada.throwIfAborted();
      parou = erro instanceof Error ? (erro.stack ?? erro.message) : String(erro);
    }
  }
  const noControleBastam = noControle.violacoes >= Math.max(1, (controle.aoMenos ?? 0) * noControle.casos);
  const aprovado = !parou && visto.injecoes > 0 && visto.violacoes === 0 && noControleBastam;
  const motivo = parou ?? faltam.map((condicao) => CONDICOES[condicao].falta).join('; ');
  const exigidas = (process.env.EXIGIR ?? '').split(',');
  const pulado = faltam.length > 0 && !faltam.some((condicao) => exigidas.includes(condicao));
  return {
    ensaio: nome,
    resultado: pulado ? 'pulado' : aprovado ? 'aprovado' : 'reprovado',
    ...(motivo && { motivo }),
    casos: visto.casos,
    injecoes: visto.injecoes,
    violacoes: visto.violacoes,
    exemplos: visto.exemplos,
    controle: { o_que: controle.oQue, casos: noControle.casos, violacoes: noControle.violacoes },
    duracao_ms: Math.round(performance.now() - inicio),
  };
}

/** Mostra, a cada caso, quantos já foram e quanto falta. */
function mostrarAndamento(oQue: string): (contagem: Contagem) => void {
  const inicio = performance.now();
  return ({ casos, previstos, violacoes }) => {
    const segundos = (performance.now() - inicio) / 1000;
    const faltam = Math.ceil((segundos / casos) * Math.max(previstos - casos, 0));
    const resto = previstos > 0 ? `faltam ${emMilhares(faltam)} s` : `${Math.round(segundos)} s`;
    mostrarProgresso(`${oQue} · ${emMilhares(casos)} casos · ${violacoes} violações · ${resto}`);
  };
}

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
  await executar(RESISTENCIA, async (opcoes, { parada }) => {
    const { ensaios, completo, semente, json } = opcoes;
    const dizer = async (texto: string) => (json ? undefined : await imprimir(texto, parada));
    await dizer(`Semente: ${semente}${completo ? ', todos os casos' : ', uma amostra'}\n`);
    const resultados: Resultado[] = [];
    for (const ensaio of ensaios) {
      await dizer(`${ensaio.nome}: ${ensaio.oQue}\n  controle: ${ensaio.controle.oQue}`);
      resultados.push(await correr(ensaio, opcoes, parada));
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
