/** Onde, num texto SQL, está um trecho que se pode mudar, e o que pôr no lugar dele. */
export interface TrocaEmSql {
  onde: number;
  antes: string;
  depois: string;
}

const TROCAS: [RegExp, string][] = [
  [/>=/g, '>'],
  [/<=/g, '<'],
  [/<>/g, '='],
  [/(?<![<>=!])=/g, '<>'],
  [/(?<![<>|-])>(?![=>])/g, '>='],
  [/<(?![=>])/g, '<='],
  // O AND de um BETWEEN não é um operador lógico.
  [/(?<!BETWEEN [\w ]+)\bAND\b/g, 'OR'],
  [/\bOR\b/g, 'AND'],
  [/\bNOT (?=IN\b|LIKE\b)/g, ''],
  [/ NOT (NULL|INDEXED)\b/g, ''],
  [/(?<!NOT )\bIN\b/g, 'NOT IN'],
  [/ ORDER BY \w+( DESC)?/g, ''],
  [/ DESC\b/g, ''],
  [/ LIMIT \d+/g, ''],
  [/\bmin\(/g, 'max('],
  [/\bmax\(/g, 'min('],
  [/\b(sum|total)\(/g, 'max('],
  [/ [+-] 1\b/g, ''],
  [/(?<![\w?.:$'\\-])\d+(?![\w.])/g, '7'],
  [/\bUNION ALL\b/g, 'UNION'],
  [/\bCROSS JOIN\b/g, 'JOIN'],
  [/\bIMMEDIATE\b/g, 'DEFERRED'],
  [/\bEXTRA\b/g, 'FULL'],
  [/(?<== )DELETE\b/g, 'TRUNCATE'],
  [/\bMEMORY\b/g, 'FILE'],
  [/ STRICT\b/g, ''],
  [/ PRIMARY KEY\b/g, ''],
  [/\bTEXT(?= NOT NULL)/g, 'ANY'],
];

/** Se um texto do código, com as suas aspas, é SQL ou um pedaço dele. */
export function ehSql(texto: string): boolean {
  return /^.\s*(SELECT|INSERT|UPDATE|DELETE|PRAGMA|CREATE|WITH|BEGIN|COMMIT|ROLLBACK|CASE)\b|\bOVER \(|\bIN \(/.test(
    texto,
  );
}

/** As mudanças que sabemos fazer num texto SQL. */
export function mudarSql(texto: string): TrocaEmSql[] {
  return TROCAS.flatMap(([padrao, depois]) =>
    [...texto.matchAll(padrao)]
      .filter(([antes]) => antes !== depois)
      .map((achado) => ({ onde: achado.index, antes: achado[0], depois })),
  );
}
