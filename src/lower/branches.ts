/**
 * Expressions that evaluate only some of their operands: conditions, `&&`, `||` and `?:`.
 */
import type TS from 'typescript';
import type { FunctionLowering } from './function.ts';
import { allPure, booleanConstant, type Kind, type Out, printedType, type Result, type Value } from './ir.ts';
import { isInteger, isSummand, joined, NAMES } from './kinds.ts';
import { doubleConstant } from './operators.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

export const isLogical = (node: TS.Expression): node is TS.BinaryExpression & { logical: true } =>
  ts.isBinaryExpression(node) &&
  (node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken || node.operatorToken.kind === ts.SyntaxKind.BarBarToken);

/** An expression as a condition: a boolean, or an integer that is not zero. */
export const lowerCondition = (f: FunctionLowering, node: TS.Expression): Result => {
  if (ts.isParenthesizedExpression(node)) return lowerCondition(f, node.expression);
  const constant = f.program.folder.value(node);
  if (constant !== undefined) return booleanConstant(Boolean(constant));
  if (isLogical(node)) return lowerLogical(f, node, true);
  const value = f.expression(node);
  if (!value || value.kind === 'bool' || isInteger(value.kind)) return value;
  if (f.isUnconverted(value, node)) return undefined;
  return f.error(node, 'RVX2009', `a value of kind ${NAMES[value.kind]} is no condition`);
};

/** `a && b`, `a || b` as nested ifs: the shape in which clang finds conditional compares. */
export const lowerLogical = (f: FunctionLowering, node: TS.BinaryExpression, asCondition: boolean): Result => {
  const operand = (side: TS.Expression): Result => {
    if (asCondition) return lowerCondition(f, side);
    const value = f.expression(side);
    if (!value || value.kind === 'bool') return value;
    return f.error(side, 'RVX2010', `this operand is ${NAMES[value.kind]}, not boolean`);
  };
  const left = operand(node.left);
  const name = f.temporary('i32', '0', node);
  let right: Result;
  const steps = rule('&& and || are lazy')
    ? f.inside(() => { right = operand(node.right); })
    : (right = operand(node.right), []);
  if (!left || !right) return undefined;
  const line = f.program.report.lineOf(node.right);
  const set: Out = { form: 'line', line, text: `${name} = 1;`, pure: true };
  steps.push({ form: 'if', line, condition: right.text, then: [set], otherwise: [] });
  const isAnd = node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  f.out.push({
    form: 'if', line: f.program.report.lineOf(node.left), condition: left.text,
    then: isAnd ? steps : [set], otherwise: isAnd ? [] : steps,
  });
  return { text: name, kind: 'bool', atom: true, bound: 1 };
};

/** Up to this many helper calls are cheaper done for nothing than branched around. */
const SPECULATED = 3;

interface Branch {
  node: TS.Expression;
  value: Value;
  steps: Out[];
}

const lowerBranch = (f: FunctionLowering, node: TS.Expression): Branch | undefined => {
  let value: Result;
  const steps = f.inside(() => {
    const made = f.expression(node);
    const isLiteral = made?.constant !== undefined && made.kind !== 'f64';
    value = made && (isLiteral ? made : f.atom(made, node));
  });
  return value && { node, value, steps };
};

/** Makes doubles of literals that meet a double. */
const convertToDouble = (f: FunctionLowering, branch: Branch): boolean => {
  if (branch.value.kind === 'f64') return true;
  let made: Result;
  branch.steps.push(...f.inside(() => {
    made = doubleConstant(f, branch.node, branch.value.constant!);
    made = made && f.atom(made, branch.node);
  }));
  if (made) branch.value = made;
  return made !== undefined;
};

const kindOfBranches = (f: FunctionLowering, node: TS.Expression, yes: Branch, no: Branch): Kind | undefined => {
  const quotient = [yes, no].find((branch) => branch.value.kind === 'quotient');
  if (quotient) return f.error(quotient.node, 'RVX2004', 'this quotient is not converted to an integer');
  const isUnwrapped = yes.value.kind === 'sum' || no.value.kind === 'sum';
  if (isUnwrapped && isSummand(yes.value) && isSummand(no.value)) return 'sum';
  const kind = joined(yes.value, no.value);
  if (kind === undefined) {
    return f.error(node, 'RVX2005', `one branch is ${NAMES[yes.value.kind]}, the other ${NAMES[no.value.kind]}`);
  }
  return kind !== 'f64' || (convertToDouble(f, yes) && convertToDouble(f, no)) ? kind : undefined;
};

export const lowerConditional = (f: FunctionLowering, node: TS.ConditionalExpression): Result => {
  const condition = lowerCondition(f, node.condition);
  const test = condition && f.atom(condition, node.condition);
  const yes = lowerBranch(f, node.whenTrue);
  const no = lowerBranch(f, node.whenFalse);
  if (!test || !yes || !no) return undefined;
  const kind = kindOfBranches(f, node, yes, no);
  if (kind === undefined) return undefined;
  const bound = Math.max(yes.value.bound, no.value.bound);
  if (kind === 'any' && test.kind === 'bool' && yes.value.constant === 1 && no.value.constant === 0) return { ...test, kind, bound };

  const steps = [...yes.steps, ...no.steps];
  if (steps.length <= SPECULATED && (allPure(steps) || !rule('?: runs one branch'))) {
    f.out.push(...steps);
    const helper = kind === 'f64' ? '_self' : kind === 'i64' ? '_sel64' : '_sel';
    return { text: f.program.helpers.call(helper, test.text, yes.value.text, no.value.text), kind, atom: false, bound };
  }
  const name = f.temporary(printedType(kind), '0', node);
  const set = (branch: Branch): Out[] =>
    [...branch.steps, { form: 'line', line: f.program.report.lineOf(branch.node), text: `${name} = ${branch.value.text};`, pure: true }];
  f.out.push({ form: 'if', line: f.program.report.lineOf(node.condition), condition: test.text, then: set(yes), otherwise: set(no) });
  return { text: name, kind, atom: true, bound };
};
