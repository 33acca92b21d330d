import { Falha } from '../../falhas.ts';
import { Conexao, esperar, type Pedido, type Sessao } from './conexao.ts';
import type { Endereco, Host } from './endereco.ts';
import { traduzirErro } from './erros.ts';

/** Entre duas voltas pelos servidores de um endereço. */
const PAUSA_MS = 200;

/**
 * Liga ao primeiro servidor do endereço que serve. Tenta-os todos, em voltas, enquanto algum ainda pode vir a servir e
 * não passa de `limite` (`performance.now()`); sem ele, numa volta só. Lança `Falha`.
 */
export async function ligar(endereco: Endereco, pedido: Pedido, limite = 0): Promise<Conexao> {
  for (;;) {
    const falhas: Falha[] = [];
    for (const host of endereco.hosts) {
      try {
        return await abrirSeServe(host, pedido);
      } catch (erro) {
        pedido.parada.throwIfAborted();
        if (!(erro instanceof Falha)) throw erro;
        falhas.push(erro);
      }
    }
    // A que não passa com o tempo diz mais do que um servidor parado.
    const decisiva = falhas.find(({ motivo }) => motivo !== 'tenteDeNovo') ?? falhas[0];
    const podePassar = falhas.some(({ motivo }) => motivo === 'tenteDeNovo');
    if (!podePassar || performance.now() > limite) throw decisiva;
    await esperar(Bun.sleep(PAUSA_MS), pedido);
  }
}

async function abrirSeServe(host: Host, pedido: Pedido): Promise<Conexao> {
  let conexao: Conexao | undefined;
  try {
    conexao = await Conexao.abrir(host, pedido);
    recusarSessao(conexao.sessao, host.nome, pedido.uso);
    return conexao;
  } catch (erro) {
    await conexao?.fechar();
    const recusada =
      erro instanceof Error && 'code' in erro && erro.code === 'ERR_POSTGRES_CONNECTION_REFUSED';
    if (recusada) await recusarNome(host, pedido);
    throw traduzirErro(erro, host.nome, pedido.uso === 'escrita' ? 'naoCriado' : 'nadaParaLer');
  }
}

/** O Bun não distingue um nome que não existe de um host em que ninguém atende. */
async function recusarNome({ nome, dns }: Host, pedido: Pedido): Promise<void> {
  try {
    if (dns) await esperar(Bun.dns.lookup(dns), pedido);
  } catch (erro) {
    const mensagem = `não se acha ${nome}: o nome não leva a nenhum endereço`;
    throw new Falha('tenteDeNovo', mensagem, 'Corrija o nome, ou veja a rede e o DNS.', { cause: erro });
  }
}

function recusarSessao({ replica, so_leitura, ...sessao }: Sessao, nome: string, uso: Pedido['uso']): void {
  if (replica || (uso === 'escrita' && so_leitura === 'on')) {
    throw new Falha(
      'tenteDeNovo',
      `${nome} só aceita leituras${replica ? ': é uma réplica, e pode estar atrasada' : ''}`,
      'Indique o servidor que aceita escrita, ou espere que este a aceite.',
    );
  }
  if (sessao.codificacao !== 'UTF8') {
    throw new Falha(
      'reprovado',
      `${nome} guarda este banco de dados em ${sessao.codificacao}, e o que se sela é UTF-8`,
      'Use um que seja criado com: createdb -T template0 -E UTF8',
    );
  }
  if (uso === 'escrita' && (sessao.fsync !== 'on' || sessao.confirma !== 'on')) {
    const [qual, valor] =
      sessao.fsync === 'on' ? ['synchronous_commit', sessao.confirma] : ['fsync', sessao.fsync];
    throw new Falha(
      'naoPersiste',
      `${nome} tem ${qual} = ${valor}: o que ele confirma pode se perder numa queda`,
      `Ponha ${qual} = on no servidor.`,
    );
  }
}
