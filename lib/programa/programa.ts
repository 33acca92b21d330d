import { version as VERSAO } from '../../package.json' with { type: 'json' };
import type { Contexto } from '../contexto.ts';
import { CODIGOS, Falha, type Motivo } from '../falhas.ts';
import { lerTexto, tornarVisivel } from '../texto.ts';
import { criarContexto } from './andamento.ts';
import { avisar, despedir, imprimir } from './imprimir.ts';
import { interpretar, lerArgumentos, type Opcoes, type Programa, usoErrado, type Valores } from './opcoes.ts';
import { ouvirSinais } from './sinais.ts';

/**
 * Roda um programa do começo ao fim: lê as opções (e o ambiente, sem o de um `.env` da pasta em que se está), responde a
 * `--ajuda` e `--versao`, chama `principal` e diz na saída de erros o que falhou e o que fazer. Devolve o código de
 * saída, depois que a saída de erros aceitou tudo, ou o de um sinal que chegou enquanto ela não aceitava; nunca rejeita.
 */
export async function executar<O extends Opcoes>(
  programa: Programa<O>,
  principal: (opcoes: Valores<O>, contexto: Contexto) => Promise<Motivo>,
): Promise<number> {
  const parada = ouvirSinais();
  const motivo = await terminar(programa, principal, criarContexto(parada));
  const entregue = await despedir(parada);
  return CODIGOS[!entregue && parada.reason instanceof Falha ? parada.reason.motivo : motivo];
}

async function terminar<O extends Opcoes>(
  programa: Programa<O>,
  principal: (opcoes: Valores<O>, contexto: Contexto) => Promise<Motivo>,
  contexto: Contexto,
): Promise<Motivo> {
  try {
    esquecerArquivosEnv();
    const lidas = lerArgumentos(programa, process.argv.slice(2));
    if (lidas.has('ajuda') || lidas.has('help')) {
      const { escreverAjuda } = await import('./ajuda.ts');
      await imprimir(escreverAjuda(programa), contexto.parada);
      return 'feito';
    }
    if (lidas.has('versao') || lidas.has('version')) {
      await imprimir(VERSAO, contexto.parada);
      return 'feito';
    }
    if (lidas.has('json') && lidas.has('html')) throw usoErrado('--json e --html não se usam juntas');
    return await principal(interpretar(programa, lidas), contexto);
  } catch (erro) {
    if (erro instanceof Falha) {
      avisarFalha(programa.nome, erro);
      return erro.motivo;
    }
    const pilha = erro instanceof Error ? (erro.stack ?? erro.message) : String(erro);
    avisar(
      `${programa.nome}: isto é um defeito do programa, e não seu; por favor, abra uma issue com isto:\n${pilha}`,
    );
    return 'defeito';
  }
}

/**
 * Tira de `process.env` o que o Bun pôs nele a partir de um `.env` (`.env.local`, `.env.production` …) da pasta em que
 * se está: o `env = false` do bunfig.toml só vale na pasta do projeto, e uma pasta qualquer não escolhe o banco nem o
 * recibo. Fica o que quem chamou exportou, ou pediu com `--env-file`. Fora do Linux não há `/proc`, e nada muda.
 */
function esquecerArquivosEnv(): void {
  if (process.execArgv.some((opcao) => opcao.startsWith('--env-file'))) return;
  // Aqui estão as variáveis com que o processo começou, que o Bun já não muda.
  const ambiente = lerTexto('/proc/self/environ');
  if (ambiente === undefined) return;
  const exportadas = new Set(ambiente.split('\0').map((variavel) => variavel.split('=', 1)[0]));
  for (const nome of Object.keys(process.env)) if (!exportadas.has(nome)) delete process.env[nome];
}

/** O que falhou e o que fazer, na saída de erros. */
export function avisarFalha(nome: string, { message, remedio }: Pick<Falha, 'message' | 'remedio'>): void {
  const recuo = ' '.repeat(nome.length + 2);
  avisar(`${nome}: ${tornarVisivel(message)}\n${recuo}${tornarVisivel(comOpcoes(remedio))}`);
}

/** O texto de um remédio, com as opções como se escrevem. */
export function comOpcoes(remedio: string): string {
  return remedio.replace(/\0([\w-]+)\0/g, '--$1');
}
