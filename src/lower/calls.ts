/**
 * Calls: of functions of the project and the machine, and of the two functions of Math that are exact in 32 bits.
 */
import type TS from 'typescript';
import { declarationOf, isMath } from './fold.ts';
import type { FunctionLowering } from './function.ts';
import { BOUND_32, type Result, type Value } from './ir.ts';
import { isFloat, isSummand, NAMES, type Signature, wrapped } from './kinds.ts';
import ts from './typescript.ts';

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
  const operands = lowerOperands(f, node, signature);
  if (!operands) return undefined;
  return { text: `${f.program.nameOf(info)}(${operands.join(', ')})`, kind: signature.result, atom: false, bound: BOUND_32 };
};

const lowerOperands = (f: FunctionLowering, node: TS.CallExpression, signature: Signature): string[] | undefined => {
  const operands: string[] = [];
  for (const [i, argument] of node.arguments.entries()) {
    const { kind, name } = signature.parameters[i]!;
    const isText = kind === 'text' && ts.isStringLiteralLike(argument);
    const value = isText ? lowerText(f, argument) : f.expressionFor(argument, kind, `parameter \`${name.text}\``);
    if (value) operands.push(f.atom(value, argument).text);
  }
  return operands.length === node.arguments.length ? operands : undefined;
};

const lowerText = (f: FunctionLowering, node: TS.StringLiteralLike): Result => {
  if (/[^\x01-\x7f]/.test(node.text)) return f.error(node, 'RVX1008', 'a text holds ASCII only, and no zero');
  return { text: f.program.helpers.text(node.text), kind: 'text', atom: false, bound: BOUND_32 };
};

const lowerMath = (f: FunctionLowering, node: TS.CallExpression): Result => {
  const operands: Value[] = [];
  for (const argument of node.arguments) {
    const value = f.atomOf(argument);
    if (value && isSummand(value)) operands.push(value);
    else if (value) f.error(argument, 'RVX2005', `this operand is ${NAMES[value.kind]}, not an integer`);
  }
  const [a, b] = operands;
  if (operands.length !== node.arguments.length || !a) return undefined;
  if (isMath(node.expression, 'imul')) return b && wrapped(f.program.helpers.call('_mul', a.text, b.text), 'i32');
  return { ...wrapped(f.program.helpers.call('_clz', a.text), 'any'), bound: 32 };
};
