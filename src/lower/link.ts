/**
 * Second pass: what the modules hold, and which of it the entry's exports reach.
 *
 * Porffor does not bundle, so all reached functions go into one file. Names are resolved by symbol: imports, re-exports and equal
 * names in two modules mean what TypeScript says they mean. Emission order is module order, then source order: deterministic.
 */
import type TS from 'typescript';
import { declarationOf } from './fold.ts';
import type { Loaded } from './load.ts';
import ts from './typescript.ts';

export type FunctionNode = TS.ArrowFunction | TS.FunctionDeclaration;

export interface FunctionInfo {
  name: string;
  node: FunctionNode;
  /** Where the name is declared: the place of the function's line information. */
  declaration: TS.Declaration;
  /** A machine function: its body is C, copied verbatim. */
  machine: boolean;
  /** Its doc comment carries `@float`: it may compute with doubles. */
  float: boolean;
  /** `@inline`, `@noinline` and `@cold`: what clang is told about it. */
  inline: boolean;
  noinline: boolean;
  cold: boolean;
}

export interface Linked {
  functions: Map<TS.Declaration, FunctionInfo>;
  variables: Set<TS.VariableDeclaration>;
  /** C text at file scope of the machine modules. */
  fragments: string[];
  /** Exported name to function. */
  exports: Map<string, FunctionInfo>;
}

export const isMachineModule = (file: TS.SourceFile): boolean => /^\s*\/\*\*(?:(?!\*\/)[^])*@machine\b/.test(file.text);

/** The text of a Porffor.c template, raw, if the statement is one. */
export const fragmentOf = (statement: TS.Statement): string | undefined => {
  if (!ts.isExpressionStatement(statement) || !ts.isTaggedTemplateExpression(statement.expression)) return undefined;
  const { tag, template } = statement.expression;
  if (tag.getText() !== 'Porffor.c' || !ts.isNoSubstitutionTemplateLiteral(template)) return undefined;
  return template.rawText ?? template.text;
};

export const statementsOf = (node: FunctionNode): readonly TS.Statement[] =>
  node.body && ts.isBlock(node.body) ? node.body.statements : [];

const hasTag = (node: TS.Node, tag: string): boolean => ts.getJSDocTags(node).some((t) => t.tagName.text === tag);

const infoOf = (name: string, node: FunctionNode, declaration: TS.Declaration, tagged: TS.Node): FunctionInfo => ({
  name,
  node,
  declaration,
  machine: statementsOf(node).some((s) => fragmentOf(s) !== undefined),
  float: hasTag(tagged, 'float'),
  inline: hasTag(tagged, 'inline'),
  noinline: hasTag(tagged, 'noinline'),
  cold: hasTag(tagged, 'cold'),
});

const collect = (file: TS.SourceFile, linked: Linked): void => {
  for (const statement of file.statements) {
    const text = fragmentOf(statement);
    if (text !== undefined && isMachineModule(file)) linked.fragments.push(text);
    if (ts.isFunctionDeclaration(statement) && statement.name) {
      linked.functions.set(statement, infoOf(statement.name.text, statement, statement, statement));
    }
    if (!ts.isVariableStatement(statement) || statement.modifiers?.some((m) => m.kind === ts.SyntaxKind.DeclareKeyword)) continue;
    const constant = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    for (const declaration of statement.declarationList.declarations) {
      if (!ts.isIdentifier(declaration.name)) continue;
      const value = declaration.initializer;
      if (constant && value && ts.isArrowFunction(value)) {
        linked.functions.set(declaration, infoOf(declaration.name.text, value, declaration, statement));
      } else if (!constant) {
        linked.variables.add(declaration);
      }
    }
  }
};

/** The functions and variables a function names. */
export const namesUsed = (loaded: Loaded, linked: Linked, node: TS.Node): TS.Declaration[] => {
  const found: TS.Declaration[] = [];
  const visit = (n: TS.Node): void => {
    if (ts.isIdentifier(n)) {
      const declaration = declarationOf(loaded.checker, n);
      if (declaration && (linked.functions.has(declaration) || linked.variables.has(declaration as TS.VariableDeclaration))) {
        found.push(declaration);
      }
    }
    ts.forEachChild(n, visit);
  };
  ts.forEachChild(node, visit);
  return found;
};

export const link = (loaded: Loaded): Linked => {
  const linked: Linked = { functions: new Map(), variables: new Set(), fragments: [], exports: new Map() };
  for (const file of loaded.modules) collect(file, linked);
  const entry = loaded.checker.getSymbolAtLocation(loaded.entry);
  for (const symbol of entry ? loaded.checker.getExportsOfModule(entry) : []) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? loaded.checker.getAliasedSymbol(symbol) : symbol;
    const info = target.valueDeclaration && linked.functions.get(target.valueDeclaration);
    if (info) linked.exports.set(symbol.name, info);
  }
  return linked;
};

/** Every declaration reached from the exports. */
export const reach = (loaded: Loaded, linked: Linked): Set<TS.Declaration> => {
  const reached = new Set<TS.Declaration>();
  const queue: TS.Declaration[] = [...linked.exports.values()].map((info) => info.declaration);
  for (let next = queue.pop(); next; next = queue.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    const info = linked.functions.get(next);
    if (info && !info.machine) queue.push(...namesUsed(loaded, linked, info.node));
  }
  return reached;
};
