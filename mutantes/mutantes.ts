import { CONDICOES, cumpre, exigida } from '../apoio/condicoes.ts';
import { emParalelo } from '../apoio/paralelo.ts';
import { imprimir } from '../lib/programa/imprimir.ts';
import { inteiro, presenca, usoErrado } from '../lib/programa/opcoes.ts';
import { avisarFalha, executar } from '../lib/programa/programa.ts';
import { tornarVisivel } from '../lib/texto.ts';
import { Sorte } from '../prova/sorte.ts';
import { type Desfecho, julgar, type Modo } from './juizes.ts';
import type { Mutante } from './mutante.ts';
import { CONTROLE, MUTANTES } from './tabela.ts';

const NOSSO = {
  nome: 'mutantes',
  uso: `Uso: bun run mutantes [opções]

Quebra o projeto de cada um dos modos da tabela, e exige que a prova, um ensaio
ou um teste reprove cada um deles. Antes, exige que a prova aprove um em que nada
está quebrado.`,
  opcoes: {
    nomes: {
      longa: 'mutante',
      argumento: 'NOME',
      repetida: true,
      ajuda: 'só este; pode ser repetida',
      ler: (nomes: string[]) => {
        const todos = [CONTROLE, ...MUTANTES];
        const alheio = nomes.find((nome) => !todos.some((mutante) => mutante.nome === nome));
        if (alheio !== undefined) throw usoErrado(`não há o mutante "${alheio}"`);
        return nomes;
      },
    },
    inteira: presenca(
      'cada um pela prova inteira (um minuto cada), e não só\npelas cenas que precisam detectar a quebra',
    ),
    quantos: inteiro({
      ...{ de: 1, ate: 9999, padrao: 9999 },
      ajuda: 'só N deles, sorteados ({de} a {ate}; sem ela, todos)',
    }),
    semente: inteiro({
      ...{ de: 0, ate: 999_999_999, padrao: 1 },
      ajuda: 'o que a prova sorteia, e quais são os N ({de} a\n{ate}; padrão {padrao})',
    }),
    acaso: {
      argumento: 'N',
      ajuda: 'em vez disso, N mudanças sorteadas do código, julgadas\npelos testes: veja --acaso 1 --ajuda',
      ler: () => undefined, // é outro programa: veja no fim
    },
  },
};

/** Os que têm estes nomes; sem nomes, o de controle e `quantos` dos outros, sorteados. */
function escolher(nomes: string[], quantos: number, semente: number): Mutante[] {
  if (nomes.length > 0) return [CONTROLE, ...MUTANTES].filter(({ nome }) => nomes.includes(nome));
  const sorteados = new Set(new Sorte(semente, 'mutantes').embaralhar(MUTANTES).slice(0, quantos));
  return [CONTROLE, ...MUTANTES.filter((mutante) => sorteados.has(mutante))];
}

/** Um a mais do que os núcleos, porque cada prova passa parte do tempo esperando o engine; mais do que isso é pior. */
const AO_MESMO_TEMPO = Math.min(navigator.hardwareConcurrency + 1, 8);

/** Julga um mutante, se a máquina tem o que ele precisa: sem isso é pulado, ou sobrevive se `EXIGIR` o pede. */
async function tentar(mutante: Mutante, modo: Modo, parada: AbortSignal): Promise<Desfecho> {
  const doTeste = mutante.teste === undefined ? (['docker'] as const) : (['postgres'] as const);
  const precisa = mutante.ensaio ? (mutante.ensaio.precisa ?? []) : doTeste;
  const falta = precisa.find((condicao) => !cumpre(CONDICOES[condicao]));
  if (!falta) {
    try {
      return await julgar(mutante, modo, parada);
    } catch (erro) {
      // Um que não se consegue montar, ou julgar, não leva consigo o resultado dos outros.
      parada.throwIfAborted();
      return { resultado: 'sobrevivente', porque: [`não foi julgado: ${erro}`] };
    }
  }
  return { resultado: exigida(falta) ? 'sobrevivente' : 'pulado', porque: [CONDICOES[falta].falta] };
}

const SINAIS = { apanhado: '✔', sobrevivente: '✘', pulado: '–' };

function descrever(
  { nome, viola }: Mutante,
  { resultado, porque }: Desfecho,
  { tudo, ms }: { tudo: boolean; ms: number },
): string {
  const [primeira = '', ...outras] = porque.map((texto) => cortar(texto));
  const mostradas = tudo || resultado === 'sobrevivente' ? outras : [];
  const resto = outras.length > mostradas.length ? ` (e mais ${outras.length})` : '';
  const segundos = (ms / 1000).toLocaleString('pt-BR', { maximumFractionDigits: 1 });
  const linhas = [`${SINAIS[resultado]} ${nome} (${segundos} s): ${primeira}${resto}`];
  if (resultado === 'sobrevivente') linhas.push(`    desmente: ${viola}`);
  return [...linhas, ...mostradas.map((texto) => `    ${texto}`)].map(tornarVisivel).join('\n');
}

/** O bastante para se ver o que é; a prova diz o resto. */
function cortar(texto: string): string {
  return texto.length > 300 ? `${texto.slice(0, 300)}…` : texto;
}

// As mudanças sorteadas são outro programa, com as suas opções.
if (process.argv.some((argumento) => /^--acaso(=|$)/.test(argumento))) await import('./acaso.ts');

process.exit(
  await executar(NOSSO, async ({ nomes, quantos, ...modo }, { parada }) => {
    const mutantes = escolher(nomes, quantos, modo.semente);
    // De um pedido pelo nome diz-se tudo o que o reprovou, e não só a primeira afirmação.
    const tudo = nomes.length > 0;
    const desfechos: { resultado: Desfecho['resultado']; texto: string }[] = [];
    const quebrados = mutantes.filter((mutante) => mutante !== CONTROLE).length;
    await imprimir(`Semente ${modo.semente}: ${quebrados} dos ${MUTANTES.length} mutantes`, parada);
    await emParalelo(mutantes, AO_MESMO_TEMPO, async (mutante) => {
      parada.throwIfAborted();
      const inicio = performance.now();
      const desfecho = await tentar(mutante, modo, parada);
      const texto = descrever(mutante, desfecho, { tudo, ms: performance.now() - inicio });
      if (mutante !== CONTROLE || desfecho.resultado !== 'apanhado') {
        desfechos.push({ resultado: desfecho.resultado, texto });
      }
      await imprimir(texto, parada);
    });
    const os = (resultado: Desfecho['resultado']) => desfechos.filter((um) => um.resultado === resultado);
    const sobreviventes = os('sobrevivente');
    if (sobreviventes.length > 0) {
      await imprimir(['\nSobreviveram:', ...sobreviventes.map(({ texto }) => texto)].join('\n'), parada);
    }
    const pulados = os('pulado').length > 0 ? `, ${os('pulado').length} pulados` : '';
    const soma = `${os('apanhado').length} detectados, ${sobreviventes.length} sobreviventes${pulados}.`;
    await imprimir(`\n${soma}`, parada);
    if (sobreviventes.length === 0) return 'feito';
    avisarFalha(NOSSO.nome, {
      message: 'ao menos um projeto quebrado não foi reprovado, ou o que não está quebrado foi',
      remedio: 'Repita com --mutante NOME para ver tudo o que a prova disse dele.',
    });
    return 'reprovado';
  }),
);
