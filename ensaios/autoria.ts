import type { Database } from 'bun:sqlite';
import { readFileSync, writeFileSync } from 'node:fs';
import { exigir } from '../apoio/processo.ts';
import type { Troca } from '../apoio/projeto.ts';
import { criarContexto } from '../lib/programa/andamento.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { abrir, lerExecucoes, selarTudo } from '../prova/dentro/receita.ts';
import type { Sorte } from '../prova/sorte.ts';
import { type Ensaio, pastaDeEnsaio, type Sessao } from './ensaio.ts';
import { carregarLeitor } from './invariante.ts';
import { escrever } from './programas.ts';

/** O que muda na cadeia quem não tem a chave, antes de selá-la de novo. */
const MUDANCAS: Record<string, (banco: Database, sorte: Sorte) => void> = {
  'um nome': (banco, sorte) =>
    banco.run("UPDATE usuarios SET nome = nome || '!' WHERE id = ?", [sorte.inteiro(1, 15)]),
  'um autor': (banco, sorte) =>
    banco.run("UPDATE execucoes SET container = 'outro' WHERE id = ?", [sorte.inteiro(1, 5)]),
  'uma hora': (banco, sorte) =>
    banco.run("UPDATE usuarios SET criado_em = '2020-01-01T00:00:00.000Z' WHERE id = ?", [
      sorte.inteiro(1, 15),
    ]),
  tudo: (banco) => banco.run("UPDATE usuarios SET nome = 'X' || id, email = id || '@x'"),
  'uma execução a mais': (banco) => acrescentar(banco),
  'o fim, por outro': (banco, sorte) => {
    cortar(banco, sorte.inteiro(1, 4));
    acrescentar(banco);
  },
};

/** O que faz com as assinaturas que lá estão; `outra` é a chave dele, que não é a do escritor. */
const ASSINATURAS: Record<string, (banco: Database, sorte: Sorte, outra: CryptoKey) => Promise<void> | void> =
  {
    'ficam as de antes': () => {},
    'sem a tabela': (banco) => {
      banco.run('DROP TABLE assinaturas');
    },
    'sem nenhuma': (banco) => {
      banco.run('DELETE FROM assinaturas');
    },
    'a de outra execução em todas': (banco, sorte) => repor(banco, assinaturaDe(banco, sorte.inteiro(1, 3))),
    'uma verdadeira, com um bit mudado': (banco, sorte) =>
      repor(banco, mudarBit(assinaturaDe(banco, sorte.inteiro(1, 3)), sorte)),
    'ao acaso': (banco, sorte) => repor(banco, aoAcaso(sorte)),
    'as de outra chave': async (banco, _, outra) => {
      banco.run('DELETE FROM assinaturas');
      for (const { id, selo } of lerExecucoes(banco)) {
        const texto = new TextEncoder().encode(`desafio2 recibo\n${id}:${selo}\n`);
        const bytes = Buffer.from(await crypto.subtle.sign('Ed25519', outra, texto));
        banco.run('INSERT INTO assinaturas VALUES (?, ?)', [id, bytes.toString('base64url')]);
      }
    },
  };

const aoAcaso = (sorte: Sorte) =>
  Buffer.from(Array.from({ length: 64 }, () => sorte.inteiro(0, 255))).toString('base64url');

function mudarBit(assinatura: string, sorte: Sorte): string {
  const bytes = Buffer.from(assinatura, 'base64url');
  const onde = sorte.inteiro(0, bytes.length - 1);
  bytes[onde] = (bytes[onde] ?? 0) ^ (1 << sorte.inteiro(0, 7));
  return bytes.toString('base64url');
}

function assinaturaDe(banco: Database, id: number): string {
  return `${banco.query('SELECT assinatura FROM assinaturas WHERE id = ?').values(id)[0]?.[0] ?? ''}`;
}

/** A mesma assinatura em todas as execuções. */
function repor(banco: Database, assinatura: string): void {
  banco.run('DELETE FROM assinaturas');
  banco.run('INSERT INTO assinaturas SELECT id, ? FROM execucoes', [assinatura]);
}

function cortar(banco: Database, ficam: number): void {
  banco.run('DELETE FROM usuarios WHERE id > (SELECT ultimo_id FROM execucoes WHERE id = ?)', [ficam]);
  banco.run('DELETE FROM execucoes WHERE id > ?', [ficam]);
}

function acrescentar(banco: Database): void {
  banco.run(`INSERT INTO execucoes SELECT id + 1, container, iniciada_em, versao, ultimo_id + 1, ultimo_id + 1, 1, ''
    FROM execucoes ORDER BY id DESC LIMIT 1`);
  banco.run(
    "INSERT INTO usuarios SELECT max(id) + 1, 'Intruso', 'i@x', '2020-01-01T00:00:00.000Z' FROM usuarios",
  );
}

/** Sela cadeias de novo, sem a chave, e pergunta ao leitor com a pública; sem ela, cada uma deve passar por boa. */
async function falsificar(sessao: Sessao, casos: number): Promise<void> {
  const { raiz, sorte, parada } = sessao;
  using pasta = pastaDeEnsaio();
  const [original, alvo, chave, publica] = [pasta.em('x.db'), pasta.em('y.db'), pasta.em('k'), pasta.em('p')];
  exigir('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', chave);
  exigir('openssl', 'pkey', '-in', chave, '-pubout', '-out', publica);
  await escrever(original, '-e', '5', '--chave', chave);
  const bytes = readFileSync(original);
  const outras = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  const verificar = await carregarLeitor(raiz);
  const contexto = criarContexto(parada);
  const aprova = async (banco: string, ...chavesPublicas: string[]) => {
    const { laudo } = await verificar({ banco, recibos: [], limite: 0, chavesPublicas }, contexto);
    return laudo.aprovado;
  };
  if (!(await aprova(original, publica))) throw new Error('a cadeia assinada não foi aprovada');
  for (let caso = 0; caso < casos; caso++) {
    await respirar(parada);
    const [mudanca, mudar] = sorte.um(Object.entries(MUDANCAS));
    const [assinaturas, assinar] = sorte.um(Object.entries(ASSINATURAS));
    writeFileSync(alvo, bytes);
    {
      using banco = abrir(alvo, 'readwrite');
      banco.run('BEGIN');
      mudar(banco, sorte);
      selarTudo(banco);
      await assinar(banco, sorte, outras.privateKey);
      banco.run('COMMIT');
    }
    const onde = `${mudanca}; assinaturas: ${assinaturas}`;
    sessao.contar(await aprova(alvo), onde, (await aprova(alvo, publica)) && 'aprovada');
  }
}

/** Um leitor que não olha para a assinatura. */
export const SEM_OLHAR_A_ASSINATURA: Troca[] = [
  ['lib/cadeia/assinaturas.ts', 'if (!temForma(recibo.assinatura)) return;', ''],
  [
    'lib/cadeia/assinaturas.ts',
    "Buffer.from(recibo.assinatura, 'base64url')",
    "Buffer.from(recibo.assinatura ?? '', 'base64url')",
  ],
  [
    'lib/cadeia/assinaturas.ts',
    "if (await crypto.subtle.verify('Ed25519', chave, assinatura, textoAssinado(recibo.execucao, recibo.selo)))",
    'if (chave && assinatura)',
  ],
];

/** Cadeias inteiras seladas de novo por quem não tem a chave. */
export const autoria: Ensaio<number> = {
  nome: 'autoria',
  oQue: 'uma cadeia selada de novo sem a chave: sem recibo nenhum, só a chave pública a reprova',
  precisa: ['openssl'],
  dose: { amostra: 500, completa: 10_000 },
  ensaiar: falsificar,
  controle: {
    oQue: 'um leitor que não olha para a assinatura',
    aoMenos: 1,
    quebra: SEM_OLHAR_A_ASSINATURA,
    dose: { amostra: 100 },
  },
};
