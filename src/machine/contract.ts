/**
 * The machine contract: the only doors from restricted TypeScript to memory, time and the outside.
 *
 * Role: names each operation, its meaning and its memory order. Implementations export exactly these functions:
 *   node.ts    SharedArrayBuffer and Atomics (every atomic is sequentially consistent there)
 *   native.ts  C fragments for AArch64 and host builds
 * A third machine (an explorer) needs a file here and a condition in package.json, and no change in the kernel.
 *
 * Units: an address is a byte address in one flat memory, a non-negative i32 (native: a virtual address below 2^31;
 *   Node: an
 * offset in the shared buffer). Every operation takes a base `p` and an offset `off`, both in bytes; the sum is aligned
 *   to the
 * access width. Keep the constant part in `off`: it folds into the addressing mode.
 *
 * Order, weakest to strongest:
 *   plain        nobody else may touch the location meanwhile; a race is a bug
 *   relaxed      atomic, no order with other locations
 *   acquire      a load after which later accesses of this thread happen
 *   release      a store before which earlier accesses of this thread happened
 *   sequential   all sequential operations and full fences of all threads lie in one total order
 * Read-modify-writes (compareExchange, fetchAdd, fetchOr, fetchAnd, exchange) are sequential.
 */
export interface Machine {
  // ---- plain, every width. load8 and load16 extend with zeros; store8 and store16 keep the low bits.
  load8(p: i32, off: i32): i32;
  load16(p: i32, off: i32): i32;
  load32(p: i32, off: i32): i32;
  load64(p: i32, off: i32): i64;
  store8(p: i32, off: i32, v: i32): void;
  store16(p: i32, off: i32, v: i32): void;
  store32(p: i32, off: i32, v: i32): void;
  store64(p: i32, off: i32, v: i64): void;

  // ---- 64-bit values are opaque to the kernel: made and taken apart here.
  pack64(low: i32, high: i32): i64;
  low64(v: i64): i32;
  high64(v: i64): i32;

  /**
   * The value itself, of which the compiler is to assume nothing: what it knows of an address's low bits makes it compute
   * every field's address anew.
   */
  opaque32(v: i32): i32;

  // ---- atomic, 32 bits.
  loadRelaxed32(p: i32, off: i32): i32;
  loadAcquire32(p: i32, off: i32): i32;
  loadSequential32(p: i32, off: i32): i32;
  storeRelaxed32(p: i32, off: i32, v: i32): void;
  storeRelease32(p: i32, off: i32, v: i32): void;
  storeSequential32(p: i32, off: i32, v: i32): void;
  /**
   * Stores `desired` if the word equals `expected`. Returns the value found: equal to `expected` exactly when it
   * stored.
   */
  compareExchange32(p: i32, off: i32, expected: i32, desired: i32): i32;
  /** Adds, wrapping at 2^32. Returns the value before. */
  fetchAdd32(p: i32, off: i32, v: i32): i32;
  /** Sets bits. Returns the value before. */
  fetchOr32(p: i32, off: i32, v: i32): i32;
  /** Keeps only the bits of `v`. Returns the value before. */
  fetchAnd32(p: i32, off: i32, v: i32): i32;
  /** Replaces. Returns the value before. */
  exchange32(p: i32, off: i32, v: i32): i32;
  /** A full fence, sequentially consistent with the sequential operations. */
  fenceFull(): void;
  /**
   * A pair for a side that runs often and one that hardly ever does. The store is sequential towards fenceAll: if a thread
   * stores with it and then loads B sequentially, and another changes B by a read-modify-write, calls fenceAll and then loads
   * the stored word, one of the two sees what the other wrote. fenceAll has the cost, if there is one: it makes all threads pass
   * a full fence.
   */
  storePublished32(p: i32, off: i32, v: i32): void;
  fenceAll(): void;

  // ---- blocks of bytes, plain: `bytes` >= 0, ranges do not overlap, any alignment.
  copyBytes(target: i32, source: i32, bytes: i32): void;
  /**
   * As copyBytes, but the source may be rewritten meanwhile: what was copied counts only if a later check (the
   *   caller's) shows
   * that it was not. Every access is relaxed at some width of 1 to 16 bytes.
   */
  copyRacing(target: i32, source: i32, bytes: i32): void;
  /** Sets `bytes` bytes to `v & 255`. */
  fillBytes(target: i32, bytes: i32, v: i32): void;

  /**
   * Adds the unsigned 32-bit `v` to the 64-bit counter at p + off (8-aligned, low word first). Only one context ever
   *   writes the
   * counter; others may read its halves with loadRelaxed32 (high, low, high again). Relaxed.
   */
  addOwned64(p: i32, off: i32, v: i32): void;

  // ---- sleeping and time.
  /**
   * Sleeps while the word at p + off equals `expected`; compare and sleep are one atomic step towards notify32.
   * `microseconds` < 0 waits for ever. Returns WAIT_WOKEN 0 (also spuriously), WAIT_CHANGED 1 (did not sleep),
   *   WAIT_TIMED_OUT 2.
   */
  wait32(p: i32, off: i32, expected: i32, microseconds: i32): i32;
  /** Wakes up to `count` sleepers of the word. Returns how many. Callable from an interrupt handler. */
  notify32(p: i32, off: i32, count: i32): i32;
  /** A hint inside a bounded spin. */
  pause(): void;
  /** The low 32 bits of a monotonic microsecond clock, one clock for all threads. Compare by wrapping difference. */
  timeMicros32(): i32;
  /** The low 32 bits of the same clock in nanoseconds (resolution 16 ns on QEMU virt). */
  timeNanos32(): i32;

  // ---- devices: volatile, ordered among themselves. Under Node they throw.
  mmioLoad32(p: i32, off: i32): i32;
  mmioStore32(p: i32, off: i32, v: i32): void;

  // ---- floating point, for programs that declare it (`@float`).
  loadF32(p: i32, off: i32): f64;
  loadF64(p: i32, off: i32): f64;
  storeF64(p: i32, off: i32, v: f64): void;
  /** The exact double of a signed 32-bit integer. */
  floatOf(v: i32): f64;
  /** Rounds toward zero; the caller knows |v| < 2^31. */
  truncate32(v: f64): i32;

  // ---- text and console.
  /** Byte `i` of a constant string, 0 at its end; i from 0 to the length. ASCII only. */
  textByte(t: text, i: i32): i32;
  /** Writes one byte to the console. */
  consoleByte(v: i32): void;

  /** A broken invariant: stops everything and names `where` and `number`. Does not return. */
  machineHalt(where: text, number: i32): void;
}

export const WAIT_WOKEN = 0;
export const WAIT_CHANGED = 1;
export const WAIT_TIMED_OUT = 2;
