/**
 * Validators as straight-line code: the operations of a program printed as restricted TypeScript, for schemas that are known when an
 * image is built. The same verdicts as the interpreter, 5 to 9 times fewer instructions on records; where one says no, the
 * interpreter is asked why.
 *
 * Role: the `wit` command with --validators. Invariant: one printed check for each operation, in the same frame.
 * Fails: none. Checked by: test/wit/generated.test.ts, test/wit/native.test.ts.
 */
import {
  OP_BELOW16, OP_BELOW8, OP_CHAR, OP_LIST_ANY, OP_LIST_MASK, OP_MASK16, OP_MASK32, OP_MASK8, OP_SWITCH8, OP_TEXT, OP_ZERO,
} from '../kernel/schema/program.ts';
import { MESSAGE_BYTES_MAX } from '../kernel/layout.ts';
import type { Frame, Operation, Program } from './compile.ts';
import { pascalCase } from './names.ts';

const WIDTH = 126;
const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
const sum = (base: string, offset: number): string => (offset === 0 ? base : `(${base} + ${offset}) | 0`);

/** What is wrong with the bits at an offset, as terms that are zero if nothing is; undefined for other operations. */
const bitTerms = (operation: Operation, base: string): string[] | undefined => {
  if (!('operands' in operation)) return undefined;
  const { code, offset, operands } = operation;
  const load = (width: number, at = offset): string => `load${width}(${base}, ${at})`;
  if (code === OP_MASK32) return [operands[0] === -1 ? load(32) : `${load(32)} & ${operands[0]}`];
  if (code === OP_MASK16) return [`${load(16)} & ${operands[0]}`];
  if (code === OP_MASK8) return [`${load(8)} & ${operands[0]}`];
  if (code === OP_ZERO) return Array.from({ length: operands[0]! }, (_, k) => load(32, offset + 4 * k));
  return undefined;
};

/** The largest power of two, up to `align`, that divides `value`. */
const alignWithin = (value: number, align: number): number => {
  let found = align;
  while (value % found !== 0) found /= 2;
  return found;
};

/** Prints one function. */
class Printer {
  readonly used = new Set<string>();
  #locals = 0;
  /** What the end of the last block is known to be a multiple of, seen from an aligned message. */
  #aligned: number;

  constructor(rootBytes: number) {
    this.#aligned = alignWithin(rootBytes, 8);
  }

  #use(...names: string[]): void { for (const name of names) this.used.add(name); }

  /** The checks of a frame whose base is the variable `base`. */
  frame(frame: readonly Operation[], base: string): string[] {
    const lines: string[] = [];
    let terms: string[] = [];
    const flush = (): void => {
      if (terms.length > 0) lines.push(...this.#bits(terms));
      terms = [];
    };
    for (const operation of frame) {
      const bits = bitTerms(operation, base);
      if (bits !== undefined) terms.push(...bits);
      else {
        flush();
        lines.push(...this.#operation(operation, base));
      }
    }
    flush();
    return lines;
  }

  /** One comparison for all bits that must be zero, in lines that fit. */
  #bits(terms: readonly string[]): string[] {
    for (const term of terms) this.#use(/load\d+/.exec(term)![0]);
    const whole = `if ((${terms.join(' | ')}) !== 0) return 0;`;
    if (whole.length < WIDTH - 20) return [whole];
    const lines: string[] = [];
    let line = '';
    for (const term of terms) {
      if (line.length + term.length + 3 > WIDTH - 20) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? term : `${line} | ${term}`;
    }
    return `if ((${[...lines, line].join('\n  | ')}) !== 0) return 0;`.split('\n');
  }

  #operation(operation: Operation, base: string): string[] {
    const { code, offset } = operation;
    if ('blocks' in operation) return this.#switch(code, offset, operation.blocks, base);
    if ('body' in operation) {
      return 'count' in operation ? this.#repeat(operation.count, operation.size, offset, operation.body, base)
        : this.#list(operation, base);
    }
    const pair = sum(base, offset);
    const block = (name: string, more = ''): string[] => {
      this.#use(name);
      return [`cursor = ${name}(scratch, at, ${pair}, cursor, limit${more});`, 'if (cursor < 0) return 0;'];
    };
    switch (code) {
      case OP_BELOW8: case OP_BELOW16: {
        const load = code === OP_BELOW8 ? 'load8' : 'load16';
        this.#use(load);
        return [`if (${load}(${base}, ${offset}) >= ${operation.operands[0]}) return 0;`];
      }
      case OP_CHAR: this.#use('isScalar', 'load32'); return [`if (!isScalar(load32(${base}, ${offset}))) return 0;`];
      case OP_TEXT: this.#aligned = 1; return block('blockText');
      case OP_LIST_ANY: {
        const [size, most, mask] = operation.operands as [number, number, number];
        const isAligned = mask < this.#aligned;
        // An empty list leaves the end where it was.
        this.#aligned = alignWithin(size, this.#aligned);
        if (!isAligned) return block('blockAny', `, ${size}, ${most}, ${mask}`);
        this.#use('blockNext');
        return [`cursor = blockNext(at, ${pair}, cursor, limit, ${size}, ${most});`, 'if (cursor < 0) return 0;'];
      }
      case OP_LIST_MASK: this.#aligned = 1; return block('blockMasked', `, ${operation.operands.join(', ')}`);
      default: throw new Error(`no such operation: ${code}`);
    }
  }

  #list({ offset, size, align, body }: { offset: number; size: number; align: number; body: Frame }, base: string): string[] {
    const n = (this.#locals += 1);
    this.#aligned = 1;
    this.#use('load32', 'blockBegin');
    const most = Math.floor(MESSAGE_BYTES_MAX / size);
    const pair = sum(base, offset);
    return [
      `const count${n} = load32(${base}, ${offset + 4});`,
      `const start${n} = blockBegin(scratch, at, ${pair}, load32(${base}, ${offset}), count${n}, cursor, limit, ${size}, ${most}, ${align - 1});`,
      `if (start${n} < 0) return 0;`,
      `cursor = (start${n} + Math.imul(count${n}, ${size})) | 0;`,
      ...this.#loop(n, `count${n}`, size, `start${n}`, body),
    ];
  }

  #loop(n: number, count: string, size: number, start: string, body: Frame): string[] {
    const lines = this.frame(body.operations, `base${n}`);
    this.#aligned = 1;
    return [
      `for (let k${n} = 0; k${n} < ${count}; k${n}++) {`,
      `  const base${n} = (${start} + Math.imul(k${n}, ${size})) | 0;`,
      ...indent(lines),
      '}',
    ];
  }

  #repeat(count: number, size: number, offset: number, body: Frame, base: string): string[] {
    const n = (this.#locals += 1);
    this.#aligned = 1;
    return [`const start${n} = ${sum(base, offset)};`, ...this.#loop(n, String(count), size, `start${n}`, body)];
  }

  #switch(code: number, offset: number, blocks: readonly (readonly Operation[])[], base: string): string[] {
    const load = code === OP_SWITCH8 ? 'load8' : 'load16';
    this.#use(load);
    const before = this.#aligned;
    let after = before;
    const arms = blocks.flatMap((block, index) => {
      this.#aligned = before;
      const lines = this.frame(block, base);
      after = Math.min(after, this.#aligned);
      return [`case ${index}: {`, ...indent(lines), '  break;', '}'];
    });
    this.#aligned = after;
    return [`switch (${load}(${base}, ${offset})) {`, ...indent(arms), '  default: return 0;', '}'];
  }
}

export const validatorName = (name: string): string => `is${pascalCase(name)}Message`;

/** The function, and the names it needs. */
const validatorText = (program: Program, name: string): { text: string; used: Set<string> } => {
  const { bytesMin, bytesMax } = program;
  const printer = new Printer(bytesMin);
  const body = printer.frame(program.frame.operations, 'at');
  const isFixed = bytesMin === bytesMax;
  const ending = isFixed ? ['return 1;'] : ['return cursor === limit ? 1 : 0;'];
  // A last list needs one comparison less.
  const last = /^cursor = (blockNext\(.*\));$/.exec(body.at(-2) ?? '');
  if (last !== null) {
    body.splice(-2);
    ending[0] = `return ${last[1]} === limit ? 1 : 0;`;
  }
  const length = isFixed ? `bytes !== ${bytesMin}` : `bytes < ${bytesMin} || bytes > ${bytesMax}`;
  const text = [
    `/** ${program.identity.qualified} */`,
    `export const ${name} = (at: i32, bytes: i32, ${isFixed ? '_scratch' : 'scratch'}: i32): i32 => {`,
    `  if ((at & 7) !== 0 || ${length}) return 0;`,
    ...(isFixed ? [] : ['  const limit = (at + bytes) | 0;', `  ${body.some((one) => /cursor = /.test(one)) ? 'let' : 'const'} cursor = (at + ${bytesMin}) | 0;`]),
    ...indent(body),
    ...indent(ending),
    '};',
  ].join('\n');
  return { text, used: printer.used };
};

const importLine = (names: readonly string[], from: string): string[] => (names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${from}';`]);

const HEADER = (source: string, what: string, more: string): string =>
  `/**\n * ${what}\n *\n * Made by \`ruvix-queue wit\` from ${source}; changes are lost when it is made again.\n${more} * Checked by: test/wit/generated.test.ts.\n */`;

/** The module of validators, and of the function that finds one by its schema's identity. `kernel`: path to src/kernel/schema. */
export const validatorsModule = (programs: readonly Program[], source: string, kernel: string): string => {
  const made = programs.map((program) => validatorText(program, validatorName(program.name)));
  const used = new Set(made.flatMap((one) => [...one.used]));
  const of = (pattern: RegExp): string[] => [...used].filter((name) => pattern.test(name)).sort();
  const cases = programs.map((program, k) =>
    `  if (id === ${program.identity.id} && more === ${program.identity.more}) return ${k + 1};`);
  const calls = programs.map((program, k) => `    case ${k + 1}: return ${validatorName(program.name)}(at, bytes, scratch);`);
  return [
    HEADER(source, 'Validators of the schemas that are known when the image is built.',
      ' * Role: the senders of a queue with such a schema. Memory: reads the message.\n'
        + ' * Fails: none: 1 if the bytes are a message of the schema, else 0.\n'),
    [...importLine(of(/^load/), '#machine'), ...importLine(of(/^block/), `${kernel}/block.ts`),
      ...importLine(of(/^isScalar/), `${kernel}/operation.ts`)].join('\n'),
    ...made.map(({ text }) => text),
    `/** The number of the validator for this identity, or 0 if there is none here. */\nexport const builtNumber = (id: i32, more: i32): i32 => {\n${cases.join('\n')}\n  return 0;\n};`,
    '/** Whether the bytes are a message, says validator `number`. */\nexport const builtAccepts = (number: i32, at: i32, bytes: i32, scratch: i32): i32 => {\n'
      + `  switch (number) {\n${calls.join('\n')}\n    default: return 0;\n  }\n};`,
  ].join('\n\n').concat('\n');
};

const WORDS_A_LINE = 11;

/** The module of tables: each program's words, and its numbers. */
export const tablesModule = (programs: readonly Program[], source: string, kernel: string): string => {
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
  const parts = programs.map((program) => {
    const upper = program.name.toUpperCase().replaceAll('-', '_');
    const lines: string[] = [];
    for (let k = 0; k < program.words.length; k += WORDS_A_LINE) {
      lines.push(`  to = wordsStore(to, '${[...program.words.slice(k, k + WORDS_A_LINE)].map(hex).join('')}');`);
    }
    return [
      `/** ${program.identity.qualified}: its number, bytes of its program, and of its shortest message. */`,
      `export const ${upper}_SCHEMA = ${program.identity.id};`,
      `export const ${upper}_PROGRAM_BYTES = ${program.words.length * 4};`,
      `export const ${upper}_BYTES_MIN = ${program.bytesMin};`,
      `/** Writes the program to \`at\`. */\nexport const store${pascalCase(program.name)}Program = (at: i32): i32 => {`,
      '  let to = at;', ...lines, '  return to;', '};',
    ].join('\n');
  });
  return [
    HEADER(source, 'Validation programs as restricted TypeScript: a queue is made with one (CONFIG_SCHEMA_PROGRAM).',
      ' * Role: programs. Memory: writes where it is told. Fails: none.\n'),
    `import { wordsStore } from '${kernel}/words.ts';`, ...parts,
  ].join('\n\n').concat('\n');
};
