import { readFileSync, writeFileSync } from 'node:fs';
import { bancoTemporario } from './bancos.ts';
import { escritor, leitor, recibosDe } from './programas.ts';

/** O que um leitor disse do mesmo modo em HTML e em texto. */
export interface Lida {
  pagina: string;
  texto: string;
  codigos: [emHtml: number, emTexto: number];
  erros: [emHtml: string, emTexto: string];
}

/** Textos que, postos tal e qual numa página, a mudariam. */
export const HOSTIS = [
  '</style></title><script>alert(1)</script>',
  `"><img src=x onerror=alert(1)> ' onload='alert(1)`,
  '&amp;&#60;b&#62; &lt;',
  '\u202eabc\u200b\u001b[31m\u0007',
  '<!-- ]]> -->',
  `${'x'.repeat(300)}`,
  'عربي 日本語 👩‍👩‍👧‍👦 𝔘',
];

const ZEROS = '0'.repeat(64);

/** Os bancos de que há uma página: cada estado em que um leitor pode achar um, e o que se lhe exige. */
const ESTADOS: Record<string, { execucoes: number; sql?: string[]; estragar?: boolean; recibos?: string[] }> =
  {
    'aprovado, de uma execução': { execucoes: 1 },
    aprovado: { execucoes: 3 },
    'de quarenta execuções': { execucoes: 40, recibos: ['3', '40'] },
    'com um selo mudado, uma execução a menos e usuários avulsos': {
      execucoes: 40,
      sql: [`UPDATE execucoes SET selo = '${ZEROS}' WHERE id = 38`, 'DELETE FROM execucoes WHERE id = 12'],
      recibos: ['3', `44:${ZEROS}`, `40:${ZEROS}`],
    },
    hostil: {
      execucoes: 3,
      sql: [
        ...HOSTIS.map(
          (texto, i) => `UPDATE usuarios SET nome = '${texto.replaceAll("'", "''")}' WHERE id = ${i + 1}`,
        ),
        `UPDATE execucoes SET container = '${HOSTIS[0]}' WHERE id = 1`,
        `UPDATE execucoes SET selo = '$(rm -rf ~)"<b>' WHERE id = 3`,
        "UPDATE usuarios SET email = CAST(x'eda080' AS TEXT) WHERE id = 1",
      ],
    },
    'sem execuções': { execucoes: 1, sql: ['DELETE FROM execucoes', 'DELETE FROM usuarios'] },
    cortado: { execucoes: 3, estragar: true },
    'de um caminho com aspas, vazio': { execucoes: 0 },
  };

let lidas: Promise<Map<string, Lida>> | undefined;

/** A página de cada estado, com o que o leitor diz em texto do mesmo. */
export async function paginasDoLeitor(): Promise<Map<string, Lida>> {
  lidas ??= lerTodas();
  return await lidas;
}

async function lerTodas(): Promise<Map<string, Lida>> {
  const todas = new Map<string, Lida>();
  for (const [nome, { execucoes, sql = [], estragar, recibos = [] }] of Object.entries(ESTADOS)) {
    using banco = bancoTemporario();
    banco.dispensarConferencia();
    const escrita =
      execucoes > 0 ? await escritor('-b', banco.caminho, '-e', `${execucoes}`, '--json') : undefined;
    if (sql.length > 0) banco.sabotar(...sql);
    if (estragar) writeFileSync(banco.caminho, readFileSync(banco.caminho).subarray(0, 3000));
    const dados = recibosDe(escrita?.saida ?? '');
    const exigidos = recibos.flatMap((um) => ['-r', um.includes(':') ? um : (dados[Number(um) - 1] ?? '')]);
    const onde = execucoes > 0 ? banco.caminho : banco.pasta.em(`"<b>'$(x).db`);
    const emHtml = await leitor('-b', onde, ...exigidos, '--html');
    const emTexto = await leitor('-b', onde, ...exigidos);
    const codigos: Lida['codigos'] = [emHtml.codigo, emTexto.codigo];
    todas.set(nome, {
      pagina: emHtml.saida,
      texto: emTexto.saida,
      codigos,
      erros: [emHtml.erros, emTexto.erros],
    });
  }
  return todas;
}
