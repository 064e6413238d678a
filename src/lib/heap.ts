/**
 * Memory for queues and regions, out of the one shared buffer of the process.
 *
 * Role: any thread, any number at once. Lock-free: a thread that is terminated inside a call stops nobody; at worst the
 *   piece it was about to get stays taken.
 * Memory: from address ROOT_AT: the root (below), the pins of objects.ts, the region table, the owners of owners.ts, a bitmap
 *   with one bit per line, then the lines that are handed out. Each piece is preceded by one line of its own:
 *
 *   | state | lines | bytes | kind | thread | 44 bytes spare || what heapAllocate returns ...
 *
 * Invariants: 1 a line is used by the one allocation whose compare-exchange set its bit, until that clears it. 2 a piece
 *   is given back once: its state word goes from LIVE to 0 by compare-exchange.
 * Order: bits are set and cleared by read-modify-writes, so whoever gets a line comes after all that its last owner did.
 * Units: bytes; lines of LINE_BYTES. Fails: heapAllocate returns -1 when nothing is large enough.
 * Checked by: test/lib/heap.test.ts.
 */
import {
  compareExchange32, fetchAdd32, fetchAnd32, load32, loadAcquire32, loadRelaxed32, memory, store32, storeRelaxed32,
  storeRelease32, wait32,
} from '#machine';
import { LINE_BYTES, OWNERS_MAX, TABLE_REGIONS_MAX } from '../kernel/layout.ts';
import { regionTableBytes, regionTableCreate } from '../kernel/region.ts';
import { QueueError } from './errors.ts';

/** Not 0, so that no piece and no view of one ever begins at address 0. */
const ROOT_AT = 64;
const ROOT_STATE = 0;
const ROOT_LAYOUT = 4;
/** Two random words: which memory this is. */
const ROOT_IDENTITY = 8;
const ROOT_BITMAP = 16;
const ROOT_LINES = 20;
const ROOT_FIRST = 24;
/** Where the next search begins, and lines in use. */
const ROOT_HINT = 28;
const ROOT_USED = 32;
/** Address of the capability system, once there is one: see capability.ts. */
const ROOT_SYSTEM = 36;
const ROOT_BYTES = 64;

const STATE_UNTOUCHED = 0;
const STATE_BEING_MADE = 1;
const STATE_READY = 2;
/** 'RVX' and the version of this layout, the kernel's included: raise it when either changes. */
const LAYOUT = 0x52565802;
/** A thread that dies while it makes the root leaves it unmade: others give up after this. */
const MAKING_MILLISECONDS = 10_000;

/** One word per entry of the region table: see objects.ts. */
export const pinsAt = ROOT_AT + ROOT_BYTES;
/** Low half of such a word: there is no object, or it is being destroyed. */
export const PINS_RETIRED = 0xffff;
/** The region table of the process. */
export const regions = pinsAt + TABLE_REGIONS_MAX * 4;

const roundUp = (bytes: number): number => Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;

/** A word for each owner number: see owners.ts. */
export const ownersAt = regions + roundUp(regionTableBytes(TABLE_REGIONS_MAX));
const OWNERS_BYTES = (OWNERS_MAX + 1) * 4;

const HEADER_STATE = 0;
const HEADER_LINES = 4;
const HEADER_BYTES = 8;
const HEADER_KIND = 12;
/** The thread to which a space of capabilities belongs, plus 1; 0 for nobody. See capability.ts. */
const HEADER_THREAD = 16;
const LIVE = 0x4c495645;

const makeRoot = (): void => {
  const bitmap = ownersAt + OWNERS_BYTES;
  const left = memory.byteLength - bitmap;
  const lines = Math.floor(left / (LINE_BYTES + 1 / 8)) - 1;
  const first = bitmap + roundUp(Math.ceil(lines / 32) * 4);
  regionTableCreate(regions, regionTableBytes(TABLE_REGIONS_MAX), TABLE_REGIONS_MAX);
  for (let entry = 0; entry < TABLE_REGIONS_MAX; entry++) store32(pinsAt, entry << 2, PINS_RETIRED);
  const identity = crypto.getRandomValues(new Int32Array(2));
  store32(ROOT_AT, ROOT_LAYOUT, LAYOUT);
  store32(ROOT_AT, ROOT_IDENTITY, identity[0]!);
  store32(ROOT_AT, ROOT_IDENTITY + 4, identity[1]!);
  store32(ROOT_AT, ROOT_BITMAP, bitmap);
  store32(ROOT_AT, ROOT_LINES, Math.min(lines, Math.floor((memory.byteLength - first) / LINE_BYTES)));
  store32(ROOT_AT, ROOT_FIRST, first);
};

/** The first thread that imports the library makes the root; others wait for it. */
const openRoot = (): void => {
  if (compareExchange32(ROOT_AT, ROOT_STATE, STATE_UNTOUCHED, STATE_BEING_MADE) === STATE_UNTOUCHED) {
    makeRoot();
    storeRelease32(ROOT_AT, ROOT_STATE, STATE_READY);
  } else if (loadAcquire32(ROOT_AT, ROOT_STATE) === STATE_BEING_MADE) {
    const deadline = performance.now() + MAKING_MILLISECONDS;
    while (loadAcquire32(ROOT_AT, ROOT_STATE) === STATE_BEING_MADE && performance.now() < deadline) {
      wait32(ROOT_AT, ROOT_STATE, STATE_BEING_MADE, 1000);
    }
  }
  if (loadAcquire32(ROOT_AT, ROOT_STATE) !== STATE_READY || load32(ROOT_AT, ROOT_LAYOUT) !== LAYOUT) {
    throw new QueueError('INCOMPATIBLE', 'ruvix-queue');
  }
};
openRoot();

const bitmap = load32(ROOT_AT, ROOT_BITMAP);
const lineCount = load32(ROOT_AT, ROOT_LINES);
const firstLine = load32(ROOT_AT, ROOT_FIRST);
const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
/** Which memory this is: the same in all threads of the process, different in any other. */
export const memoryIdentity = hex(load32(ROOT_AT, ROOT_IDENTITY)) + hex(load32(ROOT_AT, ROOT_IDENTITY + 4));

/** Index of the lowest bit that is set; `word` is not 0. */
const lowestBit = (word: number): number => 31 - Math.clz32(word & -word);

/** `count` bits from bit `from` on, within one word. */
const maskOf = (from: number, count: number): number => (count === 32 ? -1 : (1 << count) - 1) << from;

const clearBits = (first: number, end: number): void => {
  for (let line = first; line < end;) {
    const upTo = Math.min(end, (line | 31) + 1);
    fetchAnd32(bitmap, (line >> 5) << 2, ~maskOf(line & 31, upTo - line));
    line = upTo;
  }
};

/** Takes lines `first` to `end`. Returns -1, or the line that somebody else has, with nothing taken. */
const claimBits = (first: number, end: number): number => {
  for (let line = first; line < end;) {
    const upTo = Math.min(end, (line | 31) + 1);
    const word = (line >> 5) << 2;
    const mask = maskOf(line & 31, upTo - line);
    let seen = loadRelaxed32(bitmap, word);
    for (;;) {
      if ((seen & mask) !== 0) {
        clearBits(first, line);
        return (line & ~31) + lowestBit(seen & mask);
      }
      const found = compareExchange32(bitmap, word, seen, seen | mask);
      if (found === seen) break;
      seen = found;
    }
    line = upTo;
  }
  return -1;
};

/** What a search met: -1 nothing large enough, -2 the same, but others were claiming meanwhile. */
const NOTHING = -1;
const CONTENDED = -2;

/** Takes the first `lines` lines that are free between `from` and `to`. */
const claimRun = (from: number, to: number, lines: number): number => {
  let outcome = NOTHING;
  let first = from; // lines from `first` to `line` looked free
  let line = from;
  for (;;) {
    if (line - first >= lines) {
      const taken = claimBits(first, first + lines);
      if (taken < 0) return first;
      outcome = CONTENDED;
      first = line = taken + 1;
    } else if (line >= to) {
      return outcome;
    } else {
      const rest = loadRelaxed32(bitmap, (line >> 5) << 2) >>> (line & 31);
      if (rest === 0) {
        line = Math.min((line | 31) + 1, to);
      } else if ((rest & 1) === 0) {
        line = Math.min(line + lowestBit(rest), to);
      } else {
        line = rest === 0xffffffff ? line + 32 : line + lowestBit(~rest);
        first = line;
      }
    }
  }
};

/** A search that failed while others were claiming may have failed for a claim that was taken back. */
const SEARCHES_MAX = 8;

/**
 * `bytes` bytes, line aligned, contents undefined; -1 if no free piece is that large. `kind` is the caller's, and can be
 * asked for with heapKind.
 */
export const heapAllocate = (bytes: number, kind: number): number => {
  const lines = 1 + Math.ceil(bytes / LINE_BYTES);
  for (let searches = 0; searches < SEARCHES_MAX; searches++) {
    const hint = loadRelaxed32(ROOT_AT, ROOT_HINT);
    let first = claimRun(hint, lineCount, lines);
    if (first < 0) {
      const again = claimRun(0, Math.min(lineCount, hint + lines), lines);
      first = again === NOTHING ? first : again;
    }
    if (first >= 0) {
      const header = firstLine + first * LINE_BYTES;
      fetchAdd32(ROOT_AT, ROOT_USED, lines);
      storeRelaxed32(ROOT_AT, ROOT_HINT, first + lines);
      store32(header, HEADER_LINES, lines);
      store32(header, HEADER_BYTES, bytes);
      store32(header, HEADER_KIND, kind);
      store32(header, HEADER_THREAD, 0);
      storeRelease32(header, HEADER_STATE, LIVE);
      return header + LINE_BYTES;
    }
    if (first === NOTHING) return -1;
  }
  return -1;
};

/** Gives a piece back. False if `at` is not a piece, or no longer one. */
export const heapFree = (at: number): boolean => {
  const header = at - LINE_BYTES;
  if (header < firstLine || compareExchange32(header, HEADER_STATE, LIVE, 0) !== LIVE) return false;
  const lines = load32(header, HEADER_LINES);
  const first = (header - firstLine) / LINE_BYTES;
  clearBits(first, first + lines);
  fetchAdd32(ROOT_AT, ROOT_USED, -lines);
  return true;
};

/** The kind of the live piece at `at`; -1 if there is none. */
export const heapKind = (at: number): number => {
  const header = at - LINE_BYTES;
  if (header < firstLine || loadAcquire32(header, HEADER_STATE) !== LIVE) return -1;
  return load32(header, HEADER_KIND);
};

/** Bytes that were asked for when the live piece at `at` was allocated. */
export const heapBytes = (at: number): number => load32(at - LINE_BYTES, HEADER_BYTES);

/**
 * Says that the piece at `at` belongs to `thread` from now on, if it was `from`'s (or nobody's: undefined). Returns the thread that
 * has it otherwise, or undefined if it was done.
 */
export const heapThread = (at: number, from: number | undefined, thread: number | undefined): number | undefined => {
  const expected = from === undefined ? 0 : from + 1;
  const found = compareExchange32(at - LINE_BYTES, HEADER_THREAD, expected, thread === undefined ? 0 : thread + 1);
  return found === expected ? undefined : found - 1;
};

/** The capability system of the process: 0 if there is none. */
export const systemAt = (): number => loadAcquire32(ROOT_AT, ROOT_SYSTEM);
/** Makes `at` the capability system, unless there is one. Whether it did. */
export const systemSet = (at: number): boolean => compareExchange32(ROOT_AT, ROOT_SYSTEM, 0, at) === 0;

/** For tests: lines whose bit says that somebody has them. */
export const heapLinesTaken = (): number => {
  let taken = 0;
  for (let line = 0; line < lineCount; line += 32) {
    for (let word = loadRelaxed32(bitmap, line >> 3); word !== 0; word &= word - 1) taken++;
  }
  return taken;
};

/** Shared memory of this process, in bytes. */
export interface MemoryUsage {
  /** All of it: set by the environment variable `RUVIX_QUEUE_MIB` (1 to 2047, default 256) when the process starts. */
  readonly total: number;
  /** What queues and regions may use. */
  readonly available: number;
  /** What they use now. */
  readonly used: number;
}

/** How much shared memory queues and regions use. */
export const memoryUsage = (): MemoryUsage => ({
  total: memory.byteLength,
  available: lineCount * LINE_BYTES,
  used: loadRelaxed32(ROOT_AT, ROOT_USED) * LINE_BYTES,
});

const mebibytes = (bytes: number): string => `${(bytes / 1048576).toFixed(1)} MiB`;

/** As heapAllocate, or throws NO_MEMORY in words. */
export const allocate = (where: string, bytes: number, kind: number): number => {
  const at = bytes > lineCount * LINE_BYTES ? -1 : heapAllocate(bytes, kind);
  if (at >= 0) return at;
  const { available, used } = memoryUsage();
  throw new QueueError('NO_MEMORY', where, `needs ${mebibytes(bytes)} in one piece; ${mebibytes(available - used)} of `
    + `${mebibytes(available)} are free. Destroy something, or start with RUVIX_QUEUE_MIB=${nextSize(bytes)} in the environment`);
};

/** Mebibytes that would have been enough, roughly. */
const nextSize = (bytes: number): number => Math.min(2047, Math.ceil((memory.byteLength + bytes * 1.1) / 1048576));
