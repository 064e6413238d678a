/**
 * Values to bytes and back: what generated code calls for each field.
 *
 * A message is the memory image of the component model's canonical ABI, which begins at the message: the root first, then the block
 * of each string and list where the one before it ended, in the order of the fields (docs/typed-queues.md).
 *
 * Role: generated modules, through Schema (schema.ts). Memory: the writer's own buffer; the reader looks at bytes in place.
 * Invariant: what is never written stays zero, so padding and unused cases are.
 * Units: bytes, offsets from the message's start. Fails: BAD_ARGUMENT with the path of the value, `sample.status`.
 * Checked by: test/wit/codec.test.ts, test/wit/vectors.test.ts.
 */
import { badArgument } from './check.ts';
import { QueueError } from './errors.ts';

/** Typed arrays that lists of numbers are. */
export type NumberArray =
  | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | BigUint64Array | BigInt64Array
  | Float32Array | Float64Array;
/** Their classes. */
export interface NumberArrayConstructor<A extends NumberArray> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
  new (values: ArrayLike<number> & ArrayLike<bigint>): A;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

const WHERE = 'encode';
const MESSAGE_ALIGN = 8;
const FIRST_BYTES = 1024;
const SCALAR = /^(?:[^\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])$/;
const LONE = /\p{Surrogate}/u;

const wrong = (path: string, what: string, value: unknown): QueueError => badArgument(WHERE, `${path} must be ${what}`, value);

/** Writes one message at a time. */
export class Writer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #data = new DataView(this.#bytes.buffer);
  /** Where the next block begins, before alignment. */
  #end = 0;

  /** A new message with a root of `size` bytes. */
  begin(size: number): void {
    this.#bytes.fill(0, 0, this.#end);
    this.#end = 0;
    this.#block(size, MESSAGE_ALIGN);
  }

  /** The message: valid until the next begins. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #block(size: number, align: number): number {
    const start = Math.ceil(this.#end / align) * align;
    const end = start + size;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#end));
      this.#bytes = larger;
      this.#data = new DataView(larger.buffer);
    }
    this.#end = end;
    return start;
  }

  #whole(value: unknown, path: string, low: number, high: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
    throw wrong(path, `a whole number from ${low} to ${high}`, value);
  }

  #big(value: unknown, path: string, low: bigint, high: bigint): bigint {
    if (typeof value === 'bigint' && value >= low && value <= high) return value;
    throw wrong(path, `a bigint from ${low} to ${high}`, value);
  }

  #number(value: unknown, path: string): number {
    if (typeof value === 'number') return value;
    throw wrong(path, 'a number', value);
  }

  bool(at: number, value: boolean, path: string): void {
    if (typeof value !== 'boolean') throw wrong(path, 'a boolean', value);
    if (value) this.#bytes[at] = 1;
  }
  u8(at: number, value: number, path: string): void { this.#bytes[at] = this.#whole(value, path, 0, 0xff); }
  s8(at: number, value: number, path: string): void { this.#data.setInt8(at, this.#whole(value, path, -0x80, 0x7f)); }
  u16(at: number, value: number, path: string): void { this.#data.setUint16(at, this.#whole(value, path, 0, 0xffff), true); }
  s16(at: number, value: number, path: string): void { this.#data.setInt16(at, this.#whole(value, path, -0x8000, 0x7fff), true); }
  u32(at: number, value: number, path: string): void {
    this.#data.setUint32(at, this.#whole(value, path, 0, 0xffffffff), true);
  }
  s32(at: number, value: number, path: string): void {
    this.#data.setInt32(at, this.#whole(value, path, -0x80000000, 0x7fffffff), true);
  }
  u64(at: number, value: bigint, path: string): void {
    this.#data.setBigUint64(at, this.#big(value, path, 0n, 0xffffffffffffffffn), true);
  }
  s64(at: number, value: bigint, path: string): void {
    this.#data.setBigInt64(at, this.#big(value, path, -0x8000000000000000n, 0x7fffffffffffffffn), true);
  }
  f32(at: number, value: number, path: string): void { this.#data.setFloat32(at, this.#number(value, path), true); }
  f64(at: number, value: number, path: string): void { this.#data.setFloat64(at, this.#number(value, path), true); }
  char(at: number, value: string, path: string): void {
    if (typeof value !== 'string' || !SCALAR.test(value)) throw wrong(path, 'one character', value);
    this.#data.setUint32(at, value.codePointAt(0)!, true);
  }

  /** An index of `width` bytes. */
  index(at: number, width: number, value: number): void {
    if (width === 1) this.#bytes[at] = value;
    else this.#data.setUint16(at, value, true);
  }

  /** Up to 32 flags. */
  bits(at: number, width: number, value: number): void {
    if (width === 4) this.#data.setUint32(at, value >>> 0, true);
    else this.index(at, width, value);
  }

  /** One of the names of an enum. */
  name(at: number, width: number, value: string, names: readonly string[], path: string): void {
    const index = names.indexOf(value);
    if (index < 0) throw wrong(path, `one of ${names.map((name) => `'${name}'`).join(', ')}`, value);
    this.index(at, width, index);
  }

  /** Before the fields of a record, tuple, variant or flags are read. */
  object(value: unknown, path: string, what = 'an object'): void {
    if (typeof value !== 'object' || value === null) throw wrong(path, what, value);
  }

  /** Before the items of a tuple are read. */
  tuple(value: unknown, count: number, path: string): void {
    if (!Array.isArray(value) || value.length !== count) throw wrong(path, `an array of ${count}`, value);
  }

  /** A tag that no case has. */
  noCase(value: { readonly tag?: unknown }, path: string): never {
    throw badArgument(WHERE, `${path} has no such case`, value.tag);
  }

  text(at: number, value: string, path: string): void {
    if (typeof value !== 'string' || LONE.test(value)) throw wrong(path, 'a well-formed string', value);
    const count = Buffer.byteLength(value);
    if (count === 0) return;
    const start = this.#pair(at, count, count, 1);
    Buffer.from(this.#bytes.buffer).write(value, start, count);
  }

  #pair(at: number, count: number, size: number, align: number): number {
    const start = this.#block(size, align);
    this.#data.setUint32(at, start, true);
    this.#data.setUint32(at + 4, count, true);
    return start;
  }

  /** Any list: `write` writes one element. */
  list<T>(at: number, value: readonly T[], size: number, align: number, path: string, write: (at: number, value: T) => void): void {
    if (!Array.isArray(value)) throw wrong(path, 'an array', value);
    if (value.length === 0) return;
    const start = this.#pair(at, value.length, value.length * size, align);
    for (let k = 0; k < value.length; k++) write(start + k * size, value[k]!);
  }

  /** A list in place. */
  fixed<T>(at: number, value: readonly T[], count: number, size: number, path: string, write: (at: number, value: T) => void): void {
    if (!Array.isArray(value) || value.length !== count) throw wrong(path, `an array of ${count}`, value);
    for (let k = 0; k < count; k++) write(at + k * size, value[k]!);
  }

  #numbers<A extends NumberArray>(value: A, type: NumberArrayConstructor<A>, path: string): Uint8Array {
    if (!(value instanceof (type as unknown as new () => A))) throw wrong(path, `a ${type.name}`, value);
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }

  /** A list of numbers. */
  numbers<A extends NumberArray>(at: number, value: A, type: NumberArrayConstructor<A>, path: string): void {
    const bytes = this.#numbers(value, type, path);
    if (bytes.length === 0) return;
    const start = this.#pair(at, value.length, bytes.length, type.BYTES_PER_ELEMENT);
    this.#bytes.set(bytes, start);
  }

  /** A list of numbers in place. */
  fixedNumbers<A extends NumberArray>(at: number, value: A, count: number, type: NumberArrayConstructor<A>, path: string): void {
    const bytes = this.#numbers(value, type, path);
    if (value.length !== count) throw wrong(path, `a ${type.name} of ${count}`, value);
    this.#bytes.set(bytes, at);
  }
}

/** Reads one message, in place. What it finds has been validated, or a RangeError stops it. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #data: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  bool(at: number): boolean { return this.#data.getUint8(at) !== 0; }
  u8(at: number): number { return this.#data.getUint8(at); }
  s8(at: number): number { return this.#data.getInt8(at); }
  u16(at: number): number { return this.#data.getUint16(at, true); }
  s16(at: number): number { return this.#data.getInt16(at, true); }
  u32(at: number): number { return this.#data.getUint32(at, true); }
  s32(at: number): number { return this.#data.getInt32(at, true); }
  u64(at: number): bigint { return this.#data.getBigUint64(at, true); }
  s64(at: number): bigint { return this.#data.getBigInt64(at, true); }
  f32(at: number): number { return this.#data.getFloat32(at, true); }
  f64(at: number): number { return this.#data.getFloat64(at, true); }
  char(at: number): string { return String.fromCodePoint(this.u32(at)); }

  /** Flags of `width` bytes. */
  bits(at: number, width: number): number { return width === 1 ? this.u8(at) : width === 2 ? this.u16(at) : this.u32(at); }

  /** Where the elements of the pair at `at` begin, and how many there are, all of them inside the message. */
  #block(at: number, size: number): { start: number; count: number } {
    const start = this.u32(at);
    const count = this.u32(at + 4);
    if (start + count * size > this.#bytes.length) throw new RangeError(`a list at byte ${at} reaches beyond the message`);
    return { start, count };
  }

  text(at: number): string {
    const { start, count } = this.#block(at, 1);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, count).toString('utf8');
  }

  list<T>(at: number, size: number, read: (at: number) => T): T[] {
    const { start, count } = this.#block(at, size);
    return Array.from({ length: count }, (_, k) => read(start + k * size));
  }

  fixed<T>(at: number, count: number, size: number, read: (at: number) => T): T[] {
    return Array.from({ length: count }, (_, k) => read(at + k * size));
  }

  /** A list of numbers: the bytes of the message themselves. */
  numbers<A extends NumberArray>(at: number, type: NumberArrayConstructor<A>): A {
    const { start, count } = this.#block(at, type.BYTES_PER_ELEMENT);
    return this.fixedNumbers(start, count, type);
  }

  fixedNumbers<A extends NumberArray>(at: number, count: number, type: NumberArrayConstructor<A>): A {
    return new type(this.#bytes.buffer, this.#bytes.byteOffset + at, count);
  }
}
