/**
 * Constants: what an expression of literals and module constants is worth, computed as JavaScript computes it.
 *
 * A constant never exists at run time. Node computes the same value when the module loads.
 */
import type TS from 'typescript';
import ts from './typescript.ts';

/** The declaration a name stands for, through imports and re-exports. */
export const declarationOf = (checker: TS.TypeChecker, name: TS.Node): TS.Declaration | undefined => {
  let symbol = checker.getSymbolAtLocation(name);
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  return symbol?.valueDeclaration ?? symbol?.declarations?.[0];
};

/** Whether `node` is `Math.name`. */
export const isMath = (node: TS.Node, name: string): boolean =>
  ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Math' && node.name.text === name;

export const isConst = (declaration: TS.Node): declaration is TS.VariableDeclaration =>
  ts.isVariableDeclaration(declaration) && (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0;

const BINARY: Partial<Record<TS.SyntaxKind, (a: number, b: number) => number | boolean>> = {
  [ts.SyntaxKind.PlusToken]: (a, b) => a + b,
  [ts.SyntaxKind.MinusToken]: (a, b) => a - b,
  [ts.SyntaxKind.AsteriskToken]: (a, b) => a * b,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (a, b) => a ** b,
  [ts.SyntaxKind.SlashToken]: (a, b) => a / b,
  [ts.SyntaxKind.PercentToken]: (a, b) => a % b,
  [ts.SyntaxKind.AmpersandToken]: (a, b) => a & b,
  [ts.SyntaxKind.BarToken]: (a, b) => a | b,
  [ts.SyntaxKind.CaretToken]: (a, b) => a ^ b,
  [ts.SyntaxKind.LessThanLessThanToken]: (a, b) => a << b,
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: (a, b) => a >> b,
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: (a, b) => a >>> b,
  [ts.SyntaxKind.LessThanToken]: (a, b) => a < b,
  [ts.SyntaxKind.GreaterThanToken]: (a, b) => a > b,
  [ts.SyntaxKind.LessThanEqualsToken]: (a, b) => a <= b,
  [ts.SyntaxKind.GreaterThanEqualsToken]: (a, b) => a >= b,
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: (a, b) => a === b,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: (a, b) => a !== b,
};

export class Folder {
  private readonly checker: TS.TypeChecker;
  private readonly known = new Map<TS.VariableDeclaration, number | boolean | undefined>();

  constructor(checker: TS.TypeChecker) {
    this.checker = checker;
  }

  /** The value of a constant expression, or undefined if it is none. */
  value(node: TS.Expression): number | boolean | undefined {
    if (ts.isParenthesizedExpression(node)) return this.value(node.expression);
    if (ts.isNumericLiteral(node)) return Number(node.text.replaceAll('_', ''));
    if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
    if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
    if (ts.isIdentifier(node)) return this.named(node);
    if (ts.isPrefixUnaryExpression(node)) return this.unary(node);
    if (ts.isConditionalExpression(node)) {
      const condition = this.value(node.condition);
      return condition === undefined ? undefined : this.value(condition ? node.whenTrue : node.whenFalse);
    }
    if (ts.isBinaryExpression(node)) return this.binary(node);
    if (ts.isCallExpression(node) && (isMath(node.expression, 'imul') || isMath(node.expression, 'clz32'))) {
      const [a, b] = node.arguments.map((argument) => this.value(argument));
      if (typeof a !== 'number') return undefined;
      if (isMath(node.expression, 'clz32')) return Math.clz32(a);
      return typeof b === 'number' ? Math.imul(a, b) : undefined;
    }
    return undefined;
  }

  number(node: TS.Expression): number | undefined {
    const value = this.value(node);
    return typeof value === 'number' ? value : undefined;
  }

  /** The declaration behind a constant's name, to learn its annotation. */
  constantOf(node: TS.Node): TS.VariableDeclaration | undefined {
    const declaration = declarationOf(this.checker, node);
    return declaration && isConst(declaration) ? declaration : undefined;
  }

  private named(node: TS.Identifier): number | boolean | undefined {
    const declaration = this.constantOf(node);
    const isGlobal = !declaration && declarationOf(this.checker, node)?.getSourceFile().isDeclarationFile === true;
    if (isGlobal && (node.text === 'Infinity' || node.text === 'NaN')) return Number(node.text);
    if (!declaration?.initializer || !ts.isIdentifier(declaration.name)) return undefined;
    if (!this.known.has(declaration)) {
      this.known.set(declaration, undefined); // a constant defined by itself is none
      this.known.set(declaration, this.value(declaration.initializer));
    }
    return this.known.get(declaration);
  }

  private unary(node: TS.PrefixUnaryExpression): number | boolean | undefined {
    const value = this.value(node.operand);
    if (value === undefined) return undefined;
    if (node.operator === ts.SyntaxKind.ExclamationToken) return !value;
    if (typeof value !== 'number') return undefined;
    if (node.operator === ts.SyntaxKind.MinusToken) return -value;
    if (node.operator === ts.SyntaxKind.TildeToken) return ~value;
    return undefined;
  }

  private binary(node: TS.BinaryExpression): number | boolean | undefined {
    const operator = node.operatorToken.kind;
    const a = this.value(node.left);
    if (a === undefined) return undefined;
    const b = this.value(node.right);
    if (b === undefined) return undefined;
    if (operator === ts.SyntaxKind.AmpersandAmpersandToken) return typeof a === 'boolean' ? a && b : undefined;
    if (operator === ts.SyntaxKind.BarBarToken) return typeof a === 'boolean' ? a || b : undefined;
    if (typeof a === 'boolean' || typeof b === 'boolean') {
      if (operator === ts.SyntaxKind.EqualsEqualsEqualsToken) return a === b;
      return operator === ts.SyntaxKind.ExclamationEqualsEqualsToken ? a !== b : undefined;
    }
    return BINARY[operator]?.(a, b);
  }
}
