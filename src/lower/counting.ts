/**
 * `i++` in a `for`: under Node it would grow past 2^31 where native wraps, so it is allowed only where it cannot get there.
 */
import type TS from 'typescript';
import { declarationOf } from './fold.ts';
import type { ProgramLowering } from './function.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;

/** The conditions that all must hold for the body to run. */
const conjuncts = (node: TS.Expression): TS.Expression[] => {
  if (ts.isParenthesizedExpression(node)) return conjuncts(node.expression);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === K.AmpersandAmpersandToken) {
    return [...conjuncts(node.left), ...conjuncts(node.right)];
  }
  return [node];
};

/** What is wrong with the count, or undefined if it stays within its limit. */
export const checkCount = (
  program: ProgramLowering, loop: TS.ForStatement, count: TS.PostfixUnaryExpression | TS.PrefixUnaryExpression,
  counted: TS.Declaration, unsigned: boolean,
): string | undefined => {
  const up = count.operator === K.PlusPlusToken;
  const isCounted = (node: TS.Expression): boolean => ts.isIdentifier(node) && declarationOf(program.checker, node) === counted;
  const limits = (test: TS.Expression): boolean => {
    if (!ts.isBinaryExpression(test)) return false;
    const operator = test.operatorToken.kind;
    const strict = up ? K.LessThanToken : K.GreaterThanToken;
    const mirrored = up ? K.GreaterThanToken : K.LessThanToken;
    if (operator === strict && isCounted(test.left)) return true;
    if (operator === mirrored && isCounted(test.right)) return true;
    const equal = up ? K.LessThanEqualsToken : K.GreaterThanEqualsToken;
    const limit = program.folder.number(test.right);
    return operator === equal && isCounted(test.left) && limit !== undefined && (up ? limit < 2 ** 31 - 1 : limit > (unsigned ? 0 : -(2 ** 31)));
  };
  if (!loop.condition || !conjuncts(loop.condition).some(limits)) return `nothing keeps \`${count.getText()}\` within 32 bits`;
  let assigned = false;
  const visit = (node: TS.Node): void => {
    if (ts.isBinaryExpression(node) && node.operatorToken.kind >= K.FirstAssignment && node.operatorToken.kind <= K.LastAssignment) {
      if (isCounted(node.left)) assigned = true;
    }
    ts.forEachChild(node, visit);
  };
  visit(loop.statement);
  return assigned ? `the body assigns the counted \`${count.operand.getText()}\`` : undefined;
};
