import { rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { acharRecibos } from '../../prova/diario.ts';
import { mudarGravado, passarAWal } from '../dentro/bancos.ts';
import { bancoDe, type Impostor } from '../dentro/impostor.ts';
import type { Mutante } from '../mutante.ts';

/** O escritor que grava outra coisa, e a sela como se fosse a certa. */
function gravando(...comandos: string[]): Impostor {
  return {
    depois: (resposta, pedido) => {
      const antigos = acharRecibos(resposta.saida);
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

/** Escritores que gravam outra coisa, e a dizem e selam como se fosse a certa. */
export const NO_BANCO: Mutante[] = [
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
    nome: 'escritor-que-pula-ids',
    viola: 'os ids dos usuários se seguem',
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
