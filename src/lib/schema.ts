/**
 * Schema: a WIT type as the library knows it. Generated modules make one for each type.
 *
 * Role: Queue.create({ schema }), TypedSender.send(value), message.as(schema). Units: bytes.
 * Fails: BAD_ARGUMENT for a value that is not of the type, or bytes that cannot be read.
 * Elsewhere: what the kernel checks: ../kernel/schema; who makes the modules: ../wit. Checked by: test/wit/codec.test.ts,
 *   test/lib/typed.test.ts.
 */
import {
  OP_CODE_MASK, OP_LIST_MASK, PROGRAM_BYTES_MAX, PROGRAM_BYTES_MIN, PROGRAM_ID, PROGRAM_ROOT_BYTES, PROGRAM_STEPS_A,
  PROGRAM_STEPS_B, PROGRAM_STEPS_SHIFT, REASON_BITS, REASON_CASE, REASON_CHAR, REASON_COUNT, REASON_EMPTY, REASON_GAP,
  REASON_LENGTH, REASON_MISALIGNED, REASON_OFFSET, REASON_STEPS, REASON_TEXT, REASON_TOO_LONG, REASON_TOO_SHORT,
} from '../kernel/schema/program.ts';
import { QueueError } from './errors.ts';
import { Reader, Writer } from './wire.ts';

/** About one operation of a validation program, byte by byte of what it looks at: a path and what is wrong there. */
export type SchemaNote = readonly [word: number, ...places: (string | 0)[]];

/** What a generated module says about its type. */
export interface SchemaDefinition<T, V> {
  /** `package:name/interface#type`. */
  readonly name: string;
  /** The package's version, for people only. */
  readonly version?: string;
  /** The validation program of the kernel. */
  readonly program: readonly number[];
  /** The host's half of an error: paths, which the kernel does not know. */
  readonly notes: readonly SchemaNote[];
  readonly write: (writer: Writer, at: number, value: T) => void;
  readonly read: (reader: Reader, at: number) => T;
  /** Accessors that look at the bytes in place. */
  readonly view: (reader: Reader, at: number) => V;
}

/** What the library needs to know of any schema, whatever its type. */
export interface AnySchema {
  readonly name: string;
  readonly id: number;
  readonly bytesMin: number;
  readonly program: Int32Array;
  steps(bytes: number): number;
  explain(reason: number, word: number, byte: number): string;
}

/** Why messages are refused: the names that `queue.refusals()` gives, with the kernel's numbers. */
export const refusalReasons = [
  ['misaligned', REASON_MISALIGNED], ['too-short', REASON_TOO_SHORT], ['too-long', REASON_TOO_LONG], ['bits', REASON_BITS],
  ['case', REASON_CASE], ['char', REASON_CHAR], ['empty', REASON_EMPTY], ['offset', REASON_OFFSET], ['count', REASON_COUNT],
  ['text', REASON_TEXT], ['gap', REASON_GAP], ['length', REASON_LENGTH], ['steps', REASON_STEPS],
] as const;
/** Why a message was refused: see docs/typed-queues.md. */
export type RefusalReason = (typeof refusalReasons)[number][0];

const REASONS: { readonly [reason: number]: string } = {
  [REASON_MISALIGNED]: 'does not begin at a multiple of 8',
  [REASON_TOO_SHORT]: 'shorter than any value of the type',
  [REASON_TOO_LONG]: 'longer than any value of the type',
  [REASON_EMPTY]: 'an empty string or list whose offset is not 0',
  [REASON_OFFSET]: 'does not begin where the block before it ends',
  [REASON_COUNT]: 'has more elements than bytes are left',
  [REASON_TEXT]: 'not UTF-8',
  [REASON_GAP]: 'bytes skipped for alignment are not zero',
  [REASON_LENGTH]: 'goes on behind the end of its contents',
  [REASON_STEPS]: 'takes more steps than its schema allows',
};
/** Reasons that are about the value of a byte, so that the note of the byte says it best. */
const OF_A_BYTE: readonly number[] = [REASON_BITS, REASON_CASE, REASON_CHAR];

/** A type whose values can be sent. Made by generated modules: see `npx ruvix-queue wit`. */
export class Schema<T, V = T> implements AnySchema {
  /** `package:name/interface#type`. */
  readonly name: string;
  /** The package's version. Not part of the identity. */
  readonly version: string;
  /** The number that queues and senders name: a hash of name and structure, 1 to 2^31 - 1. */
  readonly id: number;
  /** Shortest and longest message in bytes. */
  readonly bytesMin: number;
  readonly bytesMax: number;
  /** The validation program, word by word. */
  readonly program: Int32Array;
  readonly #definition: SchemaDefinition<T, V>;
  readonly #writer = new Writer();

  /** For generated modules. */
  constructor(definition: SchemaDefinition<T, V>) {
    this.#definition = definition;
    this.name = definition.name;
    this.version = definition.version ?? '';
    this.program = Int32Array.from(definition.program);
    this.id = this.#header(PROGRAM_ID);
    this.bytesMin = this.#header(PROGRAM_BYTES_MIN);
    this.bytesMax = this.#header(PROGRAM_BYTES_MAX);
  }

  /** Steps that validating a message of `bytes` bytes takes at most; a step is at most 40 instructions. */
  steps(bytes: number): number {
    const more = Math.max(0, Math.min(bytes, this.bytesMax) - this.bytesMin);
    return this.#header(PROGRAM_STEPS_A) + Math.ceil((this.#header(PROGRAM_STEPS_B) * more) / (1 << PROGRAM_STEPS_SHIFT));
  }

  #header(offset: number): number {
    return this.program[offset / 4]!;
  }

  /** @internal The message for a value: valid until the next call. */
  write(value: T): Uint8Array {
    const writer = this.#writer;
    writer.begin(this.#header(PROGRAM_ROOT_BYTES));
    this.#definition.write(writer, 0, value);
    return writer.finish();
  }

  /** The message for a value. Throws `BAD_ARGUMENT` with the path of what does not fit the type. */
  encode(value: T): Uint8Array {
    return this.write(value).slice();
  }

  #read<R>(where: string, bytes: Uint8Array, read: (reader: Reader, at: number) => R): R {
    try {
      return read(new Reader(bytes), 0);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new QueueError('BAD_ARGUMENT', where, `not a message of ${this.name}: ${error.message}`);
    }
  }

  /**
   * The value of a message, independent of the bytes. The bytes should have been validated, as all in a queue with a schema are:
   * what cannot be read throws `BAD_ARGUMENT`, but not everything that a queue would refuse does.
   */
  decode(bytes: Uint8Array): T {
    return this.#read('decode', new Uint8Array(bytes), this.#definition.read);
  }

  /**
   * The value of a message, read when asked for: lists of numbers are views of the bytes themselves, nothing is copied. The bytes
   * must begin at a multiple of 8, as received ones do, or lists of numbers throw a RangeError when read.
   */
  view(bytes: Uint8Array): V {
    return this.#read('view', bytes, this.#definition.view);
  }

  /** What the kernel's words about a refused message mean: `sample.status: undefined flag bit (9 flags) at byte 23`. */
  explain(reason: number, word: number, byte: number): string {
    const note = this.#definition.notes.findLast(([at]) => at <= word);
    const [first = 0, ...places] = note ?? [];
    // A list of masked elements: its own place, then those of an element.
    if ((this.program[first]! & OP_CODE_MASK) === OP_LIST_MASK) {
      if (reason === REASON_BITS) places.shift();
      else places.length = 1;
    }
    const place = places[byte % places.length] || places.find((one) => one !== 0) || '';
    const [path, fault] = place.split(': ') as [string, string?];
    const what = OF_A_BYTE.includes(reason) && fault !== undefined ? fault : REASONS[reason] ?? fault ?? 'not valid';
    return `${path === '' ? this.name.split('#')[1] : path}: ${what} at byte ${byte}`;
  }
}
