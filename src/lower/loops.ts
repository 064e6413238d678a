/**
 * Loops: every one becomes a labelled `while`, with its steps of evaluation inside.
 *
 * A `continue` of a loop with an update, or with the test at the end, leaves a labelled block around the body.
 */
import type TS from 'typescript';
import { lowerCondition } from './branches.ts';
import { checkCount } from './counting.ts';
import { isCount, lowerDeclarations, lowerEffect } from './effects.ts';
import { declarationOf } from './fold.ts';
import type { FunctionLowering } from './function.ts';
import type { Out, Result } from './ir.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

interface Loop {
  node: TS.IterationStatement;
  label: string | undefined;
  condition: TS.Expression | undefined;
  update: (() => void) | undefined;
  testLast: boolean;
}

export const lowerWhile = (f: FunctionLowering, node: TS.WhileStatement | TS.DoStatement, label: string | undefined): void =>
  lowerLoop(f, { node, label, condition: node.expression, update: undefined, testLast: ts.isDoStatement(node) });

export const lowerFor = (f: FunctionLowering, node: TS.ForStatement, label: string | undefined): void => {
  if (node.initializer) {
    if (ts.isVariableDeclarationList(node.initializer)) lowerDeclarations(f, node.initializer);
    else lowerEffect(f, node.initializer);
  }
  const { incrementor } = node;
  const update = incrementor && ((): void => (isCount(incrementor) ? lowerCount(f, node, incrementor) : lowerEffect(f, incrementor)));
  lowerLoop(f, { node, label, condition: node.condition, update, testLast: false });
};

/** `i++` as an update, after showing that it never passes the end of its kind. */
const lowerCount = (f: FunctionLowering, loop: TS.ForStatement, node: TS.PostfixUnaryExpression | TS.PrefixUnaryExpression): void => {
  const declaration = declarationOf(f.program.checker, node.operand);
  const local = declaration && f.locals.get(declaration);
  if (!local) return f.error(node, 'RVX2012', 'only a local can be counted');
  const problem = checkCount(f.program, loop, node, declaration, local.kind === 'u32');
  if (problem) return f.error(node, 'RVX2012', problem);
  const helper = node.operator === ts.SyntaxKind.PlusPlusToken ? '_add' : '_sub';
  f.line(node, `${local.name} = ${f.program.helpers.call(helper, local.name, '1')};`);
};

const lowerLoop = (f: FunctionLowering, { node, label, condition, update, testLast }: Loop): void => {
  const line = f.program.report.lineOf(condition ?? node);
  const loop = f.label('loop');
  const body = f.label('body');
  const leavesBody = testLast || (update !== undefined && rule('continue runs the update'));
  const target = {
    form: 'loop' as const, label, breakText: `break ${loop};`, continueText: leavesBody ? `break ${body};` : `continue ${loop};`,
    used: new Set<string>(),
  };
  let test: Result;
  const steps = f.inside(() => { test = condition && lowerCondition(f, condition); });
  f.targets.push(target);
  const own = f.inside(() => f.statement(node.statement));
  f.targets.pop();
  const updates = f.inside(() => update?.());
  if (condition && !test) return;

  const inner: Out[] = target.used.has(`break ${body};`) ? [{ form: 'labelled', line, label: body, body: own }] : own;
  const isPlain = test !== undefined && test.constant === undefined && !testLast && steps.length === 0;
  const exit = isPlain || !test ? [] : [...steps, ...exitUnless(f, test, line, target.breakText)];
  const round = testLast ? [...inner, ...updates, ...exit] : [...exit, ...inner, ...updates];
  f.out.push({ form: 'labelled', line, label: loop, body: [{ form: 'while', line, condition: isPlain ? test!.text : '1', body: round }] });
};

/** Leaves the loop when the test fails. */
const exitUnless = (f: FunctionLowering, test: NonNullable<Result>, line: number, breakText: string): Out[] => {
  const leave: Out = { form: 'line', line, text: breakText, pure: false };
  if (test.constant !== undefined) return test.constant === 0 ? [leave] : [];
  const name = test.atom ? test.text : f.label('t');
  const named: Out[] = test.atom ? [] : [{ form: 'line', line, text: `let ${name}: i32 = ${test.text};`, pure: false }];
  return [...named, { form: 'if', line, condition: f.program.helpers.call('_not', name), then: [leave], otherwise: [] }];
};
