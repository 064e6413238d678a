/**
 * Kinds: which machine type a value has, read from annotations, and which kind may go where.
 *
 * TypeScript forgets the names i32 and u32 (they are number), so annotations are read as written.
 */
import type TS from 'typescript';
import type { FunctionInfo, FunctionNode } from './link.ts';
import { BOUND_32, type Kind, type Value } from './ir.ts';
import type { Report } from './report.ts';
import ts from './typescript.ts';

const AMBIENT = new Set<string>(['i32', 'u32', 'f64', 'i64', 'text']);

/** The kind an annotation names, or undefined with an error told. */
export const kindOfType = (checker: TS.TypeChecker, node: TS.TypeNode, report: Report): Kind | undefined => {
  if (node.kind === ts.SyntaxKind.BooleanKeyword) return 'bool';
  if (node.kind === ts.SyntaxKind.VoidKeyword) return 'void';
  if (ts.isTypeReferenceNode(node) && ts.isIdentifier(node.typeName) && !node.typeArguments) {
    let symbol = checker.getSymbolAtLocation(node.typeName);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    const declaration = symbol?.declarations?.[0];
    if (declaration && ts.isTypeAliasDeclaration(declaration)) {
      const ambient = declaration.getSourceFile().isDeclarationFile && AMBIENT.has(declaration.name.text);
      if (ambient) return declaration.name.text as Kind;
      if (!declaration.getSourceFile().isDeclarationFile) return kindOfType(checker, declaration.type, report);
    }
  }
  report.at(node, 'RVX1012', `\`${node.getText()}\` is not a kind of the subset`);
  return undefined;
};

export interface Signature {
  parameters: { name: TS.Identifier; kind: Kind }[];
  result: Kind;
}

/** Reads and checks a function's signature once; undefined if it is wrong (told only once). */
export class Signatures {
  private readonly known = new Map<FunctionNode, Signature | undefined>();
  private readonly checker: TS.TypeChecker;
  private readonly report: Report;

  constructor(checker: TS.TypeChecker, report: Report) {
    this.checker = checker;
    this.report = report;
  }

  of(info: FunctionInfo): Signature | undefined {
    if (!this.known.has(info.node)) this.known.set(info.node, this.read(info.node));
    return this.known.get(info.node);
  }

  private read(node: FunctionNode): Signature | undefined {
    let good = true;
    const fail = (at: TS.Node, code: 'RVX1011' | 'RVX1012', message: string): void => {
      good = false;
      this.report.at(at, code, message);
    };
    const unusual = node.typeParameters?.[0] ?? node.modifiers?.find((m) => m.kind === ts.SyntaxKind.AsyncKeyword) ?? node.asteriskToken;
    if (unusual) fail(unusual, 'RVX1011', 'functions are neither generic, async nor generators');
    const parameters: Signature['parameters'] = [];
    for (const p of node.parameters) {
      if (!ts.isIdentifier(p.name)) fail(p.name, 'RVX1011', 'parameters cannot be taken apart in kernel code');
      else if (p.initializer || p.questionToken || p.dotDotDotToken) fail(p, 'RVX1011', 'no default, optional or rest parameters in kernel code');
      else if (!p.type) fail(p, 'RVX1012', `parameter \`${p.name.text}\` needs a kind`);
      else {
        const kind = kindOfType(this.checker, p.type, this.report);
        if (kind === undefined || kind === 'void') good = false;
        else parameters.push({ name: p.name, kind });
      }
    }
    if (!node.type) {
      fail(node, 'RVX1012', 'the result needs a kind');
      return undefined;
    }
    const result = kindOfType(this.checker, node.type, this.report);
    return good && result !== undefined ? { parameters, result } : undefined;
  }
}

/** Whether computing with these kinds needs floating point. */
export const isFloat = (signature: Signature): boolean =>
  signature.result === 'f64' || signature.parameters.some((p) => p.kind === 'f64');

/** Whether a value may be stored where `target` is expected without changing under Node. */
export const fits = (value: Value, target: Kind): boolean => {
  if (value.kind === target) return true;
  if (target === 'i32' || target === 'u32') return value.kind === 'any';
  return target === 'f64' && value.constant !== undefined && (isInteger(value.kind) || value.kind === 'sum');
};

/** The common kind of two values that meet in a comparison, a `?:` or a division; undefined if they may differ in meaning. */
export const joined = (a: Value, b: Value): Kind | undefined => {
  if (a.kind === b.kind) return a.kind === 'sum' || a.kind === 'quotient' ? undefined : a.kind;
  for (const kind of ['i32', 'u32', 'f64'] as const) if (fits(a, kind) && fits(b, kind)) return kind;
  return undefined;
};

export const isInteger = (kind: Kind): boolean => kind === 'i32' || kind === 'u32' || kind === 'any';

/** Whether `+`, `-` and the bit operators take it: an integer, or a sum that is still exact. */
export const isSummand = (value: Value): boolean => isInteger(value.kind) || value.kind === 'sum';

/** What a wrapped result of this kind is, bounded. */
export const wrapped = (text: string, kind: 'i32' | 'u32' | 'any', atom = false): Value => ({ text, kind, atom, bound: BOUND_32 });

/** The value of a constant. Integers print signed; beyond 32 bits, and -0, they count as sums that are not yet wrapped. */
export const constantValue = (value: number): Value => {
  if (!Number.isInteger(value)) return { text: '', kind: 'f64', atom: true, bound: Infinity, constant: value };
  const wide = value < -(2 ** 31) || value >= BOUND_32 || Object.is(value, -0);
  const kind = wide ? 'sum' : value < 0 ? 'i32' : value < 2 ** 31 ? 'any' : 'u32';
  return { text: String(value | 0), kind, atom: true, bound: Math.abs(value), constant: value };
};

export const NAMES: Record<Kind, string> = {
  i32: 'i32', u32: 'u32', any: 'i32', bool: 'boolean', sum: 'unwrapped sum', quotient: 'unconverted quotient', f64: 'f64', i64: 'i64',
  text: 'text', void: 'void',
};
