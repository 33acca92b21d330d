import { statSync } from 'node:fs';
import { Falha, opcao } from '../falhas.ts';
import { emMilhares } from '../texto.ts';
import { type Arquivo, examinarArquivo } from './arquivo.ts';
import { ehEntradaSaida } from './erros.ts';
import { defeitoDoEsquema, FORMATO, identificarBanco } from './esquema.ts';
import { type Banco, valor } from './sqlite.ts';

/** A verificação não se aplica ou não pôde ser feita; a mensagem diz por quê. */
export class Pulada extends Error {}

/** O que fazer com um banco reprovado. */
export const REMEDIO = `Restaure uma cópia e exija, com ${opcao('recibo')}, o último recibo que você guardou.`;

/** `arquivo`, antes de abrir: há no caminho um arquivo comum, com algo dentro. */
export function acharArquivo(caminho: string): Arquivo {
  const remedio = `Rode o escritor primeiro, ou indique o arquivo com ${opcao('banco')}.`;
  const arquivo = examinarArquivo(caminho, 'nadaParaLer');
  if (!arquivo) throw new Falha('nadaParaLer', `${caminho} não existe`, remedio);
  if (arquivo.tamanhoBytes > 0) return arquivo;
  if (!arquivo.temJournal) throw new Falha('nadaParaLer', `${caminho} está vazio`, remedio);
  throw new Falha(
    'tenteDeNovo',
    `${caminho} está vazio, com um -journal ao lado: a primeira execução ainda não terminou`,
    'Tente de novo; se nenhum escritor está rodando, rode um: ele desfaz o que ficou pela metade.',
  );
}

/** `arquivo`, depois de abrir: é nosso e tem o tamanho que o seu cabeçalho diz. */
export function conferirArquivo(banco: Banco, caminho: string, real: string): string {
  const tipo = identificarBanco(banco, caminho);
  if (tipo === 'novo') throw new Falha('reprovado', `${caminho} é um banco SQLite sem tabelas`, REMEDIO);
  if (tipo === 'legado') {
    throw new Falha(
      'reprovado',
      `${caminho} está sem selo: foi criado pelo programa original do exercício, e não há o que conferir`,
      'Rode o escritor: ele sela o que encontrar e continua a partir dali.',
    );
  }
  const esperado = Number(valor(banco, 'PRAGMA page_count')) * Number(valor(banco, 'PRAGMA page_size'));
  const { tamanho, nomes } = medir(caminho, real);
  if (tamanho !== esperado) {
    throw new Falha(
      'reprovado',
      `${caminho} tem ${emMilhares(tamanho)} bytes, e o seu cabeçalho diz ${emMilhares(esperado)}`,
      REMEDIO,
    );
  }
  const aviso = `; tem ${nomes} nomes (links), e uma gravação interrompida por outro deles não se veria daqui`;
  return `SQLite, do escritor, formato ${FORMATO}, ${emMilhares(tamanho)} bytes${nomes > 1 ? aviso : ''}`;
}

function medir(caminho: string, real: string): { tamanho: number; nomes: number } {
  try {
    const { size, nlink } = statSync(real);
    return { tamanho: size, nomes: nlink };
  } catch (erro) {
    const oQue = `${caminho} foi trocado, movido ou apagado durante a leitura`;
    throw new Falha('tenteDeNovo', oQue, 'Tente de novo.', { cause: erro });
  }
}

/** `estrutura`: as páginas do SQLite estão inteiras. Nada diz do conteúdo delas. */
export function conferirEstrutura(banco: Banco): string {
  const [primeiro] = banco.query('PRAGMA integrity_check(1)').values();
  if (primeiro?.[0] === 'ok') return 'integrity_check do SQLite: ok';
  const relato = `integrity_check do SQLite: ${primeiro?.[0]}`.replaceAll('\n', ' ');
  // Fora daqui, o SQLite chama de corrompida uma página que o disco não entregou.
  const codigo = Number(relato.match(/error code=(\d+)/)?.[1]);
  if (!ehEntradaSaida(codigo)) throw new Falha('reprovado', relato, REMEDIO);
  throw new Falha('entradaSaida', `erro de entrada e saída: ${relato}`, 'Veja o estado do disco.');
}

/** `esquema`: as duas tabelas, com as colunas esperadas, e nada que mude ou esconda uma linha delas. */
export function conferirEsquema(banco: Banco): string {
  const defeito = defeitoDoEsquema(banco);
  if (defeito) throw new Falha('reprovado', defeito, REMEDIO);
  return 'as tabelas usuarios e execucoes têm as colunas esperadas';
}
