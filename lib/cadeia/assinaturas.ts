import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { lerIndicado } from '../armazem/indicado.ts';
import { aprovar, Falha, opcao, type Resultado, reprovar, reprovarDados } from '../falhas.ts';
import type { Assinar, Recibo } from '../recibo.ts';
import { lerUltimas } from './laudo.ts';
import type { Exigido } from './recibos.ts';

/** Cada opção que é uma chave: qual é, como se escreve em PEM, para que serve e que comando a faz. */
const CHAVES = {
  chave: ['privada', 'PRIVATE', 'pkcs8', 'sign', 'openssl genpkey -algorithm ed25519 -out chave.pem'],
  'chave-publica': [
    'pública',
    'PUBLIC',
    'spki',
    'verify',
    'openssl pkey -in chave.pem -pubout -out publica.pem',
  ],
} as const;

/** A chave Ed25519 de um arquivo PEM, que deve ter uma só. Rejeita com `Falha`: `uso` se não é o que tem. */
export async function lerChave(
  arquivo: string,
  nome: keyof typeof CHAVES,
  parada: AbortSignal,
): Promise<CryptoKey> {
  const [qual, rotulo, formato, uso, comando] = CHAVES[nome];
  const pem = await lerIndicado(arquivo, nome, parada);
  const partes = pem.split(new RegExp(`-----(?:BEGIN|END) ${rotulo} KEY-----`));
  const der = Buffer.from((partes.length === 3 && partes[1]) || '', 'base64');
  try {
    return await crypto.subtle.importKey(formato, der, 'Ed25519', false, [uso]);
  } catch (erro) {
    const oQue = `${arquivo} não tem uma chave ${qual} Ed25519, e uma só, em PEM`;
    throw new Falha('uso', oQue, `Crie uma com: ${comando}`, { cause: erro });
  }
}

/** O que se assina de um recibo: o começo não deixa que a assinatura sirva para outra coisa. */
function textoAssinado(execucao: number, selo: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`desafio2 recibo\n${execucao}:${selo}\n`);
}

/** Com que assinar recibos: a chave privada de um arquivo. Rejeita com `Falha`. */
export async function lerAssinante(arquivo: string, parada: AbortSignal): Promise<Assinar> {
  const chave = await lerChave(arquivo, 'chave', parada);
  return async ({ id, selo }) => {
    const bytes = await crypto.subtle.sign('Ed25519', chave, textoAssinado(id, selo));
    return Buffer.from(bytes).toString('base64url');
  };
}

/** As assinaturas que o armazém tem das execuções de `primeira` a `ultima`; o que não tem a forma de uma fica de fora. */
export async function lerAssinaturas(
  armazem: ArmazemDeLeitura,
  primeira: number,
  ultima: number,
): Promise<Map<number, string>> {
  if (!armazem.temTabela('assinaturas')) return new Map();
  const gravadas = await armazem.consultar<{ id: number; assinatura: string | null }>(
    `SELECT id, substr(CAST(assinatura AS TEXT), 1, 87) AS assinatura FROM ${armazem.tabelas.assinaturas}
     WHERE id BETWEEN $1 AND $2`,
    primeira,
    ultima,
  );
  return new Map(gravadas.flatMap(({ id, assinatura }) => (temForma(assinatura) ? [[id, assinatura]] : [])));
}

/** A assinatura que o armazém tem de uma execução, se a tem. */
export async function lerAssinatura(armazem: ArmazemDeLeitura, id: number): Promise<string | undefined> {
  return (await lerAssinaturas(armazem, id, id)).get(id);
}

/** O recibo da execução mais nova, com a assinatura, se a tem. */
export async function lerMaisNova(armazem: ArmazemDeLeitura): Promise<Recibo | undefined> {
  const [ultima] = await lerUltimas(armazem, 1);
  if (!ultima) return;
  const assinatura = await lerAssinatura(armazem, ultima.id);
  return { execucao: ultima.id, selo: ultima.selo, origem: 'a mais nova', ...(assinatura && { assinatura }) };
}

/** Do que não é base64url, o Node salta: uma assinatura escreve-se de um modo só. */
function temForma(assinatura: string | null | undefined): assinatura is string {
  return /^[\w-]{86}$/.test(assinatura ?? '');
}

/** `assinatura`: uma das chaves assinou a execução mais nova, e também cada recibo exigido que traz assinatura. */
export async function conferirAssinatura(
  armazem: ArmazemDeLeitura,
  { recibos, chaves }: Pick<Exigido, 'recibos' | 'chaves'>,
): Promise<Resultado> {
  const maisNova = await lerMaisNova(armazem);
  if (!maisNova) return reprovarDados('não há nenhuma execução, assinada ou não');
  let autora: string | undefined;
  for (const recibo of [...recibos.filter((exigido) => exigido.assinatura !== undefined), maisNova]) {
    autora = await acharChave(chaves, recibo);
    if (autora !== undefined) continue;
    return reprovar(
      'reprovado',
      `nenhuma das chaves dadas assinou o recibo da execução ${recibo.execucao} (${recibo.origem})`,
      `Se a chave mudou, dê também a outra com ${opcao('chave-publica')}; senão, quem escreveu não a tinha.`,
    );
  }
  return aprovar(
    `a execução mais nova foi assinada com a chave de ${autora}; as anteriores, seja quem for que as escreveu, são as que essa assinatura cobre`,
  );
}

/** O arquivo da chave que assinou um recibo. */
async function acharChave(chaves: Exigido['chaves'], recibo: Recibo): Promise<string | undefined> {
  if (!temForma(recibo.assinatura)) return;
  const assinatura = Buffer.from(recibo.assinatura, 'base64url');
  for (const [arquivo, chave] of chaves) {
    if (await crypto.subtle.verify('Ed25519', chave, assinatura, textoAssinado(recibo.execucao, recibo.selo)))
      return arquivo;
  }
}
