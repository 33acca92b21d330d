import { Falha } from '../lib/falhas.ts';
import { descreverErros, ouvir } from './docker.ts';
import { examinarEngine } from './engine.ts';
import type { Palco } from './palco.ts';

/** Onde se prova: o que quem guarda o resultado vai querer saber um ano depois. */
export interface Lugar {
  engine: string;
  compose: string;
  bun: string;
  driver: string;
  sistema_de_arquivos: string;
}

/** O engine, a imagem base e um volume vazio, ou o do usuário. Lança `Falha` se o volume não se monta. */
export async function descreverLugar(palco: Palco): Promise<Lugar> {
  const { versao, sistema, compose } = await examinarEngine(palco.docker);
  const vazio = palco.nome('exame');
  const volume = palco.doUsuario ? palco.volume : vazio;
  await palco.docker.exigir(['volume', 'create', vazio]);
  const ficha = await palco.docker.inspecionar<{ Driver: string }>('volume', volume);
  const montagem = await ouvir(() =>
    palco.bun(
      [`${volume}:/exame:ro,nocopy`],
      `const linha = require('node:fs').readFileSync('/proc/self/mountinfo', 'utf8').split('\\n')
         .find((linha) => linha.split(' ')[4] === '/exame');
       console.log(Bun.version, linha.split(' - ')[1].split(' ')[0]);`,
    ),
  );
  const [bun, tipo] = montagem.saida.trim().split(' ');
  if (montagem.codigo !== 0 || !bun || !tipo || !ficha) {
    const porque = descreverErros(montagem.erros);
    const oQue = `o volume ${volume} não é uma montagem num container da imagem base: ${porque}`;
    throw new Falha('indisponivel', oQue, `Repita: ${montagem.comando}`);
  }
  return { engine: `${versao} (${sistema})`, compose, bun, driver: ficha.Driver, sistema_de_arquivos: tipo };
}
