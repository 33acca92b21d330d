import { Falha } from '../../falhas.ts';
import { type Execucao, SELADAS_DA_EXECUCAO, SELADAS_DO_USUARIO, type Usuario } from '../../selo.ts';
import type { Conexao } from './conexao.ts';
import { prepararAssinaturas, TABELAS } from './esquema.ts';

const COPIAR = `COPY ${TABELAS.usuarios} (${SELADAS_DO_USUARIO}) FROM STDIN`;

/** Usuários que entram por um só COPY: até ele acabar, a ligação não serve para mais nada. */
export class Insercao {
  readonly #conexao: Conexao;
  readonly #nome: string;
  readonly #copia: ReturnType<Conexao['copiar']>;
  #mandados = 0;

  constructor(conexao: Conexao, nome: string) {
    this.#conexao = conexao;
    this.#nome = nome;
    this.#copia = conexao.copiar(COPIAR);
  }

  /** Lança `Falha` (`reprovado`) se um texto não se pode guardar. */
  async juntar(usuarios: Usuario[]): Promise<void> {
    let linhas = '';
    for (const usuario of usuarios) linhas += this.#linhaDe(usuario);
    this.#mandados += usuarios.length;
    await this.#conexao.esperar(this.#copia.escritor.write(linhas));
  }

  /** Lança `Falha` (`reprovado`) se o servidor não ficou com todos. */
  async acabar(): Promise<void> {
    await this.#conexao.esperar(this.#copia.escritor.close());
    const { count } = await this.#conexao.esperar(this.#copia.pedido);
    if (count === this.#mandados) return;
    const oQue = `${this.#nome} não aceitou todos os usuários: de ${this.#mandados}, ficou com ${count}`;
    throw new Falha('reprovado', oQue, 'Descubra que regra da tabela usuarios os recusa, e tire-a.');
  }

  /** No formato `text` do COPY. */
  #linhaDe({ id, nome, email, criado_em }: Usuario): string {
    const linha = `${id}\t${escapar(nome)}\t${escapar(email)}\t${escapar(criado_em)}\n`;
    if (!linha.includes('\0')) return linha;
    throw new Falha(
      'reprovado',
      `o usuário ${id} tem um caractere U+0000, que ${this.#nome} não pode guardar`,
      'Deixe essa cadeia num arquivo.',
    );
  }
}

/** Insere uma execução e, se a tem, a assinatura dela. Lança `Falha` (`reprovado`) se a tabela das assinaturas é outra coisa. */
export async function inserirExecucao(conexao: Conexao, nome: string, execucao: Execucao): Promise<void> {
  const { id, selo, assinatura } = execucao;
  await conexao.perguntar(`INSERT INTO ${TABELAS.execucoes} VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, [
    ...SELADAS_DA_EXECUCAO.map((coluna) => execucao[coluna]),
    selo,
  ]);
  if (assinatura === undefined) return;
  await prepararAssinaturas(conexao, nome);
  await conexao.perguntar(`INSERT INTO ${TABELAS.assinaturas} VALUES ($1, $2)`, [id, assinatura]);
}

const ESPECIAIS = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapar(texto: string): string {
  return ESPECIAIS.test(texto) ? texto.replace(/[\\\n\r\t]/g, (um) => ESCAPES[um] ?? um) : texto;
}
