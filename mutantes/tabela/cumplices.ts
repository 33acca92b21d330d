import type { Impostor } from '../dentro/impostor.ts';
import type { Mutante } from '../mutante.ts';

/** Cada linha de usuário que passa pelo SHA-256 perde o que o selo devia cobrir. */
function seloFraco(linha: RegExp, para: string): Impostor {
  return {
    preparar: () => {
      const { update } = Bun.CryptoHasher.prototype;
      Bun.CryptoHasher.prototype.update = function (dados, ...resto) {
        const texto = typeof dados === 'string' ? dados : Buffer.from(dados as Uint8Array).toString();
        return update.call(this, texto.replace(linha, para), ...resto);
      };
    },
  };
}

const TEXTO = '"(?:[^"\\\\]|\\\\.)*"';
const USUARIO = (nome: string) => new RegExp(`^(\\[-?\\d+),${nome},(${TEXTO}),(${TEXTO})\\]$`, 'gm');
const soInicial = seloFraco(USUARIO('"([^"\\\\])(?:[^"\\\\]|\\\\.)*"'), '$1,"$2",$3,$4]');
const semEmail = seloFraco(USUARIO(`(${TEXTO})`), '$1,$2,$4]');

/** Escritor e leitor que concordam num selo que não cobre tudo: só quem o recalcula por si o vê. */
export const CUMPLICES: Mutante[] = [
  {
    nome: 'selo-so-da-inicial-do-nome',
    viola: 'o selo é o SHA-256 da receita de docs/selo.md, com o nome inteiro',
    escritor: soInicial,
    leitor: soInicial,
    prova: { cenas: [3], afirmacao: /selos que não conferem/ },
  },
  {
    nome: 'selo-sem-o-email',
    viola: 'o selo é o SHA-256 da receita de docs/selo.md, com o e-mail',
    escritor: semEmail,
    leitor: semEmail,
    prova: { cenas: [3], afirmacao: /selos que não conferem/ },
  },
];
