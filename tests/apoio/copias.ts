import { Database } from 'bun:sqlite';
import { existsSync, rmSync, statSync } from 'node:fs';
import { iniciarSelo, linhaDaExecucao, linhaDoUsuario, SELO_ZERO } from '../../lib/selo.ts';
import { gerarUsuario } from '../../lib/usuario.ts';
import { pastaTemporaria } from './bancos.ts';
import { escritor, iniciar, pararQuando, recibosDe } from './programas.ts';

/** Uma pasta com uma cadeia em `de`, e os recibos dela. */
export async function origemTemporaria(...opcoes: string[]) {
  const pasta = pastaTemporaria();
  const [de, para] = [pasta.em('de.db'), pasta.em('para.db')];
  const recibos = recibosDe((await escritor('-b', de, '--json', ...opcoes)).saida);
  return { ...pasta, de, para, recibos, ultimo: recibos.at(-1) ?? '' };
}

/** O que as duas tabelas de um banco têm, com o tipo e os bytes de cada valor. */
export function conteudo(caminho: string): unknown[] {
  using banco = new Database(caminho, { readonly: true });
  const exato = (colunas: string[]) => colunas.map((coluna) => `typeof(${coluna}), hex(${coluna})`).join();
  return [
    banco.query(`SELECT id, ${exato(['nome', 'email', 'criado_em'])} FROM usuarios ORDER BY id`).values(),
    banco.query('SELECT * FROM execucoes ORDER BY id').values(),
  ];
}

/** Roda SQL num banco, como quem tem acesso ao arquivo. */
export function mudar(caminho: string, ...comandos: string[]): void {
  using banco = new Database(caminho, { create: true, readwrite: true });
  for (const sql of comandos) banco.run(sql);
}

/**
 * Uma cadeia feita depressa, sem o escritor: uma execução por número, com tantos usuários, e um id por usar depois de
 * cada uma. Devolve o recibo da última.
 */
export function forjarCadeia(caminho: string, execucoes: number[]): string {
  using banco = new Database(caminho, { create: true, readwrite: true });
  banco.run('PRAGMA synchronous = OFF');
  banco.run(
    `BEGIN;
     CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT;
     CREATE TABLE execucoes (id INTEGER PRIMARY KEY, container TEXT NOT NULL, iniciada_em TEXT NOT NULL, versao TEXT NOT NULL,
       primeiro_id INTEGER NOT NULL, ultimo_id INTEGER NOT NULL, registros INTEGER NOT NULL, selo TEXT NOT NULL) STRICT;
     PRAGMA application_id = 0x64326462; PRAGMA user_version = 1`,
  );
  const hora = '2026-01-01T00:00:00.000Z';
  const usuario = banco.query('INSERT INTO usuarios VALUES (?, ?, ?, ?)');
  const execucao = banco.query('INSERT INTO execucoes VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  let selo = SELO_ZERO;
  let ultimo = 0;
  for (const [indice, registros] of execucoes.entries()) {
    const [id, primeiro] = [indice + 1, ultimo + 1];
    ultimo = primeiro + registros - 1;
    const gravada = {
      ...{ id, container: 'feita-a-mao', iniciada_em: hora, versao: '1.0.0' },
      ...{ primeiro_id: primeiro, ultimo_id: ultimo, registros },
    };
    const conta = iniciarSelo(selo, linhaDaExecucao(gravada));
    for (let quem = primeiro; quem <= ultimo; quem++) {
      const { nome, email, criado_em } = gerarUsuario(quem, hora);
      usuario.run(quem, nome, email, criado_em);
      conta.update(`${linhaDoUsuario({ id: quem, nome, email, criado_em })}\n`);
    }
    selo = conta.digest('hex');
    execucao.run(...Object.values(gravada), selo);
    ultimo++;
  }
  banco.run('COMMIT');
  return `${execucoes.length}:${selo}`;
}

/**
 * Um copiador parado (SIGSTOP) no meio de uma transação do destino, que ainda não existe, entre dois blocos da origem: não
 * tem nela trava nenhuma. A primeira execução dela tem de ser grande.
 */
export async function pararAMeio(de: string, para: string, ...opcoes: string[]) {
  using outro = new Database(de, { readwrite: true });
  const comecar = () => {
    rmSync(para, { force: true }); // o de um que acabou antes de se ver
    return iniciar('copiador', ['-d', de, '-p', para, ...opcoes]);
  };
  return await pararQuando(comecar, () => {
    if (!existsSync(`${para}-journal`)) return false;
    // Já leu tudo, e só recalcula ou confirma: não é o meio.
    if (statSync(para).size > statSync(de).size / 2) return false;
    try {
      outro.run('BEGIN EXCLUSIVE');
      outro.run('ROLLBACK');
      return true;
    } catch {
      return false; // parou a ler um bloco
    }
  });
}
