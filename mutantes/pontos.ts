import {
  isArrayLiteralExpression,
  isAwaitExpression,
  isBigIntLiteral,
  isBinaryExpression,
  isBlock,
  isBreakStatement,
  isConditionalExpression,
  isContinueStatement,
  isExportDeclaration,
  isExpressionStatement,
  isForStatement,
  isIfStatement,
  isImportDeclaration,
  isInterfaceDeclaration,
  isNoSubstitutionTemplateLiteral,
  isNumericLiteral,
  isPostfixUnaryExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isRegularExpressionLiteral,
  isReturnStatement,
  isStringLiteral,
  isTemplateExpression,
  isThrowStatement,
  isTypeAliasDeclaration,
  isTypeNode,
  isWhileStatement,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { COMPARACOES, METODOS, OPERADORES } from './operadores.ts';
import { ehSql, mudarSql } from './sql.ts';

/** Um trecho de um arquivo e o que pôr no lugar dele. */
export interface Mutante {
  /** Relativo à pasta do projeto. */
  arquivo: string;
  /** A contar de 1. */
  linha: number;
  inicio: number;
  fim: number;
  antes: string;
  depois: string;
}

/** Todas as mudanças que sabemos fazer num arquivo; as que dariam o mesmo texto aparecem uma vez. */
export function acharMutantes(fonte: SourceFile, arquivo: string): Mutante[] {
  const achados = new Map<string, Mutante>();
  const juntar = (inicio: number, fim: number, depois: string) => {
    const antes = fonte.text.slice(inicio, fim);
    if (antes === depois) return;
    const linha = fonte.getLineAndCharacterOfPosition(inicio).line + 1;
    achados.set(`${inicio} ${fim} ${depois}`, { arquivo, linha, inicio, fim, antes, depois });
  };
  const visitar = (no: Node): void => {
    if (semComportamento(no)) return;
    const inicio = no.getStart(fonte);
    const texto = fonte.text.slice(inicio, no.end);
    for (const depois of [...mudarExpressao(no, texto, fonte), ...mudarComando(no)]) {
      juntar(inicio, no.end, depois);
    }
    if (isBinaryExpression(no)) {
      const operador = no.operatorToken;
      const ponto = operador.getStart(fonte);
      for (const outro of OPERADORES[fonte.text.slice(ponto, operador.end)] ?? [])
        juntar(ponto, operador.end, outro);
    }
    for (const condicao of condicoesDe(no)) {
      const onde = condicao.getStart(fonte);
      for (const depois of mudarCondicao(condicao, fonte)) juntar(onde, condicao.end, depois);
    }
    if (isReturnStatement(no) && no.expression && !ehTexto(no.expression)) {
      const onde = no.expression.getStart(fonte);
      // Dos que não são do tipo da função, o verificador de tipos dirá.
      for (const depois of ["''", '0', '[]', 'undefined', ...negar(no.expression, fonte)])
        juntar(onde, no.expression.end, depois);
    }
    if (ehTexto(no) && ehSql(texto)) {
      for (const { onde, antes, depois } of mudarSql(semCodigo(no, fonte))) {
        juntar(inicio + onde, inicio + onde + antes.length, depois);
      }
    }
    no.forEachChild(visitar);
  };
  fonte.forEachChild(visitar);
  return [...achados.values()];
}

/** O que só existe para o compilador. */
function semComportamento(no: Node): boolean {
  return (
    isTypeNode(no) ||
    isImportDeclaration(no) ||
    isExportDeclaration(no) ||
    isInterfaceDeclaration(no) ||
    isTypeAliasDeclaration(no)
  );
}

function ehTexto(no: Node): boolean {
  return isStringLiteral(no) || isNoSubstitutionTemplateLiteral(no) || isTemplateExpression(no);
}

/** Um texto com o código dos seus `${…}` em branco: o que nele houver de mudar, muda-se como código. */
function semCodigo(no: Node, fonte: SourceFile): string {
  const texto = no.getText(fonte);
  if (!isTemplateExpression(no)) return texto;
  let limpo = texto;
  for (const { expression } of no.templateSpans) {
    const [de, ate] = [expression.getStart(fonte), expression.end].map((um) => um - no.getStart(fonte)) as [
      number,
      number,
    ];
    limpo = limpo.slice(0, de) + ' '.repeat(ate - de) + limpo.slice(ate);
  }
  return limpo;
}

function mudarExpressao(no: Node, texto: string, fonte: SourceFile): string[] {
  if (isNumericLiteral(no) || isBigIntLiteral(no)) return mudarNumero(texto);
  if (no.kind === SyntaxKind.TrueKeyword) return ['false'];
  if (no.kind === SyntaxKind.FalseKeyword) return ['true'];
  if (ehTexto(no)) {
    const ehNome = isPropertyAssignment(no.parent) && no.parent.name === no;
    return ehNome || (ehSql(texto) && mudarSql(texto).length > 0) ? [] : [texto.length > 2 ? "''" : "'?'"];
  }
  if (isRegularExpressionLiteral(no)) {
    return [texto.replace('/^', '/'), texto.replace(/\$(?=\/\w*$)/, ''), texto.replace(/\w+$/, '')];
  }
  if (isArrayLiteralExpression(no) && no.elements.length > 0) return ['[]'];
  if (isPrefixUnaryExpression(no) || isPostfixUnaryExpression(no)) {
    if (texto.includes('++')) return [texto.replace('++', '--')];
    return isPrefixUnaryExpression(no) ? [no.operand.getText(fonte)] : [];
  }
  if (isAwaitExpression(no)) return [no.expression.getText(fonte)];
  if (isPropertyAccessExpression(no)) {
    const outro = METODOS[no.name.text];
    return outro ? [texto.slice(0, -no.name.text.length) + outro] : [];
  }
  return [];
}

function mudarNumero(texto: string): string[] {
  if (/^\d[\d_]*(\.|e)/i.test(texto)) return ['0'];
  const sufixo = texto.endsWith('n') ? 'n' : '';
  const numero = BigInt(texto.replace(/[_n]/g, ''));
  return [numero + 1n, ...(numero > 1n ? [0n] : [])].map((outro) => `${outro}${sufixo}`);
}

/** Comandos que podem sumir. */
function mudarComando(no: Node): string[] {
  const some =
    isExpressionStatement(no) || isThrowStatement(no) || isContinueStatement(no) || isBreakStatement(no);
  if (some && isBlock(no.parent)) return [';'];
  return some ? ['{}'] : [];
}

function condicoesDe(no: Node): Node[] {
  if (isIfStatement(no) || isWhileStatement(no)) return [no.expression];
  if (isConditionalExpression(no)) return [no.condition];
  return isForStatement(no) && no.condition ? [no.condition] : [];
}

function mudarCondicao(condicao: Node, fonte: SourceFile): string[] {
  return ['true', 'false', ...negar(condicao, fonte)];
}

/** A negação; a de uma comparação ou de outra negação já se faz pelo seu operador. */
function negar(no: Node, fonte: SourceFile): string[] {
  if (isBinaryExpression(no) && COMPARACOES.includes(no.operatorToken.getText(fonte))) return [];
  const jaTrocado = isPrefixUnaryExpression(no) || /^(true|false)$/.test(no.getText(fonte));
  return jaTrocado ? [] : [`!(${no.getText(fonte)})`];
}
