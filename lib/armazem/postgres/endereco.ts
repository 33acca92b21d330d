import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { SQL } from 'bun';
import { Falha, opcao } from '../../falhas.ts';

/** Um dos servidores de um endereço. */
export interface Host {
  /** `host:porta`, como foi dado, para mensagens. */
  nome: string;
  /** O nome a procurar na rede; nenhum se é um socket desta máquina. */
  dns: string | undefined;
  /** Um cliente, ainda sem conexão, de uma só conexão. */
  criar(): SQL;
}

/** Onde está uma cadeia guardada num servidor. */
export interface Endereco {
  /** Como foi dado, sem a senha. */
  nome: string;
  /** Pela ordem em que se tentam. */
  hosts: Host[];
}

const PARTES = /^(postgres(?:ql)?:)\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^@?#]*))?(?:\?([^@#]*))?$/i;
const HOST = /^(\[[\da-f:]+\]|[^:[\]]*)(?::(\d{1,5}))?$/i;
const DESTA_MAQUINA = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|)$/i;
const MODOS = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
/** Quanto se espera por uma conexão, se o endereço não o diz. */
const LIGAR_S = 10;

/**
 * Lê um endereço `postgres://usuário:senha@host:porta,host:porta/banco?opções`. A senha que ele não tem vem de
 * `PGPASSWORD`, ou do arquivo de senhas do PostgreSQL. Lança `Falha` (`uso`), que não o repete: pode ter uma senha.
 */
export function lerEndereco(texto: string): Endereco {
  const [, esquema, quem, onde = '', banco = '', opcoes = ''] = texto.match(PARTES) ?? [];
  if (!esquema) throw malEscrito('numa senha, @ se escreve %40, / %2F, ? %3F e # %23');
  const [usuario = '', ...resto] = quem?.split(':') ?? [];
  const pares = opcoes.split('&').filter(Boolean);
  const dito = new Map(pares.map((par) => par.split(/=(.*)/s, 2).map(decifrar) as [string, string]));
  const secreto = (par: string) => /^(?:ssl)?password$/i.test(decifrar(par.split('=')[0] ?? ''));
  const semSenha = pares.filter((par) => !secreto(par)).join('&');
  const nome = `${esquema}//${quem === undefined ? '' : `${usuario}@`}${onde}${banco && `/${banco}`}${semSenha && `?${semSenha}`}`;
  const senha = dito.get('password') ?? (resto.length > 0 ? decifrar(resto.join(':')) : undefined);
  const comum = { usuario: decifrar(usuario), banco: decifrar(banco), senha, dito };
  return { nome, hosts: onde.split(',').map((host) => lerHost(host, comum)) };
}

/** O que um endereço diz, seja qual for o host. */
interface Comum {
  usuario: string;
  banco: string;
  senha: string | undefined;
  dito: Map<string, string>;
}

function lerHost(texto: string, comum: Comum): Host {
  const [, host, porta] = texto.match(HOST) ?? [];
  if (host === undefined) throw malEscrito('um host é "host" ou "host:porta"');
  const { usuario, banco, dito } = comum;
  const resto = new Map([...dito].filter(([chave]) => !['password', 'sslmode', 'host'].includes(chave)));
  for (const chave of ['hostname', 'port', 'path', 'socket', 'ssl', 'tls']) {
    if (resto.has(chave)) throw malEscrito(`"${chave}" não vai entre as opções`);
  }
  const pasta = dito.get('host');
  if (pasta !== undefined && !(pasta.startsWith('/') && host === ''))
    throw malEscrito('a opção "host" é só a pasta de um socket, sem outro host');
  const modo = escolherModo(dito.get('sslmode'), pasta !== undefined || DESTA_MAQUINA.test(host));
  const inicio = `postgres://${host || 'localhost'}:${porta ?? 5432}/`;
  if (!URL.canParse(inicio)) throw malEscrito('há um host ou uma porta que não podem existir');
  const url = new URL(inicio);
  if (modo) resto.set('sslmode', modo);
  url.search = `${new URLSearchParams([...resto])}`;
  const criar = () => {
    // Sem o importar: num só arquivo, um import do topo carregaria o cliente também para quem não o usa.
    const sql: SQL = new Bun.SQL(url, {
      max: 1,
      ...(usuario && { username: usuario }),
      // Dito à parte, porque o Bun daria o lugar dele a PGDATABASE.
      ...(banco && { database: banco }),
      ...(pasta && { path: pasta }),
      ...(!dito.has('connect_timeout') && { connectionTimeout: LIGAR_S }),
      // Dito à parte, porque NODE_TLS_REJECT_UNAUTHORIZED=0 calaria a conferência do certificado.
      ...(modo?.startsWith('verify') && { tls: { rejectUnauthorized: true } }),
      password: () => comum.senha ?? (process.env.PGPASSWORD || senhaDoArquivo(sql.options)),
    });
    return sql;
  };
  return {
    nome: texto || pasta || 'localhost',
    dns: pasta ? undefined : url.hostname.replace(/[[\]]/g, ''),
    criar,
  };
}

/**
 * O modo do TLS. Com outra máquina não se fala sem ele, a não ser que o endereço diga `disable`; se não diz nada, o
 * certificado tem de ser de confiança e ter o nome do host. Nesta, sem nada dito, é o que o Bun fizer.
 */
function escolherModo(dito: string | undefined, destaMaquina: boolean): string | undefined {
  if (dito !== undefined && !MODOS.includes(dito)) throw malEscrito(`sslmode é um de: ${MODOS.join(', ')}`);
  if (destaMaquina) return dito;
  return dito === 'allow' || dito === 'prefer' ? 'require' : (dito ?? 'verify-full');
}

/** A senha que o arquivo de senhas (postgresql.org/docs/current/libpq-pgpass.html) tem para uma conexão, ou nenhuma. */
function senhaDoArquivo({ hostname, port, database, username }: SQL['options']): string {
  const caminho = process.env.PGPASSFILE || join(homedir(), '.pgpass');
  try {
    // Como o libpq: não serve um arquivo que outros podem ler.
    if ((statSync(caminho).mode & 0o077) !== 0) return '';
    const procurados = [hostname, `${port}`, database, username];
    for (const linha of readFileSync(caminho, 'utf8').split('\n')) {
      const campos = Array.from(linha.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g), ([, campo = '']) =>
        campo.replace(/\\(.)/g, '$1'),
      );
      if (linha.startsWith('#') || campos.length < 5) continue;
      if (procurados.every((valor, i) => campos[i] === '*' || campos[i] === valor)) return campos[4] ?? '';
    }
  } catch {} // não há arquivo de senhas, ou não o podemos ler
  return '';
}

function decifrar(texto: string): string {
  try {
    return decodeURIComponent(texto);
  } catch {
    throw malEscrito('há um % que não começa um código');
  }
}

function malEscrito(porque: string): Falha {
  return new Falha(
    'uso',
    `o endereço do servidor não se entende: ${porque}`,
    `Escreva ${opcao('banco')}=postgres://usuário@host:porta/banco, com a senha em PGPASSWORD.`,
  );
}
