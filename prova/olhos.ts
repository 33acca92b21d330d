import type { Visao } from './dentro/olhos.ts';
import { type Diario, foiEntre } from './diario.ts';

/**
 * Em que o arquivo, como os olhos da prova o veem, não é o que ela pediu e lhe responderam: em palavras, vazio se
 * em nada. O que um escritor morto confirmou sem recibo entra no diário. `linhas` da visão podem ser só as do fim.
 */
export function confrontar(visao: Visao, diario: Diario, versao: string): string[] {
  if (visao.linhas === undefined) {
    const oQueHa = `na pasta só há ${visao.arquivos.join(', ') || 'nada'}`;
    return [visao.modo.length > 0 ? `o journal não é o comum: ${visao.modo}` : oQueHa];
  }
  const defeitos = [...conferirForma(visao, diario), ...conferirLinhas(visao, diario, versao)];
  const comparar = (oQue: string, visto: unknown, esperado: unknown) => {
    if (visto !== esperado) defeitos.push(`há ${visto} ${oQue}, e pedi ${esperado}`);
  };
  comparar('execuções', visao.execucoes, diario.execucoes);
  comparar('usuários', visao.registros, diario.registros);
  if (diario.antes.execucoes === 0) {
    if (visao.primeiro_id !== 1 || visao.ultimo_id !== diario.registros) {
      defeitos.push(`os ids vão de ${visao.primeiro_id} a ${visao.ultimo_id}`);
    }
    // Um volume que já tinha o seu arquivo o tem com as permissões que lhe deram.
    if ((Number.parseInt(visao.permissoes, 8) & ~0o644) !== 0) {
      defeitos.push(`as permissões do arquivo são ${visao.permissoes}`);
    }
  }
  return defeitos.slice(0, 6);
}

/** As duas tabelas, pelo nome, como docs/selo.md as mostra. */
const TABELAS = [
  'execucoes(id INTEGER PRIMARY KEY, container TEXT NOT NULL, iniciada_em TEXT NOT NULL, versao TEXT NOT NULL, ' +
    'primeiro_id INTEGER NOT NULL, ultimo_id INTEGER NOT NULL, registros INTEGER NOT NULL, selo TEXT NOT NULL) STRICT',
  'usuarios(id INTEGER PRIMARY KEY, nome TEXT NOT NULL, email TEXT NOT NULL, criado_em TEXT NOT NULL) STRICT',
];

function conferirForma(visao: Visao, diario: Diario): string[] {
  const defeitos: string[] = [];
  const outros = visao.arquivos.filter((nome) => !['desafio2.db', 'lost+found'].includes(nome));
  if (outros.length > 0) defeitos.push(`no volume também há ${outros.join(', ')}`);
  if (visao.application_id !== 'd2db' || visao.user_version !== 1) {
    defeitos.push(`application_id ${visao.application_id}, user_version ${visao.user_version}`);
  }
  if (`${visao.modo}` !== '1,1') defeitos.push(`o journal não é o comum: ${visao.modo}`);
  // Num volume que já tinha dados, `usuarios` pode ser a do programa original.
  const deAntes = diario.antes.execucoes > 0;
  const nossas = visao.esquema.filter((objeto) => !(deAntes && /^(usuarios|sqlite_sequence)\(/.test(objeto)));
  if (!Bun.deepEquals(nossas, deAntes ? TABELAS.slice(0, 1) : TABELAS)) {
    defeitos.push(`as tabelas são ${nossas.join('; ')}`);
  }
  if (visao.avulsos !== 0) defeitos.push(`${visao.avulsos} usuários fora de qualquer execução`);
  if (visao.de_outro_tipo !== 0) defeitos.push(`${visao.de_outro_tipo} valores de outro tipo`);
  if (visao.divergentes.length > 0) defeitos.push(`selos que não conferem: ${visao.divergentes}`);
  if (visao.estranhos.length > 0) defeitos.push(`usuários que não pedi: ${visao.estranhos.join(' ')}`);
  return defeitos;
}

function conferirLinhas(visao: Visao, diario: Diario, versao: string): string[] {
  const defeitos: string[] = [];
  let seguinte = diario.antes.ultimoId + 1;
  for (const [indice, linha] of visao.linhas.entries()) {
    const acusar = (oQue: string) => defeitos.push(`execução ${linha.id}: ${oQue}`);
    if (linha.id !== diario.antes.execucoes + indice + 1) acusar('não é a seguinte');
    const anotada = acharAnotada(diario, linha);
    if (!anotada) {
      acusar('ninguém a pediu');
      continue;
    }
    if (linha.selo !== anotada.selo) acusar(`o selo não é o do recibo, ${anotada.selo.slice(0, 12)}…`);
    if (linha.registros !== anotada.registros || linha.usuarios !== anotada.registros) {
      acusar(`pedi ${anotada.registros} usuários; diz ${linha.registros}, e tem ${linha.usuarios}`);
    }
    if (linha.primeiro_id !== seguinte || linha.ultimo_id !== seguinte + linha.registros - 1) {
      acusar(`os ids são ${linha.primeiro_id} a ${linha.ultimo_id}`);
    }
    seguinte = linha.ultimo_id + 1;
    if (linha.container !== (anotada.container ?? linha.container))
      acusar(`o container é ${linha.container}`);
    if (linha.versao !== versao) acusar(`a versão é ${linha.versao}`);
    for (const data of [linha.iniciada_em, linha.primeira_data, linha.ultima_data]) {
      if (!foiEntre(data, anotada.entreMs)) acusar(`a hora ${data} não é a do pedido`);
    }
  }
  return defeitos;
}

/** A anotação da execução; ou, se um escritor foi morto, a que ele pode ter confirmado sem o dizer. */
function acharAnotada(
  diario: Diario,
  { id, selo, registros, container, iniciada_em }: Visao['linhas'][number],
) {
  const anotada = diario.execucao(id);
  if (anotada) return anotada;
  const qual = diario.talvez.indexOf(registros);
  if (qual < 0) return undefined;
  diario.talvez.splice(qual, 1);
  const quando = Date.parse(iniciada_em);
  const achada = { selo, registros, container, entreMs: [quando, quando] as [number, number] };
  diario.achar(id, achada);
  return achada;
}
