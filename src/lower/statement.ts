/**
 * Statements: every loop becomes `while`, `switch` a labelled chain of ifs, and conditions with steps of their own move inside.
 *
 * A `continue` of a loop with an update or a test at the end leaves the labelled block around the body.
 */
import type TS from 'typescript';
import { declarationOf } from './fold.ts';
import { describeForm } from './forms.ts';
import type { FunctionLowering, Target } from './function.ts';
import { lowerAtom, lowerCall, lowerCondition, lowerExpression, lowerFor, lowerOperator } from './expression.ts';
import { type Kind, type Out, printedType, type Value } from './ir.ts';
import { fits, isInteger, joined, kindOfType, NAMES } from './kinds.ts';
import type { FunctionNode } from './link.ts';
import { checkCount } from './counting.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

const K = ts.SyntaxKind;

export const lowerBody = (f: FunctionLowering, node: FunctionNode): void => {
  if (!node.body) return;
  if (ts.isBlock(node.body)) return lowerList(f, node.body.statements);
  if (f.result === 'void') return lowerEffect(f, node.body);
  lowerReturn(f, node.body, node.body);
};

const lowerList = (f: FunctionLowering, list: readonly TS.Statement[]): void => {
  for (const statement of list) lowerStatement(f, statement);
};

/** Runs `write` with a list of its own to write to. */
const inside = (f: FunctionLowering, write: () => void): Out[] => {
  const outer = f.out;
  const list: Out[] = [];
  f.out = list;
  write();
  f.out = outer;
  return list;
};

export const lowerStatement = (f: FunctionLowering, node: TS.Statement, label?: string): void => {
  if (ts.isBlock(node)) return label === undefined ? lowerList(f, node.statements) : lowerLabelledBlock(f, node, label);
  if (ts.isVariableStatement(node)) return lowerDeclarations(f, node.declarationList);
  if (ts.isExpressionStatement(node)) return lowerEffect(f, node.expression);
  if (ts.isIfStatement(node)) return lowerIf(f, node);
  if (ts.isWhileStatement(node)) return lowerLoop(f, node, label, node.expression, undefined, false);
  if (ts.isDoStatement(node)) return lowerLoop(f, node, label, node.expression, undefined, true);
  if (ts.isForStatement(node)) return lowerForLoop(f, node, label);
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
  const body = inside(f, () => lowerList(f, node.statements));
  f.targets.pop();
  f.out.push({ form: 'labelled', line: f.program.report.lineOf(node), label: name, body });
};

const lowerDeclarations = (f: FunctionLowering, list: TS.VariableDeclarationList): void => {
  if ((list.flags & ts.NodeFlags.BlockScoped) === 0) return f.error(list, 'RVX1022', '`var` is not a statement of the subset');
  for (const declaration of list.declarations) {
    if (!ts.isIdentifier(declaration.name)) {
      f.error(declaration.name, 'RVX1006', 'values cannot be taken apart in kernel code');
      continue;
    }
    lowerDeclaration(f, declaration, declaration.name, (list.flags & ts.NodeFlags.Const) !== 0);
  }
};

const lowerDeclaration = (f: FunctionLowering, node: TS.VariableDeclaration, name: TS.Identifier, constant: boolean): void => {
  let kind = node.type && kindOfType(f.program.checker, node.type, f.program.report);
  if (node.type && kind === undefined) return;
  if (!node.initializer) {
    if (kind === undefined) return f.error(node, 'RVX1012', `\`${name.text}\` needs a kind or a value`);
    declare(f, node, name, kind, '0');
    return;
  }
  if (kind === 'f64' && !f.needFloat(node)) return;
  const value = kind === undefined
    ? lowerExpression(f, node.initializer)
    : lowerFor(f, node.initializer, kind, `\`${name.text}\``);
  if (constant && f.program.folder.value(node.initializer) !== undefined) return; // every use is folded
  if (!value) return;
  if (value.kind === 'sum' || value.kind === 'quotient') {
    f.error(node.initializer, value.kind === 'sum' ? 'RVX2001' : 'RVX2004', `the value of \`${name.text}\` is not wrapped to 32 bits`);
    return;
  }
  kind ??= value.kind === 'any' ? 'i32' : value.kind;
  declare(f, node, name, kind, value.text);
};

const declare = (f: FunctionLowering, node: TS.VariableDeclaration, name: TS.Identifier, kind: Kind, text: string): void => {
  const local = { name: f.names.local(name.text), kind };
  f.locals.set(node, local);
  f.line(node, `let ${local.name}: ${printedType(kind)} = ${text};`);
};

/** An expression for its effect: a call or an assignment. */
const lowerEffect = (f: FunctionLowering, node: TS.Expression): void => {
  if (ts.isParenthesizedExpression(node)) return lowerEffect(f, node.expression);
  if (ts.isCallExpression(node)) {
    const value = lowerCall(f, node);
    if (value) f.line(node, `${value.text};`);
    return;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind >= K.FirstAssignment && node.operatorToken.kind <= K.LastAssignment) {
    return lowerAssignment(f, node);
  }
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
    if (node.operator === K.PlusPlusToken || node.operator === K.MinusMinusToken) {
      return f.error(node, 'RVX1015', '`++` and `--` do not wrap at 32 bits in JavaScript');
    }
  }
  const [code, message] = describeForm(node);
  if (code === 'RVX1020') f.error(node, 'RVX1025', 'this statement is neither a call nor an assignment');
  else f.error(node, code, message);
};

const lowerAssignment = (f: FunctionLowering, node: TS.BinaryExpression): void => {
  const operator = node.operatorToken.kind;
  if (!ts.isIdentifier(node.left)) return f.error(node.left, 'RVX1006', 'only local and module variables can be assigned');
  const declaration = declarationOf(f.program.checker, node.left);
  const place = declaration && (f.locals.get(declaration) ?? f.program.variables.get(declaration));
  if (!place) return; // told elsewhere: a constant, or a declaration with an error
  let value: Value | undefined;
  if (operator === K.EqualsToken) {
    value = lowerFor(f, node.right, place.kind, `\`${node.left.text}\``);
  } else if (operator < K.LessThanLessThanEqualsToken || operator > K.CaretEqualsToken) {
    return f.error(node, 'RVX1016', `\`${node.operatorToken.getText()}\` does not wrap at 32 bits in JavaScript`);
  } else {
    const left = lowerAtom(f, node.left);
    const right = lowerAtom(f, node.right);
    value = left && right && lowerOperator(f, node, operator, left, right);
    if (value && !fits(value, place.kind)) {
      return f.error(node, 'RVX2005', `\`${node.left.text}\` is ${NAMES[place.kind]}, this result ${NAMES[value.kind]}`);
    }
  }
  if (value) f.line(node, `${place.name} = ${value.text};`);
};

const lowerReturn = (f: FunctionLowering, at: TS.Node, expression: TS.Expression | undefined): void => {
  if (f.result === 'void') {
    if (expression) return f.error(expression, 'RVX2005', 'a void function returns nothing');
    return f.line(at, 'return 0;');
  }
  if (!expression) return; // TypeScript told it
  const value = lowerFor(f, expression, f.result, 'the result');
  if (value) f.line(at, `return ${value.text};`);
};

const lowerIf = (f: FunctionLowering, node: TS.IfStatement): void => {
  const condition = lowerCondition(f, node.expression);
  const then = inside(f, () => lowerStatement(f, node.thenStatement));
  const otherwise = inside(f, () => node.elseStatement && lowerStatement(f, node.elseStatement));
  if (!condition) return;
  if (condition.constant !== undefined) f.out.push(...(condition.constant ? then : otherwise));
  else f.out.push({ form: 'if', line: f.program.report.lineOf(node.expression), condition: condition.text, then, otherwise });
};

const lowerForLoop = (f: FunctionLowering, node: TS.ForStatement, label: string | undefined): void => {
  if (node.initializer) {
    if (ts.isVariableDeclarationList(node.initializer)) lowerDeclarations(f, node.initializer);
    else lowerEffect(f, node.initializer);
  }
  const update = node.incrementor;
  const write = update && ((): void => (isCount(update) ? lowerCount(f, node, update) : lowerEffect(f, update)));
  lowerLoop(f, node, label, node.condition, write, false);
};

const isCount = (node: TS.Expression): node is TS.PostfixUnaryExpression | TS.PrefixUnaryExpression =>
  (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) &&
  (node.operator === K.PlusPlusToken || node.operator === K.MinusMinusToken);

/** `i++` as an update, after showing that it never passes the end of its kind. */
const lowerCount = (f: FunctionLowering, loop: TS.ForStatement, node: TS.PostfixUnaryExpression | TS.PrefixUnaryExpression): void => {
  const declaration = declarationOf(f.program.checker, node.operand);
  const local = declaration && f.locals.get(declaration);
  if (!local) return f.error(node, 'RVX2012', 'only a local can be counted');
  const problem = checkCount(f.program, loop, node, declaration, local.kind === 'u32');
  if (problem) return f.error(node, 'RVX2012', problem);
  f.line(node, `${local.name} = ${f.program.helpers.call(node.operator === K.PlusPlusToken ? '_add' : '_sub', local.name, '1')};`);
};

/** Any loop: test first or last, an update or none. */
const lowerLoop = (
  f: FunctionLowering, node: TS.IterationStatement, label: string | undefined, condition: TS.Expression | undefined,
  update: (() => void) | undefined, testLast: boolean,
): void => {
  const line = f.program.report.lineOf(condition ?? node);
  const outerLabel = f.label('loop');
  const bodyLabel = f.label('body');
  const leavesBody = (update !== undefined && rule('continue runs the update')) || testLast;
  const target: Target = {
    form: 'loop', label, breakText: `break ${outerLabel};`, continueText: leavesBody ? `break ${bodyLabel};` : `continue ${outerLabel};`,
    used: new Set(),
  };
  let test: Value | undefined;
  const steps = inside(f, () => { test = condition && lowerCondition(f, condition); });
  if (condition && !test) return;
  f.targets.push(target);
  const own = inside(f, () => lowerStatement(f, node.statement));
  f.targets.pop();
  const body: Out[] = target.used.has(`break ${bodyLabel};`) ? [{ form: 'labelled', line, label: bodyLabel, body: own }] : own;
  const updates = inside(f, () => update?.());
  const leave: Out = { form: 'line', line, text: target.breakText, pure: false };
  const exit: Out[] = test === undefined || test.constant === 1 ? steps
    : test.constant === 0 ? [...steps, leave]
      : [...steps, { form: 'if', line, condition: f.program.helpers.call('_not', test.text), then: [leave], otherwise: [] }];
  // `_not` takes names and literals only.
  if (exit.length > steps.length && test && !test.atom && test.constant === undefined) {
    const name = f.label('t');
    exit.splice(steps.length, 1,
      { form: 'line', line, text: `let ${name}: i32 = ${test.text};`, pure: false },
      { form: 'if', line, condition: f.program.helpers.call('_not', name), then: [leave], otherwise: [] });
  }
  const plain = !testLast && steps.length === 0 && test?.constant === undefined && test !== undefined;
  const loop: Out = plain
    ? { form: 'while', line, condition: test!.text, body: [...body, ...updates] }
    : { form: 'while', line, condition: '1', body: testLast ? [...body, ...updates, ...exit] : [...exit, ...body, ...updates] };
  f.out.push({ form: 'labelled', line, label: outerLabel, body: [loop] });
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

/** Whether control never runs off the end of these statements. */
const ends = (list: readonly TS.Statement[]): boolean => {
  const last = list[list.length - 1];
  if (!last) return false;
  if (ts.isBlock(last)) return ends(last.statements);
  if (ts.isIfStatement(last)) return ends([last.thenStatement]) && last.elseStatement !== undefined && ends([last.elseStatement]);
  return ts.isBreakStatement(last) || ts.isContinueStatement(last) || ts.isReturnStatement(last);
};

const lowerSwitch = (f: FunctionLowering, node: TS.SwitchStatement, label: string | undefined): void => {
  const value = lowerAtom(f, node.expression);
  if (value && !isInteger(value.kind)) f.error(node.expression, 'RVX2005', `switch needs an integer, not ${NAMES[value.kind]}`);
  const name = f.label('switch');
  const breakText = rule('break leaves the switch') ? `break ${name};` : '';
  f.targets.push({ form: 'switch', label, breakText, continueText: undefined, used: new Set() });
  const body = inside(f, () => lowerClauses(f, node, value));
  f.targets.pop();
  f.out.push({ form: 'labelled', line: f.program.report.lineOf(node), label: name, body });
};

const lowerClauses = (f: FunctionLowering, node: TS.SwitchStatement, value: Value | undefined): void => {
  const clauses = node.caseBlock.clauses;
  const seen = new Set<number>();
  let labels: Value[] = [];
  for (const [i, clause] of clauses.entries()) {
    const isLast = i === clauses.length - 1;
    if (ts.isDefaultClause(clause)) {
      if (!isLast) f.error(clause, 'RVX1019', '`default` is not the last clause');
      lowerList(f, clause.statements);
      continue;
    }
    const constant = f.program.folder.number(clause.expression);
    if (constant === undefined) f.error(clause.expression, 'RVX1019', 'this case is not a constant');
    else {
      const test = lowerExpression(f, clause.expression);
      if (seen.has(constant)) f.error(clause.expression, 'RVX1019', `case ${constant} appears twice`);
      seen.add(constant);
      if (test && value && joined(test, value) === undefined) {
        f.error(clause.expression, 'RVX2003', `the switch is over ${NAMES[value.kind]}, this case ${NAMES[test.kind]}`);
      }
      if (test) labels.push(test);
    }
    if (clause.statements.length === 0 && !isLast) continue;
    if (!isLast && !ends(clause.statements)) f.error(clause, 'RVX1019', 'this case runs into the next one');
    const then = inside(f, () => lowerList(f, clause.statements));
    if (value) pushCase(f, clause, value, labels, then);
    labels = [];
  }
};

const pushCase = (f: FunctionLowering, clause: TS.CaseClause, value: Value, labels: Value[], then: Out[]): void => {
  const line = f.program.report.lineOf(clause);
  const test = (v: Value): string => f.program.helpers.call('_eq', value.text, v.text);
  let condition = labels[0] ? test(labels[0]) : '0';
  for (const other of labels.slice(1)) {
    const a = f.temporary('i32', condition, clause);
    const b = f.temporary('i32', test(other), clause);
    condition = f.program.helpers.call('_orb', a, b);
  }
  f.out.push({ form: 'if', line, condition, then, otherwise: [] });
};
