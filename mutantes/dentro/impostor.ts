/*
 * Roda dentro do container, no lugar de um dos programas: leva consigo o de verdade e mente sobre o que lhe pedem ou
 * sobre o que ele responde. Só conhece o contrato: opções, saídas, códigos e o arquivo.
 */

/** Como um programa foi chamado. */
export interface Pedido {
  argumentos: string[];
  /** `$RECIBO`, se existe. */
  recibo: string | undefined;
}

/** O que um programa respondeu. */
export interface Resposta {
  saida: string;
  erros: string;
  codigo: number;
}

/** As mentiras de um programa; a que falta é a verdade. */
export interface Impostor {
  /** O que chega ao programa de verdade. */
  pedir?(pedido: Pedido): Pedido;
  /** Muda o runtime em que o programa de verdade vai rodar. */
  preparar?(): void;
  /** Responde sem o programa de verdade; `undefined` deixa que ele responda. */
  responder?(pedido: Pedido): Resposta | undefined;
  /** Muda o que o programa de verdade respondeu, ou o que ele gravou. `pedido` é o de fora. */
  depois?(resposta: Resposta, pedido: Pedido): Resposta;
}

/** Diz ao processo de dentro que ele é o programa de verdade. */
const DE_DENTRO = 'MUTANTE_DE_DENTRO';

/** Faz o papel de um programa; `deVerdade` roda o verdadeiro, com os `process.argv` e `process.env` deste processo. */
export async function fazerPapel(impostor: Impostor, deVerdade: () => Promise<unknown>): Promise<void> {
  const pedido = { argumentos: process.argv.slice(2), recibo: process.env.RECIBO };
  const deDentro = process.env[DE_DENTRO] !== undefined;
  // Um escritor sem fim é morto antes de acabar: não há quando mentir sobre o que respondeu.
  if (deDentro || !(impostor.depois || impostor.responder) || valorDe(pedido, '-e', '--execucoes') === '0') {
    if (!deDentro) aceitar(impostor.pedir?.(pedido) ?? pedido);
    impostor.preparar?.();
    await deVerdade();
    return;
  }
  const respondida = impostor.responder?.(pedido) ?? (await chamar(impostor.pedir?.(pedido) ?? pedido));
  const { saida, erros, codigo } = impostor.depois?.(respondida, pedido) ?? respondida;
  process.stderr.write(erros);
  process.stdout.on('error', () => {
    process.exitCode = 74;
  });
  process.stdout.write(saida);
  process.exitCode = codigo;
}

function aceitar({ argumentos, recibo }: Pedido): void {
  process.argv.splice(2, process.argv.length, ...argumentos);
  if (recibo === undefined) delete process.env.RECIBO;
  else process.env.RECIBO = recibo;
}

/** Roda o programa de verdade em outro processo deste mesmo arquivo, e passa os sinais a ele. */
async function chamar(pedido: Pedido): Promise<Resposta> {
  const [comando, ambiente] = comoChamar(pedido);
  const processo = Bun.spawn(comando, {
    env: ambiente,
    stdin: 'inherit',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  for (const sinal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(sinal, () => processo.kill(sinal));
  }
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { saida, erros, codigo: await processo.exited };
}

/** Roda o programa de verdade outra vez, sem que ninguém veja o que ele diz. */
export function chamarJa(pedido: Pedido): void {
  const [comando, ambiente] = comoChamar(pedido);
  Bun.spawnSync(comando, { env: ambiente });
}

function comoChamar({ argumentos, recibo }: Pedido): [comando: string[], ambiente: Record<string, string>] {
  const { RECIBO: _, ...ambiente } = process.env as Record<string, string>;
  const comRecibo = recibo === undefined ? {} : { RECIBO: recibo };
  return [[process.execPath, Bun.main, ...argumentos], { ...ambiente, ...comRecibo, [DE_DENTRO]: 'sim' }];
}

/** O último valor dado a uma opção, por um dos seus nomes. */
export function valorDe(pedido: Pedido, ...nomes: string[]): string | undefined {
  return valoresDe(pedido, ...nomes).at(-1);
}

/** Todos os valores dados a uma opção. */
export function valoresDe({ argumentos }: Pedido, ...nomes: string[]): string[] {
  return argumentos.flatMap((argumento, indice) => {
    if (nomes.includes(argumento)) return argumentos.slice(indice + 1, indice + 2);
    const [nome = '', ...valor] = argumento.split('=');
    return nomes.includes(nome) && valor.length > 0 ? [valor.join('=')] : [];
  });
}

/** O mesmo pedido sem uma opção que tem valor. */
export function semOpcao(pedido: Pedido, ...nomes: string[]): Pedido {
  const argumentos = pedido.argumentos.filter((argumento, indice, todos) => {
    const deAntes = todos[indice - 1];
    return !(nomes.includes(argumento.split('=')[0] ?? '') || (deAntes && nomes.includes(deAntes)));
  });
  return { ...pedido, argumentos };
}

/** Se o pedido é de um documento JSON. */
export function querJson({ argumentos }: Pedido): boolean {
  return argumentos.includes('--json');
}

/** O caminho do banco de que o pedido fala. */
export function bancoDe(pedido: Pedido): string {
  return valorDe(pedido, '-b', '--banco') ?? process.env.BANCO ?? 'dados/desafio2.db';
}

/** Todos os recibos que o pedido exige, na ordem: os da linha de comando e os de `$RECIBO`. */
export function exigidos(pedido: Pedido): string[] {
  const doAmbiente = (pedido.recibo ?? '').split(/[\s,]+/).filter((texto) => texto !== '');
  return [...valoresDe(pedido, '-r', '--recibo'), ...doAmbiente];
}
