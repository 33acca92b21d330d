import type { Resposta } from './impostor.ts';

/*
 * Mudar o que o leitor disse, em JSON ou em texto, como o contrato diz que ele o diz.
 */

const SINAIS = { '✔': 'aprovada', '✘': 'reprovada', '–': 'pulada' } as const;
const LINHA_DE_VERIFICACAO = /^ {2}([✔✘–]) ([a-z]+) +.*(?:\n {15}.*)*/gm;
const VEREDITO = /^(?:APROVADO|REPROVADO|NÃO PERSISTE|SEM VEREDITO|NADA PARA LER)\b.*(?:\n(?!recibo ).+)*/m;

/** A linha com que o leitor diz que outro container gravou e tudo está lá. */
export const COMPROVADA =
  'APROVADO, persistência comprovada.\nO que outro container gravou está aqui, intacto.';

// biome-ignore lint/suspicious/noExplicitAny: um impostor sabe do laudo o que o contrato diz, e não os tipos de lib/
type Documento = Record<string, any>;

/** Muda o documento JSON de uma saída; uma que não o é fica como está. */
export function mudarJson(saida: string, mudar: (documento: Documento) => void): string {
  try {
    const documento = JSON.parse(saida);
    mudar(documento);
    return `${JSON.stringify(documento)}\n`;
  } catch {
    return saida;
  }
}

/** Se uma saída é um documento JSON. */
export function emJson(saida: string): boolean {
  return saida.startsWith('{');
}

/** O resultado de cada verificação. */
export function resultados(saida: string): Map<string, string> {
  if (emJson(saida)) {
    const { verificacoes }: Documento = JSON.parse(saida);
    return new Map(verificacoes.map(({ nome, resultado }: Documento) => [nome, resultado]));
  }
  const linhas = saida.matchAll(LINHA_DE_VERIFICACAO);
  return new Map([...linhas].map(([, sinal, nome = '']) => [nome, SINAIS[sinal as keyof typeof SINAIS]]));
}

/** O mesmo laudo, com a verificação `nome` aprovada. */
export function comAprovada(saida: string, nome: string, detalhe: string): string {
  if (emJson(saida)) {
    return mudarJson(saida, ({ verificacoes }) => {
      for (const uma of verificacoes) {
        if (uma.nome === nome) Object.assign(uma, { resultado: 'aprovada', detalhe });
      }
    });
  }
  return saida.replace(LINHA_DE_VERIFICACAO, (linha, _, qual) =>
    qual === nome ? `  ✔ ${nome.padEnd(10)} ${detalhe}` : linha,
  );
}

/** O mesmo laudo, com outro veredito. */
export function comVeredito(saida: string, aprovado: boolean, frase: string): string {
  if (!emJson(saida)) return saida.replace(VEREDITO, frase);
  return mudarJson(saida, (laudo) => {
    laudo.aprovado = aprovado;
  });
}

/** O que dizer de uma verificação que não foi feita. */
const DETALHES: Record<string, string> = {
  volume: 'volume em /data: ext4, somente leitura',
  arquivo: 'SQLite, do escritor, formato 1',
  estrutura: 'integrity_check do SQLite: ok',
  esquema: 'as tabelas usuarios e execucoes têm as colunas esperadas',
  selos: 'selos recalculados, iguais aos gravados',
  avulsos: 'nenhum: cada usuário pertence a uma execução, e a uma só',
  recibos: 'exigidos, todos na cadeia',
  origem: 'execuções de outros containers: 1; deste: 1',
};

/** O leitor que não faz as verificações `nomes`: aprova o que só elas reprovariam. */
export function perdoar(resposta: Resposta, ...nomes: string[]): Resposta {
  if (![65, 69].includes(resposta.codigo)) return resposta;
  const reprovadas = [...resultados(resposta.saida)].filter(([, resultado]) => resultado === 'reprovada');
  if (reprovadas.length === 0 || !reprovadas.every(([nome]) => nomes.includes(nome))) return resposta;
  return aprovar(
    resposta,
    reprovadas.map(([nome]) => nome),
  );
}

/** Aprova um laudo, com as verificações `nomes` entre as aprovadas. */
export function aprovar({ saida }: Resposta, nomes: string[]): Resposta {
  const mudada = nomes.reduce((texto, nome) => comAprovada(texto, nome, DETALHES[nome] ?? 'sim'), saida);
  return { saida: comVeredito(mudada, true, COMPROVADA), erros: '', codigo: 0 };
}
