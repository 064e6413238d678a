/**
 * Fifth pass: print one TypeScript file of the forms that Porffor translates exactly.
 *
 * Every line of C that a TypeScript line causes gets a `#line` in front, so debug information, panics and clang's own messages
 * speak of TypeScript. A function's header cannot carry one from inside, so an unused function in front of it does.
 */
import type TS from 'typescript';
import type { Lowered } from './function.ts';
import { type Out, printedType } from './ir.ts';
import { fragmentOf } from './link.ts';
import type { Program } from './lower.ts';
import type { Report } from './report.ts';

/** Porffor prints three lines between the directive in the marker function and the header of the next function. */
const LINES_TO_HEADER = 3;

const directive = (file: string, line: number, before = ''): string => `Porffor.c\`\n${before}#line ${Math.max(line, 1)} "${file}"\`;`;

class Printer {
  readonly lines: string[] = [];
  private readonly file: string;

  constructor(file: string, doubles: Iterable<string>) {
    this.file = file;
    this.doubles = new Set(doubles);
  }

  /** Names of the function's doubles: Porffor copies each that is passed, on a line of its own before the call. */
  readonly doubles: Set<string>;

  private at(line: number, text: string): void {
    const copies = /\((.*)\)/.exec(text)?.[1]?.split(', ').filter((operand) => this.doubles.has(operand)).length ?? 0;
    this.lines.push(directive(this.file, line - copies));
  }

  list(list: Out[]): void {
    for (const out of list) this.one(out);
  }

  private one(out: Out): void {
    if (out.form === 'labelled') {
      const only = out.body.length === 1 ? out.body[0] : undefined;
      if (only?.form === 'while') return this.loop(only, `${out.label}: `);
      this.lines.push(`${out.label}: {`);
      this.list(out.body);
      this.lines.push('}');
      return;
    }
    if (out.form === 'while') return this.loop(out, '');
    this.at(out.line, out.form === 'line' ? out.text : out.condition);
    if (out.form === 'line') {
      const declared = /^let (\w+): f64/.exec(out.text)?.[1];
      if (declared !== undefined) this.doubles.add(declared);
      this.lines.push(out.text);
      return;
    }
    this.lines.push(`if (${out.condition}) {`);
    this.list(out.then);
    if (out.otherwise.length > 0) {
      this.lines.push('} else {');
      this.list(out.otherwise);
    }
    this.lines.push('}');
  }

  private loop(out: Out & { form: 'while' }, label: string): void {
    this.at(out.line, out.condition);
    this.lines.push(`${label}while (${out.condition}) {`);
    this.list(out.body);
    this.lines.push('}');
  }
}

const parametersOf = (list: { name: string; kind: Lowered['result'] }[]): string => list.map((p) => `${p.name}: ${printedType(p.kind)}`).join(', ');

const printFunction = (program: Program, report: Report, f: Lowered, marker: string): string[] => {
  const source = f.info.node.getSourceFile();
  const file = report.pathOf(source.fileName);
  const first = report.lineOf(f.info.declaration);
  const last = source.getLineAndCharacterOfPosition(f.info.node.end).line + 1;
  const printer = new Printer(file, f.parameters.filter((p) => p.kind === 'f64').map((p) => p.name));
  printer.list(f.body);
  return [
    `const ${marker} = (): i32 => {`, directive(file, first - LINES_TO_HEADER), 'return 0;', '};',
    `const ${program.nameOf(f.info)} = (${parametersOf(f.parameters)}): ${printedType(f.result)} => {`,
    ...printer.lines,
    // The way out of a void function, then the closing brace where clang puts the shared epilogue.
    directive(file, last - 1, f.result === 'void' ? `#line ${last} "${file}"\nreturn 0;\n` : ''), 'return 0;',
    '};',
  ];
};

const printMachine = (m: Program['machine'][number]): string[] => {
  const body = m.info.node.body as TS.Block;
  const text = body.statements.map(fragmentOf).filter((t) => t !== undefined);
  return [
    `const ${m.name} = (${parametersOf(m.parameters)}): ${printedType(m.result)} => {`,
    ...text.map((t) => `Porffor.c\`${t}\`;`), 'return 0;', '};',
  ];
};

export const emit = (program: Program, report: Report): string => {
  const markers = program.functions.map((_, i) => `_at_${i + 1}`);
  const functions = program.functions.flatMap((f, i) => printFunction(program, report, f, markers[i]!));
  const exports = [...program.exported].map((info) => program.nameOf(info));
  return [
    ...program.fragments.map((text) => `Porffor.c\`${text}\`;`),
    ...program.variables.map((v) => `let ${v.name}: i32 = ${v.value};`),
    ...program.helpers.print(),
    ...program.machine.flatMap(printMachine),
    ...functions,
    `export { ${[...exports, ...markers].join(', ')} };`,
    '',
  ].join('\n');
};
