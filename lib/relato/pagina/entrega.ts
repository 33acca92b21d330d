import type { Laudo, Verificacao } from '../../cadeia/laudo.ts';
import { html, marca, type Trecho, tabela } from './html.ts';

/** O que o exercício pede, o comando que o mostra ou as verificações que o mostram, e o que é preciso além delas. */
const REQUISITOS: [
  pede: string,
  mostram: string | Verificacao['nome'][],
  seViu?: (laudo: Laudo) => boolean,
][] = [
  ['um volume com nome, que inspect mostra', 'docker volume inspect desafio2_volume'],
  ['um container cria o banco e a tabela', ['arquivo', 'esquema', 'origem']],
  ['insere usuários', ['selos', 'avulsos'], ({ registros }) => Number(registros) > 0],
  ['e termina', 'docker compose ps -a'],
  ['o leitor espera por ele', 'docker compose up'],
  ['confere que o banco existe', ['arquivo']],
  ['lê os dados, e os mostra', ['estrutura', 'esquema'], ({ usuarios }) => usuarios.length > 0],
  ['os dados estão fora do container', ['volume']],
  ['outros containers os veem', ['origem']],
  ['sobrevivem à remoção dos containers', 'docker compose down'],
  ['uma segunda execução continua', ['selos'], ({ execucoes }) => Number(execucoes) > 1],
];

const NAO_AQUI = marca('pulada', 'não conferido aqui');

/** Cada requisito do exercício, com o que este laudo mostra dele, ou as palavras de que não o mostra. */
export function requisitos(laudo: Laudo): Trecho {
  const linhas = REQUISITOS.map(([pede, mostram, seViu = () => true]) => {
    if (typeof mostram === 'string') return [pede, NAO_AQUI, html`<code>${mostram}</code>`];
    const suas = laudo.verificacoes.filter(({ nome }) => mostram.includes(nome));
    const visto = html`${suas.map(({ nome, detalhe }) => html`<b>${nome}</b>: ${detalhe}. `)}`;
    if (suas.some(({ resultado }) => resultado === 'reprovada'))
      return [pede, marca('reprovada', 'não'), visto];
    const falta = suas.some(({ resultado }) => resultado === 'pulada') || suas.length < mostram.length;
    return [pede, falta || !seViu(laudo) ? NAO_AQUI : marca('aprovada', 'sim'), visto];
  });
  return tabela(
    'O que o exercício pede, e onde se vê',
    ['requisito', 'neste laudo', 'o que se viu, ou se rodaria'],
    linhas,
  );
}

/** O que um laudo não prova, aprove ou não. */
export function ressalvas({ verificacoes }: Laudo): Trecho {
  const sem = (...nomes: string[]) =>
    !verificacoes.some(({ nome, resultado }) => nomes.includes(nome) && resultado === 'aprovada');
  return html`<ul>
<li><b>Esta página é um relato, e não uma assinatura.</b> Quem a tem pode mudá-la; quem duvida repete a leitura.</li>
${sem('recibos') && html`<li>Que este é o mesmo volume: sem um recibo, uma cópia antiga ou outro banco também passam.</li>`}
${sem('assinatura') && html`<li>Quem escreveu: quem pode gravar aqui pode refazer a cadeia, salvo se a chave a assina.</li>`}
${sem('volume', 'replicas') && html`<li>Que o lugar dura mais do que o container, ou do que a máquina.</li>`}
<li>Que o disco aguenta uma queda de energia.</li>
<li>O que só o engine vê, e de que <code>bun run prova --html</code> faz outra página.</li></ul>`;
}

/** Como ter o mesmo laudo, e um selo sem este programa. Num comando só entra um recibo bem formado. */
export function repetir({ banco, recibo, verificacoes: [lugar] }: Laudo): Trecho {
  const noContainer = lugar?.nome === 'volume' && lugar.resultado !== 'pulada';
  const deFora = `bun run leitor.ts --banco ${Bun.$.escape(banco)}`;
  const leitor = noContainer ? 'docker compose run --rm -T --no-deps leitor' : deFora;
  const [numero] = recibo?.match(/^\d+/) ?? [];
  const exige = /^\d+:[0-9a-f]{64}(:[\w-]+)?$/.test(`${recibo}`) ? `--recibo ${recibo}` : '';
  return html`<pre>${leitor} ${exige}</pre>
${
  lugar?.nome === 'volume' &&
  numero !== undefined &&
  html`<p>O selo da execução mais nova, sem este programa, numa cópia do arquivo (duas linhas iguais):</p>
<pre id="receita">n=${numero}
sqlite3 copia.db "
SELECT coalesce((SELECT selo FROM execucoes WHERE id = $n - 1), printf('%064d', 0));
SELECT json_array(id, container, iniciada_em, versao, primeiro_id, ultimo_id, registros)
FROM execucoes WHERE id = $n;
SELECT json_array(u.id, u.nome, u.email, u.criado_em) FROM usuarios AS u
JOIN execucoes AS e ON u.id BETWEEN e.primeiro_id AND e.ultimo_id WHERE e.id = $n ORDER BY u.id;
" | sha256sum
sqlite3 copia.db "SELECT selo FROM execucoes WHERE id = $n"</pre>`
}`;
}
