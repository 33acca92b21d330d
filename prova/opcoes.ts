import { encurtar, inteiro, type Opcao, presenca, usoErrado, type Valores } from '../lib/programa/opcoes.ts';

/** As regras do engine para o nome de um volume; sem elas, uma barra faria dele uma pasta do host. */
export const VOLUME: Opcao<string | undefined> = {
  argumento: 'NOME',
  ajuda: `prova um volume seu: as cenas 0, 3, 6, 7, 9 e 10
gravam nele; nunca é apagado, copiado ou sabotado`,
  ler: ([nome]) => {
    if (nome === undefined || /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,254}$/.test(nome)) return nome;
    throw usoErrado(`--volume deve ser o nome de um volume do Docker; recebi "${encurtar(nome)}"`);
  },
};

const CONTEXTOS: Opcao<string[]> = {
  longa: 'contexto',
  argumento: 'NOME',
  repetida: true,
  ajuda: `prova no engine de um "docker context"; com dois,
pede as travas do volume num e no outro`,
  ler: (nomes) => {
    const errado = nomes.find((nome) => !/^[a-zA-Z0-9][a-zA-Z0-9_.+-]*$/.test(nome));
    if (errado !== undefined)
      throw usoErrado(`--contexto deve ser um de "docker context ls"; recebi "${encurtar(errado)}"`);
    if (nomes.length > 2) throw usoErrado(`--contexto é dado uma ou duas vezes; recebi ${nomes.length}`);
    return nomes;
  },
};

/** Uma opção que é um inteiro e pode ser repetida. */
export function inteiros(
  longa: string,
  limites: Omit<Parameters<typeof inteiro>[0], 'padrao'>,
): Opcao<number[]> {
  const um = inteiro({ ...limites, padrao: 0 });
  return { ...um, longa, repetida: true, ler: (textos) => textos.map((texto) => um.ler([texto], longa)) };
}

/** As opções de `prova.ts`. */
export const PROVA = {
  nome: 'prova' as const,
  uso: `Uso: bun run prova [opções]

Conduz um engine do Docker por tudo o que o projeto afirma, e só afirma o que
conferiu. Usa nomes próprios e remove do engine tudo o que cria.`,
  opcoes: {
    cenas: inteiros('cena', { de: 0, ate: 19, ajuda: 'só esta cena ({de} a {ate}); pode ser repetida' }),
    rodadas: inteiro({
      ...{ de: 1, ate: 10_000, padrao: 5 },
      ajuda: 'mortes na cena 9, por kill -9 ({de} a {ate}; padrão {padrao})',
    }),
    semente: inteiro({
      ...{ de: 0, ate: 999_999_999, padrao: () => Math.floor(Math.random() * 1e9) },
      ajuda: 'repete o que outra prova sorteou ({de} a {ate})',
    }),
    volume: VOLUME,
    contextos: CONTEXTOS,
    limpar: presenca('se a prova é aprovada, e nada havia no volume\nindicado, apaga o que ela gravou nele'),
    manter: presenca('deixa tudo no engine, para inspeção'),
    json: presenca('um documento JSON'),
    html: presenca('uma página HTML, para guardar ou entregar'),
  },
  exemplos: ['bun run prova --cena 9 --rodadas 50', 'bun run prova --volume meu --manter'],
};

/**
 * O que a prova recebe: as cenas pedidas (vazio é todas), de onde vem o que ela sorteia, e o volume do usuário, ou
 * `undefined` para um da própria prova.
 */
export type OpcoesDaProva = Valores<typeof PROVA.opcoes>;

/** O que dela um palco precisa de saber. */
export type OpcoesDoPalco = Pick<OpcoesDaProva, 'volume' | 'contextos' | 'rodadas' | 'semente' | 'manter'>;

/** O comando que repete uma prova: o que foi pedido, com o que se sorteou; não diz como se mostra o que ela viu. */
export function descreverPedido({ cenas, contextos, volume, ...opcoes }: OpcoesDaProva): string {
  const repetidas = (nome: string, valores: (string | number)[]) => valores.map((um) => `--${nome} ${um}`);
  return [
    'bun run prova',
    ...repetidas('contexto', contextos),
    ...repetidas('volume', volume === undefined ? [] : [volume]),
    ...repetidas('cena', cenas),
    `--rodadas ${opcoes.rodadas} --semente ${opcoes.semente}`,
    ...(opcoes.limpar ? ['--limpar'] : []),
    ...(opcoes.manter ? ['--manter'] : []),
  ].join(' ');
}
