/**
 * Statements without control flow: declarations, assignments and calls for their effect.
 */
import type TS from 'typescript';
import { lowerCall } from './calls.ts';
import { declarationOf } from './fold.ts';
import { describeForm } from './forms.ts';
import type { FunctionLowering } from './function.ts';
import { type Kind, printedType, type Result } from './ir.ts';
import { fits, kindOfType, NAMES } from './kinds.ts';
import { lowerOperator } from './operators.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;

export const lowerDeclarations = (f: FunctionLowering, list: TS.VariableDeclarationList): void => {
  if ((list.flags & ts.NodeFlags.BlockScoped) === 0) return f.error(list, 'RVX1022', '`var` is not a statement of the subset');
  for (const declaration of list.declarations) {
    if (ts.isIdentifier(declaration.name)) lowerDeclaration(f, declaration, declaration.name);
    else f.error(declaration.name, 'RVX1006', 'values cannot be taken apart in kernel code');
  }
};

const lowerDeclaration = (f: FunctionLowering, node: TS.VariableDeclaration, name: TS.Identifier): void => {
  const kind = node.type && kindOfType(f.program.checker, node.type, f.program.report);
  if (node.type && kind === undefined) return;
  const { initializer } = node;
  if (!initializer) {
    if (kind === undefined) return f.error(node, 'RVX1012', `\`${name.text}\` needs a kind or a value`);
    return declare(f, node, name, kind, '0');
  }
  if (kind === 'f64' && !f.needFloat(node)) return;
  const value = kind === undefined ? f.expression(initializer) : f.expressionFor(initializer, kind, `\`${name.text}\``);
  // Every use of a constant is folded.
  const isConstant = (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0 && f.program.folder.value(initializer) !== undefined;
  if (!value || isConstant || f.isUnconverted(value, initializer)) return;
  declare(f, node, name, kind ?? (value.kind === 'any' ? 'i32' : value.kind), value.text);
};

const declare = (f: FunctionLowering, node: TS.VariableDeclaration, name: TS.Identifier, kind: Kind, text: string): void => {
  const local = { name: f.names.local(name.text), kind };
  f.locals.set(node, local);
  f.line(node, `let ${local.name}: ${printedType(kind)} = ${text};`);
};

/** An expression for its effect: a call or an assignment. */
export const lowerEffect = (f: FunctionLowering, node: TS.Expression): void => {
  if (ts.isParenthesizedExpression(node)) return lowerEffect(f, node.expression);
  if (ts.isCallExpression(node)) {
    const value = lowerCall(f, node);
    if (value) f.line(node, `${value.text};`);
    return;
  }
  const operator = ts.isBinaryExpression(node) ? node.operatorToken.kind : K.Unknown;
  if (operator >= K.FirstAssignment && operator <= K.LastAssignment) return lowerAssignment(f, node as TS.BinaryExpression);
  if (isCount(node)) return f.error(node, 'RVX1015', '`++` and `--` do not wrap at 32 bits in JavaScript');
  const [code, message] = describeForm(node);
  if (code === 'RVX1020') f.error(node, 'RVX1025', 'this statement is neither a call nor an assignment');
  else f.error(node, code, message);
};

/** `i++`, `++i`, `i--`, `--i`. */
export const isCount = (node: TS.Expression): node is TS.PostfixUnaryExpression | TS.PrefixUnaryExpression =>
  (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) &&
  (node.operator === K.PlusPlusToken || node.operator === K.MinusMinusToken);

const lowerAssignment = (f: FunctionLowering, node: TS.BinaryExpression): void => {
  if (!ts.isIdentifier(node.left)) return f.error(node.left, 'RVX1006', 'only local and module variables can be assigned');
  const declaration = declarationOf(f.program.checker, node.left);
  const place = declaration && (f.locals.get(declaration) ?? f.program.variables.get(declaration));
  if (!place) return; // told elsewhere: a constant, or a declaration with an error
  const name = `\`${node.left.text}\``;
  const isPlain = node.operatorToken.kind === K.EqualsToken;
  const value = isPlain ? f.expressionFor(node.right, place.kind, name) : lowerCompound(f, node, place.kind, name);
  if (value) f.line(node, `${place.name} = ${value.text};`);
};

/** `x op= y`: the bit operators, whose result is already wrapped. */
const lowerCompound = (f: FunctionLowering, node: TS.BinaryExpression, kind: Kind, name: string): Result => {
  const operator = node.operatorToken.kind;
  if (operator < K.LessThanLessThanEqualsToken) {
    return f.error(node, 'RVX1016', `\`${node.operatorToken.getText()}\` does not wrap at 32 bits in JavaScript`);
  }
  const left = f.atomOf(node.left);
  const right = f.atomOf(node.right);
  const value = left && right && lowerOperator(f, operator, { node, left, right });
  if (!value || fits(value, kind)) return value;
  return f.error(node, 'RVX2005', `${name} is ${NAMES[kind]}, this result ${NAMES[value.kind]}`);
};
