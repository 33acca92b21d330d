import { Falha } from '../../falhas.ts';
import { SELADAS_DO_USUARIO, type Usuario } from '../../usuario.ts';
import type { Conexao } from './conexao.ts';
import { TABELAS } from './esquema.ts';

const COPIAR = `COPY ${TABELAS.usuarios} (${SELADAS_DO_USUARIO}) FROM STDIN`;

/** Usuários que entram por um só COPY: até ele acabar, a conexão não serve para mais nada. */
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
    let textos = '';
    for (const { id, nome, email, criado_em } of usuarios) {
      linhas += `${id}\t${nome}\t${email}\t${criado_em}\n`;
      textos += nome + email + criado_em;
    }
    // Raro é haver o que escapar: perguntá-lo de todos ao mesmo tempo leva metade do tempo.
    if (ESPECIAIS.test(textos)) linhas = usuarios.map((usuario) => this.#linhaDe(usuario)).join('');
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

/** O usuário de uma linha do selo. */
export function usuarioDe(linha: string): Usuario {
  const [id, nome = '', email = '', criado_em = ''] = JSON.parse(linha);
  // Ler cada inteiro em texto leva o dobro do tempo.
  return { id: Number.isSafeInteger(id) ? id : (lerLinha(linha)[0] ?? ''), nome, email, criado_em };
}

/** Os valores de uma linha do selo; os inteiros em texto, porque podem não caber num número. */
export function lerLinha(linha: string): string[] {
  const comFonte = (_: string, valor: unknown, { source }: { source?: string } = {}) =>
    typeof valor === 'number' ? source : valor;
  return JSON.parse(linha, comFonte);
}

/** Um usuário que um servidor não pode guardar. */
export function soTexto(id: string, nome: string): Falha {
  return new Falha(
    'reprovado',
    `o usuário ${id} tem um valor que não é texto, ou um U+0000, e ${nome} só guarda texto sem ele`,
    'Deixe essa cadeia num arquivo.',
  );
}

const ESPECIAIS = /[\0\\\n\r\t]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapar(texto: string): string {
  return texto.replace(/[\\\n\r\t]/g, (um) => ESCAPES[um] ?? um);
}
