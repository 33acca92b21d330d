import pacote from '../../package.json' with { type: 'json' };
import type { Contexto } from '../contexto.ts';
import { CODIGOS, Falha, type Motivo } from '../falhas.ts';
import { tornarVisivel } from '../texto.ts';
import { esquecerArquivosEnv } from './ambiente.ts';
import { criarContexto } from './contexto.ts';
import { despedir } from './entrega.ts';
import {
  escreverAjuda,
  interpretar,
  lerArgumentos,
  type Opcoes,
  type Programa,
  type Valores,
} from './opcoes.ts';
import { avisar, imprimir } from './saida.ts';
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
      await imprimir(escreverAjuda(programa), contexto.parada);
      return 'feito';
    }
    if (lidas.has('versao') || lidas.has('version')) {
      await imprimir(pacote.version, contexto.parada);
      return 'feito';
    }
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

/** O que falhou e o que fazer, na saída de erros. */
export function avisarFalha(nome: string, { message, remedio }: Pick<Falha, 'message' | 'remedio'>): void {
  const comOpcoes = remedio.replace(/\0(\w+)\0/g, '--$1');
  avisar(`${nome}: ${tornarVisivel(message)}\n${' '.repeat(nome.length + 2)}${tornarVisivel(comOpcoes)}`);
}
