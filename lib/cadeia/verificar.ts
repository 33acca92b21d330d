import { nomearLugar } from '../armazem/abrir.ts';
import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import type { Contexto } from '../contexto.ts';
import type { Achado, Falha, Resultado } from '../falhas.ts';
import { acharBifurcacao, type Recibo } from '../recibo.ts';
import type { Exigencias } from './exigencias.ts';
import { type Laudo, lerMostra, NADA_LIDO, SEM_VEREDITO, type Verificacao } from './laudo.ts';
import { conferirOrigem } from './origem.ts';
import { conferirRecibos, type Exigido } from './recibos.ts';
import { conferirAvulsos, conferirSelos } from './selos.ts';
import { type Precisa, Sessao } from './sessao.ts';

/** As verificações, na ordem do laudo. */
const VERIFICACOES: [Verificacao['nome'], Precisa, (sessao: Sessao) => Resultado | Promise<Resultado>][] = [
  ['volume', 'nada', (sessao) => sessao.conferirPersistencia()],
  ['arquivo', 'nada', (sessao) => sessao.abrir()],
  ['estrutura', 'arquivo', ({ armazem }) => armazem.conferirEstrutura()],
  ['esquema', 'arquivo', (sessao) => sessao.acharTabelas()],
  ['selos', 'esquema', ({ armazem }) => conferirSelos(armazem)],
  ['avulsos', 'esquema', ({ armazem }) => conferirAvulsos(armazem)],
  ['recibos', 'esquema', ({ armazem, exigido }) => conferirRecibos(armazem, exigido)],
  ['assinatura', 'esquema', (sessao) => sessao.conferirAssinatura()],
  ['origem', 'esquema', ({ armazem, lugar }) => conferirOrigem(armazem, lugar.nome)],
];

/** O que se leu. */
export interface Lido {
  laudo: Laudo;
  /** As falhas a dizer, se houver: a que decide o código de saída e, que tem outro remédio, a do que não persiste. */
  falhas: Falha[];
  /** Os recibos exigidos, viessem de onde viessem. */
  recibos: Recibo[];
  /** As execuções em que cada verificação reprova, das que o sabem dizer. */
  achados: Partial<Record<Verificacao['nome'], Achado[] | undefined>>;
}

/**
 * Confere um banco sem mudar nada nele: faz todas as verificações que puder, mesmo que outra reprove, e lê
 * tudo de um mesmo instantâneo, em que também roda `depois`, com as falhas que houver; só o que foi aprovado vai
 * para a memória. Rejeita com a `Falha` de um sinal, da saída padrão que é o banco, de um endereço que não se entende,
 * do que se exige, da memória ou de `depois`, ou com um defeito nosso.
 */
export async function verificarBanco(
  exigencias: Exigencias,
  contexto: Contexto,
  depois: (armazem: ArmazemDeLeitura, falhas: Falha[]) => Promise<void> = async () => {},
): Promise<Lido> {
  const { banco: lugar, memoria, limite } = exigencias;
  const banco = await nomearLugar(lugar);
  const exigido = await reunir({ ...exigencias, banco }, contexto.parada);
  await using sessao = new Sessao(exigencias, exigido, contexto);
  const verificacoes: Verificacao[] = [];
  const falhas: Falha[] = [];
  const achados: Lido['achados'] = {};
  // Está provada, leia-se o que se ler.
  const bifurcacao = acharBifurcacao(exigido.recibos);
  for (const [nome, precisa, conferir] of VERIFICACOES) {
    const visto: Resultado =
      bifurcacao && nome === 'recibos'
        ? { resultado: 'reprovada', falha: bifurcacao }
        : await sessao.verificar(precisa, () => conferir(sessao));
    if (visto.resultado === 'reprovada') {
      falhas.push(visto.falha);
      achados[nome] = visto.achados;
    }
    verificacoes.push({ nome: sessao.nomear(nome), ...descrever(visto) });
  }
  const { registros, execucoes, recibo, ...listas } = sessao.faltaPara('arquivo')
    ? NADA_LIDO
    : await lerMostra(sessao.armazem, limite, falhas.length > 0);
  if (sessao.aberto) await depois(sessao.aberto, falhas);
  const mudado = sessao.aberto?.conferirPermanencia?.();
  if (mudado) falhas.unshift(mudado);
  if (memoria !== undefined && falhas.length === 0 && recibo !== null) {
    const { guardar } = await import('./memoria.ts');
    const tem = async (outro: Recibo) =>
      (await conferirRecibos(sessao.armazem, { ...exigido, recibos: [outro] })).resultado === 'aprovada';
    await guardar({ caminho: memoria, banco }, { recibo, tem }, contexto.parada);
  }
  const quem = { aprovado: falhas.length === 0, banco, container: sessao.lugar.nome };
  return {
    laudo: { ...quem, registros, execucoes, recibo, verificacoes, ...listas },
    falhas: bifurcacao ? [bifurcacao] : ordenar(falhas),
    recibos: exigido.recibos,
    achados,
  };
}

/** O que se exige. O que o lê de arquivos só se carrega se algum foi indicado. */
async function reunir(exigencias: Exigencias, parada: AbortSignal): Promise<Exigido> {
  const { recibos, recibosEm, memoria, chavesPublicas = [] } = exigencias;
  if (recibosEm === undefined && memoria === undefined && chavesPublicas.length === 0) {
    return { recibos, notas: [], chaves: new Map() };
  }
  return await (await import('./exigencias.ts')).reunirExigido(exigencias, parada);
}

/** O que o laudo diz de um resultado: o que não se pôde ler não aprova nem reprova. */
function descrever(visto: Resultado): Omit<Verificacao, 'nome'> {
  if (visto.resultado !== 'reprovada') return visto;
  const { motivo, message } = visto.falha;
  return { resultado: SEM_VEREDITO.includes(motivo) ? 'pulada' : 'reprovada', detalhe: message };
}

/** A que decide primeiro (um disco que não se consegue ler pesa mais do que o que se leu dele), e a do que não persiste. */
function ordenar(falhas: Falha[]): Falha[] {
  const doVolume = falhas.filter(({ motivo }) => motivo === 'naoPersiste');
  const outras = falhas.filter(({ motivo }) => motivo !== 'naoPersiste');
  const decisiva = outras.find(({ motivo }) => motivo === 'entradaSaida') ?? outras[0];
  return [...(decisiva ? [decisiva] : []), ...doVolume];
}
