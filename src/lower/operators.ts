/**
 * Binary operators on two atoms: the kind of the result, the helper to call, and what is wrong if the kinds do not fit.
 */
import type TS from 'typescript';
import type { FunctionLowering } from './function.ts';
import { BOUND_32, type Result, type Value } from './ir.ts';
import { fits, isInteger, isSummand, joined, NAMES, wrapped } from './kinds.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;
/** 2^53: up to here doubles hold every integer. */
const EXACT = 2 ** 53;

type Helpers = Partial<Record<TS.SyntaxKind, string>>;

const ARITHMETIC: Helpers = { [K.PlusToken]: '_add', [K.MinusToken]: '_sub', [K.AsteriskToken]: '_mul' };
const QUOTIENTS: Helpers = { [K.SlashToken]: '_div', [K.PercentToken]: '_rem' };
const BITS: Helpers = {
  [K.AmpersandToken]: '_and',
  [K.BarToken]: '_or',
  [K.CaretToken]: '_xor',
  [K.LessThanLessThanToken]: '_shl',
  [K.GreaterThanGreaterThanToken]: '_shrs',
  [K.GreaterThanGreaterThanGreaterThanToken]: '_shru',
  [K.AmpersandEqualsToken]: '_and',
  [K.BarEqualsToken]: '_or',
  [K.CaretEqualsToken]: '_xor',
  [K.LessThanLessThanEqualsToken]: '_shl',
  [K.GreaterThanGreaterThanEqualsToken]: '_shrs',
  [K.GreaterThanGreaterThanGreaterThanEqualsToken]: '_shru',
};
const COMPARISONS: Helpers = {
  [K.LessThanToken]: '_lt',
  [K.GreaterThanToken]: '_gt',
  [K.LessThanEqualsToken]: '_le',
  [K.GreaterThanEqualsToken]: '_ge',
  [K.EqualsEqualsEqualsToken]: '_eq',
  [K.ExclamationEqualsEqualsToken]: '_ne',
};

/** The operator's expression, for the places of errors, and its operands. */
interface Operation {
  node: TS.BinaryExpression;
  left: Value;
  right: Value;
}

/** A binary operator; also for `x op= y`. */
export const lowerOperator = (f: FunctionLowering, operator: TS.SyntaxKind, operation: Operation): Result => {
  if (ARITHMETIC[operator]) return lowerArithmetic(f, ARITHMETIC[operator], operation);
  if (BITS[operator]) return lowerBits(f, BITS[operator], operation);
  if (QUOTIENTS[operator]) return lowerQuotient(f, QUOTIENTS[operator], operation);
  if (COMPARISONS[operator]) return lowerComparison(f, COMPARISONS[operator], operation);
  const { operatorToken } = operation.node;
  return f.error(operatorToken, 'RVX1020', `\`${operatorToken.getText()}\` is not an operator of the subset`);
};

const misfits = (f: FunctionLowering, { node, left, right }: Operation): undefined => {
  const kinds = [left.kind, right.kind];
  if (kinds.includes('i64')) return f.error(node, 'RVX2007', 'an i64 has no operators in kernel code');
  if (kinds.includes('quotient')) return f.error(node, 'RVX2004', 'this quotient is not converted to an integer');
  if (kinds.includes('f64')) return f.error(node, 'RVX2008', 'an f64 and an integer do not mix');
  return f.error(node, 'RVX2005', `this operator does not combine ${NAMES[left.kind]} and ${NAMES[right.kind]}`);
};

/** A call of a helper on doubles. */
export const doubleValue = (f: FunctionLowering, helper: string, ...operands: Value[]): Value =>
  ({ text: f.program.helpers.call(helper, ...operands.map((o) => o.text)), kind: 'f64', atom: false, bound: Infinity });

/** A literal as a double. */
export const doubleConstant = (f: FunctionLowering, node: TS.Node, value: number): Result =>
  f.needFloat(node) ? { text: f.program.helpers.float(value), kind: 'f64', atom: false, bound: Infinity, constant: value } : undefined;

/** Both operands as doubles, literals converted; undefined if neither is one, or they do not mix. */
const asDoubles = (f: FunctionLowering, { node, left, right }: Operation): [Value, Value] | undefined => {
  if (left.kind !== 'f64' && right.kind !== 'f64') return undefined;
  const convert = (value: Value, at: TS.Node): Result => {
    if (value.kind === 'f64') return value;
    const made = fits(value, 'f64') ? doubleConstant(f, at, value.constant!) : undefined;
    return made && f.atom(made, at);
  };
  const a = convert(left, node.left);
  const b = convert(right, node.right);
  return a && b ? [a, b] : undefined;
};

const lowerArithmetic = (f: FunctionLowering, helper: string, operation: Operation): Result => {
  const { node, left, right } = operation;
  const doubles = asDoubles(f, operation);
  if (doubles) return doubleValue(f, `${helper}f`, ...doubles);
  if (!isSummand(left) || !isSummand(right)) return misfits(f, operation);
  const bound = helper === '_mul' ? left.bound * right.bound : left.bound + right.bound;
  if (bound > EXACT) return f.error(node, 'RVX2002', 'this may exceed 2^53 and be rounded under Node');
  return { text: f.program.helpers.call(helper, left.text, right.text), kind: 'sum', atom: false, bound };
};

/** `x | 0` and `x >>> 0` only change the kind: the conversion of a whole value, sum or quotient. */
export const lowerConversion = (f: FunctionLowering, node: TS.BinaryExpression, value: Value): Result => {
  if (!isSummand(value) && value.kind !== 'quotient') {
    return misfits(f, { node, left: value, right: { text: '0', kind: 'any', atom: true, bound: 0, constant: 0 } });
  }
  return wrapped(value.text, node.operatorToken.kind === K.BarToken ? 'i32' : 'u32', value.atom);
};

const isSmall = (value: Value): boolean => value.constant !== undefined && value.constant >= 0 && value.constant < 2 ** 31;

const lowerBits = (f: FunctionLowering, helper: string, operation: Operation): Result => {
  const { left, right } = operation;
  if (!isSummand(left) || !isSummand(right)) return misfits(f, operation);
  const text = f.program.helpers.call(helper, left.text, right.text);
  if (helper === '_and' && (isSmall(left) || isSmall(right))) {
    return { ...wrapped(text, 'any'), bound: isSmall(left) ? left.constant! : right.constant! };
  }
  if (helper !== '_shru') return wrapped(text, 'i32');
  const shift = right.constant === undefined ? 0 : right.constant & 31;
  return shift === 0 ? wrapped(text, 'u32') : { ...wrapped(text, 'any'), bound: 2 ** (32 - shift) };
};

const lowerQuotient = (f: FunctionLowering, helper: string, operation: Operation): Result => {
  const { node, left, right } = operation;
  const doubles = asDoubles(f, operation);
  if (doubles && helper === '_rem') return f.error(node, 'RVX1020', '`%` is not an operator of f64');
  if (doubles) return doubleValue(f, '_divf', ...doubles);
  const kind = joined(left, right);
  if (kind === undefined && isInteger(left.kind) && isInteger(right.kind)) {
    return f.error(node, 'RVX2004', `dividing ${NAMES[left.kind]} and ${NAMES[right.kind]}`);
  }
  if (kind === undefined || !isInteger(kind)) return misfits(f, operation);
  const unsigned = kind === 'u32' && rule('u32 divides unsigned');
  const text = f.program.helpers.call(helper + (unsigned ? 'u' : 's'), left.text, right.text);
  return { text, kind: 'quotient', atom: false, bound: BOUND_32 };
};

const lowerComparison = (f: FunctionLowering, helper: string, operation: Operation): Result => {
  const { node, left, right } = operation;
  const result = (name: string, a: Value, b: Value): Value =>
    ({ text: f.program.helpers.call(name, a.text, b.text), kind: 'bool', atom: false, bound: 1 });
  const doubles = asDoubles(f, operation);
  if (doubles) return result(`${helper}f`, ...doubles);
  for (const [value, at] of [[left, node.left], [right, node.right]] as const) if (f.isUnconverted(value, at)) return undefined;
  const kind = joined(left, right);
  if (kind === undefined && isInteger(left.kind) && isInteger(right.kind)) {
    return f.error(node, 'RVX2003', `comparing ${NAMES[left.kind]} with ${NAMES[right.kind]}`);
  }
  if (kind === undefined || (!isInteger(kind) && kind !== 'bool')) return misfits(f, operation);
  const unsigned = kind === 'u32' && helper !== '_eq' && helper !== '_ne' && rule('compare u32 unsigned');
  return result(helper + (unsigned ? 'u' : ''), left, right);
};
