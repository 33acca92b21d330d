/** O que se põe no lugar de cada operador. */
export const OPERADORES: Record<string, string[]> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '+=': ['-=', '='],
  '-=': ['+=', '='],
  '??=': ['='],
};

/** Os operadores cuja negação é outro operador. */
export const COMPARACOES = ['===', '!==', '<', '<=', '>', '>='];

/** O que se chama no lugar de cada método. */
export const METODOS: Record<string, string> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
  padStart: 'padEnd',
  padEnd: 'padStart',
  trimEnd: 'trimStart',
};
