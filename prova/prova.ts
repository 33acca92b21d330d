import { Cronometro } from '../apoio/cronometro.ts';
import { Falha } from '../lib/falhas.ts';
import type { Cena } from './cenas/cena.ts';
import { CENAS } from './cenas/todas.ts';
import { descreverErros } from './docker.ts';
import { encenar, type Relatar } from './encenar.ts';
import { examinarEngine } from './engine.ts';
import { apagarBanco, type Espreita, espreitar } from './espreita.ts';
import { examinarVolume } from './exame.ts';
import { descreverSobras, limpar } from './limpar.ts';
import { descreverLugar } from './lugar.ts';
import { descreverPedido, type OpcoesDaProva } from './opcoes.ts';
import { Palco } from './palco.ts';
import { foiAprovada, type Prova, type ResultadoDaCena } from './veredito.ts';

/**
 * Faz as cenas pedidas num engine real e devolve o que cada uma afirmou, esperou e viu. No fim, ou se um sinal
 * a interrompe, remove do engine tudo o que criou, salvo com `manter`. Lança `Falha`: `indisponivel`,
 * `semPermissao`, `nadaParaLer` (o volume indicado não existe) ou `reprovado` (guarda outra coisa).
 */
export async function provar(opcoes: OpcoesDaProva, parada: AbortSignal, relatar: Relatar): Promise<Prova> {
  const palco = new Palco(opcoes, parada);
  let espreita: Espreita | undefined;
  {
    using _cronometro = new Cronometro('perguntando ao engine');
    await examinarEngine(palco.docker);
    if (palco.doUsuario) espreita = await espreitar(palco.docker, palco.volume, palco.nome('espreita'));
  }
  if (espreita) await relatar(`Volume ${palco.volume}\n${espreita.descricao}\n`);
  let emCena = false;
  let feita: Prova | undefined;
  try {
    await construirImagens(palco);
    await palco.acertarRelogio();
    if (espreita?.temBanco) await examinarVolume(palco);
    emCena = true;
    const lugar = await descreverLugar(palco);
    await relatar(`Prova ${palco.projeto.nome}, no volume ${palco.volume}\nSemente ${opcoes.semente}`);
    const { engine, compose, bun, driver, sistema_de_arquivos } = lugar;
    await relatar(`Docker Engine ${engine}, Compose ${compose}`);
    await relatar(`Imagem base com Bun ${bun}; volume de driver ${driver}, em ${sistema_de_arquivos}`);
    const cenas = await encenarTodas(palco, opcoes.cenas, relatar);
    const aprovada = cenas.every(({ resultado }) => resultado !== 'reprovada') && cenas.some(foiAprovada);
    const { projeto, volume, versao, commit_ms } = palco;
    const { semente } = opcoes;
    const data = new Date(palco.agora()).toISOString();
    const repetir = descreverPedido(opcoes);
    const como = { projeto: projeto.nome, volume, semente, repetir, commit_ms };
    feita = { aprovada, data, versao, ...lugar, ...como, cenas };
    return feita;
  } catch (erro) {
    if (!parada.aborted || !(parada.reason instanceof Falha)) throw erro;
    const destino = opcoes.manter
      ? 'O que ela criou ficou no engine.'
      : 'Tudo o que ela criou foi removido do engine.';
    throw new Falha(parada.reason.motivo, `interrompida (${parada.reason.motivo})`, destino, { cause: erro });
  } finally {
    if (opcoes.manter) await relatar(descreverSobras(palco.projeto.nome));
    else await limpar(palco, emCena && !feita);
    // Só o que se confirmou que é o que a prova gravou: outro pode ter começado a usar o volume.
    const soDela = feita?.aprovada && espreita?.temBanco === false && palco.recibos.length > 0;
    if (opcoes.limpar && soDela) await apagarBanco(palco);
  }
}

/** As cenas pedidas, por ordem; sem nenhuma, todas. */
async function encenarTodas(palco: Palco, pedidas: number[], relatar: Relatar): Promise<ResultadoDaCena[]> {
  const feitas: ResultadoDaCena[] = [];
  for (const cena of CENAS) {
    if (pedidas.length > 0 && !pedidas.includes(cena.numero)) continue;
    // Num volume que não serve ao SQLite, as outras só esperariam pelo que não vem.
    const naoServe = palco.doUsuario && feitas[0]?.cena === 0 && feitas[0].resultado === 'reprovada';
    feitas.push(naoServe ? pular(cena, 'o volume reprovou na cena 0') : await encenar(cena, palco, relatar));
  }
  return feitas;
}

/** Uma cena pedida que não se chegou a fazer. */
function pular({ numero, titulo }: Cena, motivo: string): ResultadoDaCena {
  return { cena: numero, titulo, resultado: 'pulada', motivo, duracao_ms: 0, afirmacoes: [] };
}

async function construirImagens(palco: Palco): Promise<void> {
  using _cronometro = new Cronometro('construindo as imagens');
  const programas = await palco.compose(palco.volume, '--profile', 'copia', 'build', '--quiet');
  const { codigo, erros, comando } = programas.codigo === 0 ? await palco.construirOlhos() : programas;
  if (codigo === 0) return;
  throw new Falha(
    'indisponivel',
    `as imagens não puderam ser construídas: ${descreverErros(erros)}`,
    `Confira se a imagem base (FROM, no Dockerfile) pode ser baixada, e repita: ${comando}`,
  );
}
