import { lerLugar } from '../container.ts';
import type { Contexto } from '../contexto.ts';
import { pular, type Resultado } from '../falhas.ts';
import type { Armazem, ArmazemDeEscrita, ArmazemDeLeitura } from './armazem.ts';
import { recusarSaida } from './arquivo.ts';
import { criarBanco } from './escrita.ts';
import { abrirArquivo } from './leitura.ts';
import { conferirVolume } from './volume.ts';

/** Se um lugar é o endereço de um servidor, e não o caminho de um arquivo. */
export function eServidor(lugar: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(lugar);
}

/** Como um lugar se chama nas mensagens: um servidor, sem a senha. Lança `Falha` (`uso`) se não serve, ou se é a saída padrão. */
export async function nomearLugar(lugar: string): Promise<string> {
  if (eServidor(lugar)) return (await import('./postgres/endereco.ts')).lerEndereco(lugar).nome;
  recusarSaida(lugar);
  return lugar;
}

/** Abre um lugar para gravar nele, criando o que faltar. Lança `Falha`. */
export async function abrirParaEscrita(lugar: string, contexto: Contexto): Promise<ArmazemDeEscrita> {
  if (!eServidor(lugar)) return await criarBanco(lugar, contexto);
  return await (await import('./postgres/escrita.ts')).abrirServidor(lugar, contexto);
}

/** Abre um lugar só para leitura, num instantâneo; não cria nem muda nada. Lança `Falha`. */
export async function abrirParaLeitura(lugar: string, contexto: Contexto): Promise<ArmazemDeLeitura> {
  if (!eServidor(lugar)) return await abrirArquivo(lugar, contexto);
  return await (await import('./postgres/leitura.ts')).abrirServidor(lugar, contexto);
}

/** Se o que está num lugar dura mais do que quem o gravou: a verificação `volume` ou, num servidor, `replicas`. */
export async function conferirPersistencia(
  lugar: string,
  aberto: ArmazemDeLeitura | undefined,
): Promise<Resultado> {
  if (!eServidor(lugar)) return conferirVolume(lugar, lerLugar());
  if (!aberto) return pular('depende de "servidor"');
  return await (await import('./postgres/leitura.ts')).conferirReplicas(aberto);
}

/** Se dois endereços de servidores, já abertos, levam ao mesmo banco de dados; dos arquivos é `identificarArquivo` que o diz. */
export async function saoOMesmo(um: Armazem, outro: Armazem): Promise<boolean> {
  if (!eServidor(um.endereco) || !eServidor(outro.endereco)) return false;
  return await (await import('./postgres/leitura.ts')).saoOMesmo(um, outro);
}
