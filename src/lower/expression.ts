/**
 * Expressions: each operator becomes a helper call, each step its own statement, in JavaScript's order of evaluation.
 *
 * Invariants:
 *  1. A returned Value is a name, a literal or a single call whose operands are names and literals.
 *  2. Before a second operand is lowered the first one is made an atom, so nothing is evaluated late. Locals cannot change within
 *     an expression (assignments are statements), so their names are atoms.
 *  3. Kinds are checked here: where Node and 32-bit arithmetic could differ, an error is told and undefined returned.
 * Elsewhere: operators.ts, branches.ts and calls.ts. Checked by: test/lower/random.test.ts.
 */
import type TS from 'typescript';
import { isLogical, lowerCondition, lowerConditional, lowerLogical } from './branches.ts';
import { lowerCall } from './calls.ts';
import { declarationOf } from './fold.ts';
import { describeForm } from './forms.ts';
import type { FunctionLowering } from './function.ts';
import { BOUND_32, booleanConstant, type Kind, type Result, type Value } from './ir.ts';
import { constantValue, fits, isInteger, isSummand, kindOfType, NAMES, wrapped } from './kinds.ts';
import { doubleConstant, doubleValue, lowerConversion, lowerOperator } from './operators.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;

export const lowerExpression = (f: FunctionLowering, node: TS.Expression): Result => {
  if (ts.isParenthesizedExpression(node)) return lowerExpression(f, node.expression);
  const constant = f.program.folder.value(node);
  if (constant !== undefined) return lowerConstant(f, node, constant);
  if (ts.isIdentifier(node)) return lowerName(f, node);
  if (ts.isPrefixUnaryExpression(node)) return lowerUnary(f, node);
  if (ts.isConditionalExpression(node)) return lowerConditional(f, node);
  if (ts.isCallExpression(node)) return lowerCall(f, node);
  if (ts.isBinaryExpression(node)) return lowerBinary(f, node);
  if (ts.isPropertyAccessExpression(node) && isToldElsewhere(f, node.expression)) return undefined;
  return f.error(node, ...describeForm(node));
};

/** Whether the name belongs to a declaration that is an error itself, such as an enum. */
const isToldElsewhere = (f: FunctionLowering, node: TS.Expression): boolean => {
  const declaration = declarationOf(f.program.checker, node);
  return declaration !== undefined && (ts.isEnumDeclaration(declaration) || ts.isModuleDeclaration(declaration));
};

/** Lowers a value for a place of the given kind. */
export const lowerFor = (f: FunctionLowering, node: TS.Expression, target: Kind, place: string): Result => {
  const value = lowerExpression(f, node);
  if (!value) return undefined;
  if (!fits(value, target)) return misfit(f, node, value, target, place);
  if (target === 'f64' && value.constant !== undefined) return doubleConstant(f, node, value.constant);
  return value;
};

const misfit = (f: FunctionLowering, node: TS.Expression, value: Value, target: Kind, place: string): undefined => {
  if (value.constant !== undefined && isSummand(value) && isInteger(target)) {
    return f.error(node, 'RVX2011', `${value.constant} does not fit ${target}, the kind of ${place}`);
  }
  if (f.isUnconverted(value, node)) return undefined;
  const code = value.kind === 'f64' || target === 'f64' ? 'RVX2008' : 'RVX2005';
  return f.error(node, code, `${place} is ${NAMES[target]}, this value ${NAMES[value.kind]}`);
};

const lowerConstant = (f: FunctionLowering, node: TS.Expression, constant: number | boolean): Result => {
  if (typeof constant === 'boolean') return booleanConstant(constant);
  const annotation = f.program.folder.constantOf(node)?.type;
  const value = constantValue(constant);
  const isDouble = value.kind === 'f64' || (annotation && kindOfType(f.program.checker, annotation, f.program.report) === 'f64');
  return isDouble ? doubleConstant(f, node, constant) : value;
};

const lowerName = (f: FunctionLowering, node: TS.Identifier): Result => {
  const declaration = declarationOf(f.program.checker, node);
  const local = declaration && f.locals.get(declaration);
  if (local) return { text: local.name, kind: local.kind, atom: true, bound: BOUND_32 };
  const variable = declaration && f.program.variables.get(declaration);
  if (variable) return { text: variable.name, kind: variable.kind, atom: false, bound: BOUND_32 };
  if (declaration && f.program.linked.functions.has(declaration)) {
    return f.error(node, 'RVX1013', `\`${node.text}\` is a function, and functions are no values in kernel code`);
  }
  // A declaration with an error of its own, told elsewhere.
  if (declaration && !declaration.getSourceFile().isDeclarationFile) return undefined;
  return f.error(node, 'RVX1023', `\`${node.text}\` does not exist in kernel code`);
};

const lowerUnary = (f: FunctionLowering, node: TS.PrefixUnaryExpression): Result => {
  const { helpers } = f.program;
  if (node.operator === K.ExclamationToken) {
    const value = lowerCondition(f, node.operand);
    return value && { text: helpers.call('_not', f.atom(value, node).text), kind: 'bool', atom: false, bound: 1 };
  }
  if (node.operator === K.PlusPlusToken || node.operator === K.MinusMinusToken) {
    return f.error(node, 'RVX1015', '`++` and `--` do not wrap at 32 bits in JavaScript');
  }
  const value = f.atomOf(node.operand);
  if (!value) return undefined;
  if (node.operator === K.PlusToken) return f.error(node, 'RVX1020', 'unary `+` is not an operator of the subset');
  if (node.operator === K.MinusToken && value.kind === 'f64') return doubleValue(f, '_negf', value);
  if (!isSummand(value)) return f.error(node, 'RVX2005', `\`${ts.tokenToString(node.operator)}\` needs an integer`);
  if (node.operator === K.TildeToken) return wrapped(helpers.call('_not32', value.text), 'i32');
  return { text: helpers.call('_sub', '0', value.text), kind: 'sum', atom: false, bound: value.bound };
};

const lowerBinary = (f: FunctionLowering, node: TS.BinaryExpression): Result => {
  const operator = node.operatorToken.kind;
  if (isLogical(node)) return lowerLogical(f, node, false);
  if (operator >= K.FirstAssignment && operator <= K.LastAssignment) {
    return f.error(node, 'RVX1017', 'an assignment is not a value in kernel code');
  }
  if (operator === K.EqualsEqualsToken || operator === K.ExclamationEqualsToken) {
    return f.error(node, 'RVX1014', `\`${node.operatorToken.getText()}\` converts its operands`);
  }
  const isConversion = operator === K.BarToken || operator === K.GreaterThanGreaterThanGreaterThanToken;
  if (isConversion && f.program.folder.value(node.right) === 0) {
    const value = lowerExpression(f, node.left);
    return value && lowerConversion(f, node, value);
  }
  const inOrder = rule('keep evaluation order');
  const left = inOrder ? f.atomOf(node.left) : lowerExpression(f, node.left);
  const right = f.atomOf(node.right);
  if (!left || !right) return undefined;
  return lowerOperator(f, operator, { node, left: inOrder ? left : f.atom(left, node), right });
};
