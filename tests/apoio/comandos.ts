import { type Comando, comandosDe, lerTexto } from './documentos.ts';
import { executar, RAIZ } from './processos.ts';

const MARCA = '@@ código';

/**
 * Roda comandos de um documento num só shell, um depois do outro, na raiz do projeto ou noutra pasta. Cada um tem de sair
 * com o código que o documento promete. Devolve o que cada um disse, sem cores.
 */
export async function rodarComandos(
  comandos: Comando[],
  ambiente: Record<string, string>,
  pasta = RAIZ,
): Promise<string[]> {
  const roteiro = comandos.map(({ texto }) => `${texto}\nprintf '\\n${MARCA} %s\\n' "$?"`).join('\n');
  const comando = ['sh', '-c', `exec 2>&1\nbun() { "$BUN" "$@"; }\n${roteiro}`];
  const env = { ...process.env, RECIBO: undefined, BUN: process.execPath, ...ambiente };
  const { saida } = await executar(comando, { cwd: pasta, env });
  const partes = Bun.stripANSI(saida).split(new RegExp(`\n${MARCA} (\\d+)\n`));
  const saidas = comandos.map((_, indice) => partes[2 * indice] ?? '');
  const vistos = comandos.map(({ texto }, indice) => ({ texto, codigo: Number(partes[2 * indice + 1]) }));
  const outro = vistos.findIndex(({ codigo }, indice) => codigo !== comandos[indice]?.codigo);
  if (outro < 0) return saidas;
  const { texto, codigo } = vistos[outro] ?? {};
  throw new Error(`"${texto}" saiu com ${codigo}:\n${saidas.slice(0, outro + 1).join('\n')}`);
}

/** Os mesmos comandos, com os nomes que o documento usa trocados pelos de um projeto só deste teste. */
export function noProjeto(
  comandos: Comando[],
  { nome, volume }: { nome: string; volume: string },
): Comando[] {
  const trocar = (texto: string) =>
    texto
      .replaceAll('desafio2_volume', volume)
      .replace(/\bdesafio2-(escritor|leitor|copiador)/g, `${nome}-$1`)
      .replace(/\b(meu|outro)\b/g, `${nome}-$1`);
  return comandos.map(({ texto, codigo }) => ({ texto: trocar(texto), codigo }));
}

/** Comandos que um teste acrescenta aos de um documento. */
export const prometer = (codigo: number, ...textos: string[]): Comando[] =>
  textos.map((texto) => ({ texto, codigo }));

/** Os comandos de um documento que falam com o engine. */
export const doDocker = (documento: string) =>
  comandosDe(lerTexto(documento)).filter(({ texto }) => texto.includes('docker'));

/** O ambiente que leva o Compose a um projeto que não é o de sempre. */
export const doCompose = ({ nome, volume }: { nome: string; volume: string }) => ({
  COMPOSE_PROJECT_NAME: nome,
  VOLUME_DADOS: volume,
});
