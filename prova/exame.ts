import { Falha } from '../lib/falhas.ts';
import { Diario } from './diario.ts';
import type { Palco } from './palco.ts';

/** O que o volume do usuário já guarda tem de ser aprovado pelo leitor. Lança `Falha` se não é. */
export async function examinarVolume(palco: Palco): Promise<void> {
  const { volume } = palco;
  const { codigo, mostrado, erros } = await palco.leitor(volume, { forma: 'json', semDiario: true });
  if (mostrado?.recibo && [0, 69].includes(codigo)) {
    const { visao } = await palco.ver(volume, new Diario());
    const antes = { execucoes: visao.execucoes, registros: visao.registros, ultimoId: visao.ultimo_id ?? 0 };
    palco.trocarDiario(volume, new Diario({ ...antes, recibo: mostrado.recibo }));
    return;
  }
  const dito = erros.split('\n').find((linha) => linha.startsWith('leitor: ')) ?? `código ${codigo}`;
  const motivo = codigo === 75 ? 'tenteDeNovo' : 'reprovado';
  const remedio =
    codigo === 75 ? 'Rode o escritor uma vez nesse volume.' : 'Indique outro volume; este fica como está.';
  throw new Falha(motivo, `o leitor não aprova o que o volume ${volume} já guarda: ${dito}`, remedio);
}
