import { esperarTodas } from '../../apoio/paralelo.ts';
import { type Forma, interpretarEscrita } from '../escrita.ts';
import type { Leitura } from '../leitura.ts';
import type { Palco } from '../palco.ts';
import { guardaDe, segurarNaMemoria } from '../volumes.ts';
import { type Apoio, type Cena, CenaPulada } from './cena.ts';

const FORA_DO_LUGAR = { codigo: 69, verificacao: 'volume', soEla: true } as const;

/** O mesmo arquivo bom em lugares que não persistem: o leitor confere os dados e diz 69. */
export const CONTROLE: Cena = {
  numero: 2,
  titulo: 'Controle negativo',
  async encenar(palco, apoio) {
    const { conferirAprovado, conferirRecusa } = apoio;
    const virgem = await palco.leitor(palco.nome('virgem'), { forma: 'texto' });
    const nada = { codigo: 66, verificacao: 'arquivo' } as const;
    await conferirRecusa('num volume nunca escrito, o leitor diz 66', nada, virgem);

    const volume = palco.nome('controle');
    const { recibos } = await palco.escritor(volume, { execucoes: 2 });
    await conferirAprovado('num volume, o leitor aprova', await palco.leitor(volume, { recibos }));
    await naCamada(palco, apoio, volume);
    await soOArquivo(palco, apoio, volume);
    await semVolume(palco, apoio);
    await naMemoria(palco, apoio);
  },
};

/** O mesmo arquivo, na camada do próprio container: os dados conferem, e somem com ele; mudados, são reprovados. */
async function naCamada(
  palco: Palco,
  { conferirCodigo, conferirRecusa }: Apoio,
  volume: string,
): Promise<void> {
  const { recibos } = palco.diario(volume);
  const mudado = palco.nome('mudado');
  const mudanca = await palco.bun(
    [`${volume}:/de:ro`, `${mudado}:/data`],
    `require('node:fs').copyFileSync('/de/desafio2.db', '/data/desafio2.db');
     new (require('bun:sqlite').Database)('/data/desafio2.db', { readwrite: true })
       .run("UPDATE usuarios SET nome = nome || '.' WHERE id = 2");`,
  );
  if (mudanca.codigo !== 0) await conferirCodigo('um nome foi mudado', 0, mudanca);
  const ligado = palco.nome('ligado');
  const ligacao = await palco.bun(
    [`${ligado}:/data`],
    "require('node:fs').symlinkSync('/app/data/desafio2.db', '/data/desafio2.db')",
  );
  if (ligacao.codigo !== 0) await conferirCodigo('um link foi feito', 0, ligacao);
  const casos: NaCamada[] = [
    { oQue: 'na camada do container, em texto: 69', volume, recibos, forma: 'texto' },
    { oQue: 'na camada do container, em json: 69', volume, recibos, forma: 'json' },
    { oQue: 'na camada, com um volume bom em /data: 69', volume, recibos, montado: volume },
    {
      oQue: 'na camada, por um link que há no volume: 69',
      volume,
      recibos,
      montado: ligado,
      por: '/data/desafio2.db',
    },
    { oQue: 'na camada, com um nome mudado: selos, 65', volume: mudado, recibos, mudado: true },
  ];
  const leituras = await esperarTodas(casos.map((caso, indice) => lerNaCamada(palco, caso, `${indice}`)));
  for (const [indice, leitura] of leituras.entries()) {
    const { oQue = '', mudado: reprovado } = casos[indice] ?? {};
    const recusa = reprovado ? ({ codigo: 65, verificacao: 'selos' } as const) : FORA_DO_LUGAR;
    await conferirRecusa(oQue, recusa, leitura);
  }
}

interface NaCamada {
  oQue: string;
  /** De onde se tira o arquivo. */
  volume: string;
  recibos: string[];
  forma?: Forma;
  /** O volume que há em /data; o arquivo da camada fica então em outra pasta, que se dá com -b. */
  montado?: string;
  /** O caminho que se dá com -b, se não o dessa pasta. */
  por?: string;
  /** O arquivo não é o que foi selado. */
  mudado?: boolean;
}

async function lerNaCamada(palco: Palco, caso: NaCamada, qual: string): Promise<Leitura> {
  const [origem, nome] = [palco.nome(`mao-${qual}`), palco.nome(`na-camada-${qual}`)];
  await palco.docker.exigir([
    ...['create', '--name', origem, '-v', `${caso.volume}:/data:ro`],
    palco.projeto.olhos,
  ]);
  const { recibos, forma = 'texto', montado, por = '/app/data/desafio2.db' } = caso;
  const { opcoes, recibo, ...pedido } = palco.prepararLeitura({ recibos, forma, noAmbiente: 0 });
  const volume = montado ? ['-v', `${montado}:/data:ro`] : [];
  const banco = montado ? ['-b', por] : [];
  const imagem = palco.projeto.imagem('leitor');
  await palco.docker.exigir(['create', '--name', nome, ...volume, imagem, ...opcoes, ...banco]);
  await palco.docker.copiarEntre(`${origem}:/data`, `${nome}:${montado ? '/app' : '/'}`);
  const resposta = await palco.docker.rodar(['start', '-a', nome]);
  await palco.remover(origem, nome);
  return palco.ouvirLeitor(resposta, pedido, undefined);
}

/** O arquivo bom montado sozinho: o -journal ficaria fora do volume. */
async function soOArquivo(palco: Palco, { conferirRecusa, narrar }: Apoio, volume: string): Promise<void> {
  const { recibos } = palco.diario(volume);
  const montagem = `type=volume,src=${volume},dst=/data/desafio2.db,volume-subpath=desafio2.db,readonly`;
  // Pergunta-se ao engine sem o leitor: a recusa não é uma resposta dele.
  const nome = palco.nome('so-o-arquivo');
  const opcoes = ['--name', nome, '--mount', montagem];
  const criado = await palco.docker.rodar(['create', ...opcoes, palco.projeto.imagem('leitor')]);
  if (criado.codigo !== 0 && /subpath/i.test(criado.erros)) {
    await narrar('este engine não monta um arquivo só de um volume (volume-subpath)');
    return;
  }
  await palco.remover(nome);
  const leitura = await palco.leitorSolto(['--mount', montagem], { recibos });
  await conferirRecusa('com só o arquivo montado: 69', FORA_DO_LUGAR, leitura);
}

/** Sem volume nenhum, o que um container grava não chega ao outro. */
async function semVolume(palco: Palco, { conferir, conferirCodigo, conferirRecusa }: Apoio): Promise<void> {
  const nome = palco.nome('solto');
  const imagem = palco.projeto.imagem('escritor');
  const criado = ['create', '--name', nome, '--hostname', 'abcdef012345', imagem, '--json'];
  const id = await palco.docker.exigir(criado);
  const solta = await palco.docker.rodar(['start', '-a', nome]);
  await palco.remover(nome);
  await conferirCodigo('sem volume, o escritor grava no seu container', 0, solta);
  const { container } = interpretarEscrita(solta, 'json');
  await conferir('e diz o id dele, e não o nome que lhe deram', [id.slice(0, 12), container], solta);
  const avisa = /^escritor: aviso: .+\n {10}\S/m.test(solta.erros);
  await conferir('e avisa que aquilo não persiste', ['avisa', avisa ? 'avisa' : 'não avisa'], solta);
  const perdida = await palco.leitorSolto([]);
  await conferirRecusa('e outro container não acha nada: 66', { codigo: 66, verificacao: 'volume' }, perdida);
}

async function naMemoria(palco: Palco, { conferirRecusa }: Apoio): Promise<void> {
  const volume = palco.nome('memoria');
  const recusa = await segurarNaMemoria(palco, volume, '1m');
  if (recusa !== undefined) throw new CenaPulada(`o engine não monta um tmpfs: ${recusa}`);
  const { recibos } = await palco.escritor(volume, { passageiro: true });
  const leitura = await palco.leitor(volume, { recibos, forma: 'texto' });
  await conferirRecusa('num tmpfs, com dados bons: 69', FORA_DO_LUGAR, leitura);
  await palco.remover(guardaDe(volume));
  palco.porOlhar.delete(volume);
  const depois = await palco.leitor(volume, { recibos });
  await conferirRecusa('e tudo some com o último container: 66', { codigo: 66 }, depois);
}
