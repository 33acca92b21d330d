import type { Contexto } from '../../contexto.ts';
import { gerarUsuario, type Usuario } from '../../usuario.ts';
import type { ArmazemDeEscrita, Bloco, Registro } from '../armazem.ts';
import { lerEndereco } from './endereco.ts';
import { prepararAssinaturas, TABELAS } from './esquema.ts';
import { Insercao, lerLinha, usuarioDe } from './insercao.ts';
import { TransacaoPostgres } from './transacao.ts';

/** Liga ao primeiro servidor do endereço que aceita escrita; as tabelas nascem com a primeira execução. Lança `Falha`. */
export async function abrirServidor(lugar: string, contexto: Contexto): Promise<ArmazemDeEscrita> {
  const armazem = new EscritaPostgres(lerEndereco(lugar), contexto);
  await armazem.ligar();
  return armazem;
}

const INSERIR_EXECUCAO = `INSERT INTO ${TABELAS.execucoes} VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

class EscritaPostgres extends TransacaoPostgres implements ArmazemDeEscrita {
  #insercao: Insercao | undefined;

  /** Devolve quantos mandou: se o servidor não ficou com todos, é `registrar` que o diz. */
  async inserir(primeiro: number, ultimo: number, criadoEm: string): Promise<number> {
    const quantos = ultimo - primeiro + 1;
    const usuarios = Array.from({ length: quantos }, (_, i) => gerarUsuario(primeiro + i, criadoEm));
    this.#insercao ??= new Insercao(this.conexao, this.endereco);
    await this.#insercao.juntar(usuarios);
    return quantos;
  }

  async inserirLinhas({ linhas }: Bloco): Promise<void> {
    this.#insercao ??= new Insercao(this.conexao, this.endereco);
    const textos = Buffer.from(linhas).toString().trimEnd().split('\n');
    await this.#insercao.juntar(textos.map(usuarioDe));
  }

  async registrar({ id, selo, linha }: Registro, assinatura: string | undefined): Promise<void> {
    await this.#insercao?.acabar();
    this.#insercao = undefined;
    const valores = [...lerLinha(Buffer.from(linha).toString()), selo];
    await this.conexao.perguntar(INSERIR_EXECUCAO, valores);
    this.registrada = { id, selo };
    if (assinatura === undefined) return;
    await prepararAssinaturas(this.conexao, this.endereco);
    await this.conexao.perguntar(`INSERT INTO ${TABELAS.assinaturas} VALUES ($1, $2)`, [id, assinatura]);
  }

  async lerFaixa(primeiro: number, ultimo: number): Promise<Usuario[]> {
    if (ultimo < primeiro) return [];
    const sql = `SELECT id, nome, email, criado_em FROM ${TABELAS.usuarios} WHERE id BETWEEN $1 AND $2 ORDER BY id`;
    return await this.consultar(sql, primeiro, ultimo);
  }

  protected override async largar(): Promise<void> {
    this.#insercao = undefined;
    await super.largar();
  }
}
