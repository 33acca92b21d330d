import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import { Falha } from '../falhas.ts';

/** Uma opção: como se escreve, o que a ajuda diz dela e que valor dá ao programa. */
export interface Opcao<Valor> {
  /** O nome longo, se não é o do valor. */
  longa?: string;
  /** A forma de uma letra. */
  curta?: string;
  /** Outro nome longo. */
  tambem?: string;
  /** Como a ajuda chama o que vem depois dela; sem isto, está ou não está. */
  argumento?: string;
  repetida?: boolean;
  ajuda: string;
  /** O valor, dos textos com que foi dada (nenhum, se não o foi). Lança `Falha` (`uso`) se um não serve. */
  ler(textos: string[], longa: string): Valor;
}

/** As opções de um programa, pelo nome que cada valor tem nele. */
export type Opcoes = Record<string, Opcao<unknown>>;

/** O que um programa recebe das suas opções. */
export type Valores<O extends Opcoes> = { [Nome in keyof O]: ReturnType<O[Nome]['ler']> };

/** Um programa e a sua tabela de opções, de que vêm a ajuda e a leitura dos argumentos. */
export interface Programa<O extends Opcoes> {
  nome: string;
  /** O começo da ajuda: como se chama, e o que faz. */
  uso: string;
  opcoes: O;
  /** O fim da ajuda: o que se escreve mais vezes. */
  exemplos?: string[];
}

/** As opções que todos os programas têm: quem as vê é `executar`. */
export const COMUNS: Opcoes = {
  ajuda: { ...presenca('mostra esta ajuda'), curta: 'h', tambem: 'help' },
  versao: { ...presenca('mostra a versão'), curta: 'V', tambem: 'version' },
};

/** Uma opção sem valor: `true` se está. */
export function presenca(ajuda: string): Opcao<boolean> {
  return { ajuda, ler: (textos) => textos.length > 0 };
}

/** Uma opção que é um inteiro entre dois limites; na ajuda, `{de}`, `{ate}` e `{padrao}` são os da tabela. */
export function inteiro(
  opcao: Pick<Opcao<number>, 'longa' | 'curta' | 'ajuda'> & {
    de: number;
    ate: number;
    padrao: number | (() => number);
  },
): Opcao<number> {
  const { de, ate, padrao, ajuda, ...resto } = opcao;
  return {
    ...resto,
    argumento: 'N',
    ajuda: ajuda.replace('{de}', `${de}`).replace('{ate}', `${ate}`).replace('{padrao}', `${padrao}`),
    ler: ([texto], longa) => {
      if (texto === undefined) return typeof padrao === 'number' ? padrao : padrao();
      const numero = /^\d{1,15}$/.test(texto) ? Number(texto) : Number.NaN;
      if (numero >= de && numero <= ate) return numero;
      throw usoErrado(`--${longa} deve ser um inteiro de ${de} a ${ate}; recebi "${encurtar(texto)}"`);
    },
  };
}

/** Onde está o banco, arquivo ou servidor: a opção que o escritor e o leitor têm. */
export const BANCO: Opcao<string> = {
  curta: 'b',
  argumento: 'LUGAR',
  ajuda: 'o arquivo do banco, ou postgres://…\n(senão $BANCO, senão dados/desafio2.db)',
  ler: ([texto]) => exigirUtf8(texto || process.env.BANCO || 'dados/desafio2.db'),
};

/** O caminho, se está em UTF-8; lança `Falha` (`uso`) se não. */
export function exigirUtf8(caminho: string): string {
  // O Bun põe U+FFFD no lugar de cada byte que não é UTF-8: seria outro arquivo, e o mesmo para dois caminhos.
  if (caminho.includes('\ufffd')) throw usoErrado(`o caminho ${encurtar(caminho)} não está em UTF-8`);
  return caminho;
}

/** Uma opção que é o caminho de um arquivo, e a variável que vale onde ela não está. */
type Arquivo = Pick<Opcao<unknown>, 'longa' | 'ajuda'> & { variavel?: string };

/** Os caminhos de vários arquivos. A variável existir vazia é um erro, e não "nenhum". */
export function arquivos({ variavel = '', ...opcao }: Arquivo): Opcao<string[]> {
  const ler = (textos: string[]) => {
    const doAmbiente = textos.length === 0 ? process.env[variavel] : undefined;
    if (doAmbiente === '')
      throw usoErrado(`$${variavel} existe, mas está vazia; para nenhum: unset ${variavel}`);
    return (doAmbiente === undefined ? textos : [doAmbiente]).map(exigirUtf8);
  };
  return { ...opcao, argumento: 'ARQUIVO', repetida: true, ler };
}

/** O caminho de um arquivo, se há um. */
export function arquivo(opcao: Arquivo): Opcao<string | undefined> {
  const { ler, ...resto } = arquivos(opcao);
  return { ...resto, repetida: false, ler: (textos, longa) => ler(textos, longa)[0] };
}

/** A forma de cada nome longo que um programa aceita. */
export function formasDe({ opcoes }: { opcoes: Opcoes }): Record<string, ParseArgsOptionDescriptor> {
  const formas: Record<string, ParseArgsOptionDescriptor> = {};
  for (const [nome, opcao] of Object.entries({ ...opcoes, ...COMUNS })) {
    const { longa = nome, curta, tambem, argumento, repetida = false } = opcao;
    const forma = { type: argumento ? 'string' : 'boolean', multiple: repetida } as const;
    formas[longa] = { ...forma, ...(curta && { short: curta }) };
    if (tambem) formas[tambem] = forma;
  }
  return formas;
}

/** Os argumentos, pelo nome longo da opção, com os textos que cada uma recebeu. */
export type Lidas = Map<string, string[]>;

/** Lê os argumentos de um programa. Lança `Falha` (`uso`) se algum é desconhecido, repetido ou sem valor. */
export function lerArgumentos(programa: { opcoes: Opcoes }, argumentos: string[]): Lidas {
  const formas = formasDe(programa);
  const { tokens } = parseArgs({ args: argumentos, options: formas, strict: false, tokens: true });
  const lidas: Lidas = new Map();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') throw usoErrado(`não sei o que fazer com "${encurtar(token.value)}"`);
    const { name, rawName, value } = token;
    const forma = Object.hasOwn(formas, name) ? formas[name] : undefined;
    if (!forma)
      throw usoErrado(`a opção ${encurtar(rawName)} não existe${sugerir(name, Object.keys(formas))}`);
    if (forma.type === 'boolean' && value !== undefined) throw usoErrado(`${rawName} não aceita valor`);
    if (forma.type === 'string') {
      if (!value) throw usoErrado(`${rawName} precisa de um valor`);
      if (!token.inlineValue && value.startsWith('-') && value !== '-') {
        throw usoErrado(`${rawName} precisa de um valor; se ele começa com "-", escreva ${rawName}=VALOR`);
      }
    }
    if (lidas.has(name) && !forma.multiple) throw usoErrado(`${rawName} foi usada mais de uma vez`);
    lidas.set(name, [...(lidas.get(name) ?? []), value ?? '']);
  }
  return lidas;
}

/** `; será --recibo?`, se uma opção começa como o que se escreveu. */
function sugerir(escrita: string, nomes: string[]): string {
  const perto = nomes.find((nome) => escrita.length > 2 && nome.startsWith(escrita.slice(0, 3)));
  return perto ? `; será --${perto}?` : '';
}

/** Os valores que um programa recebe, de argumentos já lidos. Lança `Falha` (`uso`) se um não serve. */
export function interpretar<O extends Opcoes>({ opcoes }: { opcoes: O }, lidas: Lidas): Valores<O> {
  const valores = Object.entries(opcoes).map(([nome, opcao]) => {
    const { longa = nome } = opcao;
    return [nome, opcao.ler(lidas.get(longa) ?? [], longa)];
  });
  return Object.fromEntries(valores);
}

/** Um texto que veio de fora, no tamanho em que cabe numa mensagem. */
export function encurtar(texto: string): string {
  return texto.length > 60 ? `${texto.slice(0, 60)}…` : texto;
}

/** Um erro de quem chamou o programa. */
export function usoErrado(mensagem: string): Falha {
  return new Falha('uso', mensagem, 'Veja as opções com --ajuda.');
}
