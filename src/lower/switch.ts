/**
 * `switch` becomes a labelled chain of ifs, of which clang makes tables again. Porffor's own compares doubles.
 */
import type TS from 'typescript';
import type { FunctionLowering } from './function.ts';
import type { Out, Value } from './ir.ts';
import { isInteger, joined, NAMES } from './kinds.ts';
import { rule } from './rules.ts';
import ts from './typescript.ts';

export const lowerSwitch = (f: FunctionLowering, node: TS.SwitchStatement, label: string | undefined): void => {
  const value = f.atomOf(node.expression);
  if (value && !isInteger(value.kind)) f.error(node.expression, 'RVX2005', `switch needs an integer, not ${NAMES[value.kind]}`);
  const name = f.label('switch');
  const breakText = rule('break leaves the switch') ? `break ${name};` : '';
  f.targets.push({ form: 'switch', label, breakText, continueText: undefined, used: new Set() });
  const body = f.inside(() => lowerClauses(f, node, value));
  f.targets.pop();
  f.out.push({ form: 'labelled', line: f.program.report.lineOf(node), label: name, body });
};

const lowerClauses = (f: FunctionLowering, node: TS.SwitchStatement, value: Value | undefined): void => {
  const { clauses } = node.caseBlock;
  const seen = new Set<number>();
  let labels: string[] = [];
  for (const [i, clause] of clauses.entries()) {
    const isLast = i === clauses.length - 1;
    if (ts.isDefaultClause(clause)) {
      if (!isLast) f.error(clause, 'RVX1019', '`default` is not the last clause');
      for (const statement of clause.statements) f.statement(statement);
      continue;
    }
    const label = lowerLabel(f, clause, value, seen);
    if (label !== undefined) labels.push(label);
    if (clause.statements.length === 0 && !isLast) continue;
    if (!isLast && !ends(clause.statements)) f.error(clause, 'RVX1019', 'this case runs into the next one');
    const then = f.inside(() => { for (const statement of clause.statements) f.statement(statement); });
    if (value) pushCase(f, clause, value, labels, then);
    labels = [];
  }
};

const lowerLabel = (f: FunctionLowering, clause: TS.CaseClause, value: Value | undefined, seen: Set<number>): string | undefined => {
  const constant = f.program.folder.number(clause.expression);
  if (constant === undefined) return f.error(clause.expression, 'RVX1019', 'this case is not a constant');
  if (seen.has(constant)) f.error(clause.expression, 'RVX1019', `case ${constant} appears twice`);
  seen.add(constant);
  const label = f.expression(clause.expression);
  if (label && value && joined(label, value) === undefined) {
    return f.error(clause.expression, 'RVX2003', `the switch is over ${NAMES[value.kind]}, this case ${NAMES[label.kind]}`);
  }
  return label?.text;
};

const pushCase = (f: FunctionLowering, clause: TS.CaseClause, value: Value, labels: string[], then: Out[]): void => {
  const { helpers, report } = f.program;
  let condition = '0';
  for (const [i, label] of labels.entries()) {
    const test = helpers.call('_eq', value.text, label);
    condition = i === 0 ? test : helpers.call('_orb', f.temporary('i32', condition, clause), f.temporary('i32', test, clause));
  }
  f.out.push({ form: 'if', line: report.lineOf(clause), condition, then, otherwise: [] });
};

/** Whether control never runs off the end of these statements. */
const ends = (list: readonly TS.Statement[]): boolean => {
  const last = list[list.length - 1];
  if (!last) return false;
  if (ts.isBlock(last)) return ends(last.statements);
  if (ts.isIfStatement(last)) return ends([last.thenStatement]) && last.elseStatement !== undefined && ends([last.elseStatement]);
  return ts.isBreakStatement(last) || ts.isContinueStatement(last) || ts.isReturnStatement(last);
};
