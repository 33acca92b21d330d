import { COMUNS, lerInteiro, type Programa, usoErrado } from '../lib/opcoes.ts';
import { avisarFalha, executar } from '../lib/programa.ts';
import { emJson, emMilhares, emTabela, escrever, mostrarProgresso } from '../lib/saida.ts';
import { bits } from './bits.ts';
import { chamadas } from './chamadas.ts';
import { cortes } from './cortes.ts';
import { Contagem, criarSorteio, type Ensaio, type Plano } from './ensaio.ts';
import { morte } from './morte.ts';

const ENSAIOS: Ensaio[] = [morte, chamadas, bits, cortes];

interface Opcoes {
  ensaios: Ensaio[];
  completo: boolean;
  semente: number;
  json: boolean;
}

const RESISTENCIA: Programa<Opcoes> = {
  nome: 'resistencia',
  ajuda: `Uso: bun run resistencia [opções]

Tenta fazer o escritor perder e o leitor aceitar o que não deviam. Cada ensaio
tem um controle, com algo quebrado de propósito, que precisa falhar.

      --ensaio NOME      só este ensaio (${ENSAIOS.map(({ nome }) => nome).join(', ')});
                         pode ser repetida
      --completo         todos os casos, e não uma amostra (dezenas de minutos)
      --semente N        repete os sorteios de outra vez (0 a 4294967295)
      --json             um documento JSON
  -h, --ajuda, --help    mostra esta ajuda
  -V, --versao, --version  mostra a versão`,
  opcoes: {
    ...COMUNS,
    ensaio: { type: 'string', multiple: true },
    completo: { type: 'boolean' },
    semente: { type: 'string' },
  },
  interpretar: (lidas) => {
    const nomes = lidas.get('ensaio') ?? [];
    const alheio = nomes.find((nome) => !ENSAIOS.some((ensaio) => ensaio.nome === nome));
    if (alheio !== undefined) throw usoErrado(`não há o ensaio "${alheio}"`);
    const semente = lidas.get('semente')?.[0] ?? `${Date.now() % 2 ** 32}`;
    return {
      ensaios: ENSAIOS.filter(({ nome }) => nomes.length === 0 || nomes.includes(nome)),
      completo: lidas.has('completo'),
      semente: lerInteiro(semente, 'semente', 0, 2 ** 32 - 1),
      json: lidas.has('json'),
    };
  },
};

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
async function correr(ensaio: Ensaio, plano: Plano): Promise<Resultado> {
  const inicio = performance.now();
  const { nome, controle } = ensaio;
  const mostrar = (oQue: string) => (feitos: Contagem) => {
    const segundos = Math.round((performance.now() - inicio) / 1000);
    mostrarProgresso(
      `${oQue} · ${emMilhares(feitos.casos)} casos · ${feitos.violacoes} violações · ${segundos} s`,
    );
  };
  const visto = new Contagem(mostrar(nome));
  const noControle = new Contagem(mostrar(`${nome}, controle`));
  const falta = ensaio.precisa === 'cc' && Bun.which('cc') === null ? 'não há compilador C (cc)' : undefined;
  if (!falta) {
    await ensaio.ensaiar(plano, visto);
    await controle.ensaiar(plano, noControle);
  }
  const aprovado = visto.injecoes > 0 && visto.violacoes === 0 && noControle.violacoes > 0;
  const exigido = (process.env.EXIGIR ?? '').split(',').includes(ensaio.precisa ?? '-');
  return {
    ensaio: nome,
    resultado: falta && !exigido ? 'pulado' : aprovado ? 'aprovado' : 'reprovado',
    ...(falta && { motivo: falta }),
    casos: visto.casos,
    injecoes: visto.injecoes,
    violacoes: visto.violacoes,
    exemplos: visto.exemplos,
    controle: { o_que: controle.oQue, casos: noControle.casos, violacoes: noControle.violacoes },
    duracao_ms: Math.round(performance.now() - inicio),
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
  await executar(RESISTENCIA, async ({ ensaios, completo, semente, json }, parada) => {
    const plano = { completo, sortear: criarSorteio(semente), parada };
    const resultados: Resultado[] = [];
    for (const ensaio of ensaios) {
      if (!json)
        await escrever(`${ensaio.nome}: ${ensaio.oQue}\n  controle: ${ensaio.controle.oQue}`, parada);
      resultados.push(await correr(ensaio, plano));
    }
    await escrever(json ? emJson({ semente, completo, ensaios: resultados }) : descrever(resultados), parada);
    const ruins = resultados.filter(({ resultado }) => resultado === 'reprovado').map(({ ensaio }) => ensaio);
    if (ruins.length === 0) return 'feito';
    avisarFalha(RESISTENCIA.nome, {
      message: `reprovado em ${ruins.join(', ')}`,
      remedio: `Repita com --ensaio ${ruins[0]} --semente ${semente}.`,
    });
    return 'reprovado';
  }),
);
