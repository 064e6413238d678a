/**
 * The Node machine: one SharedArrayBuffer and Atomics. The only file that says `Atomics`.
 *
 * Role: imported as `#machine` by the kernel under Node. Every thread of a process sees the same memory: the first
 *   import makes
 * it and leaves it in worker_threads' environment data, which each later Worker inherits.
 * Memory: size from the environment variable RUVIX_QUEUE_MIB (default 256; pages are committed when first touched).
 * Order: all Atomics are sequentially consistent, so nothing that passes here proves a weaker order right. Relaxed accesses are
 *   plain ones. Of an aligned word they are whole; that they are never older than what happened before is the memory model's
 *   (ECMA-262 section 29, happens-before holds for unordered events too); and no loop of the kernel waits for one alone: each
 *   has an Atomics call in it, which the compiler moves no load across.
 */
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { writeSync } from 'node:fs';

const KEY = 'ruvix-queue/memory';
const DEFAULT_MIB = 256;

const sharedMemory = (): SharedArrayBuffer => {
  const inherited = getEnvironmentData(KEY);
  if (inherited instanceof SharedArrayBuffer) return inherited;
  const mib = Number(process.env['RUVIX_QUEUE_MIB'] ?? DEFAULT_MIB);
  if (!Number.isInteger(mib) || mib < 1 || mib > 2047) {
    throw new RangeError(`RUVIX_QUEUE_MIB must be a whole number from 1 to 2047, not ${process.env['RUVIX_QUEUE_MIB']}`);
  }
  const made = new SharedArrayBuffer(mib * 1024 * 1024);
  setEnvironmentData(KEY, made);
  return made;
};

/** The one flat memory of this process. Host side only: the kernel sees addresses. */
export const memory = sharedMemory();
const U8 = new Uint8Array(memory);
const U16 = new Uint16Array(memory);
const I32 = new Int32Array(memory);
const I64 = new BigInt64Array(memory);
const F32 = new Float32Array(memory);
const F64 = new Float64Array(memory);

export const load8 = (p: i32, off: i32): i32 => U8[(p + off) | 0]! | 0;
export const load16 = (p: i32, off: i32): i32 => U16[(p + off) >> 1]! | 0;
export const load32 = (p: i32, off: i32): i32 => I32[(p + off) >> 2]! | 0;
export const load64 = (p: i32, off: i32): i64 => I64[(p + off) >> 3]!;
export const store8 = (p: i32, off: i32, v: i32): void => { U8[(p + off) | 0] = v; };
export const store16 = (p: i32, off: i32, v: i32): void => { U16[(p + off) >> 1] = v; };
export const store32 = (p: i32, off: i32, v: i32): void => { I32[(p + off) >> 2] = v; };
export const store64 = (p: i32, off: i32, v: i64): void => { I64[(p + off) >> 3] = v; };

export const pack64 = (low: i32, high: i32): i64 => (BigInt(high) << 32n) | BigInt(low >>> 0);
export const low64 = (v: i64): i32 => Number(BigInt.asIntN(32, v));
export const high64 = (v: i64): i32 => Number(BigInt.asIntN(32, v >> 32n));

export const opaque32 = (v: i32): i32 => v;

/** Plain: in Node 20 an Atomics.load calls out of the compiled code, 7 ns, and a send and a receive make six relaxed ones. */
export const loadRelaxed32 = (p: i32, off: i32): i32 => I32[(p + off) >> 2]! | 0;
export const loadAcquire32 = (p: i32, off: i32): i32 => Atomics.load(I32, (p + off) >> 2);
export const loadSequential32 = (p: i32, off: i32): i32 => Atomics.load(I32, (p + off) >> 2);
/**
 * A plain store of an aligned word is whole, which is all that relaxed asks for; Atomics.store is a locked exchange on x86, and
 * waits until all stores before it have their lines.
 */
export const storeRelaxed32 = (p: i32, off: i32, v: i32): void => { I32[(p + off) >> 2] = v; };
export const storeRelease32 = (p: i32, off: i32, v: i32): void => { Atomics.store(I32, (p + off) >> 2, v); };
export const storeSequential32 = (p: i32, off: i32, v: i32): void => { Atomics.store(I32, (p + off) >> 2, v); };
export const compareExchange32 = (p: i32, off: i32, expected: i32, desired: i32): i32 =>
  Atomics.compareExchange(I32, (p + off) >> 2, expected, desired);
export const fetchAdd32 = (p: i32, off: i32, v: i32): i32 => Atomics.add(I32, (p + off) >> 2, v);
export const fetchOr32 = (p: i32, off: i32, v: i32): i32 => Atomics.or(I32, (p + off) >> 2, v);
export const fetchAnd32 = (p: i32, off: i32, v: i32): i32 => Atomics.and(I32, (p + off) >> 2, v);
export const exchange32 = (p: i32, off: i32, v: i32): i32 => Atomics.exchange(I32, (p + off) >> 2, v);
/**
 * A read-modify-write of a word of its own would order nothing more: JavaScript's Atomics are in one total order
 * already.
 */
export const fenceFull = (): void => {};
export const storePublished32 = (p: i32, off: i32, v: i32): void => { Atomics.store(I32, (p + off) >> 2, v); };
export const fenceAll = (): void => {};

/** Above this many bytes the engine's block copy is faster than a loop over words. */
const COPY_LOOP_BYTES = 128;

export const copyBytes = (target: i32, source: i32, bytes: i32): void => {
  if (bytes > COPY_LOOP_BYTES || ((target | source) & 3) !== 0) {
    U8.copyWithin(target, source, source + bytes);
    return;
  }
  const words = bytes >> 2;
  const t = target >> 2;
  const s = source >> 2;
  for (let i = 0; i < words; i++) I32[t + i] = I32[s + i]!;
  for (let i = words << 2; i < bytes; i++) U8[target + i] = U8[source + i]!;
};
export const copyRacing = copyBytes;
export const fillBytes = (target: i32, bytes: i32, v: i32): void => { U8.fill(v, target, target + bytes); };

export const addOwned64 = (p: i32, off: i32, v: i32): void => {
  const at = (p + off) >> 2;
  const low = (I32[at]! + v) | 0;
  // High first: a reader that sees the wrapped low word finds the carry already there.
  if ((low >>> 0) < (v >>> 0)) Atomics.store(I32, at + 1, (I32[at + 1]! + 1) | 0);
  I32[at] = low;
};

export const wait32 = (p: i32, off: i32, expected: i32, microseconds: i32): i32 => {
  const result = Atomics.wait(I32, (p + off) >> 2, expected, microseconds < 0 ? Infinity : microseconds / 1000);
  return result === 'ok' ? 0 : result === 'not-equal' ? 1 : 2;
};
export const notify32 = (p: i32, off: i32, count: i32): i32 => Atomics.notify(I32, (p + off) >> 2, count);

/** Atomics.waitAsync, which this TypeScript library edition does not declare yet. */
type WaitAsync = (words: Int32Array, index: number, expected: number) =>
  { async: false } | { async: true; value: Promise<unknown> };
/**
 * Host side only: as wait32 without a limit, for threads that must not block. A promise of the wake-up, or undefined if
 * the word is no longer `expected`. A pending wait does not keep the process alive.
 */
export const waitAsync32 = (p: i32, off: i32, expected: i32): Promise<unknown> | undefined => {
  const waiting = (Atomics as unknown as { waitAsync: WaitAsync }).waitAsync(I32, (p + off) >> 2, expected);
  return waiting.async ? waiting.value : undefined;
};
export const pause = (): void => {};
export const timeMicros32 = (): i32 => {
  const t = process.hrtime();
  return (Math.imul(t[0], 1_000_000) + ((t[1] / 1000) | 0)) | 0;
};
export const timeNanos32 = (): i32 => {
  const t = process.hrtime();
  return (Math.imul(t[0], 1_000_000_000) + t[1]) | 0;
};

const noDevices = (): never => { throw new Error('no device registers under Node'); };
export const mmioLoad32 = (_p: i32, _off: i32): i32 => noDevices();
export const mmioStore32 = (_p: i32, _off: i32, _v: i32): void => noDevices();

export const loadF32 = (p: i32, off: i32): f64 => F32[(p + off) >> 2]!;
export const loadF64 = (p: i32, off: i32): f64 => F64[(p + off) >> 3]!;
export const storeF64 = (p: i32, off: i32, v: f64): void => { F64[(p + off) >> 3] = v; };
export const floatOf = (v: i32): f64 => v;
export const truncate32 = (v: f64): i32 => v | 0;

export const textByte = (t: text, i: i32): i32 => (i < t.length ? t.charCodeAt(i) : 0);
let line: number[] = [];
/** Buffered by line, so that the lines of several workers do not mix. */
export const consoleByte = (v: i32): void => {
  line.push(v);
  if (v === 10) {
    writeSync(1, Uint8Array.from(line));
    line = [];
  }
};

export const machineHalt = (where: text, number: i32): void => { throw new Error(`halt: ${where} ${number}`); };
