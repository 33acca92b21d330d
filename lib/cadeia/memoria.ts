import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { eServidor } from '../armazem/abrir.ts';
import { existe } from '../armazem/disco.ts';
import { falhaDeArquivo } from '../armazem/erros.ts';
import { comOpcao, comTrava, lerIndicado, trocarArquivo } from '../armazem/indicado.ts';
import { caminhoReal, conferirVolume, estaNoVolume } from '../armazem/volume.ts';
import { lerLugar } from '../container.ts';
import { Falha, opcao } from '../falhas.ts';
import { acharBifurcacao, lerRecibo, type Recibo } from '../selo.ts';

/** Um arquivo do leitor, fora do volume, com o recibo mais novo que ele aprovou de um banco. */
export interface Memoria {
  caminho: string;
  /** O endereço do banco como se escreveu, sem a senha, e nada que venha de dentro dele: um volume trocado não tem outra memória. */
  banco: string;
}

/** Rejeita com `Falha` se uma memória não há de durar, voltaria atrás com o banco ou não se pode gravar. */
export function recusarLugar({ caminho, banco }: Memoria): void {
  if (!eServidor(banco) && estaNoVolume(caminho, banco, lerLugar())) {
    const remedio = `Indique com ${opcao('memoria')} um arquivo noutro lugar.`;
    throw new Falha('uso', `a memória ${caminho} está junto do banco, e voltaria atrás com ele`, remedio);
  }
  const visto = conferirVolume(caminho, lerLugar());
  if (visto.resultado === 'reprovada') throw visto.falha;
  try {
    accessSync(dirname(caminhoReal(caminho)), constants.W_OK);
  } catch (erro) {
    throw comOpcao(falhaDeArquivo(erro, caminho, 'naoCriado'), 'memoria');
  }
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

/** Guarda o recibo de uma cadeia aprovada, se é mais novo do que o que lá está. Rejeita com `Falha`. */
export async function guardar(memoria: Memoria, recibo: string, parada: AbortSignal): Promise<void> {
  const novo = lerRecibo(recibo, 'o que acaba de ser aprovado');
  const real = caminhoReal(memoria.caminho);
  try {
    await comTrava(real, parada, async () => {
      // Outro leitor pode ter guardado um depois que este lembrou o seu.
      const guardado = await lembrar(memoria, parada);
      const bifurcacao = guardado && acharBifurcacao([novo, guardado]);
      if (bifurcacao) throw bifurcacao;
      if (guardado && guardado.execucao >= novo.execucao) return;
      trocarArquivo(real, `${JSON.stringify({ memoria: 1, banco: memoria.banco, recibo })}\n`);
    });
  } catch (erro) {
    const falha = comOpcao(falhaDeArquivo(erro, memoria.caminho, 'naoCriado'), 'memoria');
    if (!(falha instanceof Falha)) throw falha;
    const oQue = `aprovado, mas a memória não o guardou: ${falha.message}`;
    throw new Falha(falha.motivo, oQue, falha.remedio, { cause: erro });
  }
}
