import { Database } from 'bun:sqlite';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { esperarAteParar } from '../contexto.ts';
import { comOpcao } from '../falhas.ts';
import { sincronizar } from './disco.ts';
import { falhaDeArquivo, traduzirErro } from './erros.ts';
import { esperarVez } from './sqlite.ts';

/** O texto de um arquivo, que pode ser um pipe. Rejeita com `Falha`, também a de um sinal que chega enquanto ele não acaba. */
export async function lerIndicado(caminho: string, nome: string, parada: AbortSignal): Promise<string> {
  try {
    return await esperarAteParar(Bun.file(caminho).text(), parada);
  } catch (erro) {
    throw comOpcao(falhaDeArquivo(erro, caminho, 'uso'), nome);
  }
}

/**
 * Faz `acao` enquanto nenhum outro processo está aqui com o mesmo caminho. O Bun não tem `flock`: a trava é a do SQLite,
 * num arquivo vazio ao lado, que fica, e que o kernel solta se o processo morre. Rejeita com `Falha`.
 */
export async function comTrava<T>(caminho: string, parada: AbortSignal, acao: () => Promise<T>): Promise<T> {
  try {
    using banco = new Database(`${caminho}.trava`, { create: true, readwrite: true, strict: true });
    // Em disco, ficaria um journal de quem morreu.
    await esperarVez(() => banco.run('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'), parada);
    return await acao();
  } catch (erro) {
    throw traduzirErro(erro, caminho);
  }
}

/**
 * Põe este texto no lugar do que há em `caminho`: quem o lê vê um ou o outro, inteiro, e no fim está no disco. Sob
 * `comTrava`, porque o temporário tem sempre o mesmo nome. Lança o erro do sistema.
 */
export function trocarArquivo(caminho: string, texto: string): void {
  const temporario = `${caminho}.novo`;
  rmSync(temporario, { force: true });
  writeFileSync(temporario, texto, { flag: 'wx', flush: true });
  renameSync(temporario, caminho);
  sincronizar(dirname(caminho));
}
