/**
 * The compiler: a WIT type to a validation program (../kernel/schema/program.ts), and beside it what each operation is about.
 *
 * Role: the `wit` command. A frame (the root, or a list's element) is walked once: bits that must be zero are collected byte by
 *   byte, and merged into as few words as the frame's alignment allows; everything else becomes an operation, in the order of the
 *   fields, which is the order of the blocks in a message.
 * Invariants: 1 operations stay within their frame, aligned. 2 all jumps go forward. 3 steps A and B bound the interpreter's steps.
 * Units: bytes. Fails: TypeProblem. Elsewhere: what a message looks like: docs/typed-queues.md.
 * Checked by: test/wit/compile.test.ts, test/wit/vectors.test.ts, test/wit/check.test.ts.
 */
import { MESSAGE_BYTES_MAX } from '../kernel/layout.ts';
import {
  OP_BELOW16, OP_BELOW8, OP_CHAR, OP_END, OP_JUMP, OP_LIST, OP_LIST_ANY, OP_LIST_MASK, OP_MASK16, OP_MASK32, OP_MASK8,
  OP_REPEAT, OP_SWITCH16, OP_SWITCH8, OP_TEXT, OP_ZERO, PROGRAM_DEPTH_MAX, PROGRAM_HEADER_BYTES, PROGRAM_MAGIC,
  PROGRAM_STEPS_A_MAX, PROGRAM_STEPS_B_MAX, PROGRAM_STEPS_SHIFT, PROGRAM_WORDS_MAX, ZERO_WORDS_MAX,
} from '../kernel/schema/program.ts';
import { schemaIdentity, type Identity } from './identity.ts';
import { alignOf, checkLayout, fieldOffsets, flagsBytes, indexBytes, payloadOffset, sizeOf } from './layout.ts';
import { casesOf, fieldsOf, TypeProblem, type NamedType, type Type } from './types.ts';

/** What a byte of a message is, for whoever reads an error: `.status`, `undefined flag bit (9 flags)`. */
export interface Place { readonly path: string; readonly fault: string }

/** A word of the program and what it is about, byte by byte of what it loads; one entry stands for all bytes. */
export interface Note { readonly word: number; readonly places: readonly (Place | undefined)[] }

/** One operation, before addresses are known. */
export type Operation =
  | { readonly code: number; readonly offset: number; readonly operands: readonly number[]; readonly places: (Place | undefined)[] }
  | { readonly code: typeof OP_LIST; readonly offset: number; readonly size: number; readonly align: number; readonly body: Frame;
      readonly places: (Place | undefined)[] }
  | { readonly code: typeof OP_REPEAT; readonly offset: number; readonly count: number; readonly size: number; readonly body: Frame;
      readonly places: (Place | undefined)[] }
  | { readonly code: typeof OP_SWITCH8 | typeof OP_SWITCH16; readonly offset: number; readonly blocks: readonly (readonly Operation[])[];
      readonly places: (Place | undefined)[] };

/** What is checked of one element, or of the root. */
export interface Frame { readonly operations: readonly Operation[]; readonly size: number; readonly align: number }

export interface Program {
  readonly name: string;
  readonly words: Int32Array;
  readonly identity: Identity;
  readonly frame: Frame;
  readonly notes: readonly Note[];
  readonly depth: number;
  readonly stepsA: number;
  readonly stepsB: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
}

interface Masked { mask: number; place: Place }

/** Words that all must be zero, at most ZERO_WORDS_MAX an operation. */
const zeroOperations = (offset: number, words: number, place: Place): Operation[] => {
  const made: Operation[] = [];
  for (let done = 0; done < words; done += ZERO_WORDS_MAX) {
    made.push({ code: OP_ZERO, offset: offset + 4 * done, operands: [Math.min(ZERO_WORDS_MAX, words - done)], places: [place] });
  }
  return made;
};

/** A frame, or the part of it that one case of a variant owns, while it is walked. */
class Region {
  readonly #masks = new Map<number, Masked>();
  readonly operations: Operation[] = [];
  readonly #align: number;

  constructor(align: number) {
    this.#align = Math.min(4, align);
  }

  /** Bits of one byte that must be zero. */
  forbid(offset: number, mask: number, place: Place): void {
    if (mask !== 0) this.#masks.set(offset, { mask, place });
  }

  padding(from: number, to: number, path: string, fault = 'padding is not zero'): void {
    for (let at = from; at < to; at++) this.forbid(at, 0xff, { path, fault });
  }

  /** The masks merged into words of the frame's alignment, then the rest. */
  finish(): Operation[] {
    const width = this.#align;
    const chunks = [...new Set([...this.#masks.keys()].map((offset) => offset - offset % width))].sort((a, b) => a - b);
    const made: Operation[] = [];
    for (let k = 0; k < chunks.length; k++) {
      const offset = chunks[k]!;
      let words = 0;
      while (width === 4 && chunks[k + words] === offset + 4 * words && this.#mask(offset + 4 * words, 4) === -1) words += 1;
      if (words > 1) {
        made.push(...zeroOperations(offset, words, this.#masks.get(offset)!.place));
        k += words - 1;
      } else {
        const code = width === 4 ? OP_MASK32 : width === 2 ? OP_MASK16 : OP_MASK8;
        const places = Array.from({ length: width }, (_, byte) => this.#masks.get(offset + byte)?.place);
        made.push({ code, offset, operands: [this.#mask(offset, width)], places });
      }
    }
    return [...made, ...this.operations];
  }

  #mask(offset: number, width: number): number {
    let mask = 0;
    for (let byte = 0; byte < width; byte++) mask |= (this.#masks.get(offset + byte)?.mask ?? 0) << (8 * byte);
    return mask | 0;
  }
}

/** Adds what must hold for a value of `type` at `offset`. `align` is that of the frame. */
const walk = (region: Region, type: Type, offset: number, align: number, path: string): void => {
  const { shape } = type;
  const place = (fault: string): Place => ({ path, fault });
  const add = (code: number, operands: readonly number[], fault: string): void => {
    region.operations.push({ code, offset, operands, places: [place(fault)] });
  };
  switch (shape.kind) {
    case 'primitive':
      if (shape.primitive === 'bool') region.forbid(offset, 0xfe, place('neither false nor true'));
      else if (shape.primitive === 'char') add(OP_CHAR, [0], 'not a character (a Unicode scalar value)');
      else if (shape.primitive === 'string') add(OP_TEXT, [1, MESSAGE_BYTES_MAX, 0, 0], 'not a well-formed string');
      return;
    case 'flags': {
      const count = shape.names.length;
      for (let byte = 0; byte < flagsBytes(count); byte++) {
        const mask = 0xff & ~((2 ** Math.max(0, Math.min(8, count - 8 * byte))) - 1);
        region.forbid(offset + byte, mask, place(`undefined flag bit (${count} flags)`));
      }
      return;
    }
    case 'record': case 'tuple': {
      const fields = fieldsOf(shape)!;
      const offsets = fieldOffsets(type);
      let end = 0;
      fields.forEach((field, index) => {
        region.padding(offset + end, offset + offsets[index]!, path);
        walk(region, field.type, offset + offsets[index]!, align, `${path}.${field.name}`);
        end = offsets[index]! + sizeOf(field.type);
      });
      region.padding(offset + end, offset + sizeOf(type), path);
      return;
    }
    case 'list': region.operations.push(listOperation(shape.element, offset, path)); return;
    case 'fixed': {
      const body = frameOf(shape.element, `${path}[]`);
      if (body.operations.length === 0) return;
      const size = sizeOf(shape.element);
      region.operations.push({ code: OP_REPEAT, offset, count: shape.count, size, body, places: [place('')] });
      return;
    }
    default: walkCases(region, type, offset, align, path);
  }
};

/** An index, and what the cases hold. */
const walkCases = (region: Region, type: Type, offset: number, align: number, path: string): void => {
  const cases = casesOf(type.shape)!;
  const place: Place = { path, fault: `no such case (${cases.length} cases)` };
  const width = indexBytes(cases.length);
  const from = payloadOffset(type);
  const to = sizeOf(type);
  if (cases.every((one) => one.type === undefined)) {
    if (Number.isInteger(Math.log2(cases.length))) {
      for (let byte = 0; byte < width; byte++) region.forbid(offset + byte, 0xff & ~((cases.length - 1) >> (8 * byte)), place);
    } else {
      region.operations.push({ code: width === 1 ? OP_BELOW8 : OP_BELOW16, offset, operands: [cases.length], places: [place] });
    }
    region.padding(offset + width, offset + to, path);
    return;
  }
  region.padding(offset + width, offset + from, path);
  const blocks = cases.map((one) => {
    const inner = new Region(align);
    const end = one.type === undefined ? from : from + sizeOf(one.type);
    if (one.type !== undefined) walk(inner, one.type, offset + from, align, `${path}.${one.name}`);
    inner.padding(offset + end, offset + to, path, `bytes that case \`${one.name}\` does not use are not zero`);
    return inner.finish();
  });
  region.operations.push({ code: width === 1 ? OP_SWITCH8 : OP_SWITCH16, offset, blocks, places: [place] });
};

const frameOf = (type: Type, path: string): Frame => {
  const region = new Region(alignOf(type));
  walk(region, type, 0, alignOf(type), path);
  return { operations: region.finish(), size: sizeOf(type), align: alignOf(type) };
};

const listOperation = (element: Type, offset: number, path: string): Operation => {
  const size = sizeOf(element);
  const align = alignOf(element);
  const most = Math.floor(MESSAGE_BYTES_MAX / size);
  const body = frameOf(element, `${path}[]`);
  const places = [{ path, fault: 'not a well-formed list' }];
  const [first] = body.operations;
  if (first === undefined) return { code: OP_LIST_ANY, offset, operands: [size, most, align - 1, 0], places };
  // Only where the element is as large as its alignment: else the mask of a word would not repeat with it.
  const isMask = first.code === OP_MASK32 || first.code === OP_MASK16 || first.code === OP_MASK8;
  if (body.operations.length === 1 && isMask && size === align && size <= 4 && 'operands' in first) {
    const mask = first.operands[0]!;
    const repeated = size === 4 ? mask : size === 2 ? (mask & 0xffff) | mask << 16 : Math.imul(mask & 0xff, 0x01010101);
    return { code: OP_LIST_MASK, offset, operands: [size, most, align - 1, repeated], places: [...places, ...first.places] };
  }
  return { code: OP_LIST, offset, size, align, body, places };
};

/** Steps of one pass over the operations, and per 64 bytes of the blocks below them. */
const stepsOf = (operations: readonly Operation[]): { once: number; perUnit: number } => {
  let once = 0;
  let perUnit = 0;
  const unit = 1 << PROGRAM_STEPS_SHIFT;
  for (const operation of operations) {
    once += 1;
    if ('blocks' in operation) {
      const parts = operation.blocks.map(stepsOf);
      once += Math.max(...parts.map((part) => part.once)) + 1;
      perUnit = Math.max(perUnit, ...parts.map((part) => part.perUnit));
    } else if ('body' in operation) {
      const body = stepsOf(operation.body.operations);
      perUnit = Math.max(perUnit, body.perUnit);
      if ('count' in operation) once += operation.count * (body.once + 1);
      else perUnit = Math.max(perUnit, Math.ceil((unit * (body.once + 1)) / operation.size));
    } else if (operation.code === OP_TEXT) perUnit = Math.max(perUnit, unit / 2);
    else if (operation.code === OP_LIST_MASK) {
      once += 1;
      perUnit = Math.max(perUnit, unit / 4);
    }
  }
  return { once, perUnit };
};

const depthOf = (operations: readonly Operation[]): number => Math.max(0, ...operations.map((operation) => {
  if ('blocks' in operation) return Math.max(0, ...operation.blocks.map(depthOf));
  return 'body' in operation ? 1 + depthOf(operation.body.operations) : 0;
}));

/** Lays the operations down. */
class Emitter {
  readonly words: number[] = [];
  readonly notes: Note[] = [];
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  #word(value: number): number {
    if (this.words.length >= PROGRAM_WORDS_MAX) {
      throw new TypeProblem(`\`${this.#name}\` needs a validation program of more than ${PROGRAM_WORDS_MAX} words`, this.#name);
    }
    this.words.push(value | 0);
    return this.words.length - 1;
  }

  /** Later words are known by their byte offset from the program's start. */
  get #here(): number { return this.words.length * 4; }

  operations(list: readonly Operation[]): void {
    for (const operation of list) {
      this.notes.push({ word: this.words.length, places: operation.places });
      this.#word(operation.code | operation.offset << 8);
      if ('blocks' in operation) this.#switch(operation.blocks);
      else if (!('body' in operation)) operation.operands.forEach((operand) => this.#word(operand));
      else if ('count' in operation) {
        this.#word(operation.count);
        this.#word(operation.size);
        this.frame(operation.body);
      } else {
        this.#word(operation.size);
        this.#word(Math.floor(MESSAGE_BYTES_MAX / operation.size));
        this.#word(operation.align - 1);
        const skip = this.#word(0);
        this.frame(operation.body);
        this.words[skip] = this.#here;
      }
    }
  }

  #switch(blocks: readonly (readonly Operation[])[]): void {
    this.#word(blocks.length);
    const targets = blocks.map(() => this.#word(0));
    const jumps: number[] = [];
    blocks.forEach((block, index) => {
      if (block.length === 0) return;
      this.words[targets[index]!] = this.#here;
      this.operations(block);
      if (blocks.slice(index + 1).every((later) => later.length === 0)) return;
      this.#word(OP_JUMP);
      jumps.push(this.#word(0));
    });
    // Cases with nothing to check, and those that are done, go on behind the last.
    for (const at of [...jumps, ...targets.filter((target) => this.words[target] === 0)]) this.words[at] = this.#here;
  }

  frame(frame: Frame): void {
    this.operations(frame.operations);
    this.notes.push({ word: this.words.length, places: [{ path: '', fault: 'the message does not end with its contents' }] });
    this.#word(OP_END);
  }
}

/** Whether a value of the type can be longer than its root. */
const hasBlocks = (operations: readonly Operation[]): boolean => operations.some((operation) => {
  if ('blocks' in operation) return operation.blocks.some(hasBlocks);
  if ('count' in operation) return hasBlocks(operation.body.operations);
  return 'body' in operation || operation.code === OP_TEXT || operation.code === OP_LIST_ANY || operation.code === OP_LIST_MASK;
});

/** The program for messages of a named type. */
export const compile = (named: NamedType): Program => {
  const { name, type } = named;
  checkLayout(type, name);
  const frame = frameOf(type, name);
  const depth = depthOf(frame.operations);
  if (depth > PROGRAM_DEPTH_MAX) {
    throw new TypeProblem(`\`${name}\` has lists ${depth} deep, at most ${PROGRAM_DEPTH_MAX} are possible`, name);
  }
  const { once, perUnit } = stepsOf(frame.operations);
  const stepsA = once + 1;
  if (stepsA > PROGRAM_STEPS_A_MAX || perUnit > PROGRAM_STEPS_B_MAX) {
    throw new TypeProblem(`\`${name}\` takes too many steps to validate (${stepsA}, and ${perUnit} per 64 bytes)`, name);
  }
  const identity = schemaIdentity(named);
  const size = sizeOf(type);
  const bytesMax = hasBlocks(frame.operations) ? MESSAGE_BYTES_MAX : size;
  const emitter = new Emitter(name);
  for (let word = 0; word < PROGRAM_HEADER_BYTES / 4; word++) emitter.words.push(0);
  emitter.frame(frame);
  const words = Int32Array.from(emitter.words);
  words.set([
    PROGRAM_MAGIC, words.length, size, alignOf(type), depth, stepsA, perUnit, size, bytesMax, identity.id, identity.more, 0,
  ]);
  return { name, words, identity, frame, notes: emitter.notes, depth, stepsA, stepsB: perUnit, bytesMin: size, bytesMax };
};

/** Steps that a message of this program may take at most, if it has `bytes` bytes. */
export const stepBound = ({ stepsA, stepsB, bytesMin, bytesMax }: Program, bytes: number): number =>
  stepsA + Math.ceil((stepsB * (Math.max(bytesMin, Math.min(bytes, bytesMax)) - bytesMin)) / (1 << PROGRAM_STEPS_SHIFT));

