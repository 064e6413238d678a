/**
 * Third pass: what stands at module level. Functions themselves are checked where they are lowered.
 */
import type TS from 'typescript';
import { describeForm } from './forms.ts';
import type { Folder } from './fold.ts';
import { constantValue, fits, kindOfType, NAMES } from './kinds.ts';
import { fragmentOf, type FunctionInfo, isMachineModule, type Linked, statementsOf } from './link.ts';
import type { Loaded } from './load.ts';
import ts from './typescript.ts';

const isDeclared = (node: TS.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword) ?? false);

const checkImport = (loaded: Loaded, node: TS.ImportDeclaration): void => {
  const clause = node.importClause;
  if (clause?.isTypeOnly) return;
  if (!clause) loaded.report.at(node, 'RVX1001', 'an import for its effect only has no meaning in kernel code');
  else if (clause.name || (clause.namedBindings && !ts.isNamedImports(clause.namedBindings))) {
    loaded.report.at(clause, 'RVX1001', 'only named imports are allowed in kernel code');
  }
};

/** The value of a module constant or variable, checked against its annotation. */
const checkValue = (loaded: Loaded, folder: Folder, node: TS.VariableDeclaration, name: TS.Identifier): void => {
  const { checker, report } = loaded;
  if (!node.initializer) {
    report.at(node, 'RVX1003', `\`${name.text}\` needs a constant value`);
    return;
  }
  const value = folder.value(node.initializer);
  if (value === undefined) {
    const [code, message] = isFormWithCode(node.initializer) ? describeForm(node.initializer) : ['RVX1003', `the value of \`${name.text}\` is not constant`] as const;
    report.at(node.initializer, code, message);
    return;
  }
  const kind = node.type && kindOfType(checker, node.type, report);
  if (node.type && kind === undefined) return;
  if (typeof value === 'boolean') {
    if (kind !== undefined && kind !== 'bool') report.at(node.initializer, 'RVX2005', `\`${name.text}\` is ${NAMES[kind]}, this value boolean`);
    return;
  }
  const made = constantValue(value);
  if (kind !== undefined && !fits(made, kind)) report.at(node.initializer, 'RVX2011', `${value} does not fit ${NAMES[kind]}`);
};

const isFormWithCode = (node: TS.Expression): boolean =>
  ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node) || ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ||
  ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node)
  || ts.isNewExpression(node);

/** `if (CONSTANT) throw new Error('...');` asserts something about constants: under Node at load, here now. */
const checkAssertion = (loaded: Loaded, folder: Folder, node: TS.IfStatement): void => {
  const body = ts.isBlock(node.thenStatement) && node.thenStatement.statements.length === 1 ? node.thenStatement.statements[0]! : node.thenStatement;
  const value = folder.value(node.expression);
  if (!ts.isThrowStatement(body) || node.elseStatement) loaded.report.at(node, 'RVX1002', '`if` is not allowed at module level, except to assert');
  else if (value === undefined) loaded.report.at(node.expression, 'RVX1003', 'this condition is not constant');
  else if (value) loaded.report.at(node, 'RVX3001', `the module does not hold: ${body.expression.getText()}`);
};

const checkStatement = (loaded: Loaded, linked: Linked, folder: Folder, node: TS.Statement): void => {
  const { report } = loaded;
  if (ts.isImportDeclaration(node)) return checkImport(loaded, node);
  if (ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) || isDeclared(node) || ts.isFunctionDeclaration(node)) return;
  if (ts.isExportDeclaration(node)) {
    if (node.exportClause && !ts.isNamedExports(node.exportClause)) report.at(node, 'RVX1001', 'only named exports are allowed in kernel code');
    return;
  }
  if (ts.isVariableStatement(node)) {
    for (const declaration of node.declarationList.declarations) {
      if (!ts.isIdentifier(declaration.name)) report.at(declaration.name, 'RVX1006', 'values cannot be taken apart in kernel code');
      else if (!linked.functions.has(declaration)) checkValue(loaded, folder, declaration, declaration.name);
    }
    return;
  }
  if (ts.isIfStatement(node)) return checkAssertion(loaded, folder, node);
  if (fragmentOf(node) !== undefined) {
    if (!isMachineModule(node.getSourceFile())) report.at(node, 'RVX1021', OUTSIDE);
    return;
  }
  const [code, message] = describeForm(node);
  const own = code === 'RVX1005' || code === 'RVX1010';
  report.at(node, own ? code : 'RVX1002', own ? message : 'this statement is not allowed at module level');
};

const OUTSIDE = 'C fragments are not allowed outside machine modules';

/** A machine function is C and nothing else, but for a last `return 0` that TypeScript wants. */
const checkMachine = (loaded: Loaded, info: FunctionInfo): void => {
  for (const [i, statement] of statementsOf(info.node).entries()) {
    const isFragment = fragmentOf(statement) !== undefined;
    if (isFragment && !isMachineModule(statement.getSourceFile())) loaded.report.at(statement, 'RVX1021', OUTSIDE);
    else if (!isFragment && !(i > 0 && ts.isReturnStatement(statement))) {
      loaded.report.at(statement, 'RVX1021', 'C fragments and TypeScript do not mix in one function');
    }
  }
};

export const checkModules = (loaded: Loaded, linked: Linked, folder: Folder): void => {
  for (const info of linked.functions.values()) if (info.machine) checkMachine(loaded, info);
  for (const file of loaded.modules) for (const statement of file.statements) checkStatement(loaded, linked, folder, statement);
};
