/**
 * Views of the shared memory, and copies between it and the JavaScript heap.
 *
 * Role: all of the library. Units: bytes, addresses in the shared memory. Fails: BAD_ARGUMENT.
 * Checked by: test/lib/view.test.ts, test/lib/region.test.ts.
 */
import { memory } from '#machine';
import { asBytes, checkView } from './check.ts';
import { QueueError } from './errors.ts';

/** The whole memory, byte by byte. */
export const U8 = new Uint8Array(memory);

/** A typed array class whose instances can look at shared memory: `Float32Array`, `Uint16Array`, `DataView` and so on. */
export interface ViewConstructor<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT?: number;
}

/** A view of `length` bytes of shared memory, as a user gets it. */
export const sharedView = (at: number, length: number): Uint8Array => new Uint8Array(memory, at, length);

/** Elements of `type` in `view`, which must begin at and fill a whole number of them. */
export const checkElements = (where: string, type: ViewConstructor<unknown>, view: Uint8Array): number => {
  if (typeof type !== 'function') throw new QueueError('BAD_ARGUMENT', where, 'type must be the class of a typed array');
  const size = type.BYTES_PER_ELEMENT ?? 1;
  if (view.byteOffset % size !== 0) {
    throw new QueueError('BAD_ARGUMENT', where, `the bytes do not begin at a multiple of the element size, ${size}`);
  }
  if (view.byteLength % size !== 0) {
    throw new QueueError('BAD_ARGUMENT', where, `${view.byteLength} bytes are not a whole number of elements of ${size}`);
  }
  return view.byteLength / size;
};

/** Address of a view's bytes if it looks at the shared memory, else 0. */
export const addressOf = (view: ArrayBufferView): number =>
  // Nothing that is handed out begins at 0; and asking a small array for its buffer makes the engine move it.
  (view.byteOffset !== 0 && view.buffer === memory ? view.byteOffset : 0);

/** Below this many bytes a loop beats the call of a built-in. */
const LOOP_BYTES = 24;
const I32 = new Int32Array(memory);
const U32 = new Uint32Array(memory);
const F32 = new Float32Array(memory);
const F64 = new Float64Array(memory);

/** Copies all of `source` to address `at`, a multiple of 8. Making another view of it costs some 50 ns, hence the cases. */
export const copyIn = (at: number, source: ArrayBufferView): void => {
  if (source instanceof Uint8Array) {
    const length = source.length;
    if (length > LOOP_BYTES) U8.set(source, at);
    else for (let i = 0; i < length; i++) U8[at + i] = source[i]!;
  } else if (source instanceof Float32Array) F32.set(source, at >> 2);
  else if (source instanceof Float64Array) F64.set(source, at >> 3);
  else if (source instanceof Int32Array) I32.set(source, at >> 2);
  else if (source instanceof Uint32Array) U32.set(source, at >> 2);
  else U8.set(asBytes(source), at);
};

/** Above this many bytes the call of a built-in beats a loop over words. */
const WORD_LOOP_BYTES = 256;

/**
 * Where a receiver copies messages to: remembers what it found out about the last view it was given, which is mostly the next one
 * too. In Node 20 each property of a view but `length` costs some 10 ns.
 */
export class Target {
  #view: ArrayBufferView | undefined;
  #bytes: Uint8Array = U8;
  /** The same bytes as words, if they can be seen so. */
  #words: Int32Array | undefined;
  /** Of the last view that `take` accepted: its length, and its address if it looks at the shared memory, else 0. */
  bytes = 0;
  address = 0;

  /** Accepts a view, or throws BAD_ARGUMENT. */
  take(where: string, view: ArrayBufferView): void {
    // What was transferred away, or shrank, is not as long as it was.
    if (view === this.#view && this.#bytes.length === this.bytes && this.bytes !== 0) return;
    this.bytes = checkView(where, 'target', view);
    this.address = addressOf(view);
    this.#view = view;
    this.#bytes = asBytes(view);
    this.#words = (view.byteOffset & 3) === 0 ? new Int32Array(view.buffer, view.byteOffset, this.bytes >> 2) : undefined;
  }

  /** Copies `length` bytes from address `at`, a multiple of 4, to the beginning of the view. */
  copy(at: number, length: number): void {
    const words = this.#words;
    if (words === undefined || length > WORD_LOOP_BYTES) {
      this.#bytes.set(U8.subarray(at, at + length));
      return;
    }
    const whole = length >> 2;
    const from = at >> 2;
    for (let i = 0; i < whole; i++) words[i] = I32[from + i]!;
    for (let i = whole << 2; i < length; i++) this.#bytes[i] = U8[at + i]!;
  }
}
