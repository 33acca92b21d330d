import type { Database } from 'bun:sqlite';
import { statSync } from 'node:fs';
import { Falha } from '../falhas.ts';
import { aprovar, type Resultado, reprovar, reprovarDados } from '../resultado.ts';
import { emMilhares } from '../texto.ts';
import { consultarUm } from './consulta.ts';
import { ehEntradaSaida } from './erros.ts';
import { FORMATO, identificarBanco } from './esquema.ts';

/** `arquivo`, depois de abrir: é nosso e tem o tamanho que o seu cabeçalho diz. */
export function conferirArquivo(banco: Database, caminho: string, real: string): Resultado {
  const tipo = identificarBanco(banco, caminho);
  if (tipo === 'novo') return reprovarDados(`${caminho} é um banco SQLite sem tabelas`);
  if (tipo === 'legado') {
    return reprovar(
      'reprovado',
      `${caminho} está sem selo: foi criado pelo programa original do exercício, e não há o que conferir`,
      'Rode o escritor: ele sela o que encontrar e continua a partir dali.',
    );
  }
  const esperado =
    Number(consultarUm(banco, 'PRAGMA page_count')) * Number(consultarUm(banco, 'PRAGMA page_size'));
  const { tamanho, nomes } = medir(caminho, real);
  if (tamanho !== esperado) {
    return reprovarDados(
      `${caminho} tem ${emMilhares(tamanho)} bytes, e o seu cabeçalho diz ${emMilhares(esperado)}`,
    );
  }
  const aviso = `; tem ${nomes} nomes (links), e uma gravação interrompida por outro deles não se veria daqui`;
  return aprovar(
    `SQLite, do escritor, formato ${FORMATO}, ${emMilhares(tamanho)} bytes${nomes > 1 ? aviso : ''}`,
  );
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
export function conferirEstrutura(banco: Database): Resultado {
  const [primeiro] = banco.query('PRAGMA integrity_check(1)').values();
  if (primeiro?.[0] === 'ok') return aprovar('integrity_check do SQLite: ok');
  const relato = `integrity_check do SQLite: ${primeiro?.[0]}`.replaceAll('\n', ' ');
  // Fora daqui, o SQLite chama de corrompida uma página que o disco não entregou.
  const codigo = Number(relato.match(/error code=(\d+)/)?.[1]);
  if (!ehEntradaSaida(codigo)) return reprovarDados(relato);
  return reprovar('entradaSaida', `erro de entrada e saída: ${relato}`, 'Veja o estado do disco.');
}
