import { type Laudo, SEM_VEREDITO, type Verificacao } from '../cadeia/laudo.ts';
import type { Falha } from '../falhas.ts';
import { emMilhares, emTabela, listarDados, tornarVisivel } from '../texto.ts';

const SINAIS = { aprovada: '✔', reprovada: '✘', pulada: '–' };

/** O laudo para o terminal; afirma só o que as verificações aprovaram. */
export function descreverLaudo(laudo: Laudo, falha: Falha | undefined): string {
  const linhas = [tornarVisivel(`Banco ${laudo.banco}, lido por ${laudo.container}`)];
  if (laudo.usuarios.length > 0) {
    const total = laudo.registros ?? laudo.usuarios.length;
    linhas.push('', `Usuários: ${emMilhares(total)}`, listarDados(laudo.usuarios));
    if (total > laudo.usuarios.length) linhas.push(`… e mais ${emMilhares(total - laudo.usuarios.length)}.`);
  }
  if (laudo.ultimas_execucoes.length > 0) {
    const total = laudo.execucoes ?? laudo.ultimas_execucoes.length;
    linhas.push('', `Execuções: ${emMilhares(total)}`);
    if (total > laudo.ultimas_execucoes.length) linhas.push('As mais novas:');
    const larguras = { container: 15, iniciada_em: 24, registros: 11, recibo: 12 };
    linhas.push(emTabela(laudo.ultimas_execucoes, 'execucao', larguras));
  }
  linhas.push('', 'Verificações:');
  for (const { nome, resultado, detalhe } of laudo.verificacoes) {
    const texto = resultado === 'pulada' ? `pulada: ${detalhe}` : detalhe;
    const [primeira, ...outras] = Bun.wrapAnsi(tornarVisivel(texto), 65).split('\n');
    linhas.push(`  ${SINAIS[resultado]} ${nome.padEnd(10)} ${primeira}`);
    linhas.push(...outras.map((linha) => `${' '.repeat(15)}${linha}`));
  }
  linhas.push('', ...darVeredito(laudo, falha).map((frase) => Bun.wrapAnsi(frase, 80)));
  if (laudo.recibo) linhas.push(`recibo mais novo: ${tornarVisivel(laudo.recibo)}`);
  return linhas.join('\n');
}

/** O veredito e o que ele não cobre. */
function darVeredito(laudo: Laudo, falha: Falha | undefined): string[] {
  if (falha?.motivo === 'naoPersiste') {
    return ['NÃO PERSISTE: os dados conferem, mas o lugar onde estão some com o container.'];
  }
  if (falha && SEM_VEREDITO.includes(falha.motivo)) return ['SEM VEREDITO: não foi possível conferir.'];
  if (falha?.motivo === 'nadaParaLer') return ['NADA PARA LER.'];
  if (falha) return ['REPROVADO: veja as verificações marcadas com ✘.'];

  const aprovada = (nome: Verificacao['nome']) =>
    laudo.verificacoes.some(
      (verificacao) => verificacao.nome === nome && verificacao.resultado === 'aprovada',
    );
  const veredito =
    aprovada('volume') && aprovada('origem')
      ? 'APROVADO, persistência comprovada: o que outro container gravou está aqui, intacto.'
      : 'APROVADO: os dados estão como foram selados. Isto não comprova persistência: ou o leitor não está num container, ou só ele escreveu.';
  if (aprovada('recibos')) return [veredito];
  return [veredito, 'Sem um recibo exigido, um volume trocado por outro íntegro não seria notado.'];
}
