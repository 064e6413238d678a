/**
 * Expressions: each operator becomes a helper call, each step its own statement, in JavaScript's order of evaluation.
 *
 * Invariants:
 *  1. A returned Value is a name, a literal or a single call whose operands are names and literals.
 *  2. Before a second operand is lowered the first one is made an atom, so nothing is evaluated late. Locals cannot change within
 *     an expression (assignments are statements), so their names are atoms.
 *  3. Kinds are checked here: where Node and 32-bit arithmetic could differ, an error is told and undefined returned.
 * Checked by: test/lower/random.test.ts.
 */
import type TS from 'typescript';
import { declarationOf, isMath } from './fold.ts';
import { describeForm } from './forms.ts';
import type { FunctionLowering } from './function.ts';
import { allPure, BOUND_32, type Kind, type Out, printedType, type Value } from './ir.ts';
import { constantValue, fits, isFloat, isInteger, joined, kindOfType, NAMES, wrapped } from './kinds.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;
/** 2^53: up to here doubles hold every integer. */
const EXACT = 2 ** 53;

const BITS: Partial<Record<TS.SyntaxKind, string>> = {
  [K.AmpersandToken]: '_and', [K.BarToken]: '_or', [K.CaretToken]: '_xor',
  [K.LessThanLessThanToken]: '_shl', [K.GreaterThanGreaterThanToken]: '_shrs', [K.GreaterThanGreaterThanGreaterThanToken]: '_shru',
  [K.AmpersandEqualsToken]: '_and', [K.BarEqualsToken]: '_or', [K.CaretEqualsToken]: '_xor',
  [K.LessThanLessThanEqualsToken]: '_shl', [K.GreaterThanGreaterThanEqualsToken]: '_shrs',
  [K.GreaterThanGreaterThanGreaterThanEqualsToken]: '_shru',
};
const ARITHMETIC: Partial<Record<TS.SyntaxKind, string>> = { [K.PlusToken]: '_add', [K.MinusToken]: '_sub', [K.AsteriskToken]: '_mul' };
const QUOTIENTS: Partial<Record<TS.SyntaxKind, string>> = { [K.SlashToken]: '_div', [K.PercentToken]: '_rem' };
const COMPARISONS: Partial<Record<TS.SyntaxKind, string>> = {
  [K.LessThanToken]: '_lt', [K.GreaterThanToken]: '_gt', [K.LessThanEqualsToken]: '_le', [K.GreaterThanEqualsToken]: '_ge',
  [K.EqualsEqualsEqualsToken]: '_eq', [K.ExclamationEqualsEqualsToken]: '_ne',
};

type Result = Value | undefined;

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

/** Lowers and makes the value safe to use after whatever is evaluated next. */
export const lowerAtom = (f: FunctionLowering, node: TS.Expression): Result => {
  const value = lowerExpression(f, node);
  return value && f.atom(value, node);
};

/** Lowers a value for a place of the given kind. */
export const lowerFor = (f: FunctionLowering, node: TS.Expression, target: Kind, place: string): Result => {
  const value = lowerExpression(f, node);
  if (!value) return undefined;
  if (!fits(value, target)) return misfit(f, node, value, target, place);
  if (target === 'f64' && value.constant !== undefined) return floatConstant(f, node, value.constant);
  return value;
};

const misfit = (f: FunctionLowering, node: TS.Expression, value: Value, target: Kind, place: string): undefined => {
  if (value.constant !== undefined && (value.kind === 'sum' || isInteger(value.kind)) && isInteger(target)) {
    return f.error(node, 'RVX2011', `${value.constant} does not fit ${target}, the kind of ${place}`);
  }
  if (value.kind === 'sum') return f.error(node, 'RVX2001', 'this sum or product is not wrapped to 32 bits');
  if (value.kind === 'quotient') return f.error(node, 'RVX2004', 'this quotient is not converted to an integer');
  if (isInteger(value.kind) && isInteger(target)) return f.error(node, 'RVX2005', `${place} is ${target}, this value ${NAMES[value.kind]}`);
  if (value.kind === 'f64' || target === 'f64') return f.error(node, 'RVX2008', `${place} is ${NAMES[target]}, this value ${NAMES[value.kind]}`);
  return f.error(node, 'RVX2005', `${place} is ${NAMES[target]}, this value ${NAMES[value.kind]}`);
};

const floatConstant = (f: FunctionLowering, node: TS.Node, value: number): Result => {
  if (!f.needFloat(node)) return undefined;
  return { text: f.program.helpers.float(value), kind: 'f64', atom: false, bound: Infinity, constant: value };
};

const lowerConstant = (f: FunctionLowering, node: TS.Expression, constant: number | boolean): Result => {
  if (typeof constant === 'boolean') return { text: constant ? '1' : '0', kind: 'bool', atom: true, bound: 1, constant: constant ? 1 : 0 };
  const annotation = f.program.folder.constantOf(node)?.type;
  if (annotation && kindOfType(f.program.checker, annotation, f.program.report) === 'f64') return floatConstant(f, node, constant);
  const value = constantValue(constant);
  return value.kind === 'f64' ? floatConstant(f, node, constant) : value;
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
  if (node.operator === K.ExclamationToken) {
    const value = lowerCondition(f, node.operand);
    const atom = value && f.atom(value, node);
    return atom && { text: f.program.helpers.call('_not', atom.text), kind: 'bool', atom: false, bound: 1 };
  }
  if (node.operator === K.PlusPlusToken || node.operator === K.MinusMinusToken) {
    return f.error(node, 'RVX1015', '`++` and `--` do not wrap at 32 bits in JavaScript');
  }
  const value = lowerAtom(f, node.operand);
  if (!value) return undefined;
  if (node.operator === K.MinusToken && value.kind === 'f64') return float(f, '_negf', value);
  if (!isInteger(value.kind) && value.kind !== 'sum') return f.error(node, 'RVX2005', `\`${ts.tokenToString(node.operator)}\` needs an integer`);
  if (node.operator === K.TildeToken) return wrapped(f.program.helpers.call('_not32', value.text), 'i32');
  if (node.operator === K.MinusToken) return { text: f.program.helpers.call('_sub', '0', value.text), kind: 'sum', atom: false, bound: value.bound };
  return f.error(node, 'RVX1020', 'unary `+` is not an operator of the subset');
};

const float = (f: FunctionLowering, helper: string, ...operands: Value[]): Value =>
  ({ text: f.program.helpers.call(helper, ...operands.map((o) => o.text)), kind: 'f64', atom: false, bound: Infinity });

const lowerBinary = (f: FunctionLowering, node: TS.BinaryExpression): Result => {
  const operator = node.operatorToken.kind;
  if (operator === K.AmpersandAmpersandToken || operator === K.BarBarToken) return lowerLogical(f, node, false);
  if (operator >= K.FirstAssignment && operator <= K.LastAssignment) {
    return f.error(node, 'RVX1017', 'an assignment is not a value in kernel code');
  }
  if (operator === K.EqualsEqualsToken || operator === K.ExclamationEqualsToken) {
    return f.error(node, 'RVX1014', `\`${node.operatorToken.getText()}\` converts its operands`);
  }
  const left = rule('keep evaluation order') ? lowerAtom(f, node.left) : lowerExpression(f, node.left);
  const right = lowerAtom(f, node.right);
  if (!left || !right) return undefined;
  return lowerOperator(f, node, operator, rule('keep evaluation order') ? left : f.atom(left, node), right);
};

/** A binary operator on two atoms; also for `x op= y`. */
export const lowerOperator = (f: FunctionLowering, node: TS.BinaryExpression, operator: TS.SyntaxKind, left: Value, right: Value): Result => {
  if (ARITHMETIC[operator]) return lowerArithmetic(f, node, ARITHMETIC[operator], left, right);
  if (BITS[operator]) return lowerBits(f, node, BITS[operator], left, right);
  if (QUOTIENTS[operator]) return lowerQuotient(f, node, QUOTIENTS[operator], left, right);
  if (COMPARISONS[operator]) return lowerComparison(f, node, COMPARISONS[operator], left, right);
  return f.error(node.operatorToken, 'RVX1020', `\`${node.operatorToken.getText()}\` is not an operator of the subset`);
};

const notIntegers = (f: FunctionLowering, node: TS.Node, a: Value, b: Value): undefined => {
  const kinds = [a.kind, b.kind];
  if (kinds.includes('i64')) return f.error(node, 'RVX2007', 'an i64 has no operators in kernel code');
  if (kinds.includes('quotient')) return f.error(node, 'RVX2004', 'this quotient is not converted to an integer');
  if (kinds.includes('f64')) return f.error(node, 'RVX2008', 'an f64 and an integer do not mix');
  return f.error(node, 'RVX2005', `this operator does not combine ${NAMES[a.kind]} and ${NAMES[b.kind]}`);
};

const isSummand = (value: Value): boolean => isInteger(value.kind) || value.kind === 'sum';

/** Two values as doubles, integer literals converted; undefined if one is neither. */
const asFloats = (f: FunctionLowering, node: TS.BinaryExpression, left: Value, right: Value): [Value, Value] | undefined => {
  if (left.kind !== 'f64' && right.kind !== 'f64') return undefined;
  const convert = (value: Value, at: TS.Node): Result => {
    if (value.kind === 'f64') return value;
    const made = fits(value, 'f64') ? floatConstant(f, at, value.constant!) : undefined;
    return made && f.atom(made, at);
  };
  const a = convert(left, node.left);
  const b = convert(right, node.right);
  return a && b ? [a, b] : undefined;
};

const lowerArithmetic = (f: FunctionLowering, node: TS.BinaryExpression, helper: string, left: Value, right: Value): Result => {
  const floats = asFloats(f, node, left, right);
  if (floats) return float(f, `${helper}f`, ...floats);
  if (!isSummand(left) || !isSummand(right)) return notIntegers(f, node, left, right);
  const bound = helper === '_mul' ? left.bound * right.bound : left.bound + right.bound;
  if (bound > EXACT) return f.error(node, 'RVX2002', 'this may exceed 2^53 and be rounded under Node');
  return { text: f.program.helpers.call(helper, left.text, right.text), kind: 'sum', atom: false, bound };
};

const lowerBits = (f: FunctionLowering, node: TS.BinaryExpression, helper: string, left: Value, right: Value): Result => {
  const convertible = (value: Value): boolean => isSummand(value) || (value.kind === 'quotient' && right.constant === 0);
  if (!convertible(left) || !isSummand(right)) return notIntegers(f, node, left, right);
  // `x | 0` and `x >>> 0` only change the kind.
  if (helper === '_or' && right.constant === 0) return { ...wrapped(left.text, 'i32', left.atom) };
  if (helper === '_shru' && right.constant === 0) return { ...wrapped(left.text, 'u32', left.atom) };
  if (left.kind === 'quotient') return notIntegers(f, node, left, right);
  const text = f.program.helpers.call(helper, left.text, right.text);
  const small = (value: Value): boolean => value.constant !== undefined && value.constant >= 0 && value.constant < 2 ** 31;
  if (helper === '_and' && (small(left) || small(right))) {
    return { ...wrapped(text, 'any'), bound: small(left) ? left.constant! : right.constant! };
  }
  if (helper !== '_shru') return wrapped(text, 'i32');
  const shift = right.constant === undefined ? 0 : right.constant & 31;
  return shift === 0 ? wrapped(text, 'u32') : { ...wrapped(text, 'any'), bound: 2 ** (32 - shift) };
};

const lowerQuotient = (f: FunctionLowering, node: TS.BinaryExpression, helper: string, left: Value, right: Value): Result => {
  const floats = asFloats(f, node, left, right);
  if (floats) {
    if (helper === '_rem') return f.error(node, 'RVX1020', '`%` is not an operator of f64');
    return float(f, '_divf', ...floats);
  }
  const kind = joined(left, right);
  if (kind === undefined && isInteger(left.kind) && isInteger(right.kind)) {
    return f.error(node, 'RVX2004', `dividing ${NAMES[left.kind]} and ${NAMES[right.kind]}`);
  }
  if (kind === undefined || !isInteger(kind)) return notIntegers(f, node, left, right);
  const unsigned = kind === 'u32' && rule('u32 divides unsigned');
  const text = f.program.helpers.call(helper + (unsigned ? 'u' : 's'), left.text, right.text);
  return { text, kind: 'quotient', atom: false, bound: BOUND_32 };
};

const lowerComparison = (f: FunctionLowering, node: TS.BinaryExpression, helper: string, left: Value, right: Value): Result => {
  const result = (name: string, a: Value, b: Value): Value =>
    ({ text: f.program.helpers.call(name, a.text, b.text), kind: 'bool', atom: false, bound: 1 });
  const floats = asFloats(f, node, left, right);
  if (floats) return result(`${helper}f`, ...floats);
  for (const [value, at] of [[left, node.left], [right, node.right]] as const) {
    if (value.kind === 'sum') return f.error(at, 'RVX2001', 'this sum or product is not wrapped to 32 bits');
    if (value.kind === 'quotient') return f.error(at, 'RVX2004', 'this quotient is not converted to an integer');
  }
  const kind = joined(left, right);
  if (kind === undefined) {
    if (isInteger(left.kind) && isInteger(right.kind)) {
      return f.error(node, 'RVX2003', `comparing ${NAMES[left.kind]} with ${NAMES[right.kind]}`);
    }
    return notIntegers(f, node, left, right);
  }
  if (!isInteger(kind) && kind !== 'bool') return notIntegers(f, node, left, right);
  const unsigned = kind === 'u32' && helper !== '_eq' && helper !== '_ne' && rule('compare u32 unsigned');
  return result(helper + (unsigned ? 'u' : ''), left, right);
};

/** An expression as a condition: a boolean, or an integer that is not zero. */
export const lowerCondition = (f: FunctionLowering, node: TS.Expression): Result => {
  if (ts.isParenthesizedExpression(node)) return lowerCondition(f, node.expression);
  const constant = f.program.folder.value(node);
  if (constant !== undefined) return { text: constant ? '1' : '0', kind: 'bool', atom: true, bound: 1, constant: constant ? 1 : 0 };
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind;
    if (operator === K.AmpersandAmpersandToken || operator === K.BarBarToken) return lowerLogical(f, node, true);
  }
  const value = lowerExpression(f, node);
  if (!value || value.kind === 'bool' || isInteger(value.kind)) return value;
  if (value.kind === 'sum') return f.error(node, 'RVX2001', 'this sum or product is not wrapped to 32 bits');
  if (value.kind === 'quotient') return f.error(node, 'RVX2004', 'this quotient is not converted to an integer');
  return f.error(node, 'RVX2009', `a value of kind ${NAMES[value.kind]} is no condition`);
};

/** `a && b`, `a || b` as nested ifs: the shape in which clang finds conditional compares. */
const lowerLogical = (f: FunctionLowering, node: TS.BinaryExpression, asCondition: boolean): Result => {
  const operand = (side: TS.Expression): Result => {
    if (asCondition) return lowerCondition(f, side);
    const value = lowerExpression(f, side);
    if (!value || value.kind === 'bool') return value;
    return f.error(side, 'RVX2010', `this operand is ${NAMES[value.kind]}, not boolean`);
  };
  const and = node.operatorToken.kind === K.AmpersandAmpersandToken;
  const line = f.program.report.lineOf(node.right);
  const left = operand(node.left);
  const set = (name: string): Out => ({ form: 'line', line, text: `${name} = 1;`, pure: true });
  const name = f.temporary('i32', '0', node);
  const right: Out[] = [];
  const outer = f.out;
  if (rule('&& and || are lazy')) f.out = right;
  const second = operand(node.right);
  f.out = outer;
  if (!left || !second) return undefined;
  right.push({ form: 'if', line, condition: second.text, then: [set(name)], otherwise: [] });
  const start = f.program.report.lineOf(node.left);
  f.out.push(and
    ? { form: 'if', line: start, condition: left.text, then: right, otherwise: [] }
    : { form: 'if', line: start, condition: left.text, then: [set(name)], otherwise: right });
  return { text: name, kind: 'bool', atom: true, bound: 1 };
};

/** Up to this many helper calls are cheaper done for nothing than branched around. */
const SPECULATED = 3;

interface Branch {
  value: Result;
  out: Out[];
}

/** Makes doubles of literals that meet a double. */
const convertBranches = (f: FunctionLowering, node: TS.Expression, ...branches: Branch[]): boolean => {
  for (const branch of branches) {
    if (branch.value!.kind === 'f64') continue;
    const outer = f.out;
    f.out = branch.out;
    const made = floatConstant(f, node, branch.value!.constant!);
    branch.value = made && f.atom(made, node);
    f.out = outer;
    if (!made) return false;
  }
  return true;
};

const lowerConditional = (f: FunctionLowering, node: TS.ConditionalExpression): Result => {
  const condition = lowerCondition(f, node.condition);
  const test = condition && f.atom(condition, node.condition);
  const branch = (side: TS.Expression): Branch => {
    const outer = f.out;
    const out: Out[] = [];
    f.out = out;
    const value = lowerExpression(f, side);
    const used = value && (value.constant !== undefined && value.kind !== 'f64' ? value : f.atom(value, side));
    f.out = outer;
    return { value: used, out };
  };
  const yes = branch(node.whenTrue);
  const no = branch(node.whenFalse);
  if (!test || !yes.value || !no.value) return undefined;
  const unwrapped = isSummand(yes.value) && isSummand(no.value) && (yes.value.kind === 'sum' || no.value.kind === 'sum');
  const kind = unwrapped ? 'sum' : joined(yes.value, no.value);
  if (kind === undefined) {
    const quotient = [yes.value, no.value].findIndex((v) => v.kind === 'quotient');
    if (quotient >= 0) return f.error(quotient ? node.whenFalse : node.whenTrue, 'RVX2004', 'this quotient is not converted to an integer');
    return f.error(node, 'RVX2005', `one branch is ${NAMES[yes.value.kind]}, the other ${NAMES[no.value.kind]}`);
  }
  if (kind === 'f64' && !convertBranches(f, node, yes, no)) return undefined;
  const bound = Math.max(yes.value.bound, no.value.bound);
  if (test.kind === 'bool' && yes.value.constant === 1 && no.value.constant === 0 && kind === 'any') return { ...test, kind: 'any', bound: 1 };
  if ((allPure(yes.out) && allPure(no.out) || !rule('?: runs one branch')) && yes.out.length + no.out.length <= SPECULATED) {
    f.out.push(...yes.out, ...no.out);
    const helper = kind === 'f64' ? '_self' : kind === 'i64' ? '_sel64' : '_sel';
    return { text: f.program.helpers.call(helper, test.text, yes.value.text, no.value.text), kind, atom: false, bound };
  }
  const name = f.temporary(printedType(kind), '0', node);
  const set = (side: TS.Expression, value: Value): Out =>
    ({ form: 'line', line: f.program.report.lineOf(side), text: `${name} = ${value.text};`, pure: true });
  f.out.push({
    form: 'if', line: f.program.report.lineOf(node.condition), condition: test.text,
    then: [...yes.out, set(node.whenTrue, yes.value)], otherwise: [...no.out, set(node.whenFalse, no.value)],
  });
  return { text: name, kind, atom: true, bound };
};

const lowerMath = (f: FunctionLowering, node: TS.CallExpression): Result => {
  const operands: Value[] = [];
  for (const argument of node.arguments) {
    const value = lowerAtom(f, argument);
    if (!value) return undefined;
    if (!isSummand(value)) return f.error(argument, 'RVX2005', `this operand is ${NAMES[value.kind]}, not an integer`);
    operands.push(value);
  }
  if (isMath(node.expression, 'imul')) return wrapped(f.program.helpers.call('_mul', operands[0]!.text, operands[1]!.text), 'i32');
  return { ...wrapped(f.program.helpers.call('_clz', operands[0]!.text), 'any'), bound: 32 };
};

/** A call. The value is the call itself; whoever needs it later makes it an atom, which keeps it at its place. */
export const lowerCall = (f: FunctionLowering, node: TS.CallExpression): Result => {
  const callee = node.expression;
  if (isMath(callee, 'imul') || isMath(callee, 'clz32')) return lowerMath(f, node);
  const declaration = ts.isIdentifier(callee) ? declarationOf(f.program.checker, callee) : undefined;
  const info = declaration && f.program.linked.functions.get(declaration);
  if (!info) {
    // A function made inside this one: told where it is made.
    if (declaration && !declaration.getSourceFile().isDeclarationFile) return undefined;
    return f.error(callee, 'RVX1023', `\`${callee.getText()}\` does not exist in kernel code`);
  }
  const signature = f.program.signatures.of(info);
  if (!signature || signature.parameters.length !== node.arguments.length) return undefined;
  if (isFloat(signature) && !f.needFloat(node)) return undefined;
  const operands: string[] = [];
  for (const [i, argument] of node.arguments.entries()) {
    const { kind, name } = signature.parameters[i]!;
    const value = kind === 'text' && ts.isStringLiteralLike(argument)
      ? lowerText(f, argument)
      : lowerFor(f, argument, kind, `parameter \`${name.text}\``);
    const atom = value && f.atom(value, argument);
    if (!atom) return undefined;
    operands.push(atom.text);
  }
  const text = `${f.program.nameOf(info)}(${operands.join(', ')})`;
  return { text, kind: signature.result, atom: false, bound: BOUND_32 };
};

const lowerText = (f: FunctionLowering, node: TS.StringLiteralLike): Result => {
  if (/[^\x01-\x7f]/.test(node.text)) return f.error(node, 'RVX1008', 'a text holds ASCII only, and no zero');
  return { text: f.program.helpers.text(node.text), kind: 'text', atom: false, bound: BOUND_32 };
};
