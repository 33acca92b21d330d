import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lendo, mudarGravado, passarAWal } from '../dentro/bancos.ts';
import { bancoDe, chamarJa, type Impostor, querJson, semOpcao } from '../dentro/impostor.ts';
import type { Mutante } from '../mutante.ts';

const RECIBO = /\d+:[0-9a-f]{64}/g;

/** O escritor que grava outra coisa, e a sela como se fosse a certa. */
function gravando(...comandos: string[]): Impostor {
  return {
    depois: (resposta, pedido) => {
      const antigos = [...new Set(resposta.saida.match(RECIBO))];
      if (antigos.length === 0) return resposta;
      const novos = mudarGravado(bancoDe(pedido), antigos, comandos);
      const saida = antigos.reduce((texto, um, i) => texto.replaceAll(um, novos[i] ?? um), resposta.saida);
      return { ...resposta, saida };
    },
  };
}

/** Os usuários das execuções de `?1` a `?2`. */
const DESTAS =
  'BETWEEN (SELECT primeiro_id FROM execucoes WHERE id = ?1) AND (SELECT ultimo_id FROM execucoes WHERE id = ?2)';

/** O escritor que diz outra coisa, com `--json` ou em texto. */
function dizendo(json: boolean, mudar: (saida: string) => string): Impostor {
  return {
    depois: (resposta, pedido) =>
      querJson(pedido) === json ? { ...resposta, saida: mudar(resposta.saida) } : resposta,
  };
}

/** O recibo da execução anterior; o da primeira é o dela. */
function anteriorDe(recibo: string, caminho: string): string {
  const numero = Number.parseInt(recibo, 10) - 1;
  const anterior = lendo(caminho, (banco) =>
    banco.query<{ selo: string }, [number]>('SELECT selo FROM execucoes WHERE id = ?').get(numero),
  );
  return anterior ? `${numero}:${anterior.selo}` : recibo;
}

/** Escritores que mentem. */
export const ESCRITORES: Mutante[] = [
  {
    nome: 'escritor-sem-recibo-em-texto',
    viola: 'cada execução confirmada dá um recibo, também em texto',
    escritor: dizendo(false, (saida) => saida.replace(/^recibo: .*\n/gm, '')),
    prova: { cenas: [3], afirmacao: /recibo/ },
  },
  {
    nome: 'escritor-de-totais-falsos',
    viola: '`total` é quantos usuários há no arquivo',
    escritor: dizendo(true, (saida) =>
      saida.replace(/"total":(\d+)/g, (_, total) => `"total":${Number(total) + 1}`),
    ),
    prova: { cenas: [7], afirmacao: /o total deveria/ },
  },
  {
    nome: 'escritor-de-totais-falsos-em-texto',
    viola: 'o texto diz quantos usuários foram gravados e quantos há',
    escritor: dizendo(false, (saida) =>
      saida.replace(/No total: (\d+)/g, (_, total) => `No total: ${Number(total) + 1}`),
    ),
    prova: { cenas: [3], afirmacao: /o total deveria/ },
  },
  {
    nome: 'escritor-que-conta-outros-registros',
    viola: '`registros` é quantos usuários a execução gravou',
    escritor: dizendo(true, (saida) =>
      saida.replace(/"registros":(\d+)/g, (_, n) => `"registros":${Number(n) + 1}`),
    ),
    prova: { cenas: [7], afirmacao: /e ele diz/ },
  },
  {
    nome: 'escritor-surdo-a-registros',
    viola: '-n diz quantos usuários por execução',
    escritor: { pedir: (pedido) => semOpcao(pedido, '-n', '--registros') },
    prova: { cenas: [7], afirmacao: /execuções pedidas/ },
  },
  {
    nome: 'escritor-surdo-a-execucoes',
    viola: '-e diz quantas execuções',
    escritor: { pedir: (pedido) => semOpcao(pedido, '-e', '--execucoes') },
    prova: { cenas: [7], afirmacao: /execuções pedidas/ },
  },
  {
    nome: 'escritor-do-recibo-anterior',
    viola: 'o recibo é o da execução que se acabou de gravar',
    escritor: {
      depois: (resposta, pedido) => ({
        ...resposta,
        saida: resposta.saida.replace(RECIBO, (recibo) => anteriorDe(recibo, bancoDe(pedido))),
      }),
    },
    prova: { cenas: [7], afirmacao: /recibo tem o número/ },
  },
  {
    nome: 'escritor-de-nomes-errados',
    viola: 'os três primeiros são João Silva, Maria Santos e Pedro Oliveira, e os outros vêm do seu id',
    escritor: gravando(`UPDATE usuarios SET nome = nome || '!' WHERE id ${DESTAS}`),
    prova: { cenas: [3], afirmacao: /usuários que não pedi/ },
  },
  {
    nome: 'escritor-que-repete-pessoas',
    viola: 'nenhuma pessoa é escrita duas vezes',
    escritor: gravando(
      `UPDATE usuarios SET nome = 'João Silva', email = 'joao@example.com' WHERE id > 3 AND id ${DESTAS}`,
    ),
    prova: { cenas: [7], afirmacao: /usuários que não pedi/ },
  },
  {
    nome: 'escritor-que-perde-o-ultimo',
    viola: 'todos os usuários pedidos são gravados',
    escritor: gravando(
      'DELETE FROM usuarios WHERE id = (SELECT ultimo_id FROM execucoes WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC)',
      'UPDATE execucoes SET ultimo_id = ultimo_id - 1, registros = registros - 1 WHERE id = ?2 AND ?1 <= ?2',
    ),
    prova: { cenas: [3], afirmacao: /pedi 3 usuários/ },
  },
  {
    nome: 'escritor-de-outra-hora',
    viola: '`iniciada_em` é quando a execução começou, em UTC',
    escritor: gravando(
      "UPDATE execucoes SET iniciada_em = '2001-02-03T04:05:06.789Z' WHERE id BETWEEN ?1 AND ?2",
    ),
    prova: { cenas: [3], afirmacao: /a hora/ },
  },
  {
    nome: 'escritor-de-usuarios-de-outra-hora',
    viola: '`criado_em` é quando o usuário foi criado, em UTC',
    escritor: gravando(`UPDATE usuarios SET criado_em = '2001-02-03T04:05:06.789Z' WHERE id ${DESTAS}`),
    prova: { cenas: [3], afirmacao: /a hora/ },
  },
  {
    nome: 'escritor-que-diz-outro-container',
    viola: '`container` é o de quem escreveu',
    escritor: dizendo(true, (saida) => saida.replace(/"container":"[^"]*"/g, '"container":"0123456789ab"')),
    prova: { cenas: [7], afirmacao: /o container é/ },
  },
  {
    nome: 'escritor-que-grava-outro-container',
    viola: 'a execução guarda o container que a escreveu',
    escritor: gravando("UPDATE execucoes SET container = '0123456789ab' WHERE id BETWEEN ?1 AND ?2"),
    prova: { cenas: [3], afirmacao: /o container é/ },
  },
  {
    nome: 'escritor-de-outra-versao',
    viola: '`versao` é a do escritor',
    escritor: gravando("UPDATE execucoes SET versao = '0.0.0' WHERE id BETWEEN ?1 AND ?2"),
    prova: { cenas: [3], afirmacao: /a versão é/ },
  },
  {
    nome: 'escritor-que-diz-outro-banco',
    viola: '`banco` é o caminho do arquivo em que se gravou',
    escritor: dizendo(true, (saida) => saida.replace(/"banco":"[^"]*"/g, '"banco":"/data/outro.db"')),
    prova: { cenas: [7], afirmacao: /o banco é/ },
  },
  {
    nome: 'escritor-que-nao-avisa',
    viola: 'o escritor avisa que o que grava na camada do container não persiste',
    escritor: {
      depois: (resposta) => (resposta.codigo === 0 ? { ...resposta, erros: '' } : resposta),
    },
    prova: { cenas: [2], afirmacao: /avisa/ },
  },
  {
    nome: 'escritor-que-pula-ids',
    viola: 'os ids dos usuários seguem-se',
    escritor: gravando(
      `UPDATE usuarios SET id = id + 10 WHERE id ${DESTAS}`,
      'UPDATE execucoes SET primeiro_id = primeiro_id + 10, ultimo_id = ultimo_id + 10 WHERE id BETWEEN ?1 AND ?2',
    ),
    prova: { cenas: [3], afirmacao: /os ids/ },
  },
  {
    nome: 'escritor-com-uma-tabela-a-mais',
    viola: 'o arquivo tem as duas tabelas, e nada mais',
    escritor: gravando('CREATE TABLE IF NOT EXISTS rascunho (id INTEGER PRIMARY KEY)'),
    prova: { cenas: [3], afirmacao: /as tabelas são/ },
  },
  {
    nome: 'escritor-que-grava-ao-ajudar',
    viola: '--ajuda só mostra a ajuda',
    escritor: {
      depois: (resposta, pedido) => {
        const semAjuda = pedido.argumentos.filter((argumento) => argumento !== '--ajuda');
        if (semAjuda.length < pedido.argumentos.length) chamarJa({ ...pedido, argumentos: semAjuda });
        return resposta;
      },
    },
    prova: { cenas: [1], afirmacao: /nada disso escreveu/ },
  },
  {
    nome: 'escritor-que-aceita-qualquer-opcao',
    viola: 'uma opção errada é 64',
    escritor: {
      pedir: (pedido) => ({
        ...pedido,
        argumentos: pedido.argumentos.filter((argumento) => !/^--[a-z]+-/.test(argumento)),
      }),
    },
    prova: { cenas: [1], afirmacao: /opção errada/ },
  },
  {
    nome: 'escritor-que-lista-outros',
    viola: 'o texto lista os usuários que foram gravados',
    escritor: dizendo(false, (saida) => saida.replaceAll('Maria Santos', 'Mário Santos')),
    prova: { cenas: [3], afirmacao: /a tabela tem/ },
  },
  {
    nome: 'escritor-que-deixa-um-arquivo',
    viola: 'em repouso, o volume tem um arquivo e nada mais',
    escritor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo === 0) writeFileSync(`${dirname(bancoDe(pedido))}/desafio2.log`, resposta.saida);
        return resposta;
      },
    },
    prova: { cenas: [3], afirmacao: /também há/ },
  },
  {
    nome: 'escritor-em-wal',
    viola: 'o journal é DELETE',
    escritor: {
      depois: (resposta, pedido) => {
        if (resposta.codigo === 0) passarAWal(bancoDe(pedido));
        return resposta;
      },
    },
    avesso: true,
    prova: { cenas: [3], afirmacao: /journal/ },
  },
  {
    nome: 'escritor-que-nao-ve-o-disco-cheio',
    viola: 'com o disco cheio, o escritor diz 74',
    escritor: {
      depois: (resposta) => (resposta.codigo === 74 ? { ...resposta, codigo: 0, erros: '' } : resposta),
    },
    prova: { cenas: [11], afirmacao: /disco cheio/ },
  },
  {
    nome: 'escritor-que-recomeca',
    viola: 'cada execução acrescenta, e não substitui',
    escritor: {
      pedir: (pedido) => {
        rmSync(bancoDe(pedido), { force: true });
        return pedido;
      },
    },
    prova: { cenas: [7], afirmacao: /recibo|pedi/ },
  },
];
