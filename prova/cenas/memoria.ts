import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { ouvir, type Resposta } from '../docker.ts';
import { type Leitura, resultadoDe } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import type { Apoio, Cena } from './cena.ts';

/** Um leitor a que se deu uma chave pública e um lugar para a memória, e nunca um recibo. */
export const MEMORIA: Cena = {
  numero: 18,
  titulo: 'Assinada e lembrada',
  async encenar(palco, apoio) {
    const mesa = { palco, ...(await fazerChaves(palco)), memoria: palco.nome('lembrada') };
    const dados = palco.nome('assinado');
    const { conferir, conferirAprovado, conferirRecusa } = apoio;
    const primeiro = await escrever(mesa, dados, true);
    await conferir(
      'o escritor assina o recibo, e a chave pública o confere',
      [true, foiAssinado(mesa, primeiro)],
      primeiro,
    );
    const comeco = await ler(mesa, dados, { lembra: true });
    await conferirAprovado('com uma memória nova, o leitor aprova o que a chave assinou', comeco);
    const assinatura = resultadoDe(comeco, 'assinatura');
    await conferir('e diz que foi assinado', ['aprovada', assinatura], comeco);
    const antiga = await copiar(mesa, apoio, [dados, palco.nome('antes')]);
    const segundo = await escrever(mesa, dados, true);
    const seguinte = await ler(mesa, dados, { lembra: true, lembrado: reciboDe(primeiro) });
    await conferirAprovado('em outro container, exige o que ele aprovou antes', seguinte);
    const lembrado = reciboDe(segundo);
    const naoEsta = { codigo: 65, verificacao: 'recibos', soEla: true } as const;
    const voltou = await ler(mesa, antiga, { lembra: true, lembrado });
    await conferirRecusa('uma cópia antiga: 65', naoEsta, voltou);
    await conferirAprovado('que só com a chave passaria', await ler(mesa, antiga, {}));
    const outro = palco.nome('outro-assinado');
    for (let vez = 0; vez < 3; vez++) await escrever(mesa, outro, true);
    const trocado = await ler(mesa, outro, { lembra: true, lembrado });
    await conferirRecusa('outro volume, assinado e maior: 65', naoEsta, trocado);
    await recusarSemChave(mesa, apoio, dados);
    const volta = await ler(mesa, dados, { lembra: true, lembrado });
    await conferirAprovado('e o volume de antes, de volta, é aprovado', volta);
  },
};

interface Mesa {
  palco: Palco;
  /** O volume em que estão as duas chaves. */
  chaves: string;
  publica: string;
  memoria: string;
}

async function fazerChaves(palco: Palco): Promise<Pick<Mesa, 'chaves' | 'publica'>> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const chaves = palco.nome('chaves');
  const privada = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const publica = `${publicKey.export({ type: 'spki', format: 'pem' })}`;
  const guardar = `const { writeFileSync } = require('node:fs');
    writeFileSync('/data/chave.pem', ${JSON.stringify(privada)});
    writeFileSync('/data/publica.pem', ${JSON.stringify(publica)});`;
  await palco.bun([`${chaves}:/data`], guardar);
  return { chaves, publica };
}

/** O que se sela sem a chave: uma execução a mais, e a cadeia inteira de outro autor. */
async function recusarSemChave(mesa: Mesa, apoio: Apoio, dados: string): Promise<void> {
  const { palco } = mesa;
  const recusa = { codigo: 65, verificacao: 'assinatura', soEla: true } as const;
  const aMais = await copiar(mesa, apoio, [dados, palco.nome('a-mais')]);
  await escrever(mesa, aMais, false);
  const acrescentado = await ler(mesa, aMais, {});
  await apoio.conferirRecusa('o que um escritor sem chave acrescenta: 65', recusa, acrescentado);
  const refeito = await copiar(mesa, apoio, [dados, palco.nome('refeito')]);
  await palco.dentro([`${refeito}:/data`], 'autoria', '/data/desafio2.db', '0123456789ab');
  const deOutro = await ler(mesa, refeito, {});
  await apoio.conferirRecusa('a cadeia inteira selada de novo, sem recibo nenhum: 65', recusa, deOutro);
  await apoio.conferirAprovado('que sem a chave pública passaria', await lerSemChave(mesa, refeito));
}

async function copiar({ palco }: Mesa, apoio: Apoio, [de, para]: [string, string]): Promise<string> {
  const codigo = "require('node:fs').copyFileSync('/de/desafio2.db', '/data/desafio2.db')";
  const copia = await palco.bun([`${de}:/de:ro`, `${para}:/data`], codigo);
  if (copia.codigo !== 0) await apoio.conferirCodigo(`a cópia de ${de} foi feita`, 0, copia);
  return para;
}

/** Uma execução do escritor, com a chave ou sem ela. */
async function escrever({ palco, chaves }: Mesa, volume: string, assina: boolean): Promise<Resposta> {
  const chave = assina ? ['-v', `${chaves}:/chaves:ro`, '-e', 'CHAVE=/chaves/chave.pem'] : [];
  const container = ['run', '--rm', '--name', palco.nomeNovo('escritor'), '--network', 'none'];
  const imagem = [palco.projeto.imagem('escritor'), '--json'];
  return await palco.docker.rodar([...container, '-v', `${volume}:/data`, ...chave, ...imagem]);
}

/** `N:SELO`, do recibo que um escritor deu. */
function reciboDe({ saida }: Resposta): string {
  return saida.match(/"recibo":"(\d+:[0-9a-f]{64})/)?.[1] ?? '';
}

/** Se o recibo de um escritor traz uma assinatura que a chave pública confere. */
function foiAssinado({ publica }: Mesa, resposta: Resposta): boolean {
  const [, assinatura = ''] = resposta.saida.match(/"recibo":"\d+:[0-9a-f]{64}:([\w-]{86})"/) ?? [];
  const texto = Buffer.from(`desafio2 recibo\n${reciboDe(resposta)}\n`);
  return verify(null, texto, createPublicKey(publica), Buffer.from(assinatura, 'base64url'));
}

/** O leitor com a chave pública e, se lembra, a memória: a prova sabe o que ela tem de exigir. */
async function ler(
  mesa: Mesa,
  volume: string,
  { lembra = false, lembrado }: { lembra?: boolean; lembrado?: string },
): Promise<Leitura> {
  const chave = ['-v', `${mesa.chaves}:/chaves:ro`, '-e', 'CHAVE_PUBLICA=/chaves/publica.pem'];
  const memoria = ['-v', `${mesa.memoria}:/memoria`, '-e', 'MEMORIA=/memoria/desafio2.json'];
  return await pedir(mesa, [...chave, ...(lembra ? memoria : [])], { volume, lembrado });
}

async function lerSemChave(mesa: Mesa, volume: string): Promise<Leitura> {
  return await pedir(mesa, [], { volume });
}

async function pedir(
  { palco }: Mesa,
  opcoesDoEngine: string[],
  { volume, lembrado }: { volume: string; lembrado?: string | undefined },
): Promise<Leitura> {
  const { opcoes, recibo: _, ...pedido } = palco.prepararLeitura({});
  const comChave = opcoesDoEngine.some((opcao) => opcao.startsWith('CHAVE_PUBLICA='));
  const container = ['run', '--rm', '--name', palco.nomeNovo('leitor'), '--network', 'none'];
  const montagens = ['-v', `${volume}:/data:ro`, ...opcoesDoEngine];
  const resposta = await ouvir(() =>
    palco.docker.rodar([...container, ...montagens, palco.projeto.imagem('leitor'), ...opcoes]),
  );
  const exigidos = lembrado === undefined ? [] : [lembrado];
  return palco.ouvirLeitor(resposta, { ...pedido, exigidos, comChave }, undefined);
}
