import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RAIZ } from './processos.ts';

/** O README e as páginas de `docs/`, pelo caminho na raiz do projeto. */
export const DOCUMENTOS = ['README.md', ...new Bun.Glob('docs/*.md').scanSync(RAIZ)];

/** O texto de um arquivo do projeto. */
export function lerTexto(caminho: string): string {
  return readFileSync(join(RAIZ, caminho), 'utf8');
}

/** O texto de uma seção, até a seguinte do mesmo nível ou acima. Lança `Error` se o documento não a tem. */
export function secao(documento: string, titulo: string): string {
  const nivel = titulo.match(/^#+/)?.[0] ?? '';
  const depois = lerTexto(documento).split(`\n${titulo}\n`)[1];
  if (depois === undefined) throw new Error(`${documento} não tem a seção "${titulo}"`);
  return depois.split(new RegExp(`^#{1,${nivel.length}} `, 'm'))[0] ?? '';
}

/** Um texto sem as quebras de linha, que mudam quando ele é arrumado. */
export const corrido = (texto: string) => texto.replace(/\s+/g, ' ').trim();

/** O que um texto traz entre crases, fora dos blocos. */
export function entreCrases(texto: string): string[] {
  const semBlocos = texto.replace(/^```.*?^```$/gms, '');
  return [...semBlocos.matchAll(/`([^`]+)`/g)].map(([, dentro]) => dentro ?? '');
}

/** Os blocos de uma linguagem (`sh`, `text`, `sql`) num texto, sem as cercas. */
export function blocos(texto: string, linguagem: string): string[] {
  const cerca = new RegExp(`^\`\`\`${linguagem}\\n(.*?)^\`\`\`$`, 'gms');
  return [...texto.matchAll(cerca)].map(([, dentro]) => dentro ?? '');
}

/** Um comando de um bloco `sh`. */
export interface Comando {
  texto: string;
  /** O código que o comentário ao lado dele promete ("sai com 66"); sem promessa, 0. */
  codigo: number;
}

/** Os comandos dos blocos `sh` de um texto, por ordem; um que não cabe numa linha vem inteiro. */
export function comandosDe(texto: string): Comando[] {
  const comandos: Comando[] = [];
  for (const bloco of blocos(texto, 'sh')) {
    let parte = '';
    for (const linha of bloco.trimEnd().split('\n')) {
      parte += `${linha}\n`;
      if (linha.endsWith('\\') || !Bun.spawnSync(['sh', '-nc', parte]).success) continue;
      const [, codigo = '0'] = linha.match(/ #.*sai com (\d+)/) ?? [];
      comandos.push({ texto: parte.trim(), codigo: Number(codigo) });
      parte = '';
    }
    if (parte !== '') throw new Error(`um comando que não acaba: ${parte}`);
  }
  return comandos;
}
