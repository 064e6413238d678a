/**
 * Views of the shared memory, and copies between it and the JavaScript heap.
 *
 * Role: all of the library. Units: bytes, addresses in the shared memory. Fails: BAD_ARGUMENT.
 * Checked by: test/lib/region.test.ts, test/lib/receiver.test.ts.
 */
import { memory } from '#machine';
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
export const addressOf = (view: Uint8Array): number =>
  // Nothing that is handed out begins at 0; and asking a small array for its buffer makes the engine move it.
  (view.byteOffset !== 0 && view.buffer === memory ? view.byteOffset : 0);

/** Below this many bytes a loop beats the call of a built-in. */
const LOOP_BYTES = 24;

/** Copies all of `source` to address `at`. */
export const copyIn = (at: number, source: Uint8Array): void => {
  const length = source.length;
  if (length > LOOP_BYTES) {
    U8.set(source, at);
    return;
  }
  for (let i = 0; i < length; i++) U8[at + i] = source[i]!;
};

/** Copies `length` bytes from address `at` to the beginning of `target`. */
export const copyOut = (target: Uint8Array, at: number, length: number): void => {
  if (length > LOOP_BYTES) {
    target.set(U8.subarray(at, at + length));
    return;
  }
  for (let i = 0; i < length; i++) target[i] = U8[at + i]!;
};
