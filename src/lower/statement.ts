/**
 * Statements: the dispatcher, blocks, `if`, jumps and `return`. Loops, switches and effects have files of their own.
 */
import type TS from 'typescript';
import { lowerCondition } from './branches.ts';
import { lowerDeclarations, lowerEffect } from './effects.ts';
import { describeForm } from './forms.ts';
import type { FunctionLowering, Target } from './function.ts';
import type { FunctionNode } from './link.ts';
import { lowerFor, lowerWhile } from './loops.ts';
import { lowerSwitch } from './switch.ts';
import ts from './typescript.ts';

export const lowerBody = (f: FunctionLowering, node: FunctionNode): void => {
  if (!node.body) return;
  if (ts.isBlock(node.body)) lowerList(f, node.body.statements);
  else if (f.result === 'void') lowerEffect(f, node.body);
  else lowerReturn(f, node.body, node.body);
};

const lowerList = (f: FunctionLowering, list: readonly TS.Statement[]): void => {
  for (const statement of list) lowerStatement(f, statement);
};

export const lowerStatement = (f: FunctionLowering, node: TS.Statement, label?: string): void => {
  if (ts.isBlock(node)) return label === undefined ? lowerList(f, node.statements) : lowerLabelledBlock(f, node, label);
  if (ts.isVariableStatement(node)) return lowerDeclarations(f, node.declarationList);
  if (ts.isExpressionStatement(node)) return lowerEffect(f, node.expression);
  if (ts.isIfStatement(node)) return lowerIf(f, node);
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) return lowerWhile(f, node, label);
  if (ts.isForStatement(node)) return lowerFor(f, node, label);
  if (ts.isSwitchStatement(node)) return lowerSwitch(f, node, label);
  if (ts.isReturnStatement(node)) return lowerReturn(f, node, node.expression);
  if (ts.isBreakStatement(node) || ts.isContinueStatement(node)) return lowerJump(f, node);
  if (ts.isLabeledStatement(node)) return lowerStatement(f, node.statement, node.label.text);
  if (ts.isEmptyStatement(node)) return;
  f.error(node, ...describeForm(node));
};

const lowerLabelledBlock = (f: FunctionLowering, node: TS.Block, label: string): void => {
  const name = f.label('block');
  f.targets.push({ form: 'block', label, breakText: `break ${name};`, continueText: undefined, used: new Set() });
  const body = f.inside(() => lowerList(f, node.statements));
  f.targets.pop();
  f.out.push({ form: 'labelled', line: f.program.report.lineOf(node), label: name, body });
};

const lowerIf = (f: FunctionLowering, node: TS.IfStatement): void => {
  const condition = lowerCondition(f, node.expression);
  const then = f.inside(() => lowerStatement(f, node.thenStatement));
  const otherwise = f.inside(() => node.elseStatement && lowerStatement(f, node.elseStatement));
  if (!condition) return;
  if (condition.constant !== undefined) f.out.push(...(condition.constant ? then : otherwise));
  else f.out.push({ form: 'if', line: f.program.report.lineOf(node.expression), condition: condition.text, then, otherwise });
};

const lowerReturn = (f: FunctionLowering, at: TS.Node, expression: TS.Expression | undefined): void => {
  if (f.result === 'void') {
    if (expression) return f.error(expression, 'RVX2005', 'a void function returns nothing');
    return f.line(at, 'return 0;');
  }
  if (!expression) return; // TypeScript told it
  const value = f.expressionFor(expression, f.result, 'the result');
  if (value) f.line(at, `return ${value.text};`);
};

const lowerJump = (f: FunctionLowering, node: TS.BreakOrContinueStatement): void => {
  const isBreak = ts.isBreakStatement(node);
  const wanted = node.label?.text;
  const fitting = (t: Target): boolean =>
    wanted !== undefined ? t.label === wanted : t.form === 'loop' || (isBreak && t.form === 'switch');
  const target = [...f.targets].reverse().find(fitting);
  const text = target && (isBreak ? target.breakText : target.continueText);
  if (!target || text === undefined) return; // TypeScript told it
  target.used.add(text);
  f.line(node, text);
};
