/**
 * One function on its way through lowering: its locals, its temporaries and the statement list being written.
 */
import type TS from 'typescript';
import type { HELP } from './codes.ts';
import { lowerExpression, lowerFor } from './expression.ts';
import type { Folder } from './fold.ts';
import type { Helpers } from './helpers.ts';
import { type Kind, type Out, printedType, type Result, type Value } from './ir.ts';
import { isFloat, type Signatures } from './kinds.ts';
import type { FunctionInfo, Linked } from './link.ts';
import type { Names } from './names.ts';
import type { Report } from './report.ts';
import { lowerBody, lowerStatement } from './statement.ts';

/** What all functions of a program share. */
export interface ProgramLowering {
  checker: TS.TypeChecker;
  report: Report;
  folder: Folder;
  linked: Linked;
  signatures: Signatures;
  helpers: Helpers;
  variables: Map<TS.Declaration, { name: string; kind: Kind }>;
  nameOf(info: FunctionInfo): string;
  /** Names no local may have: those the functions carry in C. */
  localNames(): Names;
}

/** Where `break` and `continue` lead. */
export interface Target {
  form: 'loop' | 'switch' | 'block';
  label: string | undefined;
  /** The statement to print for each, or undefined where it makes no sense. */
  breakText: string;
  continueText: string | undefined;
  used: Set<string>;
}

export interface Lowered {
  info: FunctionInfo;
  parameters: { name: string; kind: Kind }[];
  result: Kind;
  body: Out[];
}

export class FunctionLowering {
  readonly program: ProgramLowering;
  readonly info: FunctionInfo;
  readonly locals = new Map<TS.Declaration, { name: string; kind: Kind }>();
  readonly names: Names;
  readonly targets: Target[] = [];
  result: Kind = 'void';
  out: Out[] = [];
  private temporaries = 0;

  constructor(program: ProgramLowering, info: FunctionInfo) {
    this.program = program;
    this.info = info;
    this.names = program.localNames();
  }

  error(node: TS.Node, code: keyof typeof HELP, message: string): undefined {
    this.program.report.at(node, code, message);
    return undefined;
  }

  /** Tells an error if this function may not compute with doubles. */
  needFloat(node: TS.Node): boolean {
    if (!this.info.float) this.error(node, 'RVX2006', `\`${this.info.name}\` computes with f64 without saying so`);
    return this.info.float;
  }

  /** Tells an error if the value is an integer only after a conversion that nobody wrote. */
  isUnconverted(value: Value, node: TS.Node): boolean {
    if (value.kind === 'sum') this.error(node, 'RVX2001', 'this sum or product is not wrapped to 32 bits');
    if (value.kind === 'quotient') this.error(node, 'RVX2004', 'this quotient is not converted to an integer');
    return value.kind === 'sum' || value.kind === 'quotient';
  }

  statement(node: TS.Statement): void {
    lowerStatement(this, node);
  }

  expression(node: TS.Expression): Result {
    return lowerExpression(this, node);
  }

  /** An expression for a place of the given kind; `place` names it in an error. */
  expressionFor(node: TS.Expression, kind: Kind, place: string): Result {
    return lowerFor(this, node, kind, place);
  }

  /** An expression that is safe to use after whatever is evaluated next. */
  atomOf(node: TS.Expression): Result {
    const value = this.expression(node);
    return value && this.atom(value, node);
  }

  /** A value that is safe to use after whatever is evaluated next. */
  atom(value: Value, node: TS.Node): Value {
    if (value.atom) return value;
    const pure = value.text.startsWith('_');
    return { ...value, text: this.temporary(printedType(value.kind), value.text, node, pure), atom: true };
  }

  /** What `write` writes, in a list of its own. */
  inside(write: () => void): Out[] {
    const outer = this.out;
    const list: Out[] = [];
    this.out = list;
    write();
    this.out = outer;
    return list;
  }

  line(node: TS.Node, text: string, pure = false): void {
    this.out.push({ form: 'line', line: this.program.report.lineOf(node), text, pure });
  }

  /** A fresh variable of the function. */
  temporary(type: string, initial: string, node: TS.Node, pure = true): string {
    const name = `t_${++this.temporaries}`;
    this.line(node, `let ${name}: ${type} = ${initial};`, pure);
    return name;
  }

  label(kind: string): string {
    return `${kind}_${++this.temporaries}`;
  }

  /** Lowers the whole function; undefined if its signature is wrong. */
  lower(): Lowered | undefined {
    const signature = this.program.signatures.of(this.info);
    if (!signature) return undefined;
    if (isFloat(signature) && !this.needFloat(this.info.declaration)) return undefined;
    this.result = signature.result;
    const parameters = signature.parameters.map(({ name, kind }) => {
      const local = { name: this.names.local(name.text), kind };
      this.locals.set(name.parent as TS.ParameterDeclaration, local);
      return local;
    });
    lowerBody(this, this.info.node);
    return { info: this.info, parameters, result: signature.result, body: this.out };
  }
}
