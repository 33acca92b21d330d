import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { eServidor } from '../armazem/abrir.ts';
import { caminhoReal, existe } from '../armazem/disco.ts';
import { falhaDeArquivo } from '../armazem/erros.ts';
import { comTrava, lerIndicado, trocarArquivo } from '../armazem/indicado.ts';
import { conferirVolume, estaNoVolume } from '../armazem/volume.ts';
import { lerLugar } from '../container.ts';
import { comOpcao, Falha, opcao } from '../falhas.ts';
import { lerRecibo, type Recibo } from '../recibo.ts';

/** Um arquivo do leitor, fora do volume, com o recibo mais novo que ele aprovou de um banco. */
export interface Memoria {
  caminho: string;
  /** O endereço do banco como se escreveu, sem a senha, e nada que venha de dentro dele: um volume trocado não tem outra memória. */
  banco: string;
}

/** Rejeita com `Falha` se uma memória não vai durar, voltaria atrás com o banco ou não se pode gravar. */
export function recusarLugar({ caminho, banco }: Memoria): void {
  try {
    if (!eServidor(banco) && estaNoVolume(caminho, banco, lerLugar())) {
      throw naoServe(`a memória ${caminho} está junto do banco, e voltaria atrás com ele`);
    }
    if (TOMADOS.test(caminho))
      throw naoServe(`${caminho} acaba como os arquivos que uma memória usa ao lado`);
    if ((statSync(caminho, { throwIfNoEntry: false })?.nlink ?? 1) > 1) {
      throw naoServe(`a memória ${caminho} tem mais de um nome (links), e só um deles avançaria`);
    }
    const visto = conferirVolume(caminho, lerLugar());
    if (visto.resultado === 'reprovada') throw visto.falha;
    accessSync(dirname(caminhoReal(caminho)), constants.W_OK);
  } catch (erro) {
    throw comOpcao(falhaDeArquivo(erro, caminho, 'naoCriado'), 'memoria');
  }
}

/** Os nomes do temporário e da trava de outra memória. */
const TOMADOS = /\.(?:novo|trava)$/;

function naoServe(oQue: string): Falha {
  return new Falha('uso', oQue, `Indique com ${opcao('memoria')} um arquivo em outro lugar.`);
}

/** O recibo que uma memória guarda; nenhum, se ela ainda não existe. Rejeita com `Falha` se não é a deste banco. */
export async function lembrar({ caminho, banco }: Memoria, parada: AbortSignal): Promise<Recibo | undefined> {
  if (!existe(caminho)) return;
  const { de, recibo } = interpretar(await lerIndicado(caminho, 'memoria', parada), caminho);
  if (de === banco) return recibo;
  throw new Falha(
    'reprovado',
    `${caminho} é a memória de ${de}, e não de ${banco}`,
    `Indique com ${opcao('memoria')} a deste banco, e o banco escrito sempre do mesmo modo.`,
  );
}

function interpretar(texto: string, caminho: string): { de: string; recibo: Recibo } {
  try {
    const { memoria, banco, recibo } = JSON.parse(texto);
    if (memoria === 1 && typeof banco === 'string') return { de: banco, recibo: lerRecibo(recibo, caminho) };
  } catch {} // não é JSON, ou não é um recibo
  throw new Falha(
    'reprovado',
    `${caminho} não é uma memória do leitor, ou está estragada`,
    'Traga de volta uma cópia dela: começar outra seria esquecer o que já foi aprovado.',
  );
}

/** O que acaba de ser aprovado. */
export interface Aprovado {
  /** O recibo mais novo. */
  recibo: string;
  /** Se a cadeia, como foi lida, também tem este. */
  tem(recibo: Recibo): Promise<boolean>;
}

/** Guarda o recibo de uma cadeia aprovada, se é mais novo do que o que lá está. Rejeita com `Falha`. */
export async function guardar(
  memoria: Memoria,
  { recibo, tem }: Aprovado,
  parada: AbortSignal,
): Promise<void> {
  const novo = lerRecibo(recibo, 'o que acaba de ser aprovado');
  const real = caminhoReal(memoria.caminho);
  try {
    await comTrava(real, parada, async () => {
      // Outro leitor pode ter guardado um depois que este lembrou o seu: as duas cadeias têm de ser a mesma.
      const guardado = await lembrar(memoria, parada);
      if (guardado && guardado.execucao > novo.execucao) throw jaHaMaisNovo(guardado);
      if (guardado && !(await tem(guardado))) throw outraCadeia(guardado);
      if (guardado?.execucao === novo.execucao) return;
      trocarArquivo(real, `${JSON.stringify({ memoria: 1, banco: memoria.banco, recibo })}\n`);
    });
  } catch (erro) {
    const falha = comOpcao(falhaDeArquivo(erro, memoria.caminho, 'naoCriado'), 'memoria');
    if (!(falha instanceof Falha)) throw falha;
    const oQue = `aprovado, mas a memória não o guardou: ${falha.message}`;
    throw new Falha(falha.motivo, oQue, falha.remedio, { cause: erro });
  }
}

/** O banco pode ter crescido depois que se leu, ou ter voltado atrás antes: só se sabe lendo-o outra vez. */
function jaHaMaisNovo({ execucao }: Recibo): Falha {
  return new Falha(
    'tenteDeNovo',
    `outro leitor já guardou a execução ${execucao}, que aqui não se leu`,
    'Tente de novo: o leitor exigirá essa.',
  );
}

function outraCadeia({ execucao }: Recibo): Falha {
  return new Falha(
    'reprovado',
    `outro leitor guardou um recibo da execução ${execucao} que a cadeia aqui lida não tem: são duas cadeias`,
    'Descubra quem trocou o banco entre uma leitura e a outra.',
  );
}
