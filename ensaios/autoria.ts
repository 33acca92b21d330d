import { Database } from 'bun:sqlite';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { criarContexto } from '../lib/programa/contexto.ts';
import { respirar } from '../lib/programa/sinais.ts';
import { lerExecucoes, selarTudo } from '../prova/dentro/receita.ts';
import { type Contagem, type Ensaio, escolher, type Plano, pastaDeEnsaio } from './ensaio.ts';
import { escrever, projetoQuebrado, rodar, type Troca } from './programas.ts';

type Verificar = typeof import('../lib/cadeia/verificar.ts').verificarBanco;

/** O que muda na cadeia quem não tem a chave, antes de a selar de novo. */
const MUDANCAS: Record<string, (banco: Database, plano: Plano) => void> = {
  'um nome': (banco, plano) =>
    banco.run("UPDATE usuarios SET nome = nome || '!' WHERE id = ?", [um(plano, 15)]),
  'um autor': (banco, plano) =>
    banco.run("UPDATE execucoes SET container = 'outro' WHERE id = ?", [um(plano, 5)]),
  'uma hora': (banco, plano) =>
    banco.run("UPDATE usuarios SET criado_em = '2020-01-01T00:00:00.000Z' WHERE id = ?", [um(plano, 15)]),
  tudo: (banco) => banco.run("UPDATE usuarios SET nome = 'X' || id, email = id || '@x'"),
  'uma execução a mais': (banco) => acrescentar(banco),
  'o fim, por outro': (banco, plano) => {
    cortar(banco, um(plano, 4));
    acrescentar(banco);
  },
};

/** O que faz com as assinaturas que lá estão; `outra` é a chave dele, que não é a do escritor. */
const ASSINATURAS: Record<string, (banco: Database, plano: Plano, outra: CryptoKey) => Promise<void> | void> =
  {
    'ficam as de antes': () => {},
    'sem a tabela': (banco) => {
      banco.run('DROP TABLE assinaturas');
    },
    'sem nenhuma': (banco) => {
      banco.run('DELETE FROM assinaturas');
    },
    'a de outra execução em todas': (banco, plano) => repor(banco, assinaturaDe(banco, um(plano, 3))),
    'uma verdadeira, com um bit mudado': (banco, plano) =>
      repor(banco, mudarBit(assinaturaDe(banco, um(plano, 3)), plano)),
    'ao acaso': (banco, plano) => repor(banco, aoAcaso(plano)),
    'as de outra chave': async (banco, _, outra) => {
      banco.run('DELETE FROM assinaturas');
      for (const { id, selo } of lerExecucoes(banco)) {
        const texto = new TextEncoder().encode(`desafio2 recibo\n${id}:${selo}\n`);
        const bytes = Buffer.from(await crypto.subtle.sign('Ed25519', outra, texto));
        banco.run('INSERT INTO assinaturas VALUES (?, ?)', [id, bytes.toString('base64url')]);
      }
    },
  };

const um = (plano: Plano, ate: number) => 1 + Math.floor(plano.sortear() * ate);
const aoAcaso = (plano: Plano) =>
  Buffer.from(Array.from({ length: 64 }, () => Math.floor(plano.sortear() * 256))).toString('base64url');

function mudarBit(assinatura: string, plano: Plano): string {
  const bytes = Buffer.from(assinatura, 'base64url');
  const onde = Math.floor(plano.sortear() * bytes.length);
  bytes[onde] = (bytes[onde] ?? 0) ^ (1 << Math.floor(plano.sortear() * 8));
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
async function falsificar(
  plano: Plano,
  contagem: Contagem,
  casos: number,
  verificar: Verificar,
): Promise<void> {
  using pasta = pastaDeEnsaio();
  const [original, alvo, chave, publica] = [pasta.em('x.db'), pasta.em('y.db'), pasta.em('k'), pasta.em('p')];
  rodar('openssl', 'genpkey', '-algorithm', 'ed25519', '-out', chave);
  rodar('openssl', 'pkey', '-in', chave, '-pubout', '-out', publica);
  await escrever(original, '-e', '5', '--chave', chave);
  const outras = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  const bytes = readFileSync(original);
  const contexto = criarContexto(plano.parada);
  const aprova = async (caminho: string, chavesPublicas: string[]) => {
    const { laudo } = await verificar({ banco: caminho, recibos: [], limite: 0, chavesPublicas }, contexto);
    return laudo.aprovado;
  };
  if (!(await aprova(original, [publica]))) throw new Error('a cadeia assinada não foi aprovada');
  contagem.previstos = casos;
  for (let caso = 0; caso < casos; caso++) {
    await respirar(plano.parada);
    const [mudanca, assinaturas] = [
      escolher(plano, Object.keys(MUDANCAS)),
      escolher(plano, Object.keys(ASSINATURAS)),
    ];
    writeFileSync(alvo, bytes);
    {
      using banco = new Database(alvo, { readwrite: true });
      banco.run('PRAGMA synchronous = OFF; BEGIN');
      MUDANCAS[mudanca]?.(banco, plano);
      selarTudo(banco);
      await ASSINATURAS[assinaturas]?.(banco, plano, outras.privateKey);
      banco.run('COMMIT');
    }
    const passou = await aprova(alvo, [publica]);
    contagem.contar(
      await aprova(alvo, []),
      passou ? `aprovada: ${mudanca}; assinaturas: ${assinaturas}` : undefined,
    );
  }
}

/** Um leitor que não olha para a assinatura. */
export const SEM_OLHAR_A_ASSINATURA: Troca[] = [
  [
    'lib/cadeia/assinaturas.ts',
    "if (await crypto.subtle.verify('Ed25519', chave, assinatura, textoAssinado(recibo.execucao, recibo.selo)))",
    'if (chave && assinatura)',
  ],
];

/** Cadeias inteiras seladas de novo por quem não tem a chave. */
export const autoria: Ensaio = {
  nome: 'autoria',
  oQue: 'uma cadeia selada de novo sem a chave: sem recibo nenhum, só a chave pública a reprova',
  precisa: ['openssl'],
  async ensaiar(plano, contagem) {
    const { verificarBanco } = await import('../lib/cadeia/verificar.ts');
    await falsificar(plano, contagem, plano.completo ? 10_000 : 500, verificarBanco);
  },
  controle: {
    oQue: 'um leitor que não olha para a assinatura',
    aoMenos: 1,
    async ensaiar(plano, contagem) {
      using quebrado = projetoQuebrado(...SEM_OLHAR_A_ASSINATURA);
      const { verificarBanco } = await import(join(quebrado.raiz, 'lib/cadeia/verificar.ts'));
      await falsificar(plano, contagem, 100, verificarBanco);
    },
  },
};
