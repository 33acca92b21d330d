import { type Diario, foiEntre, foiNoMinuto, usuarioPrevisto } from './diario.ts';
import { deMilhares, type Forma, type Linha } from './escrita.ts';
import type { ExecucaoMostrada, Leitura, Verificacao } from './leitura.ts';

/** Em que o que um leitor que aprova mostra não é o que a prova sabe que lá está, em palavras; cinco, no máximo. */
export function conferirMostrado(leitura: Leitura, diario: Diario): string[] {
  const { forma, limite, mostrado } = leitura;
  if (!mostrado || diario.talvez.length > 0) return [];
  const defeitos: string[] = [];
  const comparar = (oQue: string, visto: unknown, esperado: unknown) => {
    if (`${visto}` !== `${esperado}`) defeitos.push(`${oQue}: ${visto}, e não ${esperado}`);
  };
  comparar('banco', mostrado.banco, '/data/desafio2.db');
  if (forma === 'json' || limite > 0) {
    comparar('usuários', mostrado.registros, diario.registros);
    comparar('execuções', mostrado.execucoes, diario.execucoes);
  }
  if (diario.recibos.length > 0) comparar('recibo mais novo', mostrado.recibo, diario.recibos.at(-1));
  comparar('quantas das últimas', mostrado.ultimas.length, Math.min(limite, diario.execucoes));
  comparar('usuários mostrados', mostrado.usuarios.length, Math.min(limite, diario.registros));
  defeitos.push(
    ...conferirUltimas(mostrado.ultimas, forma, diario),
    ...conferirUsuarios(mostrado.usuarios, forma, diario),
    ...conferirDetalhes(leitura, diario),
  );
  if (mostrado.container && diario.autores.has(mostrado.container))
    defeitos.push('lê no container que escreveu');
  return defeitos.slice(0, 5);
}

/** As execuções mostradas são as mais novas, em ordem, como a prova as pediu. */
function conferirUltimas(ultimas: ExecucaoMostrada[], forma: Forma, diario: Diario): string[] {
  return ultimas.flatMap(({ execucao, container, iniciada_em, registros, recibo }, indice) => {
    const numero = diario.execucoes - ultimas.length + 1 + indice;
    const anotada = diario.execucao(numero);
    if (!anotada) return [];
    const mesmo = forma === 'texto' || recibo === `${numero}:${anotada.selo}`;
    if (execucao !== numero || !mesmo) return [`mostra a execução ${execucao}, ${recibo?.slice(0, 20)}`];
    const certa =
      container === (anotada.container ?? container) &&
      registros === anotada.registros &&
      foiEntre(iniciada_em, anotada.entreMs);
    return certa ? [] : [`mostra a execução ${numero} de ${container}, às ${iniciada_em}, com ${registros}`];
  });
}

/** Os usuários mostrados são os primeiros, como o escritor os gera, com a hora em que foram pedidos. */
function conferirUsuarios(usuarios: Linha[], forma: Forma, diario: Diario): string[] {
  const foi = forma === 'json' ? foiEntre : foiNoMinuto;
  if (diario.antes.execucoes > 0) return [];
  return usuarios.flatMap(({ id, nome, email, criado_em }, indice) => {
    const previsto = usuarioPrevisto(indice + 1);
    const mesmo = id === indice + 1 && nome === previsto.nome && email === previsto.email;
    const anotada = diario.doUsuario(id);
    if (mesmo && anotada && foi(criado_em, anotada.entreMs)) return [];
    return [`mostra o usuário ${id}, ${nome}, ${email}, de ${criado_em}`];
  });
}

/** O que cada verificação aprovada tem de dizer: os números e o lugar que a prova também conhece. */
function conferirDetalhes({ exigidos, mostrado }: Leitura, diario: Diario): string[] {
  const detalhe = (qual: Verificacao) =>
    mostrado?.verificacoes.find(({ nome }) => nome === qual)?.detalhe ?? '';
  const numeros = (qual: Verificacao) =>
    [
      ...detalhe(qual)
        .replace(/\([^)]*\)/g, '')
        .matchAll(/\d[\d.]*/g),
    ].map(([texto]) => deMilhares(texto));
  const soma = numeros('origem').reduce((total, numero) => total + numero, 0);
  const casos: [Verificacao, boolean][] = [
    ['volume', / em \/data: \S+, somente leitura/.test(detalhe('volume'))],
    ['selos', numeros('selos')[0] === diario.execucoes],
    ['recibos', exigidos.length === 0 || numeros('recibos')[0] === exigidos.length],
    ['origem', soma === diario.execucoes],
  ];
  return casos.flatMap(([qual, certo]) => (certo ? [] : [`de "${qual}" diz: ${detalhe(qual)}`]));
}
