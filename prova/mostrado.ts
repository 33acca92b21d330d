import { type Diario, foiEntre, foiNoMinuto } from './diario.ts';
import { deMilhares, ePrevisto, type Forma, type Linha } from './escrita.ts';
import { detalheDe, type ExecucaoMostrada, type Leitura, type Verificacao } from './leitura.ts';

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
  return usuarios.flatMap((linha, indice) => {
    const anotada = diario.doUsuario(linha.id);
    if (ePrevisto(linha, indice + 1) && anotada && foi(linha.criado_em, anotada.entreMs)) return [];
    return [`mostra o usuário ${linha.id}, ${linha.nome}, ${linha.email}, de ${linha.criado_em}`];
  });
}

/** O que cada verificação aprovada tem de dizer: os números e o lugar que a prova também conhece. */
function conferirDetalhes(leitura: Leitura, diario: Diario): string[] {
  const { exigidos, mostrado } = leitura;
  const numeros = (qual: Verificacao) =>
    [
      ...detalheDe(leitura, qual)
        .replace(/\([^)]*\)/g, '')
        .matchAll(/\d[\d.]*/g),
    ].map(([um]) => deMilhares(um));
  const haviaOutras = diario.antes.execucoes > 0;
  const [, oQue, tipo = ''] =
    detalheDe(leitura, 'volume').match(/^(.*) em \/data: (.*), somente leitura$/) ?? [];
  // Num que é uma pasta, um disco ou uma rede do usuário, o nome não se vê de dentro.
  const semNome = !diario.volume?.startsWith('desafio2-prova-') && oQue === 'montagem própria';
  const doVolume = (oQue === `volume ${diario.volume}` || semNome) && /^[a-z0-9._-]+$/.test(tipo);
  // Nenhum leitor escreve: as execuções são todas de outros.
  const origem = haviaOutras || `${numeros('origem')}` === `${diario.execucoes},0`;
  const casos: [Verificacao, boolean][] = [
    ['volume', doVolume],
    ['selos', numeros('selos')[0] === diario.execucoes],
    ['recibos', exigidos.length === 0 || numeros('recibos')[0] === exigidos.length],
    ['origem', origem],
  ];
  const resto = (mostrado?.registros ?? 0) - (mostrado?.usuarios.length ?? 0);
  const contou = mostrado?.resto === undefined || mostrado.usuarios.length === 0 || mostrado.resto === resto;
  return [
    ...casos.flatMap(([qual, certo]) => (certo ? [] : [`de "${qual}" diz: ${detalheDe(leitura, qual)}`])),
    ...(contou ? [] : [`diz que não mostra ${mostrado?.resto}, e são ${resto}`]),
  ];
}
