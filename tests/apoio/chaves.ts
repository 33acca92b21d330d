import { writeFileSync } from 'node:fs';

/** Um par de chaves Ed25519 em dois arquivos PEM, como o `openssl` os faz. */
export async function fazerChaves(em: (nome: string) => string, nome = 'chave') {
  const par = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const privada = em(`${nome}.pem`);
  const publica = em(`${nome}-publica.pem`);
  writeFileSync(privada, emPem('PRIVATE', await crypto.subtle.exportKey('pkcs8', par.privateKey)));
  writeFileSync(publica, emPem('PUBLIC', await crypto.subtle.exportKey('spki', par.publicKey)));
  return { privada, publica };
}

/** Bytes em PEM. */
export function emPem(rotulo: string, bytes: ArrayBuffer): string {
  const linhas =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${rotulo} KEY-----\n${linhas.join('\n')}\n-----END ${rotulo} KEY-----\n`;
}
